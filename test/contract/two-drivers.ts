import { describe, expect, it } from 'vitest';
import {
  compile,
  createActionRegistry,
  Driver,
  type FunctionRegistry,
  functionRegistry,
  type JournalEvent,
  type RuntimePorts,
  readHistory,
  replay,
} from '../../runtime/index.js';
import type { ExecutionStore } from '../../runtime/ports.js';
import { VirtualClock } from '../../runtime/testing.js';
import type { WithStorage } from '../support/cut-off.js';
import { HandDriven, START } from '../support/hand-driven.js';
import { twice } from '../support/twice.js';

const ID = 'contested';

const plan = compile({
  name: 'Contested',
  steps: [
    { stepSlug: 'work', stepType: 'action', config: { type: 'work' }, nextSteps: { success: 'rest' } },
    { stepSlug: 'rest', stepType: 'wait', config: { for: '1m' }, nextSteps: { success: 'hear' } },
    { stepSlug: 'hear', stepType: 'wait_for_event', config: { event: 'go' }, nextSteps: { success: 'end' } },
  ],
});

const doubling = (next: string): object => ({
  ...{ stepType: 'action', config: { type: 'work', parameters: { n: '{{lastOutput.n|twice}}' } } },
  nextSteps: { success: next },
});
const doublingTwice = {
  name: 'Doubling twice',
  steps: [
    { stepSlug: 'start', stepType: 'trigger', config: { type: 'manual' }, nextSteps: { success: 'first' } },
    { stepSlug: 'first', ...doubling('second') },
    { stepSlug: 'second', ...doubling('end') },
  ],
};

/**
 * Two drivers on one execution, each with its own connection to the storage, whichever of them freezes, wakes up late or
 * dies: one advances it, and what the other tries is refused and leaves nothing (I3, I4, I7).
 * @param withStorage whose connections live side by side
 */
export function describeTwoDrivers(name: string, withStorage: WithStorage): void {
  describe(`two drivers on one execution: ${name}`, () => {
    const contested = (test: (arena: Arena) => Promise<void>): Promise<void> =>
      withStorage(async (connect) => test(new Arena(await connect(), await connect())));

    it('the first is frozen in an effect, and its late answer is refused', () =>
      contested(async (arena) => {
        const first = await arena.start();
        const asked = await arena.work.call(1);
        const second = await arena.open();
        (await arena.work.call(2)).answer('second');
        await second.idle();
        asked.answer('first');
        await expect(first.settled()).rejects.toMatchObject({ code: 'STALE_EPOCH' });
        await arena.finish(second);
        expect(arena.work.calls.map(({ context }) => context.attempt)).toEqual([1, 2]);
        await arena.expectWhole({ output: 'second' });
      }));

    it('the first dies in an effect', () =>
      contested(async (arena) => {
        const first = await arena.start();
        const asked = await arena.work.call(1);
        first.stop();
        asked.answer('first');
        const second = await arena.open();
        (await arena.work.call(2)).answer('second');
        await arena.finish(second);
        await arena.expectWhole({ output: 'second' });
      }));

    it('the second is frozen as soon as it has taken over, and a third goes on', () =>
      contested(async (arena) => {
        const first = await arena.start();
        await arena.work.call(1);
        const second = await arena.open();
        const frozen = await arena.work.call(2);
        const third = await arena.open();
        (await arena.work.call(3)).answer('third');
        await third.idle();
        frozen.answer('second');
        await expect(second.settled()).rejects.toMatchObject({ code: 'STALE_EPOCH' });
        await expect(first.signal({ name: 'go', data: 'first' })).rejects.toMatchObject({ code: 'STALE_EPOCH' });
        await arena.finish(third);
        await arena.expectWhole({ output: 'third' });
      }));

    it('both are woken at the deadline, and it is due once', () =>
      contested(async (arena) => {
        const [first, second] = await arena.bothWaiting();
        arena.clock.advanceToNext();
        await second.idle();
        await expect(first.settled()).rejects.toMatchObject({ code: 'STALE_EPOCH' });
        // Alarms that come twice, and late, change nothing.
        second.wake();
        second.wake();
        await second.idle();
        await arena.finish(second);
        const fired = (await arena.history()).filter(({ type }) => type === 'timer_fired');
        expect(fired).toHaveLength(1);
        await arena.expectWhole({ output: 'done' });
      }));

    it('both are told of one signal, and it counts once', () =>
      contested(async (arena) => {
        const [first, second] = await arena.bothWaiting();
        const signal = { id: 'once', name: 'go', data: 'said' };
        const answers = await Promise.allSettled([first.signal(signal), second.signal(signal), second.signal(signal)]);
        expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'refused'))).toEqual([
          'refused',
          { duplicate: false },
          { duplicate: true },
        ]);
        arena.clock.advanceToNext();
        await second.settled();
        const received = (await arena.history()).filter(({ type }) => type === 'signal_received');
        expect(received).toHaveLength(1);
        await arena.expectWhole({ output: 'done' });
      }));

    it('one that lacks a function of its definition, or has another of that name, does not disturb the one that has it', () =>
      withStorage(async (connect) => {
        const work = new HandDriven('work');
        const functions = functionRegistry([twice]);
        const ports = async (known?: FunctionRegistry): Promise<RuntimePorts> => ({
          ...{ store: await connect(), clock: new VirtualClock(START), functions: known },
          ...{ actions: createActionRegistry([work.action]), random: { id: () => crypto.randomUUID(), seed: () => 1 } },
        });
        const plan = compile(doublingTwice, { functions });
        const able = await Driver.start(await ports(functions), plan, { executionId: ID, input: { n: 4 } });
        (await work.call(1)).answer({ n: 5 });
        const second = await work.call(2);
        expect(second.parameters).toEqual({ n: 10 });
        await expect(Driver.open(await ports(), ID)).rejects.toMatchObject({ code: 'FUNCTION_NOT_FOUND' });
        const other = functionRegistry([{ ...twice, call: (value) => Number(value) * 3 }]);
        await expect(Driver.open(await ports(other), ID)).rejects.toMatchObject({ code: 'JOURNAL_MISMATCH' });
        second.answer('done');
        expect(await able.settled()).toMatchObject({ status: 'completed', output: 'done' });
        expect(work.calls).toHaveLength(2);
      }));

    it('they take it from one another again and again', () =>
      contested(async (arena) => {
        let [, driver] = await arena.bothWaiting();
        for (let turn = 0; turn < 10; turn += 1) {
          const before = driver;
          driver = await arena.open();
          await driver.signal({ id: `s${turn}`, name: 'other' });
          await expect(before.signal({ id: `late${turn}`, name: 'go' })).rejects.toMatchObject({ code: 'STALE_EPOCH' });
        }
        await arena.finish(driver);
        expect((await arena.history()).filter(({ type }) => type === 'signal_received')).toHaveLength(11);
        await arena.expectWhole({ output: 'done' });
      }));
  });
}

