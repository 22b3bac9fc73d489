import { describe, expect, test } from 'vitest';
import {
  ActionError,
  createActionRegistry,
  defineAction,
  type ModelRequest,
  ValidationError,
} from '../../runtime/index.js';
import type { ActionContext, Json } from '../../runtime/ports.js';
import { createStubs, ScriptedModel, VirtualClock } from '../../runtime/testing.js';

function contextOf(step: string, signal = new AbortController().signal): ActionContext {
  return {
    executionId: 'e',
    activationId: 1,
    step,
    attempt: 1,
    idempotencyKey: 'e/1',
    signal,
    organization: undefined,
    now: 0,
    log: () => undefined,
    checkpoint: async () => undefined,
    getConfig: () => undefined,
    getSecret: async () => '',
    fetch: () => Promise.reject(new Error('no network')),
    emit: async () => undefined,
  };
}

const ask = (prompt: string): ModelRequest => ({
  messages: [{ role: 'user', content: prompt }],
  outputFormat: 'text',
  tools: [],
});

/** What went wrong, whether it was thrown at once or later. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}

describe('createStubs', () => {
  test('answers call by call, the last answer over and over', async () => {
    const { actions, calls } = createStubs({ x_do: [{ output: 1 }, { error: { code: 'BUSY', retryAfter: 5 } }] });
    const run = async (): Promise<unknown> => actions.find('x_do')?.run({ a: 1 }, contextOf('s'));
    expect(await run()).toBe(1);
    for (let again = 0; again < 2; again += 1) {
      expect(await failureOf(run)).toMatchObject({
        code: 'BUSY',
        message: 'BUSY',
        retryable: true,
        retryAfter: 5,
        step: 's',
      });
    }
    expect(calls).toHaveLength(3);
    expect(calls[0]).toEqual({
      key: 'x_do',
      type: 'x_do',
      step: 's',
      attempt: 1,
      idempotencyKey: 'e/1',
      parameters: { a: 1 },
    });
  });

  test('falls back on what stands behind it, and says so where nothing does', async () => {
    const behind = createActionRegistry([defineAction({ type: 'real_do', idempotent: false, run: () => 'real' })]);
    const { actions, model, calls } = createStubs({}, { actions: behind, model: new ScriptedModel([{ reply: 'hi' }]) });
    expect(await actions.find('real_do')?.run({}, contextOf('s'))).toBe('real');
    expect(actions.find('real_do')?.idempotent).toBe(false);
    expect(await model.complete(ask('?'), contextOf('s'))).toEqual({ text: 'hi' });
    expect(calls.map(({ key }) => key)).toEqual([null, null]);
    const none = createStubs({});
    expect(await failureOf(() => none.actions.find('x')?.run({}, contextOf('s')))).toMatchObject({
      code: 'ACTION_NOT_FOUND',
      retryable: false,
    });
    expect(await failureOf(() => none.model.complete(ask('?'), contextOf('s')))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      retryable: false,
    });
  });

  test('a call that never answers is counted until it is given up', async () => {
    const stubs = createStubs({ x_do: { never: true } });
    const controller = new AbortController();
    const call = failureOf(() => stubs.actions.find('x_do')?.run({}, contextOf('s', controller.signal)));
    expect(stubs.stalled).toBe(1);
    controller.abort('enough');
    expect(await call).toBe('enough');
    expect(stubs.stalled).toBe(0);
  });

  test('an answer that takes its time comes when the clock is there', async () => {
    const clock = new VirtualClock(0);
    const stubs = createStubs(
      {
        x_do: [
          { output: 1, after: '2s' },
          { error: { code: 'BUSY' }, after: 5 },
        ],
      },
      { clock },
    );
    const first = stubs.actions.find('x_do')?.run({}, contextOf('s'));
    const second = failureOf(() => stubs.actions.find('x_do')?.run({}, contextOf('s')));
    expect([stubs.parked, stubs.stalled, clock.next]).toEqual([2, 0, 5]);
    clock.advanceTo(5);
    expect(await second).toMatchObject({ code: 'BUSY' });
    clock.advanceTo(2000);
    expect(await first).toBe(1);
    expect(stubs.parked).toBe(0);
    const controller = new AbortController();
    const given = failureOf(() => stubs.actions.find('x_do')?.run({}, contextOf('s', controller.signal)));
    controller.abort('enough');
    expect(await given).toBe('enough');
    expect([stubs.parked, clock.next]).toEqual([0, null]);
    expect(
      await createStubs({ x_do: { output: 1, after: '2s' } })
        .actions.find('x_do')
        ?.run({}, contextOf('s')),
    ).toBe(1);
  });

  test('tools and what undoes a step have keys of their own', async () => {
    const { actions, calls } = createStubs({
      ...{ look_up: { output: 'any' }, 'ask.look_up': { output: 'of ask' }, ask: { output: 'the step' } },
      'ask.compensate': { output: 'undone' },
    });
    const run = async (step: string, more: Partial<ActionContext> = {}): Promise<unknown> =>
      actions.find('look_up')?.run({}, { ...contextOf(step), ...more });
    expect(await run('ask')).toBe('the step');
    expect(await run('ask', { toolCall: 'call_1' })).toBe('of ask');
    expect(await run('ask', { compensates: 3 })).toBe('undone');
    expect(await run('other', { toolCall: 'call_1' })).toBe('any');
    expect(calls.map(({ key }) => key)).toEqual(['ask', 'ask.look_up', 'ask.compensate', 'look_up']);
  });

  test('a model may say something along with its calls', async () => {
    const { model } = createStubs({ llm: { toolCalls: [{ name: 'look_up' }], text: 'One moment.' } });
    expect(await model.complete(ask('?'), contextOf('s'))).toEqual({
      text: 'One moment.',
      toolCalls: [{ id: 'call_1', name: 'look_up', arguments: {} }],
    });
  });

  test.each<[string, Json, string[]]>([
    ['a time that is none', { a: { output: 1, after: 'soon' } }, ['/a/after']],
    ['a time of no answer', { a: { never: true, after: 5 } }, ['/a/after']],
    ['a text of no calls', { a: { output: 1, text: 'x' } }, ['/a/text']],
    ['a name that every object has', { a: { output: 1, toString: 1 } }, ['/a']],
    ['no object', [], ['']],
    ['a bare value', { a: 1 }, ['/a']],
    ['an empty list', { 'a/b': [] }, ['/a~1b']],
    ['two answers in one', { a: { output: 1, never: true } }, ['/a']],
    ['an unknown field', { a: [{ output: 1 }, { error: { code: 'X', msg: 'x' } }] }, ['/a/1/error/msg']],
    ['an error without a code', { a: { error: { message: 'x' } } }, ['/a/error']],
    ['wrong kinds', { a: { error: { code: 1, retryAfter: -1 } } }, ['/a/error/code', '/a/error/retryAfter']],
    ['never and not', { a: { never: false }, b: { error: 'x' } }, ['/a/never', '/b/error']],
  ])('%s is refused, all issues at once', async (_what, document, paths) => {
    const error = await failureOf(() => createStubs(document));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      code: 'INVALID_STUBS',
      issues: paths.map((path) => ({ path, code: 'INVALID_STUB' })),
    });
  });
});

describe('ScriptedModel', () => {
  const model = new ScriptedModel([
    { step: 'rate', contains: 'tea', reply: { score: 9 } },
    { step: 'rate', reply: { score: 1 } },
    { contains: 'name', reply: (request) => `You said: ${request.messages.at(-1)?.content}` },
  ]);

  test.each([
    ['rate', 'tea, please', '{"score":9}'],
    ['rate', 'coffee', '{"score":1}'],
    ['other', 'my name', 'You said: my name'],
  ])('in step %s, "%s" is answered by the first rule that fits', async (step, prompt, text) => {
    expect(await model.complete(ask(prompt), contextOf(step))).toEqual({ text });
  });

  test('says so where no rule fits', async () => {
    const error = await failureOf(() => model.complete(ask('hello'), contextOf('other')));
    expect(error).toBeInstanceOf(ActionError);
    expect(error).toMatchObject({ code: 'MODEL_SCRIPT_NO_RULE', retryable: false, step: 'other' });
  });
});
