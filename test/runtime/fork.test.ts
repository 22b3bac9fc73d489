import { describe, expect, it } from 'vitest';
import {
  ConflictError,
  canonicalJson,
  compile,
  Driver,
  ExecutionHost,
  isFinal,
  type JournalEvent,
  type Json,
  MemoryStore,
  type Plan,
  type RuntimePorts,
  readExecution,
  readHistory,
  replay,
  TransferredError,
  ValidationError,
} from '../../runtime/index.js';
import { exportExecution, importExecution, planRetry, type RetryRequest, retryFrom } from '../../runtime/operations.js';
import { createStubs, VirtualClock } from '../../runtime/testing.js';
import { runCase, stateText } from '../support/conformance.js';
import { ownCases } from '../support/conformance-cases.js';
import { START } from '../support/hand-driven.js';

const HOUR = 3_600_000;

function hostOf(stubs: Json) {
  const clock = new VirtualClock(START);
  const store = new MemoryStore();
  const answers = createStubs(stubs);
  let ids = 0;
  const ports: RuntimePorts = {
    ...{ store, clock, actions: answers.actions, model: answers.model },
    random: {
      id: () => {
        ids += 1;
        return `new_${ids}`;
      },
      seed: () => 7,
    },
    secrets: { resolve: () => 'swordfish-value' },
  };
  const finish = async (driver: Driver) => {
    do await driver.idle();
    while (!isFinal(driver.state.status) && clock.advanceToNext());
    return driver.state;
  };
  const run = async (plan: Plan, input: Json = {}) =>
    finish(await Driver.start(ports, plan, { executionId: 'old', input }));
  const goOn = async (id: string) => finish((await Driver.open(ports, id)) ?? expect.unreachable(`no ${id}`));
  const retry = async (request: RetryRequest = {}, id = 'old') => {
    const retried = await retryFrom(ports, id, request);
    return { ...retried, state: await goOn(retried.id) };
  };
  return { clock, store, ports, run, goOn, retry, calls: answers.calls, parked: () => answers.parked };
}

const order = (charge: Record<string, Json> = {}, first: Record<string, Json> = {}): Plan =>
  compile({
    name: 'Order',
    config: { timeout: '1h', secrets: { token: { kind: 'reference', name: 'token' } } },
    inputSchema: { type: 'object', properties: { amount: { type: 'number' } } },
    steps: [
      {
        stepSlug: 'reserve',
        stepType: 'action',
        config: { type: 'reserve', parameters: { key: '{{secrets.token}}', ...first } },
        nextSteps: { success: 'charge' },
      },
      {
        stepSlug: 'charge',
        stepType: 'action',
        config: { type: 'charge', parameters: { amount: '{{input.amount}}', ...charge } },
        nextSteps: { success: 'ship' },
      },
      { stepSlug: 'ship', stepType: 'action', config: { type: 'ship' }, nextSteps: { success: 'end' } },
    ],
  });

const declined = { error: { code: 'DECLINED', message: 'No', retryable: false } };
const answers = { reserve: { output: { place: 7 } }, charge: [declined, { output: 'paid' }], ship: { output: 'sent' } };

