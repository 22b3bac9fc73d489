import { describe, expect, it } from 'vitest';
import {
  ActionError,
  ConflictError,
  compile,
  createActionRegistry,
  Driver,
  isFinal,
  type JournalEvent,
  MemoryStore,
  nextDeadline,
  type Plan,
  replay,
} from '../../runtime/index.js';
import { exportExecution, importExecution } from '../../runtime/operations.js';
import { HandDriven, hostOf, START } from '../support/hand-driven.js';

const HOUR = 3_600_000;

const twoSteps = (config: object = {}, first: object = {}): Plan =>
  compile({
    name: 'Two steps',
    config,
    steps: [
      {
        stepSlug: 'first',
        stepType: 'action',
        config: { type: 'first', ...first },
        nextSteps: { success: 'second' },
      },
      { stepSlug: 'second', stepType: 'action', config: { type: 'second' } },
    ],
  });

const types = (events: readonly JournalEvent[]): string[] => events.map((event) => event.type);

function twoActions(options: { idempotent?: boolean } = {}) {
  const first = new HandDriven('first', options);
  const second = new HandDriven('second');
  return { first, second, ...hostOf([first.action, second.action]) };
}

describe('while paused', () => {
  it('an effect under way may end: its result is kept, and the step after it begins when resumed', async () => {
    const { first, second, ports, store } = twoActions();
    const plan = twoSteps();
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    const call = await first.call(1);
    expect(await driver.pause('lunch')).toBe(true);
    expect(call.context.signal.aborted).toBe(false);
    call.answer('done');
    await driver.idle();
    expect(driver.state.status).toBe('paused');
    expect(types(store.readEvents('x'))).toEqual([
      'execution_started',
      'step_started',
      'execution_paused',
      'step_succeeded',
    ]);
    expect(second.calls).toEqual([]);
    expect(driver.summary.wakeAt).toBeNull();
    await driver.resume();
    (await second.call(1)).answer('end');
    expect((await driver.settled()).output).toBe('end');
    expect(replay(plan, store.readEvents('x'))).toMatchObject({ ok: true, state: { status: 'completed' } });
  });

  it('the last effect may end, and the execution does so when resumed', async () => {
    const { first, ports } = twoActions();
    const plan = compile({
      name: 'One',
      steps: [{ stepSlug: 'first', stepType: 'action', config: { type: 'first' }, nextSteps: { success: 'end' } }],
    });
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    await driver.pause();
    (await first.call(1)).answer('done');
    await driver.idle();
    expect(driver.state.status).toBe('paused');
    await driver.resume();
    expect(driver.state).toMatchObject({ status: 'completed', output: 'done' });
  });

  it('a failure that nothing takes ends the execution only when it is resumed', async () => {
    const { first, ports } = twoActions();
    const driver = await Driver.start(ports, twoSteps(), { executionId: 'x' });
    await driver.pause();
    (await first.call(1)).fail(new ActionError('No', { code: 'NO', retryable: false }));
    await driver.idle();
    expect(driver.state.status).toBe('paused');
    await driver.resume();
    expect(driver.state).toMatchObject({ status: 'failed', error: { code: 'NO', stepSlug: 'first' } });
  });

  it('no attempt begins after it where the time for all of them has passed meanwhile', async () => {
    const work = new HandDriven('work');
    const { ports, clock } = hostOf([work.action]);
    const config = { type: 'work', totalTimeout: 5000, retry: { maxAttempts: 3, initialDelay: 1000 } };
    const plan = compile({ name: 'Late', steps: [{ stepSlug: 'work', stepType: 'action', config }] });
    const driver = await Driver.start(ports, plan);
    (await work.call(1)).fail(new Error('no'));
    await driver.idle();
    await driver.pause();
    clock.advanceTo(START + HOUR);
    await driver.resume();
    expect((await driver.settled()).error).toMatchObject({ code: 'TIMEOUT', attempts: 1 });
    expect(work.calls).toHaveLength(1);
  });

  it('only the timeout of the execution is due', async () => {
    const { first, ports, clock } = twoActions();
    const driver = await Driver.start(ports, twoSteps({ timeout: HOUR }, { timeout: 1000 }), { executionId: 'x' });
    await first.call(1);
    await driver.pause();
    expect(nextDeadline(driver.state)).toBe(START + HOUR);
    clock.advanceTo(START + 2000);
    await driver.idle(() => 1);
    expect(driver.state.activations).toMatchObject([{ slug: 'first', status: 'running' }]);
    clock.advanceTo(START + HOUR);
    await expect(driver.settled()).resolves.toMatchObject({ status: 'failed', error: { code: 'EXECUTION_TIMEOUT' } });
  });
});

