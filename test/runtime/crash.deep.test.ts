import { describe, expect, test } from 'vitest';
import { ownCases } from '../support/conformance-cases.js';
import { assertSurvives, runUnharmed } from '../support/crash-assert.js';
import type { FaultPoint } from '../support/faulty-store.js';

const points: readonly FaultPoint[] = ['before', 'after'];
/** Of a case with more writes than this every second, third … one is taken, as pairs grow with the square of them. */
const MOST_WRITES = 30;

describe('killed twice, at each pair of writes', () => {
  test.each(ownCases().map((testCase) => [testCase.name, testCase] as const))('%s', async (_name, testCase) => {
    const unharmed = await runUnharmed(testCase);
    const stride = Math.ceil(unharmed.writes / MOST_WRITES);
    for (let first = 1; first <= unharmed.writes; first += stride) {
      // The rebuilt host writes what was lost, and that it took over: two writes more than without a crash.
      for (let second = first + 1; second <= unharmed.writes + 2; second += stride) {
        for (const [one, other] of points.flatMap((a) => points.map((b) => [a, b] as const))) {
          const run = await assertSurvives(testCase, unharmed, (write) =>
            write === first ? one : write === second ? other : undefined,
          );
          expect(run.crashes).toBeGreaterThanOrEqual(1);
        }
      }
    }
  });
});

describe('killed at every fourth write', () => {
  test.each(ownCases().map((testCase) => [testCase.name, testCase] as const))('%s', async (_name, testCase) => {
    const unharmed = await runUnharmed(testCase);
    const run = await assertSurvives(testCase, unharmed, (write) => (write % 4 === 0 ? 'before' : undefined));
    expect(run.crashes).toBe(Math.floor(run.writes / 4));
  });
});
