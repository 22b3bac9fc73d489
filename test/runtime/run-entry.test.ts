import { describe, expect, it } from 'vitest';
import {
  checkInput,
  compile,
  createActionRegistry,
  defineAction,
  MemoryStore,
  readExecution,
} from '../../runtime/index.js';
import { type Language, PlanDriver, type RuntimePorts } from '../../runtime/run.js';
import { VirtualClock } from '../../runtime/testing.js';

const workflow = {
  name: 'Greet twice',
  parameters: [{ name: 'name', type: 'string', required: true }],
  steps: [
    {
      stepSlug: 'greet',
      stepType: 'action',
      config: { type: 'greet', parameters: { to: '{{input.name}}' } },
      nextSteps: { success: 'wait' },
    },
    { stepSlug: 'wait', stepType: 'wait', config: { for: '1h' }, nextSteps: { success: 'ask' } },
    {
      stepSlug: 'ask',
      stepType: 'llm',
      config: { systemPrompt: 'Judge.', outputFormat: 'json', outputSchema: { type: 'object' } },
    },
  ],
};

/** A language that is loaded when it is asked for, and says what for. */
function lazyLanguage(): { language: Language; asked: string[] } {
  const asked: string[] = [];
  const loaded = async (what: string) => {
    asked.push(what);
    return import('../../runtime/index.js');
  };
  return {
    asked,
    language: {
      recover: async (...stored) => (await loaded('recover')).language.recover(...stored),
      checkInput: async (plan, input) => (await loaded('checkInput')).checkInput(plan, input),
      checkFields: async (fields, data) => (await loaded('checkFields')).checkFields(fields, data),
      callAction: async (...call) => (await loaded('callAction')).language.callAction(...call),
      secretsOf: async (...attempt) => (await loaded('secretsOf')).language.secretsOf(...attempt),
      childRequest: async (...visit) => (await loaded('childRequest')).language.childRequest(...visit),
      converse: async (talk) => (await loaded('converse')).language.converse(talk),
      schemaProblems: async (_schema, value) => {
        await loaded('schemaProblems');
        return Array.isArray(value) ? [{ pointer: '', message: 'no list is wanted' }] : [];
      },
    },
  };
}

function ports(answer: string): RuntimePorts & { clock: VirtualClock } {
  return {
    store: new MemoryStore(),
    clock: new VirtualClock(0),
    random: { id: () => 'exec_1', seed: () => 1 },
    actions: createActionRegistry([defineAction({ type: 'greet', run: ({ to }) => `Hello ${String(to)}` })]),
    model: { complete: () => ({ text: answer }) },
  };
}

describe('a plan in hand', () => {
  it('runs, and is taken over, with a language that answers later', async () => {
    const { language, asked } = lazyLanguage();
    const host = ports('{"fine": true}');
    const first = await PlanDriver.start(language, host, compile(workflow), { input: { name: 'Ada' } });
    await first.idle();
    first.stop();
    expect(asked).toEqual(['checkInput']);
    const second = await PlanDriver.open(language, host, first.id);
    if (second === undefined) throw new Error('is there');
    host.clock.advanceToNext();
    expect((await second.settled()).status).toBe('completed');
    expect(asked).toEqual(['checkInput', 'recover', 'converse', 'schemaProblems']);
    expect((await readExecution(host.store, first.id))?.state.status).toBe('completed');
  });

  it('loads what reads secrets with the first step that does, and lets no secret out', async () => {
    const { language, asked } = lazyLanguage();
    const greet = (to: string) => ({ stepType: 'action', config: { type: 'greet', parameters: { to } } });
    const plan = compile({
      name: 'Greet',
      config: { secrets: { key: { kind: 'reference', name: 'KEY' } } },
      steps: [
        { stepSlug: 'plain', ...greet('Ada'), nextSteps: { success: 'secret' } },
        { stepSlug: 'secret', ...greet('{{secrets.key}}') },
      ],
    });
    const secrets = { resolve: async () => 'hunter2hunter2' };
    const driver = await PlanDriver.start(language, { ...ports(''), secrets }, plan);
    expect((await driver.settled()).output).toBe('Hello [secret:key]');
    expect(asked).toEqual(['checkInput', 'secretsOf']);
  });

  it('refuses an input and an answer that the language refuses', async () => {
    const { language } = lazyLanguage();
    const host = ports('[]');
    const plan = compile(workflow);
    await expect(PlanDriver.start(language, host, plan, { input: {} })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(checkInput(plan, {}).ok).toBe(false);
    const driver = await PlanDriver.start(language, host, plan, { input: { name: 'Ada' } });
    await driver.idle();
    host.clock.advanceToNext();
    const { status, error } = await driver.settled();
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'MODEL_OUTPUT_INVALID' });
  });
});
