import { describe, expect, it } from 'vitest';
import {
  type Action,
  ActionError,
  type Commit,
  ConflictError,
  compile,
  Driver,
  type JournalEvent,
  type Json,
  MemoryStore,
  readExecution,
  readHistory,
  replay,
  ValidationError,
} from '../../runtime/index.js';
import type { VirtualClock } from '../../runtime/testing.js';
import { HandDriven, hostOf, START } from '../support/hand-driven.js';

/** A store that counts its commits and tells what each held. */
class CountingStore extends MemoryStore {
  readonly commits: Commit[] = [];
  override commit(id: string, commit: Commit): void {
    super.commit(id, commit);
    this.commits.push(commit);
  }
}

const oneStep = (config: Record<string, Json> = {}) =>
  compile({
    name: 'One step',
    steps: [
      { stepSlug: 'work', stepType: 'action', config: { type: 'work', parameters: { n: '{{input.n}}' }, ...config } },
    ],
  });

const types = (events: readonly JournalEvent[]): string[] => events.map((event) => event.type);

describe('one driver per execution (I4)', () => {
  it('stops a driver whose execution another one has taken over, and keeps nothing of what it tried', async () => {
    const work = new HandDriven('work');
    const { ports, store } = hostOf([work.action]);
    const first = await Driver.start(ports, oneStep(), { executionId: 'x' });
    const call = await work.call(1);
    const second = await Driver.open(ports, 'x');
    call.answer('from the first');
    await expect(first.settled()).rejects.toBeInstanceOf(ConflictError);
    (await work.call(2)).answer('from the second');
    const state = await second?.settled();
    expect(state?.output).toBe('from the second');
    expect(types(store.readEvents('x'))).toEqual([
      'execution_started',
      'step_started',
      'step_interrupted',
      'step_started',
      'step_succeeded',
      'execution_completed',
    ]);
  });

  it('refuses a second execution of the same id, and changes nothing', async () => {
    const work = new HandDriven('work');
    const { ports, store } = hostOf([work.action]);
    await Driver.start(ports, oneStep(), { executionId: 'x' });
    const before = store.readEvents('x');
    await expect(Driver.start(ports, oneStep(), { executionId: 'x' })).rejects.toBeInstanceOf(ConflictError);
    expect(store.readEvents('x')).toEqual(before);
    expect(work.calls).toHaveLength(1);
  });
});