describe('retrying from the step that failed', () => {
  it('makes a new execution that keeps the results before it, and leaves the old one as it was', async () => {
    const { run, retry, store, clock, calls } = hostOf(answers);
    const plan = order();
    expect(await run(plan, { amount: 5 })).toMatchObject({ status: 'failed', error: { stepSlug: 'charge' } });
    const old = canonicalJson([...store.readEvents('old')]);
    clock.advanceTo(START + 5 * HOUR);
    const { id, origin, effectsRepeated, state } = await retry();
    expect(state).toMatchObject({ status: 'completed', output: 'sent', executionId: id });
    expect(origin).toEqual({ executionId: 'old', seq: 4, step: 'charge', activation: 2, planHash: plan.hash });
    expect(effectsRepeated).toEqual(['charge']);
    expect(calls.map(({ step, idempotencyKey }) => `${step} ${idempotencyKey}`)).toEqual([
      'reserve old/1',
      'charge old/2',
      `charge ${id}/2`,
      `ship ${id}/3`,
    ]);
    expect(canonicalJson([...store.readEvents('old')])).toBe(old);
    expect(store.read(id)?.summary.startedAt).toBe(START + 5 * HOUR);
  });

  it('writes a journal that begins with the old one and stands on its own, secrets masked', async () => {
    const { run, retry, store } = hostOf(answers);
    const plan = order();
    await run(plan, { amount: 5 });
    const { id, state } = await retry();
    const events = store.readEvents(id);
    expect(events.slice(0, 3)).toEqual(store.readEvents('old').slice(0, 3));
    expect(events[3]).toMatchObject({ type: 'execution_forked', executionId: id, origin: { executionId: 'old' } });
    const replayed = replay(plan, events);
    expect(replayed.ok && stateText(replayed.state)).toBe(stateText(state));
    expect(JSON.stringify(events)).not.toContain('swordfish');
  });

  it('takes edited input from there on, checked first', async () => {
    const { run, retry, calls, ports } = hostOf(answers);
    await run(order(), { amount: 5 });
    await expect(retryFrom(ports, 'old', { input: { amount: 'much' } })).rejects.toBeInstanceOf(ValidationError);
    const { state } = await retry({ input: { amount: 3 } });
    expect(state.input).toEqual({ amount: 3 });
    expect(calls.map(({ parameters }) => parameters)[2]).toEqual({ amount: 3 });
  });

  it('can be done again of the new one, from another step', async () => {
    const { run, retry, store } = hostOf({ ...answers, charge: [declined, declined, { output: 'paid' }] });
    const plan = order();
    await run(plan, { amount: 5 });
    const first = await retry();
    expect(first.state.status).toBe('failed');
    const second = await retry({}, first.id);
    expect(second.state).toMatchObject({ status: 'completed', output: 'sent' });
    const third = await retry({ step: 'ship' }, second.id);
    expect(third.effectsRepeated).toEqual(['ship']);
    expect(third.state.status).toBe('completed');
    expect(types(store.readEvents(third.id)).filter((type) => type === 'execution_forked')).toHaveLength(3);
    for (const { id, state } of [second, third]) {
      const replayed = replay(plan, store.readEvents(id));
      expect(replayed.ok && stateText(replayed.state)).toBe(stateText(state));
    }
    const fromTheFirst = await retry({ step: 'reserve' }, third.id);
    expect(types(store.readEvents(fromTheFirst.id)).filter((type) => type === 'execution_forked')).toHaveLength(1);
  });

  it('can be carried to another store', async () => {
    const { run, ports, store } = hostOf(answers);
    await run(order(), { amount: 5 });
    const { id } = await retryFrom(ports, 'old');
    const away = { ...ports, store: new MemoryStore() };
    await importExecution(away, JSON.stringify(await exportExecution(ports, id)));
    const driver = (await Driver.open(away, id)) ?? expect.unreachable();
    driver.wake();
    expect(await driver.settled()).toMatchObject({ status: 'completed', executionId: id });
    expect(store.read('old')?.summary.status).toBe('failed');
  });
});

describe('retrying from a visit in a loop', () => {
  const plan = compile({
    name: 'Letters',
    steps: [
      {
        stepSlug: 'each',
        stepType: 'loop',
        config: { items: ['a', 'b', 'c'], collect: '{{steps.send.output}}' },
        nextSteps: { next: 'send', done: 'end' },
      },
      { stepSlug: 'send', stepType: 'action', config: { type: 'send', parameters: { to: '{{loop.item}}' } } },
    ],
  });

  it('keeps the rounds before it and makes the others anew', async () => {
    const { run, retry, store, calls } = hostOf({ send: [1, 2, 3, 20, 30].map((output) => ({ output })) });
    expect((await run(plan)).output).toEqual([1, 2, 3]);
    const second = store.readEvents('old').filter(isStart('send'))[1];
    const { id, state, effectsRepeated } = await retry({ activation: second?.activation ?? 0 });
    expect(state.output).toEqual([1, 20, 30]);
    expect(effectsRepeated).toEqual(['send']);
    expect(calls.slice(3).map(({ parameters }) => parameters)).toEqual([{ to: 'b' }, { to: 'c' }]);
    expect(replay(plan, store.readEvents(id)).ok).toBe(true);
  });

  it('takes the last visit of a step where none is named', async () => {
    const { run, retry } = hostOf({ send: [1, 2, 3, 30].map((output) => ({ output })) });
    await run(plan);
    expect((await retry({ step: 'send' })).state.output).toEqual([1, 2, 30]);
  });
});

