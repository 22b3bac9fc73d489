import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  compile,
  createActionRegistry,
  Driver,
  defineAction,
  type JournalEvent,
  MemoryStore,
  readHistory,
  ValidationError,
} from '../../runtime/index.js';
import type { Json, RuntimePorts } from '../../runtime/ports.js';
import {
  createStubs,
  ExpectationError,
  type Fixture,
  playFixture,
  recordFixture,
  type Stubs,
  TEST_START,
  testStep,
  testWorkflow,
  VirtualClock,
} from '../../runtime/testing.js';
import { runCase, START_TIME, stubsFor } from '../support/conformance.js';
import { ownCases } from '../support/conformance-cases.js';

const order = {
  name: 'Order',
  parameters: [{ name: 'sku', type: 'string', required: true }],
  config: { variables: { tries: 0 } },
  steps: [
    {
      stepSlug: 'charge',
      stepType: 'action',
      config: {
        type: 'card_charge',
        parameters: { sku: '{{input.sku}}' },
        retry: { maxAttempts: 2, initialDelay: 60_000, multiplier: 1, maxDelay: 60_000, jitter: 0 },
      },
      nextSteps: { success: 'paid', error: 'sorry' },
    },
    {
      stepSlug: 'paid',
      stepType: 'wait_for_event',
      config: { event: 'paid', timeout: '2h' },
      nextSteps: { success: 'ship', timeout: 'sorry' },
    },
    {
      stepSlug: 'ship',
      stepType: 'action',
      config: { type: 'parcel_ship', parameters: { id: '{{steps.charge.output.id}}' } },
      nextSteps: { success: 'done' },
    },
    { stepSlug: 'done', stepType: 'output', config: { mapping: '{{steps.ship.output}}' } },
    { stepSlug: 'sorry', stepType: 'output', config: { mapping: 'sorry' } },
  ],
};
const stubs = {
  card_charge: [{ error: { code: 'BUSY', message: 'Later.' } }, { output: { id: 7 } }],
  parcel_ship: { output: 'P1' },
};