describe('effects (I6)', () => {
  it('repeats an effect after a crash under the same idempotency key, as another attempt', async () => {
    const work = new HandDriven('work');
    const { ports } = hostOf([work.action]);
    const first = await Driver.start(ports, oneStep(), { executionId: 'x', input: { n: 5 } });
    const before = await work.call(1);
    first.stop();
    expect(before.context.signal.aborted).toBe(true);
    const second = await Driver.open(ports, 'x');
    const after = await work.call(2);
    expect([before.context.attempt, after.context.attempt]).toEqual([1, 2]);
    expect(before.context.idempotencyKey).toBe('x/1');
    expect(after.context.idempotencyKey).toBe('x/1');
    expect(after.parameters).toEqual({ n: 5 });
    after.answer('done');
    expect((await second?.settled())?.status).toBe('completed');
  });

  it('never repeats one that is not idempotent: it fails with OUTCOME_UNKNOWN and the workflow decides', async () => {
    const work = new HandDriven('work', { idempotent: false });
    const { ports } = hostOf([work.action]);
    const plan = compile({
      name: 'Careful',
      steps: [
        { stepSlug: 'work', stepType: 'action', config: { type: 'work' }, nextSteps: { error: 'note' } },
        {
          stepSlug: 'note',
          stepType: 'output',
          config: { mapping: { code: '{{error.code}}', step: '{{error.stepSlug}}' } },
        },
      ],
    });
    (await Driver.start(ports, plan, { executionId: 'x' })).stop();
    const second = await Driver.open(ports, 'x');
    expect((await second?.settled())?.output).toEqual({ code: 'OUTCOME_UNKNOWN', step: 'work' });
    expect(work.calls).toHaveLength(1);
  });

  it('repeats none of those that are not idempotent where their time has passed before anybody took over', async () => {
    const work = new HandDriven('work', { idempotent: false });
    const { ports, clock } = hostOf([work.action]);
    const charge = (stepSlug: string) => ({
      stepSlug,
      stepType: 'action',
      config: { type: 'work', timeout: 1000, retry: { maxAttempts: 3, initialDelay: 0 } },
    });
    const both = { branches: ['a', 'b'], onBranchError: 'continue' };
    const steps = [
      { stepSlug: 'both', stepType: 'parallel', config: both, nextSteps: { a: 'one', b: 'two' } },
      ...[charge('one'), charge('two')],
    ];
    (await Driver.start(ports, compile({ name: 'Careful', steps }), { executionId: 'x' })).stop();
    clock.advanceTo(START + 5000);
    const output = (await (await Driver.open(ports, 'x'))?.settled())?.output;
    expect(output).toMatchObject({
      a: { error: { code: 'OUTCOME_UNKNOWN' } },
      b: { error: { code: 'OUTCOME_UNKNOWN' } },
    });
    expect(work.calls).toHaveLength(2);
  });

  it('begins nothing more where the time for it has passed before anybody took over', async () => {
    for (const config of [{ totalTimeout: 1000 }, { execution: 1000 }]) {
      const work = new HandDriven('work');
      const { ports, clock } = hostOf([work.action]);
      const { execution, ...step } = { execution: undefined, ...config };
      const plan = compile({
        name: 'Late',
        config: execution === undefined ? {} : { timeout: execution },
        steps: [{ stepSlug: 'work', stepType: 'action', config: { type: 'work', ...step } }],
      });
      (await Driver.start(ports, plan, { executionId: 'x' })).stop();
      clock.advanceTo(START + 5000);
      const error = (await (await Driver.open(ports, 'x'))?.settled())?.error;
      expect(error?.code).toBe(execution === undefined ? 'TIMEOUT' : 'EXECUTION_TIMEOUT');
      expect(work.calls).toHaveLength(1);
    }
  });

  it('gives up on a step that takes its host down again and again', async () => {
    const work = new HandDriven('work');
    const { ports, store } = hostOf([work.action]);
    let driver: Driver | undefined = await Driver.start(ports, oneStep(), { executionId: 'x' });
    for (let crash = 0; crash < 6; crash += 1) {
      driver?.stop();
      driver = await Driver.open(ports, 'x');
    }
    const state = await driver?.settled();
    expect(state?.error?.code).toBe('INTERRUPTED');
    expect(work.calls).toHaveLength(6);
    expect(types(store.readEvents('x')).filter((type) => type === 'step_interrupted')).toHaveLength(6);
  });

  it('hands the action copies: what it does to its parameters or its result later is not seen', async () => {
    const kept: { value: { list: number[] } } = { value: { list: [1] } };
    const meddler: Action = {
      type: 'work',
      run: (parameters) => {
        Reflect.set(parameters, 'n', 'changed');
        return kept.value;
      },
    };
    const { ports, store } = hostOf([meddler]);
    const driver = await Driver.start(ports, oneStep(), { executionId: 'x', input: { n: 1 } });
    const state = await driver.settled();
    kept.value.list.push(2);
    expect(state.output).toEqual({ list: [1] });
    expect(store.readEvents('x')[1]).toMatchObject({ type: 'step_started', parameters: { n: 1 } });
  });

  it('refuses a result that is not JSON, without another attempt', async () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    const { ports } = hostOf([{ type: 'work', run: () => loop }]);
    const plan = oneStep({ retry: { maxAttempts: 3, initialDelay: 1 } });
    const state = await (await Driver.start(ports, plan)).settled();
    expect(state.error).toMatchObject({ code: 'OUTPUT_NOT_JSON', stepSlug: 'work', attempts: 1 });
  });
});

describe('results are final (I3)', () => {
  it('drops the answer of an attempt that has timed out', async () => {
    const work = new HandDriven('work');
    const { ports, clock, store } = hostOf([work.action]);
    const plan = oneStep({ timeout: 1000, retry: { maxAttempts: 2, initialDelay: 500 } });
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    const slow = await work.call(1);
    clock.advanceTo(START + 1000);
    await driver.idle();
    expect(slow.context.signal.aborted).toBe(true);
    clock.advanceTo(START + 1500);
    const again = await work.call(2);
    slow.answer('too late');
    again.answer('in time');
    const state = await driver.settled();
    expect(state.output).toBe('in time');
    expect(store.readEvents('x').filter((event) => event.type === 'step_succeeded')).toHaveLength(1);
  });

  it('drops the answer of an effect whose execution was cancelled', async () => {
    const work = new HandDriven('work');
    const { ports, store } = hostOf([work.action]);
    const driver = await Driver.start(ports, oneStep(), { executionId: 'x' });
    const call = await work.call(1);
    await driver.cancel('changed my mind');
    expect(call.context.signal.aborted).toBe(true);
    const history = store.readEvents('x');
    call.answer('too late');
    expect((await driver.settled()).status).toBe('cancelled');
    expect(store.readEvents('x')).toEqual(history);
    expect(types(history)).toEqual(['execution_started', 'step_started', 'execution_cancelled', 'step_cancelled']);
    await expect(driver.cancel()).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });
});