describe('a long walk', () => {
  it('stands still where it is, carried or not, and goes on from there', async () => {
    const plan = compile({
      name: 'Long',
      config: { variables: { n: 0 } },
      steps: [
        {
          stepSlug: 'count',
          stepType: 'loop',
          config: { while: 'n < 3000' },
          nextSteps: { next: 'set', done: 'end' },
        },
        {
          stepSlug: 'set',
          stepType: 'action',
          config: { type: 'set_variables', parameters: { n: '{{n + 1}}' } },
        },
      ],
    });
    const { ports, clock } = twoActions();
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    await driver.pause();
    const { stepsTaken } = driver.state;
    clock.advanceTo(START + HOUR);
    await driver.idle();
    expect(driver.state).toMatchObject({ status: 'paused', stepsTaken });
    expect(driver.state.pending).not.toEqual([]);
    const away = { ...ports, store: new MemoryStore() };
    await importExecution(away, JSON.stringify(await exportExecution(ports, 'x', { driver })));
    const carried = (await Driver.open(away, 'x')) ?? expect.unreachable();
    expect(carried.state).toMatchObject({ status: 'paused', stepsTaken });
    await carried.resume();
    while (!isFinal(carried.state.status) && clock.advanceToNext()) await carried.idle();
    expect(carried.state).toMatchObject({ status: 'completed', variables: { n: 3000 } });
  });

  it('keeps what an effect came to while paused, when carried before it is resumed', async () => {
    const { first, second, ports } = twoActions();
    const driver = await Driver.start(ports, twoSteps(), { executionId: 'x' });
    await driver.pause();
    (await first.call(1)).answer('done');
    await driver.idle();
    const away = { ...ports, store: new MemoryStore() };
    await importExecution(away, await exportExecution(ports, 'x', { driver }));
    const carried = (await Driver.open(away, 'x')) ?? expect.unreachable();
    await carried.resume();
    (await second.call(1)).answer('end');
    expect(await carried.settled()).toMatchObject({ status: 'completed', output: 'end' });
    expect(first.calls).toHaveLength(1);
  });
});

describe('a restart while paused', () => {
  it('leaves it paused; what was cut off is recorded, and repeated when resumed, under the same key', async () => {
    const { first, second, ports, store } = twoActions();
    const plan = twoSteps();
    const before = await Driver.start(ports, plan, { executionId: 'x' });
    const { context } = await first.call(1);
    await before.pause();
    before.stop();
    const driver = (await Driver.open(ports, 'x')) ?? expect.unreachable();
    await driver.idle();
    expect(driver.state.status).toBe('paused');
    expect(types(store.readEvents('x')).slice(2)).toEqual(['execution_paused', 'step_interrupted']);
    expect(first.calls).toHaveLength(1);
    await driver.resume();
    const again = await first.call(2);
    expect(again.context.idempotencyKey).toBe(context.idempotencyKey);
    expect(again.context.attempt).toBe(2);
    again.answer('done');
    (await second.call(1)).answer('end');
    await driver.settled();
    expect(replay(plan, store.readEvents('x')).ok).toBe(true);
  });

  it('fails what must not be repeated with OUTCOME_UNKNOWN, and goes on from there when resumed', async () => {
    const { first, ports } = twoActions({ idempotent: false });
    const before = await Driver.start(ports, twoSteps(), { executionId: 'x' });
    await first.call(1);
    await before.pause();
    before.stop();
    const driver = (await Driver.open(ports, 'x')) ?? expect.unreachable();
    await driver.idle();
    expect(driver.state).toMatchObject({ status: 'paused', activations: [] });
    await driver.resume();
    expect(driver.state).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
  });
});