describe('retrying under another definition', () => {
  it('takes one that differs from the chosen step on', async () => {
    const { run, retry, calls, store } = hostOf(answers);
    const [old, changed] = [order(), order({ currency: 'EUR' })];
    await run(old, { amount: 5 });
    const { id, origin, state } = await retry({ definition: changed });
    expect(origin.planHash).toBe(old.hash);
    expect(state).toMatchObject({ status: 'completed', planHash: changed.hash });
    expect(calls[2]?.parameters).toEqual({ amount: 5, currency: 'EUR' });
    expect(replay(changed, store.readEvents(id)).ok).toBe(true);
  });

  it('refuses one that would have come to other results, and says where', async () => {
    const { run, ports, store } = hostOf(answers);
    await run(order(), { amount: 5 });
    const refused = retryFrom(ports, 'old', { definition: order({}, { shelf: 1 }) });
    await expect(refused).rejects.toBeInstanceOf(ConflictError);
    await expect(refused).rejects.toMatchObject({
      code: 'RESULTS_DO_NOT_FIT',
      message: expect.stringContaining("event 2 at step 'reserve'"),
      details: { seq: 2, expected: { parameters: { key: '[secret:token]', shelf: 1 } } },
    });
    expect(store.list().items).toHaveLength(1);
  });

  it('refuses one in which the chosen step does not come next', async () => {
    const { run, ports } = hostOf(answers);
    await run(order(), { amount: 5 });
    const without = compile({
      ...JSON.parse(JSON.stringify(order().definition)),
      steps: [
        {
          stepSlug: 'reserve',
          stepType: 'action',
          config: { type: 'reserve', parameters: { key: '{{secrets.token}}' } },
          nextSteps: { success: 'ship' },
        },
        { stepSlug: 'ship', stepType: 'action', config: { type: 'ship' }, nextSteps: { success: 'end' } },
      ],
    });
    await expect(retryFrom(ports, 'old', { definition: without })).rejects.toMatchObject({
      code: 'RESULTS_DO_NOT_FIT',
      message: "The plan does not come to step 'charge' after the results kept of execution old",
    });
  });
});

