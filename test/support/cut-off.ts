/** The faults that every store is put through: for each write of a case, on storage of its own each time. */
import { expect } from 'vitest';
import { isFinal } from '../../runtime/index.js';
import type { ConformanceCase } from './conformance.js';
import type { Connect } from './crash.js';
import { assertSurvives, runUnharmed } from './crash-assert.js';
import type { FaultPoint } from './faulty-store.js';

/** Does the work on new, empty storage, to which every host that is started meanwhile connects anew. */
export type WithStorage = (work: (connect: Connect) => Promise<void>) => Promise<void>;

const points: readonly FaultPoint[] = ['before', 'after'];

/** I1, I3, I5 to I7: cut off before or after any one write, a run comes to the same end. */
export async function cutOffAtEachWrite(testCase: ConformanceCase, withStorage: WithStorage): Promise<void> {
  const unharmed = await runUnharmed(testCase);
  expect(unharmed.writes).toBeGreaterThan(0);
  for (let cut = 1; cut <= unharmed.writes; cut += 1) {
    for (const point of points) {
      await withStorage(async (connect) => {
        const run = await assertSurvives(testCase, unharmed, (write) => (write === cut ? point : undefined), connect);
        expect(run.crashes, `crashes ${point} write ${cut}`).toBe(1);
      });
    }
  }
}

/** As {@link cutOffAtEachWrite}, again and again in one run. */
export async function cutOffAtEveryThirdWrite(testCase: ConformanceCase, withStorage: WithStorage): Promise<void> {
  const unharmed = await runUnharmed(testCase);
  await withStorage(async (connect) => {
    const run = await assertSurvives(testCase, unharmed, (write) => (write % 3 === 0 ? 'after' : undefined), connect);
    expect(run.crashes).toBe(Math.floor(run.writes / 3));
  });
}

/**
 * I4: taken over at any one write by another driver, while the first lives on: one advances it, and the one that knows
 * nothing of it is refused and changes nothing.
 */
export async function takenOverAtEachWrite(testCase: ConformanceCase, withStorage: WithStorage): Promise<void> {
  const unharmed = await runUnharmed(testCase);
  // What is over in the write that creates it is nobody's to take over.
  expect(unharmed.writes > 1 || isFinal(unharmed.state.status)).toBe(true);
  for (let taken = 2; taken <= unharmed.writes; taken += 1) {
    await withStorage(async (connect) => {
      const plan = (write: number): FaultPoint | undefined => (write === taken ? 'taken over' : undefined);
      const run = await assertSurvives(testCase, unharmed, plan, connect);
      expect(run.events.map(({ seq }) => seq)).toEqual(run.events.map((_, index) => index + 1));
    });
  }
}

/** Those that start others are left to the kills: whoever takes a child over has to drive it as well. */
export function alone(cases: readonly ConformanceCase[]): ConformanceCase[] {
  return cases.filter(({ workflows }) => workflows === undefined);
}
