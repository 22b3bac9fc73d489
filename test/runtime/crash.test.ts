import { describe, expect, test } from 'vitest';
import { ownCases } from '../support/conformance-cases.js';
import { assertSurvives, runUnharmed } from '../support/crash-assert.js';
import type { FaultPoint } from '../support/faulty-store.js';

const points: readonly FaultPoint[] = ['before', 'after'];

// I1, I3, I5, I6, I7: killed at any one write, a run comes to the same end.
describe('killed at each write', () => {
  test.each(ownCases().map((testCase) => [testCase.name, testCase] as const))('%s', async (_name, testCase) => {
    const unharmed = await runUnharmed(testCase);
    expect(unharmed.crashes).toBe(0);
    for (let write = 1; write <= unharmed.writes; write += 1) {
      for (const point of points) {
        const run = await assertSurvives(testCase, unharmed, (asked) => (asked === write ? point : undefined));
        expect(run.crashes, `crashes ${point} write ${write}`).toBe(1);
      }
    }
  });
});