describe('deadlines (I5)', () => {
  it('names the earliest deadline in the commit of the state that needs it, with the lease of a running effect', async () => {
    const work = new HandDriven('work');
    const store = new CountingStore();
    const { ports, clock } = hostOf([work.action], store);
    const plan = oneStep({ retry: { maxAttempts: 2, initialDelay: 90_000 } });
    const driver = await Driver.start(ports, plan, { executionId: 'x' }, { leaseMs: 30_000 });
    expect(store.read('x')?.summary.wakeAt).toBe(START + 30_000);
    (await work.call(1)).fail(new ActionError('busy'));
    await driver.idle();
    expect(store.commits.at(-1)?.summary.wakeAt).toBe(START + 90_000);
    clock.advanceTo(START + 90_000);
    (await work.call(2)).answer(null);
    await driver.settled();
    expect(store.commits.at(-1)?.summary.wakeAt).toBeNull();
  });

  it('fires a deadline that passed while nobody drove, and no sooner than it is due', async () => {
    const { ports, clock } = hostOf([]);
    const plan = compile({ name: 'Wait', steps: [{ stepSlug: 'pause', stepType: 'wait', config: { for: '1h' } }] });
    (await Driver.start(ports, plan, { executionId: 'x' })).stop();
    const early = await Driver.open(ports, 'x');
    early?.wake();
    await early?.idle();
    expect(early?.state.status).toBe('waiting');
    early?.stop();
    clock.advanceTo(START + 7_200_000);
    const late = await Driver.open(ports, 'x');
    expect((await late?.settled())?.status).toBe('completed');
  });

  it('takes a repeated or early wake-up for what it is', async () => {
    const { ports, clock, store } = hostOf([]);
    const plan = compile({ name: 'Wait', steps: [{ stepSlug: 'pause', stepType: 'wait', config: { for: '1h' } }] });
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    const before = store.readEvents('x').length;
    for (let n = 0; n < 3; n += 1) driver.wake();
    await driver.idle();
    expect(store.readEvents('x')).toHaveLength(before);
    clock.advanceTo(START + 3_600_000);
    for (let n = 0; n < 3; n += 1) driver.wake();
    await driver.settled();
    expect(store.readEvents('x').filter((event) => event.type === 'timer_fired')).toHaveLength(1);
  });
});