describe('what cannot be retried', () => {
  it('says why', async () => {
    const { run, ports } = hostOf({ ...answers, charge: { output: 'paid' } });
    await run(order(), { amount: 5 });
    await expect(retryFrom(ports, 'none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(retryFrom(ports, 'old')).rejects.toMatchObject({ code: 'NO_FAILED_STEP' });
    await expect(retryFrom(ports, 'old', { step: 'nowhere' })).rejects.toMatchObject({ code: 'STEP_NOT_VISITED' });
    await expect(retryFrom(ports, 'old', { activation: 99 })).rejects.toMatchObject({ code: 'STEP_NOT_VISITED' });
    await expect(retryFrom(ports, 'old', { step: 'ship', executionId: 'old' })).rejects.toMatchObject({
      code: 'EXECUTION_EXISTS',
    });
  });

  it('is an execution that has not ended, or is elsewhere', async () => {
    const { ports } = hostOf({ work: { never: true } });
    const plan = compile({ name: 'Long', steps: [{ stepSlug: 'a', stepType: 'action', config: { type: 'work' } }] });
    const driver = await Driver.start(ports, plan, { executionId: 'old' });
    await expect(retryFrom(ports, 'old', { step: 'a' })).rejects.toMatchObject({ code: 'EXECUTION_NOT_FINISHED' });
    await exportExecution(ports, 'old', { driver });
    await expect(retryFrom(ports, 'old', { step: 'a' })).rejects.toBeInstanceOf(TransferredError);
  });
});

// Every visit of every conformance case can be gone back to, and the journal that begins there replays.
describe('from any visit of any case', () => {
  const cases = ownCases();
  it.each(cases.map((testCase) => [testCase.name, testCase] as const))('%s', async (_name, testCase) => {
    const host = { store: new MemoryStore(), clock: new VirtualClock(START) };
    const { state: old } = await runCase(testCase, host);
    const journal = await readHistory(host.store, old.executionId);
    const random = { id: () => 'forked', seed: () => 1 };
    const plan = compile(testCase.definition);
    for (const { activation, step, seq } of journal.filter(isStart())) {
      const retry = planRetry({ ...host, random }, old.executionId, { activation });
      const kept = journal.filter((event) => event.type === 'step_succeeded' && event.seq < seq);
      if (journal.some((event) => 'compensates' in event && kept.some(isOf(event.compensates)))) {
        await expect(retry).rejects.toMatchObject({ code: 'RESULTS_UNDONE' });
        continue;
      }
      const { execution } = await retry;
      const replayed = replay(plan, execution.events);
      expect(replayed.ok && stateText(replayed.state), `visit ${activation}`).toBe(stateText(execution.snapshot.state));
      expect(execution.events).toHaveLength(seq);
      expect(execution.snapshot.state.pending[0]).toMatchObject({ type: 'enter', slug: step });
      expect(execution.summary).toMatchObject({ id: 'forked', status: 'running' });
    }
  });
});

const types = (events: readonly JournalEvent[]): string[] => events.map((event) => event.type);

const isOf = (activation: number | undefined) => (event: JournalEvent) =>
  'activation' in event && event.activation === activation;

function isStart(step?: string) {
  return (event: JournalEvent): event is Extract<JournalEvent, { type: 'step_started' }> =>
    event.type === 'step_started' &&
    event.attempt === 1 &&
    event.compensates === undefined &&
    event.step === (step ?? event.step);
}

describe('a run that undid what it had done', () => {
  const plan = compile({
    name: 'Undone',
    steps: [
      {
        stepSlug: 'reserve',
        stepType: 'action',
        config: { type: 'reserve', compensate: { type: 'release' } },
        nextSteps: { success: 'charge' },
      },
      { stepSlug: 'charge', stepType: 'action', config: { type: 'charge' }, nextSteps: { success: 'end' } },
    ],
  });

  it('is retried from where nothing that is kept was undone', async () => {
    const { run, retry, ports } = hostOf({ ...answers, release: { output: 'released' } });
    expect((await run(plan)).status).toBe('failed');
    await expect(retryFrom(ports, 'old')).rejects.toMatchObject({
      code: 'RESULTS_UNDONE',
      message: "What was done by 'reserve' has been undone; retry from step 'reserve' or from one before it",
    });
    const { state, effectsRepeated } = await retry({ step: 'reserve' });
    expect(state).toMatchObject({ status: 'completed', output: 'paid' });
    expect(effectsRepeated).toEqual(['reserve', 'charge']);
  });

  it('is retried from where what was undone was still under way, and is done anew', async () => {
    const beside = compile({
      name: 'Beside',
      steps: [
        {
          stepSlug: 'both',
          stepType: 'parallel',
          config: { branches: ['a', 'b'] },
          nextSteps: { a: 'reserve', b: 'charge', done: 'end' },
        },
        {
          stepSlug: 'reserve',
          stepType: 'action',
          config: { type: 'reserve', compensate: { type: 'release' } },
          nextSteps: { success: 'both' },
        },
        { stepSlug: 'charge', stepType: 'action', config: { type: 'charge' }, nextSteps: { success: 'both' } },
      ],
    });
    const { run, retry, calls } = hostOf({
      ...answers,
      release: { output: 'released' },
    });
    expect((await run(beside)).status).toBe('failed');
    const { state, effectsRepeated } = await retry({ step: 'charge' });
    expect(state.status).toBe('completed');
    expect(effectsRepeated).toEqual(['reserve', 'charge']);
    expect(calls.map(({ key }) => key)).toEqual(['reserve', 'charge', 'release', 'reserve', 'charge']);
  });
});

describe('a run that another one was beside', () => {
  it('starts that one anew under its own id, as the old one has been cancelled', async () => {
    const { ports, calls, clock, parked } = hostOf({ work: [{ never: true }, { output: 'late' }], ...answers });
    const child = compile({ name: 'Child', steps: [{ stepSlug: 'do', stepType: 'action', config: { type: 'work' } }] });
    const parent = compile({
      name: 'Parent',
      steps: [
        {
          stepSlug: 'both',
          stepType: 'parallel',
          config: { branches: ['a', 'b'] },
          nextSteps: { a: 'call', b: 'pause', done: 'end' },
        },
        { stepSlug: 'call', stepType: 'workflow', config: { workflow: 'child' }, nextSteps: { success: 'both' } },
        { stepSlug: 'pause', stepType: 'wait', config: { for: '1s' }, nextSteps: { success: 'charge' } },
        { stepSlug: 'charge', stepType: 'action', config: { type: 'charge' }, nextSteps: { success: 'both' } },
      ],
    });
    const host = new ExecutionHost(ports, () => child);
    const rest = async (driver: Driver) => {
      do await host.idle(parked);
      while (!isFinal(driver.state.status) && clock.advanceToNext());
      return driver.state;
    };
    expect(await rest(await host.begin(parent, { executionId: 'old' }))).toMatchObject({ error: { code: 'DECLINED' } });
    expect((await readExecution(ports.store, 'old.2'))?.state.status).toBe('cancelled');
    const { id, effectsRepeated } = await retryFrom(ports, 'old');
    expect(effectsRepeated).toEqual(['call', 'charge']);
    const state = await rest((await host.open(id)) ?? expect.unreachable());
    expect(state).toMatchObject({ status: 'completed', output: { a: { output: 'late' }, b: { output: 'paid' } } });
    const works = calls.filter(({ key }) => key === 'work');
    expect(works.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['old.2/1', `${id}.2/1`]);
    const replayed = replay(parent, await readHistory(ports.store, id));
    expect(replayed.ok && stateText(replayed.state)).toBe(stateText(state));
  });
});

describe('beside the step that is retried', () => {
  const beside = (step: object): Plan =>
    compile({
      name: 'Beside',
      steps: [
        {
          stepSlug: 'both',
          stepType: 'parallel',
          config: { branches: ['a', 'b'] },
          nextSteps: { a: 'other', b: 'bad' },
        },
        { stepSlug: 'other', ...step },
        { stepSlug: 'bad', stepType: 'action', config: { type: 'bad' }, nextSteps: { success: 'both' } },
      ],
    });
  const stubs = {
    bad: [{ error: { code: 'BAD', retryable: false } }, { output: 1 }],
    slow: { output: 2, after: '20m' },
  };

  it.each([
    ['an approval', { stepType: 'approval', config: { title: 'Go?', timeout: '1h' } }],
    ['a wait for an event', { stepType: 'wait_for_event', config: { event: 'go', timeout: '1h' } }],
  ])('%s is granted its time once more', async (_, step) => {
    const { clock, ports, run } = hostOf(stubs);
    expect((await run(beside(step))).status).toBe('failed');
    clock.advanceTo(START + 5 * HOUR);
    const driver = (await Driver.open(ports, (await retryFrom(ports, 'old')).id)) ?? expect.unreachable('it is there');
    clock.advanceTo(START + 5 * HOUR + 1000);
    await driver.idle();
    expect(driver.state.activations).toMatchObject([{}, { slug: 'other', dueAt: START + 6 * HOUR }]);
  });

  it('an effect that was under way is granted its time once more', async () => {
    const { clock, run, retry } = hostOf(stubs);
    const step = { stepType: 'action', config: { type: 'slow', totalTimeout: '1h' }, nextSteps: { success: 'both' } };
    expect((await run(beside(step))).status).toBe('failed');
    clock.advanceTo(START + 5 * HOUR);
    expect((await retry()).state.status).toBe('completed');
  });
});
