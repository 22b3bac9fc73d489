import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../runtime/testing.js';
import { type ConformanceCase, EXECUTION_ID, runCase, START_TIME } from '../support/conformance.js';
import { CountingStore } from '../support/counting-store.js';
import { cutOffAtEachWrite, takenOverAtEachWrite, type WithStorage } from '../support/cut-off.js';

const ROUNDS = 16;
/** Milliseconds; some thirty runs are one test. */
const PATIENCE = 30_000;

/** Its results are so long that the journal outgrows a snapshot several times on the way, in the middle of a loop. */
const long: ConformanceCase = {
  name: 'long',
  description: 'A loop with long results.',
  definition: {
    name: 'Long',
    config: { output: '{{steps.each.output}}' },
    steps: [
      {
        ...{ stepSlug: 'each', stepType: 'loop', nextSteps: { next: 'work', done: 'end' } },
        config: { items: Array.from({ length: ROUNDS }, (_, index) => index), collect: '{{loop.index}}' },
      },
      { stepSlug: 'work', stepType: 'action', config: { type: 'work' }, nextSteps: { success: 'each' } },
    ],
  },
  stubs: { work: { output: { text: 'a🦎é'.repeat(5000) } } },
  expect: { status: 'completed', output: Array.from({ length: ROUNDS }, (_, index) => index), history: [] },
};

/** Recovery from a snapshot and the events after it, on any store: what a short case never comes to. */
export function describeSnapshots(name: string, withStorage: WithStorage): void {
  describe(`snapshots on the way: ${name}`, () => {
    it('are taken, and leave a short tail to be read', () =>
      withStorage(async (connect) => {
        const store = new CountingStore(await connect());
        const { events } = await runCase(long, { store, clock: new VirtualClock(START_TIME) });
        const taken = store.commits.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [snapshot.seq]));
        expect(taken.length).toBeGreaterThanOrEqual(2);
        const stored = (await store.open(EXECUTION_ID)) ?? expect.unreachable('it is stored');
        expect(stored.snapshot.seq).toBe(taken.at(-1));
        expect(stored.tail.map(({ seq }) => seq)).toEqual(
          events.slice(stored.snapshot.seq).map((_, index) => stored.snapshot.seq + index + 1),
        );
        expect(stored.tail.length).toBeLessThan(events.length / 2);
      }));

    it(
      'are written whole or not at all: cut off at each write, it comes to the same',
      () => cutOffAtEachWrite(long, withStorage),
      PATIENCE,
    );

    it('are read by whoever takes over at each write', () => takenOverAtEachWrite(long, withStorage), PATIENCE);
  });
}
