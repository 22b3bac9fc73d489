import { describe, expect, it } from 'vitest';
import {
  compile,
  Driver,
  JOURNAL_VERSION,
  type Json,
  type JsonObject,
  MemoryStore,
  type Plan,
  type RuntimePorts,
  replay,
} from '../../runtime/index.js';
import { canMoveTo, type MoveCheck } from '../../runtime/operations.js';
import { createStubs, VirtualClock } from '../../runtime/testing.js';
import { newExecution } from '../contract/fixtures.js';
import { HandDriven, hostOf, START } from '../support/hand-driven.js';

const step = (stepSlug: string, stepType: string, config: JsonObject, nextSteps: JsonObject = {}): JsonObject => ({
  stepSlug,
  stepType,
  config,
  nextSteps,
});

const fetch = step('fetch', 'action', { type: 'fetch' }, { success: 'each' });
const each = step('each', 'loop', { items: [1, 2] }, { next: 'nap', done: 'send' });
const nap = step('nap', 'wait', { for: '1h' });
const send = step('send', 'action', { type: 'send', parameters: { to: '{{steps.fetch.output}}' } }, { success: 'end' });
const planOf = (steps: readonly JsonObject[], rest: JsonObject = {}): Plan => compile({ name: 'Flow', ...rest, steps });

/** Of an execution that waits in the loop's first round. */
async function check(next: Plan, plan = planOf([fetch, each, nap, send])): Promise<MoveCheck> {
  const { actions, model } = createStubs({ fetch: { output: 'a@b.c' }, send: { output: 'sent' } });
  const clock = new VirtualClock(START);
  const ports: RuntimePorts = {
    ...{ store: new MemoryStore(), clock, actions, model },
    random: { id: () => 'x', seed: () => 1 },
  };
  const driver = await Driver.start(ports, plan);
  await driver.idle();
  expect(driver.summary.currentSteps).toEqual(['nap']);
  return canMoveTo(plan, driver.state, next);
}

