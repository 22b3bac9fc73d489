import { describe, expect, test } from 'vitest';
import { describeBeside } from '../support/beside.js';
import type { ConformanceCase } from '../support/conformance.js';
import { guideCases, ownCases } from '../support/conformance-cases.js';
import { inMemory, runWithCrashes } from '../support/crash.js';
import { alone, cutOffAtEachWrite, takenOverAtEachWrite, type WithStorage } from '../support/cut-off.js';
import type { FaultPoint } from '../support/faulty-store.js';

const inMemoryStorage: WithStorage = (work) => work(inMemory());

describe('killed at each write', () => {
  test.each(ownCases())('$name', (testCase) => cutOffAtEachWrite(testCase, inMemoryStorage));
});

const guide = guideCases();
describeBeside(guide.length > 0, '../shared/fixtures/guide', "the guide's own workflows, killed at each write", () => {
  test.each(guide)('$name', (testCase) => cutOffAtEachWrite(testCase, inMemoryStorage));
});

describe('taken over at each write by another driver, while the first lives on', () => {
  test.each(alone(ownCases()))('$name', (testCase) => takenOverAtEachWrite(testCase, inMemoryStorage));
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
    const run = await runWithCrashes(charge({ idempotent: false }), inMemory(), dies);
    expect(run.crashes).toBe(1);
    expect(run.state.variables).toEqual({ code: 'OUTCOME_UNKNOWN' });
    expect([...run.performed.values()]).toEqual([1]);
  });

  test('I6: an effect that kills its host each time is given up', async () => {
    const poison = (write: number): FaultPoint | undefined => (write % 2 === 0 ? 'before' : undefined);
    const run = await runWithCrashes(charge({}), inMemory(), poison);
    expect(run.state.variables).toEqual({ code: 'INTERRUPTED' });
    expect([...run.performed.values()]).toEqual([run.crashes]);
  });
});
