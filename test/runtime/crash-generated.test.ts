import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFinal, MemoryStore, type Plan, replay } from '../../runtime/index.js';
import { type ConformanceCase, stateText } from '../support/conformance.js';
import { type CrashedRun, runWithCrashes } from '../support/crash.js';
import { generatedStubs, generatedWorkflow } from '../support/generated-workflows.js';

const MOST_ATTEMPTS = 3;

function caseOf(plan: Plan): ConformanceCase {
  return {
    name: plan.slug,
    description: 'Drawn at random.',
    definition: plan.definition,
    input: { n: 1 },
    stubs: generatedStubs,
    expect: { status: 'completed', history: [] },
  };
}

/** Whether what it comes to tells of attempts, of time or of an order that crashes change. */
function tellsOfCrashes(plan: Plan): boolean {
  const text = JSON.stringify(plan.definition);
  return /attempts|flaky|now\}|totalTimeout|"concurrency":[23]|"parallel"/.test(text);
}

// I1, I3, I5, I6: whatever the workflow, killed before or after any one write.
it('a generated workflow that is killed at each of its writes comes to an end that its journal bears out', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, async (plan) => {
      const testCase = caseOf(plan);
      const unharmed = await runWithCrashes(testCase, new MemoryStore(), () => undefined);
      for (let write = 1; write <= Math.min(unharmed.writes, 30); write += 1) {
        for (const point of ['before', 'after'] as const) {
          const run = await runWithCrashes(testCase, new MemoryStore(), (asked) =>
            asked === write ? point : undefined,
          );
          assertSound(plan, run);
          if (!tellsOfCrashes(plan)) assertSame(run, unharmed);
        }
      }
    }),
    { numRuns: 60 },
  );
});

function assertSound(plan: Plan, run: CrashedRun): void {
  expect(isFinal(run.state.status)).toBe(true);
  expect(run.state.activations).toEqual([]);
  const replayed = replay(plan, run.events);
  expect(replayed.ok && stateText(replayed.state)).toBe(stateText(run.state));
  for (const times of run.performed.values()) expect(times).toBeLessThanOrEqual(MOST_ATTEMPTS + run.crashes);
}

function assertSame(run: CrashedRun, unharmed: CrashedRun): void {
  const { status, output, variables, error } = run.state;
  expect({ status, output, variables, code: error?.code }).toEqual({
    status: unharmed.state.status,
    output: unharmed.state.output,
    variables: unharmed.state.variables,
    code: unharmed.state.error?.code,
  });
  expect([...run.performed.keys()].sort()).toEqual([...unharmed.performed.keys()].sort());
}