/** Hosts in turn on two connections, under one clock, with one action answered by hand. */
class Arena {
  readonly clock = new VirtualClock(START);
  readonly work = new HandDriven('work');
  readonly #stores: readonly [ExecutionStore, ExecutionStore];
  #opened = 0;

  constructor(one: ExecutionStore, other: ExecutionStore) {
    this.#stores = [one, other];
  }

  start(): Promise<Driver> {
    return Driver.start(this.#ports(), plan, { executionId: ID });
  }

  async open(): Promise<Driver> {
    this.#opened += 1;
    return (await Driver.open(this.#ports(), ID)) ?? expect.unreachable('it was started');
  }

  /** The first, which does not know yet that the second has taken over; both wait for time. */
  async bothWaiting(): Promise<[Driver, Driver]> {
    const first = await this.start();
    (await this.work.call(1)).answer('done');
    await first.idle();
    return [first, await this.open()];
  }

  async finish(driver: Driver): Promise<void> {
    await driver.idle();
    this.clock.advanceToNext();
    await driver.idle();
    await driver.signal({ name: 'go' });
    expect(await driver.settled()).toMatchObject({ status: 'completed' });
  }

  history(): Promise<JournalEvent[]> {
    return readHistory(this.#stores[0], ID);
  }

  async expectWhole({ output }: { readonly output: string }): Promise<void> {
    const events = await this.history();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(replay(plan, events)).toMatchObject({ ok: true, state: { status: 'completed' } });
    const results = events.filter((event) => event.type === 'step_succeeded' && event.step === 'work');
    expect(results).toMatchObject([{ output }]);
    expect(events.filter(({ type }) => type === 'execution_completed')).toHaveLength(1);
  }

  #ports(): RuntimePorts {
    const store = this.#stores[this.#opened % 2 === 0 ? 0 : 1];
    return {
      ...{ store, clock: this.clock, actions: createActionRegistry([this.work.action]) },
      random: { id: () => crypto.randomUUID(), seed: () => 1 },
    };
  }
}
