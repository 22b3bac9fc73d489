import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../runtime/index.js';
import type { ConformanceCase } from '../support/conformance.js';
import { ownCases } from '../support/conformance-cases.js';
import { runWithCrashes } from '../support/crash.js';
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

// I4: one driver advances it; the other, which knows nothing of it, is refused and changes nothing.
describe('taken over at each write by another driver, while the first lives on', () => {
  // Those that start others are left to the kills above: whoever takes a child over has to drive it as well.
  const alone = ownCases().filter(({ workflows }) => workflows === undefined);
  test.each(alone.map((testCase) => [testCase.name, testCase] as const))('%s', async (_name, testCase) => {
    const unharmed = await runUnharmed(testCase);
    for (let write = 2; write <= unharmed.writes; write += 1) {
      const run = await assertSurvives(testCase, unharmed, (asked) => (asked === write ? 'taken over' : undefined));
      expect(run.events.map(({ seq }) => seq)).toEqual(run.events.map((_, index) => index + 1));
    }
  });
});

describe('what a crash must not repeat', () => {
  const charge = (config: Record<string, boolean>): ConformanceCase => ({
    name: 'charge',
    description: 'One effect that costs something.',
    definition: {
      name: 'Charge',
      steps: [
        {
          stepSlug: 'charge',
          stepType: 'action',
          config: { type: 'card_charge', ...config },
          nextSteps: { success: 'end', error: 'note' },
        },
        {
          stepSlug: 'note',
          stepType: 'action',
          config: { type: 'set_variables', parameters: { code: '{{error.code}}' } },
          nextSteps: { success: 'end' },
        },
      ],
    },
    stubs: { card_charge: { output: 'charged' } },
    expect: { status: 'completed', history: [] },
  });

  test('I6: an effect that is not idempotent fails with OUTCOME_UNKNOWN, and is performed once', async () => {
    const dies = (write: number): FaultPoint | undefined => (write === 2 ? 'before' : undefined);
    const run = await runWithCrashes(charge({ idempotent: false }), new MemoryStore(), dies);
    expect(run.crashes).toBe(1);
    expect(run.state.variables).toEqual({ code: 'OUTCOME_UNKNOWN' });
    expect([...run.performed.values()]).toEqual([1]);
  });

  test('I6: an effect that kills its host each time is given up', async () => {
    const poison = (write: number): FaultPoint | undefined => (write % 2 === 0 ? 'before' : undefined);
    const run = await runWithCrashes(charge({}), new MemoryStore(), poison);
    expect(run.state.variables).toEqual({ code: 'INTERRUPTED' });
    expect([...run.performed.values()]).toEqual([run.crashes]);
  });
});