describe('pausing and resuming', () => {
  it('twice changes nothing the second time', async () => {
    const { ports, store } = twoActions();
    const driver = await Driver.start(ports, twoSteps(), { executionId: 'x' });
    expect(await driver.resume()).toBe(false);
    expect(await Promise.all([driver.pause(), driver.pause()])).toEqual([true, false]);
    expect(await Promise.all([driver.resume(), driver.resume()])).toEqual([true, false]);
    expect(types(store.readEvents('x')).slice(2)).toEqual(['execution_paused', 'execution_resumed']);
  });

  it('does not hold up a cancellation while what is done is being undone', async () => {
    const undo = new HandDriven('undo');
    const { second, ports, store } = twoActions();
    const actions = [{ type: 'first', run: () => 1 }, second.action, undo.action];
    const plan = twoSteps({}, { compensate: { type: 'undo' } });
    const driver = await Driver.start({ ...ports, actions: createActionRegistry(actions) }, plan, { executionId: 'x' });
    (await second.call(1)).fail(new ActionError('no', { retryable: false }));
    await undo.call(1);
    await driver.pause();
    expect(await driver.cancel()).toBe(false);
    (await undo.call(1)).answer(null);
    expect(await driver.settled()).toMatchObject({ status: 'failed', error: { message: 'no' } });
    expect(types(store.readEvents('x'))).toContain('execution_resumed');
    expect(replay(plan, store.readEvents('x')).ok).toBe(true);
  });

  it('is refused once the execution has ended', async () => {
    const { ports } = twoActions();
    const driver = await Driver.start(ports, twoSteps(), { executionId: 'x' });
    await driver.pause();
    await driver.cancel();
    for (const late of [driver.pause(), driver.resume()]) {
      await expect(late).rejects.toBeInstanceOf(ConflictError);
      await expect(late).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
    }
  });
});

describe('signals', () => {
  const waits = compile({
    name: 'Waits',
    steps: [
      { stepSlug: 'hear', stepType: 'wait_for_event', config: { event: 'go' }, nextSteps: { success: 'more' } },
      { stepSlug: 'more', stepType: 'wait_for_event', config: { event: 'go' }, nextSteps: { success: 'end' } },
    ],
  });

  it('I7: the same id from two callers at once counts once', async () => {
    const { ports, store } = twoActions();
    const driver = await Driver.start(ports, waits, { executionId: 'x' });
    const told = await Promise.all([1, 2, 3].map((data) => driver.signal({ id: 'same', name: 'go', data })));
    expect(told.map(({ duplicate }) => duplicate)).toEqual([false, true, true]);
    expect(types(store.readEvents('x')).filter((type) => type === 'signal_received')).toHaveLength(1);
    expect(driver.summary.currentSteps).toEqual(['more']);
  });

  it('I7: the same id before and after a restart counts once, also while paused', async () => {
    const { ports } = twoActions();
    const before = await Driver.start(ports, waits, { executionId: 'x' });
    await before.pause();
    await before.signal({ id: 'same', name: 'go', data: 1 });
    before.stop();
    const driver = (await Driver.open(ports, 'x')) ?? expect.unreachable();
    expect(await driver.signal({ id: 'same', name: 'go', data: 2 })).toEqual({ duplicate: true });
    await driver.resume();
    expect(driver.summary.currentSteps).toEqual(['more']);
    expect(driver.state.signals).toEqual([]);
  });

  it('kept while paused are taken in their order, by the waits in theirs', async () => {
    const { ports } = twoActions();
    const driver = await Driver.start(ports, waits, { executionId: 'x' });
    await driver.pause();
    await driver.signal({ name: 'go', data: 1 });
    await driver.signal({ name: 'go', data: 2 });
    expect(driver.state.signals.map(({ data }) => data)).toEqual([1, 2]);
    await driver.resume();
    expect(driver.state).toMatchObject({ status: 'completed', output: 2, signals: [] });
  });
});