describe('testWorkflow', () => {
  it('goes on to where time or somebody is waited for, and says what for', async () => {
    const run = await testWorkflow(order, { input: { sku: 'a' }, stubs });
    expect(run.waitingFor).toEqual([{ step: 'charge', for: 'retry', dueAt: run.now + 60_000 }]);
    await run.advance('1m');
    expect(run.waitingFor).toMatchObject([{ step: 'paid', for: 'event', event: 'paid' }]);
    await run.signal('paid', { by: 'card' });
    expect(run.status).toBe('completed');
    run
      .expect({ status: 'completed', output: 'P1', steps: { charge: { attempts: 2 } } })
      .expectPath(['charge', 'paid', 'ship', 'done'])
      .expectCalled('card_charge', { times: 2, with: { sku: 'a' } })
      .expectEvents([
        { type: 'timer_fired', timer: 'retry' },
        { type: 'signal_received', name: 'paid' },
      ]);
  });

  it('lets effects answer one by one', async () => {
    const run = await testWorkflow(order, { input: { sku: 'a' }, stubs, stepwise: true });
    expect(run.calls).toEqual([]);
    expect(run.waitingFor).toEqual([{ step: 'charge', for: 'effect' }]);
    expect(await run.step()).toBe(true);
    expect(run.calls).toHaveLength(1);
    expect(await run.step()).toBe(false);
  });

  it('lets no effect through that is not wanted any more', async () => {
    const race = {
      name: 'Race',
      steps: [
        {
          stepSlug: 'race',
          stepType: 'parallel',
          config: { branches: ['a', 'b'], join: 'any' },
          nextSteps: { a: 'one', b: 'two', done: 'end' },
        },
        { stepSlug: 'one', stepType: 'action', config: { type: 'run' }, nextSteps: { success: 'race' } },
        { stepSlug: 'two', stepType: 'action', config: { type: 'run' }, nextSteps: { success: 'race' } },
      ],
    };
    const run = await testWorkflow(race, { stubs: { run: { output: 1 } }, stepwise: true });
    await run.step();
    expect(run.status).toBe('completed');
    expect(await run.step()).toBe(false);
    expect(run.calls.map(({ step }) => step)).toEqual(['one']);
  });

  it('counts calls by step, by action, by operation and by stub', async () => {
    const document = {
      name: 'Calls',
      steps: [
        {
          ...{ stepSlug: 'get', stepType: 'action', nextSteps: { success: 'say' } },
          config: { type: 'customer', parameters: { operation: 'get_by_id' } },
        },
        { stepSlug: 'say', stepType: 'llm', config: { systemPrompt: 'Hi.' }, nextSteps: { success: 'end' } },
      ],
    };
    const run = await testWorkflow(document, { stubs: { get: { output: 1 }, say: { output: 'x' } } });
    for (const what of ['get', 'customer', 'customer.get_by_id', 'say', 'llm']) run.expectCalled(what, { times: 1 });
    run.expectCalled('customer.create', { times: 0 });
  });

  it('knows that a tool waits, within the turn of its model', async () => {
    const asks = {
      name: 'Asks',
      steps: [{ stepSlug: 'ask', stepType: 'llm', config: { systemPrompt: 'Help.', tools: ['count'], timeout: '1m' } }],
    };
    const turns = { llm: [{ toolCalls: [{ name: 'count' }] }, { output: 'Two.' }] };
    const late = await testWorkflow(asks, { stubs: { ...turns, 'ask.count': { never: true } } });
    expect(late.waitingFor).toMatchObject([{ step: 'ask', for: 'effect' }]);
    expect((await late.finish()).error).toMatchObject({ code: 'TIMEOUT' });
    const slow = await testWorkflow(asks, { stubs: { ...turns, 'ask.count': { output: 2, after: '30s' } } });
    expect((await slow.finish()).output).toBe('Two.');
    const stepwise = await testWorkflow(asks, { stubs: { ...turns, count: { output: 2 } }, stepwise: true });
    for (const calls of [1, 2, 3]) {
      expect(await stepwise.step()).toBe(true);
      expect(stepwise.calls).toHaveLength(calls);
    }
    expect(stepwise.status).toBe('completed');
  });

  it('has stubs stand for other workflows, by step or by slug', async () => {
    const calls = {
      name: 'Calls',
      steps: [
        {
          ...{ stepSlug: 'a', stepType: 'workflow', nextSteps: { success: 'b' } },
          config: { workflow: 'bill', input: { n: 1 } },
        },
        {
          stepSlug: 'b',
          stepType: 'workflow',
          config: { workflow: 'bill' },
          nextSteps: { success: 'end', error: 'c' },
        },
        { stepSlug: 'c', stepType: 'workflow', config: { workflow: 'mail', timeout: '1h' }, nextSteps: { error: 'd' } },
        { stepSlug: 'd', stepType: 'workflow', config: { workflow: 'gone' }, nextSteps: { error: 'last' } },
        { stepSlug: 'last', stepType: 'output', config: { mapping: '{{error.code}}' } },
      ],
    };
    const stubs = {
      bill: { output: { id: 9 }, after: '5m' },
      b: { error: { code: 'BROKE', message: 'No money.', retryable: false } },
      c: { never: true },
    };
    const run = await testWorkflow(calls, { stubs });
    expect(run.waitingFor).toEqual([{ step: 'a', for: 'workflow' }]);
    await run.finish();
    run.expect({
      output: 'WORKFLOW_NOT_FOUND',
      steps: {
        ...{ a: { output: { id: 9 } }, b: { error: { code: 'BROKE', details: { status: 'failed' } } } },
        c: { error: { code: 'TIMEOUT' } },
      },
    });
    run.expectCalled('bill', { times: 2, with: { n: 1 } }).expectCalled('c', { times: 1 });
    expect(run.now).toBe(TEST_START + 65 * 60_000);
    expect((await testStep(calls, 'a', { stubs })).output).toEqual({ id: 9 });
    const cancelled = await testWorkflow(calls, { stubs: { a: { cancelled: true } } });
    cancelled.expect({ status: 'failed', error: { code: 'CANCELLED' } });
  });

  it('has other workflows take turns as their config.concurrency says', async () => {
    const child = {
      name: 'Child',
      config: { concurrency: { limit: 1 } },
      steps: [{ stepSlug: 'pack', stepType: 'action', config: { type: 'pack' }, nextSteps: { success: 'end' } }],
    };
    const document = {
      name: 'Parent',
      steps: [
        {
          stepSlug: 'each',
          stepType: 'loop',
          config: { items: [1, 2], concurrency: 2 },
          nextSteps: { next: 'call', done: 'end' },
        },
        { stepSlug: 'call', stepType: 'workflow', config: { workflow: 'child' }, nextSteps: { success: 'each' } },
      ],
    };
    const run = await testWorkflow(document, { workflows: { child }, stubs: { pack: { output: 1, after: '1m' } } });
    expect(run.calls.filter(({ key }) => key === 'pack')).toHaveLength(1);
    await run.finish();
    expect(run.now - TEST_START).toBe(120_000);
    run.expect({ status: 'completed' }).expectCalled('pack', { times: 2 });
  });

  it('pauses and resumes', async () => {
    const run = await testWorkflow(order, { input: { sku: 'a' }, stubs });
    await run.pause('lunch');
    await run.advance('1h');
    expect([run.status, run.calls.length]).toEqual(['paused', 1]);
    await run.resume();
    expect(run.waitingFor).toMatchObject([{ step: 'paid' }]);
    run.expectEvents([{ type: 'execution_paused', reason: 'lunch' }, { type: 'execution_resumed' }]);
  });

  it('takes no time that is none', async () => {
    const run = await testWorkflow(order, { input: { sku: 'a' }, stubs });
    await expect(run.advanceTo(Number.NaN)).rejects.toThrow(TypeError);
    await expect(run.finish({ maxTime: 'long' })).rejects.toThrow('"long" is no duration');
  });

  it('finishes by jumping over time, and says what it waits for where that is not enough', async () => {
    expect((await (await testWorkflow(order, { input: { sku: 'a' }, stubs })).finish()).output).toBe('sorry');
    const waiting = { name: 'W', steps: [{ stepSlug: 'w', stepType: 'wait_for_event', config: { event: 'go' } }] };
    await expect((await testWorkflow(waiting)).finish()).rejects.toThrow("'w' waits for the event 'go'");
  });

  it('fails expectations with both sides, and the closest where there are several', async () => {
    const run = await testWorkflow(order, { input: { sku: 'a' }, stubs });
    await run.finish();
    expect(() => run.expect({ output: 'P1' })).toThrow(ExpectationError);
    expect(() => run.expect({ output: 'P1' })).toThrow('/output: expected "P1", got "sorry"');
    expect(() => run.expectPath(['charge', 'ship'])).toThrow(ExpectationError);
    expect(() => run.expectCalled('parcel_ship')).toThrow("'parcel_ship' was never called");
    expect(() => run.expectCalled('card_charge', { with: { sku: 'b' } })).toThrow('/sku: expected "b", got "a"');
    expect(() => run.expectEvents([{ type: 'timer_fired', timer: 'wait' }])).toThrow('/0/timer: expected "wait"');
  });

  it('refuses what is not valid before anything runs', async () => {
    await expect(testWorkflow({ name: 'No steps', steps: [] })).rejects.toThrow(ValidationError);
    await expect(testWorkflow(order, { stubs })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(testWorkflow(order, { now: 'soon' })).rejects.toThrow(TypeError);
  });

  it('decides approvals, knows secrets, other workflows and real actions', async () => {
    const child = {
      name: 'Child',
      slug: 'child',
      steps: [{ stepSlug: 'say', stepType: 'output', config: { mapping: 'from the child' } }],
    };
    const document = {
      name: 'All',
      config: { secrets: { key: { kind: 'reference' } } },
      steps: [
        { stepSlug: 'ask', stepType: 'approval', config: { title: 'Go?' }, nextSteps: { approved: 'call' } },
        { stepSlug: 'call', stepType: 'workflow', config: { workflow: 'child' }, nextSteps: { success: 'sign' } },
        {
          stepSlug: 'sign',
          stepType: 'action',
          config: { type: 'sign', parameters: { key: '{{secrets.key}}' } },
          nextSteps: { success: 'end' },
        },
      ],
    };
    const actions = createActionRegistry([defineAction({ type: 'sign', run: ({ key }) => String(key).length })]);
    const run = await testWorkflow(document, { secrets: { key: 'sesame' }, workflows: { child }, actions });
    await run.decide('ask', { decision: 'approved' });
    run.expect({ status: 'completed', output: 6, steps: { call: { output: 'from the child' } } });
    await expect(run.decide('ask', { decision: 'approved' })).rejects.toMatchObject({ code: 'NOT_WAITING' });
  });
});

const folder = fileURLToPath(new URL('../../examples/workflows', import.meta.url));
const examples = readdirSync(folder);

describe('testStep', () => {
  it('performs one step with the results that are given: its port, what it was given, what it gave', async () => {
    const shipped = await testStep(order, 'ship', {
      input: { sku: 'a' },
      steps: { charge: { id: 9 } },
      stubs: { parcel_ship: { output: 'P9' } },
    });
    expect(shipped).toMatchObject({ port: 'success', output: 'P9', error: null, attempts: 1, parameters: { id: 9 } });
    expect(shipped.calls).toHaveLength(1);
  });

  it('waits through its retries, and takes the error port in the end', async () => {
    const charged = await testStep(order, 'charge', {
      input: { sku: 'a' },
      stubs: { card_charge: { error: { code: 'BUSY', message: 'Later.' } } },
    });
    expect(charged).toMatchObject({ port: 'error', attempts: 2, error: { code: 'BUSY' } });
  });

  it('stands in the iteration asked for', async () => {
    const document = {
      name: 'Each',
      steps: [
        {
          stepSlug: 'rows',
          stepType: 'loop',
          config: { items: '{{input.rows}}', itemVariable: 'row' },
          nextSteps: { next: 'odd', done: 'end' },
        },
        {
          stepSlug: 'odd',
          stepType: 'condition',
          config: { expression: 'row % 2 == 1 && loop.index == 2' },
          nextSteps: { true: 'rows', false: 'rows' },
        },
      ],
    };
    const at = (items: number[]) => testStep(document, 'odd', { loop: { items, index: 2 } });
    expect((await at([0, 0, 3])).port).toBe('true');
    expect((await at([1, 1, 4])).port).toBe('false');
  });

  it('stands in one iteration alone, of loops inside loops, and sees all their items', async () => {
    const document = {
      name: 'Lines',
      steps: [
        {
          ...{ stepSlug: 'orders', stepType: 'loop', nextSteps: { next: 'lines', done: 'end' } },
          config: { items: '{{input.orders}}', itemVariable: 'order' },
        },
        {
          ...{ stepSlug: 'lines', stepType: 'loop', nextSteps: { next: 'send', done: 'orders' } },
          config: { items: '{{order.lines}}', itemVariable: 'line' },
        },
        {
          ...{ stepSlug: 'send', stepType: 'action', nextSteps: { success: 'lines' } },
          config: {
            type: 'send_it',
            parameters: { to: '{{order}}', what: '{{line}}', last: '{{loop.isLast}}', of: '{{loop.items.length}}' },
          },
        },
      ],
    };
    const sent = await testStep(document, 'send', {
      loop: { items: ['x', '{{input}}', 'z'], index: 1, parent: { items: ['A', 'B'], index: 1 } },
      stubs: { send_it: [{ output: 'first' }, { output: 'second' }] },
    });
    expect(sent.parameters).toEqual({ to: 'B', what: '{{input}}', last: false, of: 3 });
    expect(sent).toMatchObject({ port: 'success', output: 'first', attempts: 1 });
    expect(sent.calls).toHaveLength(1);
    const alone = await testStep(document, 'send', { stubs: { send_it: { output: 1 } } });
    expect(alone.parameters).toEqual({ to: null, what: null, last: true, of: 1 });
  });

  it('sees the failure that leads to it, in an iteration too', async () => {
    const document = {
      name: 'Handled',
      steps: [
        { stepSlug: 'each', stepType: 'loop', config: { items: [1, 2] }, nextSteps: { next: 'try', done: 'last' } },
        {
          stepSlug: 'try',
          stepType: 'action',
          config: { type: 'try_it' },
          nextSteps: { success: 'each', error: 'tell' },
        },
        {
          ...{ stepSlug: 'tell', stepType: 'action', nextSteps: { success: 'each' } },
          config: {
            type: 'tell_it',
            parameters: {
              ...{ code: '{{error.code}}', text: '{{error.message}}', step: '{{error.stepSlug}}' },
              ...{ why: '{{error.details.why}}', same: '{{steps.try.error.code}}', item: '{{loop.item}}' },
            },
          },
        },
        { stepSlug: 'last', stepType: 'output', config: { mapping: '{{error.code}}' } },
      ],
    };
    const error = { code: 'FULL', message: 'No room.', details: { why: 'disk' }, stepSlug: 'try' };
    const told = await testStep(document, 'tell', {
      error,
      loop: { items: [1, 2], index: 1 },
      stubs: { tell_it: { output: null } },
    });
    const shown = { code: 'FULL', text: 'No room.', step: 'try', why: 'disk', same: 'FULL', item: 2 };
    expect(told).toMatchObject({ port: 'success', parameters: shown });
    expect(told.calls).toHaveLength(1);
    expect(await testStep(document, 'last', { error: { code: 'FULL' } })).toMatchObject({
      port: undefined,
      output: 'FULL',
    });
    expect(await testStep(document, 'last')).toMatchObject({ output: null });
    const nowhere = testStep(document, 'last', { error: { code: 'FULL', stepSlug: 'tri' } });
    await expect(nowhere).rejects.toMatchObject({ code: 'STEP_NOT_FOUND', step: 'tri' });
  });

  it('reads variables as they are given, by either name, and none as nothing', async () => {
    const document = {
      name: 'Greets',
      config: { variables: { tone: 'plain' } },
      steps: [
        {
          ...{ stepSlug: 'set', stepType: 'action', nextSteps: { success: 'greet' } },
          config: { type: 'set_variables', parameters: { name: '{{input.name}}' } },
        },
        {
          ...{ stepSlug: 'greet', stepType: 'action', nextSteps: { success: 'end' } },
          config: { type: 'say', parameters: { a: '{{variables.name}}', b: '{{name}}', tone: '{{tone}}' } },
        },
      ],
    };
    const stubs = { say: { output: null } };
    const variables = { name: '{{secrets.key}}', tone: 'warm' };
    const greeted = await testStep(document, 'greet', { variables, stubs });
    expect(greeted.parameters).toEqual({ a: '{{secrets.key}}', b: '{{secrets.key}}', tone: 'warm' });
    expect((await testStep(document, 'greet', { stubs })).parameters).toEqual({ tone: 'plain' });
  });

  it('lets the time of its waits and timeouts pass', async () => {
    const patient = {
      name: 'Patient',
      steps: [
        { stepSlug: 'rest', stepType: 'wait', config: { for: '3h' }, nextSteps: { success: 'slow' } },
        {
          stepSlug: 'slow',
          stepType: 'action',
          config: { type: 'slow', timeout: 5000 },
          nextSteps: { success: 'end' },
        },
      ],
    };
    expect((await testStep(patient, 'rest')).port).toBe('success');
    expect(await testStep(patient, 'slow', { stubs: { slow: { never: true } } })).toMatchObject({
      port: 'error',
      error: { code: 'TIMEOUT' },
    });
  });

  it.each(examples)('performs any step of %s by itself', async (file) => {
    const document: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const { steps } = compile(document);
    expect(steps.size).toBeGreaterThan(1);
    for (const slug of steps.keys()) {
      const { history } = await testStep(document, slug, { stubs: { [slug]: { output: {} } } });
      expect(history.filter((event) => event.type === 'step_started' && event.step === slug)).not.toEqual([]);
    }
  });

  it('knows no step that is not there', async () => {
    await expect(testStep(order, 'shipp')).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' });
    const given = testStep(order, 'ship', { steps: { charged: { id: 1 } } });
    await expect(given).rejects.toMatchObject({ code: 'STEP_NOT_FOUND', step: 'charged' });
  });
});

/** What a fixture does not hold, as its documentation says. */
const told: readonly JournalEvent['type'][] = ['execution_transferred', 'execution_imported', 'checkpoint', 'log'];

/** A history without what fixtures do not hold, and so without the numbers of its events where it had any of that. */
function heldOf(events: readonly JournalEvent[]): readonly object[] {
  const held = events.filter(({ type }) => !told.includes(type));
  return held.length === events.length ? events : held.map(({ seq: _, ...event }) => event);
}

/** The fixture of a history, which has led to that history again. */
async function again(document: unknown, history: readonly JournalEvent[]): Promise<Fixture> {
  const fixture = recordFixture(JSON.parse(JSON.stringify(history)), document);
  expect(texts((await playFixture(document, fixture)).history)).toEqual(texts(history));
  return fixture;
}

function texts(events: readonly object[]): string[] {
  const history: readonly Json[] = JSON.parse(JSON.stringify(events));
  return history.map(canonicalJson);
}

describe('recordFixture', () => {
  // An attempt that was cut off and begun anew is one attempt in a fixture: other numbers, other times.
  const cases = ownCases().filter(({ expect: { history } }) =>
    history.every(({ type }) => type !== 'step_interrupted'),
  );

  it.each(cases.map((one) => [one.name, one] as const))('makes %s again, to the same history', async (_name, one) => {
    const { events } = await runCase(one, { store: new MemoryStore(), clock: new VirtualClock(START_TIME) });
    const fixture = recordFixture(JSON.parse(JSON.stringify(events)), one.definition);
    const run = await playFixture(one.definition, fixture, { actions: stubsFor().actions });
    const numbered = heldOf(events) === events;
    const again = numbered ? run.history : run.history.map(({ seq: _, ...event }) => event);
    expect(texts(again)).toEqual(texts(heldOf(events)));
  });

  it('knows how long each answer took, of actions, models, tools and other workflows, one beside the other', async () => {
    const document = {
      name: 'Slow',
      steps: [
        {
          ...{ stepSlug: 'each', stepType: 'loop', nextSteps: { next: 'get', done: 'ask' } },
          config: { items: [1, 2, 3], concurrency: 2 },
        },
        {
          ...{ stepSlug: 'get', stepType: 'action', nextSteps: { success: 'each' } },
          config: { type: 'get_it', parameters: { n: '{{loop.item}}' } },
        },
        {
          ...{ stepSlug: 'ask', stepType: 'llm', nextSteps: { success: 'call' } },
          config: { systemPrompt: 'Help.', userPrompt: 'How many?', tools: ['count'] },
        },
        { stepSlug: 'call', stepType: 'workflow', config: { workflow: 'other' }, nextSteps: { success: 'rest' } },
        { stepSlug: 'rest', stepType: 'wait_for_event', config: { event: 'go', timeout: '1h' } },
      ],
    };
    const slowStubs = {
      get_it: [
        { output: 'a', after: 700 },
        { error: { code: 'NO', retryable: true }, after: 300 },
        { output: 'c', after: 10 },
      ],
      ask: [
        { toolCalls: [{ name: 'count' }, { name: 'count' }], after: '2s', usage: { inputTokens: 5, outputTokens: 1 } },
        { output: 'Two.', after: '1s', usage: { inputTokens: 9, outputTokens: 2 } },
      ],
      count: [
        { output: { n: 2 }, after: 40 },
        { error: { code: 'TIRED', details: [1] }, after: 50 },
      ],
      other: { output: { ok: true }, after: '3m' },
    };
    const slow = await testWorkflow(document, { stubs: slowStubs });
    await slow.advance('10m');
    slow.expect({ status: 'failed', error: { code: 'NO' } });
    const retried = { ...document, config: { retryPolicy: { maxRetries: 1, backoffMs: 1000 } } };
    expect((await again(document, slow.history)).duration).toBe(300);
    const through = await testWorkflow(retried, { stubs: slowStubs });
    await through.advance('10m');
    await through.signal('go');
    through.expect({ status: 'completed', steps: { ask: { output: 'Two.' }, call: { output: { ok: true } } } });
    const { stubs, duration } = await again(retried, through.history);
    expect(duration).toBe(600_000);
    expect(stubs).toMatchObject({
      call: { output: { ok: true }, after: 180_000 },
      ask: [{ after: 2000 }, { after: 1000 }],
    });
  });

  it('knows a text from the object that its step makes of it', async () => {
    const document = {
      name: 'Wraps',
      steps: [{ stepSlug: 'say', stepType: 'llm', config: { systemPrompt: 'Hi.', resultKey: 'data' } }],
    };
    const run = await testWorkflow(document, { stubs: { say: { output: 'Dear Ada' } } });
    expect((await again(document, run.history)).stubs).toEqual({ say: { output: 'Dear Ada' } });
  });

  it('leaves out what a crash cut off', async () => {
    const document = {
      name: 'Cut',
      steps: [
        { stepSlug: 'get', stepType: 'action', config: { type: 'get_it' }, nextSteps: { success: 'once' } },
        {
          stepSlug: 'once',
          stepType: 'action',
          config: { type: 'pay_once', idempotent: false },
          nextSteps: { error: 'no' },
        },
        { stepSlug: 'no', stepType: 'output', config: { mapping: '{{error.code}}' } },
      ],
    };
    const store = new MemoryStore();
    const clock = new VirtualClock(START_TIME);
    const portsWith = ({ actions, model }: Stubs): RuntimePorts => ({
      ...{ store, clock, actions, model, random: { id: () => 'cut', seed: () => 1 } },
    });
    const first = await Driver.start(portsWith(createStubs({ get: { never: true } })), compile(document));
    first.stop();
    await first.settled().catch(() => undefined);
    const hanging = createStubs({ get: { output: 1 }, once: { never: true } });
    const second = await Driver.open(portsWith(hanging), 'cut');
    await second?.idle(() => hanging.stalled);
    second?.stop();
    await second?.settled().catch(() => undefined);
    const third = await Driver.open(portsWith(createStubs({})), 'cut');
    expect(await third?.settled()).toMatchObject({ status: 'completed', output: 'OUTCOME_UNKNOWN' });
    const history = await readHistory(store, 'cut');
    expect(history.filter(({ type }) => type === 'step_interrupted')).toHaveLength(2);
    const fixture = recordFixture(history);
    expect(fixture.stubs).toMatchObject({ get: { output: 1 }, once: { error: { code: 'OUTCOME_UNKNOWN' } } });
    expect((await playFixture(document, fixture)).output).toBe('OUTCOME_UNKNOWN');
  });

  it('needs a journal from its beginning', () => {
    expect(() => recordFixture([])).toThrow(TypeError);
    expect(compile(order).slug).toBe('order');
  });
});
