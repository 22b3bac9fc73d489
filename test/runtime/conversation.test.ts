import { describe, expect, it } from 'vitest';
import { compile, Driver, type Json, type ModelRequest, type ModelResponse, readHistory } from '../../runtime/index.js';
import { hostOf } from '../support/hand-driven.js';

const set = (who: Json) => ({ stepType: 'action', config: { type: 'set_variables', parameters: { who } } });

/** A prompt that reads a variable, which another branch sets anew while the model thinks. */
async function setMeanwhile(second: Json) {
  const asked: ModelRequest[] = [];
  let answer: (response: ModelResponse) => void = () => undefined;
  const model = {
    complete: (request: ModelRequest) => {
      asked.push(request);
      return new Promise<ModelResponse>((resolve) => {
        answer = resolve;
      });
    },
  };
  const { ports, clock } = hostOf([]);
  const plan = compile({
    name: 'Talk',
    steps: [
      { stepSlug: 'first', ...set('a'), nextSteps: { success: 'both' } },
      {
        stepSlug: 'both',
        stepType: 'parallel',
        config: { branches: ['x', 'y'] },
        nextSteps: { x: 'ask', y: 'nap', done: 'end' },
      },
      {
        stepSlug: 'ask',
        stepType: 'llm',
        config: { systemPrompt: 's', userPrompt: 'Hello {{input.names[variables.who]}}' },
        nextSteps: { success: 'both' },
      },
      { stepSlug: 'nap', stepType: 'wait', config: { for: '1s' }, nextSteps: { success: 'second' } },
      { stepSlug: 'second', ...set(second), nextSteps: { success: 'both' } },
    ],
  });
  const request = { threadId: 't', input: { names: { a: 'Ann', b: 'Bob' } } };
  const driver = await Driver.start({ ...ports, model }, plan, request);
  clock.advanceToNext();
  answer({ text: 'Hi' });
  return driver.settled();
}

describe('a conversation', () => {
  it('remembers what the model was asked, not what it would be asked by now', async () => {
    expect((await setMeanwhile('b')).conversation[0]).toEqual({ role: 'user', content: 'Hello Ann' });
  });

  it('goes on where the prompt could not be rendered any more', async () => {
    expect((await setMeanwhile({ no: 'key' })).status).toBe('completed');
  });

  it('counts whole tokens, whatever the model counts', async () => {
    const { ports, store } = hostOf([]);
    const usage = { inputTokens: 12.4, outputTokens: Number.NaN };
    const plan = compile({ name: 'Ask', steps: [{ stepSlug: 'ask', stepType: 'llm', config: { systemPrompt: 's' } }] });
    const driver = await Driver.start({ ...ports, model: { complete: () => ({ text: 'Hi', usage }) } }, plan);
    await driver.settled();
    const said = (await readHistory(store, driver.id)).find(({ type, ...event }) => 'usage' in event);
    expect(said).toMatchObject({ type: 'step_succeeded', usage: { inputTokens: 12, outputTokens: 0 } });
  });
});