describe('which executions could move to a version', () => {
  it('those whose steps under way are there still, whatever else was changed', async () => {
    const later = step('send', 'action', { type: 'send', parameters: { subject: 'Hi' } }, { success: 'log' });
    const log = step('log', 'action', { type: 'log' }, { success: 'end' });
    expect(await check(planOf([fetch, each, nap, send]))).toEqual({ ok: true });
    expect(await check(planOf([fetch, each, nap, later, log]))).toEqual({ ok: true });
  });

  const cases: readonly [string, Plan, JsonObject[]][] = [
    [
      'a waiting step is gone',
      planOf([fetch, { ...each, nextSteps: { next: 'rest', done: 'send' } }, { ...nap, stepSlug: 'rest' }, send]),
      [{ code: 'STEP_GONE', step: 'nap' }],
    ],
    [
      'a waiting step became another type',
      planOf([fetch, each, step('nap', 'wait_for_event', { event: 'go' }), send]),
      [{ code: 'STEP_TYPE_CHANGED', step: 'nap' }],
    ],
    [
      'the loop under way is gone',
      planOf([{ ...fetch, nextSteps: { success: 'nap' } }, { ...nap, nextSteps: { success: 'send' } }, send]),
      [
        { code: 'STEP_GONE', step: 'each' },
        { code: 'LOOP_CHANGED', step: 'nap' },
      ],
    ],
    [
      'the items of the loop under way were changed',
      planOf([fetch, { ...each, config: { items: [1, 2, 3] } }, nap, send]),
      [{ code: 'STEP_CHANGED', step: 'each' }],
    ],
    [
      'a later step reads what nobody made',
      planOf([
        { ...fetch, nextSteps: { success: 'look' } },
        step('look', 'action', { type: 'fetch' }, { success: 'each' }),
        each,
        nap,
        step('send', 'action', { type: 'send', parameters: { to: '{{steps.look.output}}' } }, { success: 'end' }),
      ]),
      [{ code: 'RESULT_MISSING', step: 'send' }],
    ],
    [
      'a later step reads what a step of another type made',
      planOf([step('fetch', 'condition', { expression: 'true' }, { true: 'each' }), each, nap, send]),
      [{ code: 'RESULT_TYPE_CHANGED', step: 'send' }],
    ],
    [
      'the input is not valid any more',
      planOf([fetch, each, nap, send], { inputSchema: { type: 'object', required: ['name'] } }),
      [{ code: 'INPUT_INVALID' }],
    ],
  ];

  it.each(cases)('not where %s', async (_name, next, reasons) => {
    const result = await check(next);
    expect(result).toMatchObject({ ok: false, reasons });
    expect(result.ok || result.reasons).toHaveLength(reasons.length);
  });

  it('not where the output of the whole reads what it will not get', async () => {
    const plan = planOf(
      [
        { ...fetch, nextSteps: { success: 'check' } },
        step('check', 'action', { type: 'fetch' }, { success: 'each' }),
        each,
        nap,
        send,
      ],
      {
        config: { output: '{{steps.check.output}}' },
      },
    );
    const result = await check(plan);
    expect(!result.ok && result.reasons).toMatchObject([
      { code: 'RESULT_MISSING', message: expect.stringContaining("The workflow's output reads the result of 'check'") },
    ]);
  });

  it('those that read of a way not taken, as they do already', async () => {
    const both = { type: 'send', parameters: { to: '{{steps.fetch.output ?? steps.other.output}}' } };
    const steps = (subject: string) => [
      step('which', 'condition', { expression: '{{1 == 1}}' }, { true: 'fetch', false: 'other' }),
      fetch,
      step('other', 'action', { type: 'fetch' }, { success: 'each' }),
      each,
      nap,
      step('send', 'action', { ...both, parameters: { ...both.parameters, subject } }, { success: 'end' }),
    ];
    const output = { config: { output: '{{steps.other.output}}' } };
    expect(await check(planOf(steps('new'), output), planOf(steps('old'), output))).toEqual({ ok: true });
  });

  it('not where what an effect under way was given was changed, how often it is tried apart', async () => {
    const work = new HandDriven('work');
    const { ports } = hostOf([work.action]);
    const one = (config: JsonObject) => planOf([step('a', 'action', { type: 'work', ...config }, { success: 'end' })]);
    const plan = one({ parameters: { n: 1 } });
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    expect(canMoveTo(plan, driver.state, one({ parameters: { n: 1 }, retry: { maxAttempts: 3 } }))).toEqual({
      ok: true,
    });
    expect(canMoveTo(plan, driver.state, one({ parameters: { n: 2 } }))).toMatchObject({
      reasons: [{ code: 'STEP_CHANGED', step: 'a' }],
    });
    (await work.call(1)).answer(1);
    const ended = await driver.settled();
    expect(canMoveTo(plan, ended, one({}))).toMatchObject({ reasons: [{ code: 'EXECUTION_FINISHED' }] });
  });

  it('not where what undoes a step that is done was changed', async () => {
    const withUndo = (type: string) =>
      planOf([{ ...fetch, config: { type: 'fetch', compensate: { type } } }, each, nap, send]);
    expect(await check(withUndo('drop'), withUndo('drop'))).toEqual({ ok: true });
    expect(await check(withUndo('keep'), withUndo('drop'))).toMatchObject({
      ok: false,
      reasons: [{ code: 'COMPENSATION_CHANGED', step: 'fetch' }],
    });
  });

  it('not where a secure variable would be made in another way', async () => {
    const secret = (value: Json) =>
      planOf(
        [
          step(
            'keep',
            'action',
            { type: 'set_variables', parameters: { variables: [{ name: 'token', value, secure: true }] } },
            { success: 'nap' },
          ),
          { ...nap, nextSteps: { success: 'send' } },
          step('send', 'action', { type: 'send', parameters: { key: '{{variables.token}}' } }, { success: 'end' }),
        ],
        { config: { secrets: { a: { kind: 'reference' }, b: { kind: 'reference' } } } },
      );
    const result = await check(secret('{{secrets.b}}'), secret('{{secrets.a}}'));
    expect(result).toMatchObject({ ok: false, reasons: [{ code: 'SECRET_CHANGED', step: 'keep' }] });
  });
});

describe('a journal of a newer form', () => {
  it('is refused by its number, not taken for a divergence', async () => {
    const { ports, store } = hostOf([]);
    const plan = planOf([step('a', 'wait', { for: '1h' })]);
    await Driver.start(ports, plan, { executionId: 'x' });
    const newer = store
      .readEvents('x')
      .map((event) => (event.type === 'execution_started' ? { ...event, format: JOURNAL_VERSION + 1 } : event));
    const refused = expect.objectContaining({ code: 'JOURNAL_FORMAT' });
    expect(() => replay(plan, newer)).toThrow(refused);
  });

  it('is not taken over from a store that a newer runtime wrote', async () => {
    const { ports, store } = hostOf([]);
    const made = newExecution({ id: 'x' });
    const state = { ...made.snapshot.state, format: JOURNAL_VERSION + 1 };
    store.create({ ...made, snapshot: { seq: 1, state } });
    await expect(Driver.open(ports, 'x')).rejects.toMatchObject({ code: 'JOURNAL_FORMAT' });
  });
});