describe('signals (I7)', () => {
  const plan = compile({
    name: 'Wait for it',
    steps: [
      { stepSlug: 'work', stepType: 'action', config: { type: 'work' }, nextSteps: { success: 'hear' } },
      { stepSlug: 'hear', stepType: 'wait_for_event', config: { event: 'paid' } },
    ],
  });

  it('keeps one that comes early, consumes it once, and takes an id once', async () => {
    const work = new HandDriven('work');
    const { ports, store } = hostOf([work.action]);
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    expect(await driver.signal({ id: 's1', name: 'paid', data: { sum: 3 } })).toEqual({ duplicate: false });
    expect(await driver.signal({ id: 's1', name: 'paid', data: { sum: 4 } })).toEqual({ duplicate: true });
    (await work.call(1)).answer(null);
    const state = await driver.settled();
    expect(state.output).toEqual({ sum: 3 });
    expect(store.readEvents('x').filter((event) => event.type === 'signal_received')).toHaveLength(1);
    await expect(driver.signal({ name: 'paid' })).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('tells how it ended also where whoever watches stops it in that moment', async () => {
    const { ports } = hostOf([]);
    const plan = compile({
      name: 'Hear',
      steps: [{ stepSlug: 'hear', stepType: 'wait_for_event', config: { event: 'paid' } }],
    });
    let stop = (): void => undefined;
    const driver = await Driver.start({ ...ports, sink: { publish: () => stop() } }, plan);
    stop = () => driver.stop();
    await driver.signal({ name: 'paid' });
    expect((await driver.settled()).status).toBe('completed');
  });

  it('knows one that is sent again because its answer was lost, also where it was what ended the execution', async () => {
    const { ports } = hostOf([new HandDriven('work').action]);
    const plan = compile({
      name: 'Hear',
      steps: [{ stepSlug: 'hear', stepType: 'wait_for_event', config: { event: 'paid' } }],
    });
    const driver = await Driver.start(ports, plan);
    const send = () => driver.signal({ id: 's1', name: 'paid' });
    expect(await Promise.all([send(), send()])).toEqual([{ duplicate: false }, { duplicate: true }]);
    expect((await driver.settled()).status).toBe('completed');
    expect(await send()).toEqual({ duplicate: true });
    const later = (await Driver.open(ports, driver.id)) ?? expect.unreachable();
    expect(await later.signal({ id: 's1', name: 'paid' })).toEqual({ duplicate: true });
    await expect(later.signal({ id: 's2', name: 'paid' })).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('has it when another driver takes over before the wait begins', async () => {
    const work = new HandDriven('work');
    const { ports } = hostOf([work.action]);
    const first = await Driver.start(ports, plan, { executionId: 'x' });
    await first.signal({ id: 's1', name: 'paid', data: 1 });
    first.stop();
    const second = await Driver.open(ports, 'x');
    (await work.call(2)).answer(null);
    expect((await second?.settled())?.output).toBe(1);
  });
});

describe('commits', () => {
  it('makes one commit per effect, the pure steps between them included', async () => {
    const store = new CountingStore();
    const { ports } = hostOf([{ type: 'work', run: () => ({ ok: true }) }], store);
    const steps = [1, 2, 3].flatMap((n) => [
      { stepSlug: `work_${n}`, stepType: 'action', config: { type: 'work' }, nextSteps: { success: `check_${n}` } },
      {
        stepSlug: `check_${n}`,
        stepType: 'condition',
        config: { expression: `steps.work_${n}.output.ok` },
        nextSteps: { true: `keep_${n}` },
      },
      {
        stepSlug: `keep_${n}`,
        stepType: 'action',
        config: { type: 'set_variables', parameters: { [`v${n}`]: n } },
        nextSteps: { success: n === 3 ? 'end' : `work_${n + 1}` },
      },
    ]);
    const state = await (await Driver.start(ports, compile({ name: 'Chain', steps }))).settled();
    expect(state.variables).toEqual({ v1: 1, v2: 2, v3: 3 });
    expect(store.commits).toHaveLength(3);
  });

  it('tells watchers of each commit, in order, with no gap and only after it', async () => {
    const store = new CountingStore();
    const { ports } = hostOf([{ type: 'work', run: () => 1 }], store);
    const seen: number[] = [];
    const sink = {
      publish: (id: string, events: readonly JournalEvent[]): void => {
        for (const event of events) {
          expect(store.readEvents(id).some((kept) => kept.seq === event.seq)).toBe(true);
          seen.push(event.seq);
        }
      },
    };
    await (await Driver.start({ ...ports, sink }, oneStep(), { executionId: 'x' })).settled();
    expect(seen).toEqual(store.readEvents('x').map((event) => event.seq));
  });

  it('keeps the logs of an attempt with its result, and a checkpoint before the promise resolves', async () => {
    const store = new CountingStore();
    const work: Action = {
      type: 'work',
      run: async (_parameters, context) => {
        context.log('info', 'half way', { percent: 50 });
        await context.checkpoint('half', { at: 1 });
        expect(store.readEvents('x').some((event) => event.type === 'checkpoint')).toBe(true);
        return 'ok';
      },
    };
    const { ports } = hostOf([work], store);
    const state = await (await Driver.start(ports, oneStep(), { executionId: 'x' })).settled();
    expect(state.output).toBe('ok');
    expect(store.readEvents('x').find((event) => event.type === 'log')).toMatchObject({
      activation: 1,
      step: 'work',
      level: 'info',
      message: 'half way',
      data: { percent: 50 },
    });
  });

  it('takes snapshots as the journal grows, so that what must be replayed stays short', async () => {
    const store = new CountingStore();
    const { ports } = hostOf([{ type: 'work', run: () => 'x'.repeat(1000) }], store);
    const plan = compile({
      name: 'Long',
      config: { limits: { maxSteps: 100_000 } },
      steps: [
        { stepSlug: 'each', stepType: 'loop', config: { items: '{{input.items}}' }, nextSteps: { next: 'work' } },
        { stepSlug: 'work', stepType: 'action', config: { type: 'work' }, nextSteps: { success: 'each' } },
      ],
    });
    const input = { items: Array.from({ length: 1000 }, (_, n) => n) };
    await (await Driver.start(ports, plan, { executionId: 'x', input })).settled();
    const taken = store.commits.filter((commit) => commit.snapshot !== undefined).length;
    expect(taken).toBeGreaterThan(5);
    expect(taken).toBeLessThan(100);
    const read = await readExecution(store, 'x');
    expect(read?.state.status).toBe('completed');
    const stored = store.open('x');
    expect(stored?.tail.length).toBeLessThan(400);
  });
});

describe('long walks through steps that need nothing from outside', () => {
  const walk = (items: number, maxSteps = 100_000) =>
    compile({
      name: 'Long walk',
      config: { limits: { maxSteps }, variables: { sum: 0 } },
      steps: [
        {
          stepSlug: 'each',
          stepType: 'loop',
          config: { items: `{{range(0, ${items})}}` },
          nextSteps: { next: 'add', done: 'end' },
        },
        {
          stepSlug: 'add',
          stepType: 'action',
          config: { type: 'set_variables', parameters: { sum: '{{sum + loop.item}}' } },
          nextSteps: { success: 'each' },
        },
      ],
    });

  async function toEnd(driver: Driver | undefined, clock: VirtualClock): Promise<void> {
    do await driver?.idle();
    while (driver?.state.status === 'running' && clock.advanceToNext());
  }

  it('goes on in several commits, each of bounded size, and comes to the same end', async () => {
    const store = new CountingStore();
    const { ports, clock } = hostOf([], store);
    const driver = await Driver.start(ports, walk(5000), { executionId: 'x' });
    await toEnd(driver, clock);
    expect(driver.state).toMatchObject({ status: 'completed', variables: { sum: 12_497_500 }, pending: [] });
    expect(store.commits.length).toBeGreaterThan(5);
    expect(Math.max(...store.commits.map((commit) => commit.events.length))).toBeLessThan(5000);
    const history = await readHistory(store, 'x');
    expect(replay(driver.plan, history)).toMatchObject({ ok: true, state: { status: 'completed' } });
  });

  it('takes a cancellation between two of them', async () => {
    const { ports } = hostOf([]);
    const driver = await Driver.start(ports, walk(5000), { executionId: 'x' });
    expect(driver.summary.wakeAt).toBe(START);
    await driver.cancel('enough');
    expect(driver.state).toMatchObject({ status: 'cancelled', pending: [] });
  });

  it('is taken up by another driver in the middle', async () => {
    const { ports, clock } = hostOf([]);
    (await Driver.start(ports, walk(5000), { executionId: 'x' })).stop();
    const second = await Driver.open(ports, 'x');
    await toEnd(second, clock);
    expect(second?.state).toMatchObject({ status: 'completed', variables: { sum: 12_497_500 } });
  });

  it('counts iterations, so that a loop without a body meets the limit as well', async () => {
    const { ports, clock } = hostOf([]);
    const plan = compile({
      name: 'Round and round',
      config: { limits: { maxSteps: 3000 } },
      steps: [{ stepSlug: 'round', stepType: 'loop', config: { while: 'true' }, nextSteps: { next: 'round' } }],
    });
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    await toEnd(driver, clock);
    expect(driver.state.error).toMatchObject({ code: 'STEP_LIMIT', details: { limit: 3000 } });
  });
});

describe('starting', () => {
  it('refuses a wrong input with every problem, and stores nothing', async () => {
    const { ports, store } = hostOf([]);
    const plan = compile({
      name: 'Form',
      parameters: [
        { name: 'email', type: 'email', required: true },
        { name: 'age', type: 'number', validation: { min: 18 } },
      ],
      steps: [{ stepSlug: 'begin', stepType: 'trigger', config: { type: 'manual' } }],
    });
    const refusal = await Driver.start(ports, plan, { input: { age: 3 } }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ValidationError);
    expect(refusal).toMatchObject({ code: 'INVALID_INPUT' });
    if (refusal instanceof ValidationError)
      expect(refusal.issues.map((issue) => issue.path)).toEqual(['/email', '/age']);
    expect(store.list().items).toEqual([]);
  });

  it('says undefined for an execution that does not exist', async () => {
    const { ports } = hostOf([]);
    expect(await Driver.open(ports, 'nobody')).toBeUndefined();
  });
});
