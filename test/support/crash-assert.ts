import { expect } from 'vitest';
import { compile, replay } from '../../runtime/index.js';
import { type ConformanceCase, stateText } from './conformance.js';
import { assertOutcome } from './conformance-assert.js';
import { type Connect, type CrashedRun, inMemory, runWithCrashes } from './crash.js';
import type { FaultPlan } from './faulty-store.js';

export function runUnharmed(testCase: ConformanceCase): Promise<CrashedRun> {
  return runWithCrashes(testCase, inMemory(), () => undefined);
}

/** Runs a case with faults and holds it to what a run without them came to. */
export async function assertSurvives(
  testCase: ConformanceCase,
  unharmed: CrashedRun,
  plan: FaultPlan,
  connect: Connect = inMemory(),
): Promise<CrashedRun> {
  const run = await runWithCrashes(testCase, connect, plan);
  assertSameResult(testCase, run, unharmed);
  assertPromisedCounts(run, unharmed);
  const replayed = replay(compile(testCase.definition), run.events);
  expect(replayed.ok && stateText(replayed.state)).toBe(stateText(run.state));
  return run;
}

function assertSameResult(testCase: ConformanceCase, run: CrashedRun, unharmed: CrashedRun): void {
  expect(run.state.status).toBe(unharmed.state.status);
  expect(run.state.error?.code).toBe(unharmed.state.error?.code);
  // A crash counts as an attempt, which has its own time; what does not tell of either is the same.
  if (testCase.showsCrashes) return;
  expect(run.state.updatedAt, 'the time of the end').toBe(unharmed.state.updatedAt);
  expect(run.state.variables).toEqual(unharmed.state.variables);
  expect(run.state.output).toEqual(unharmed.state.output);
  const { status, output, variables } = testCase.expect;
  const outcome = {
    status,
    ...(output === undefined ? {} : { output }),
    ...(variables === undefined ? {} : { variables }),
  };
  const error = run.state.error === null ? {} : { error: { code: run.state.error.code } };
  assertOutcome({ ...testCase, expect: { ...outcome, ...error, history: [] } }, run);
}

/** I6: at least once, and at most as often as without a crash and once more for each crash. */
function assertPromisedCounts(run: CrashedRun, unharmed: CrashedRun): void {
  expect([...run.performed.keys()].sort(), 'the effects performed').toEqual([...unharmed.performed.keys()].sort());
  for (const [key, times] of run.performed) {
    expect(times, `performances of ${key}`).toBeLessThanOrEqual((unharmed.performed.get(key) ?? 0) + run.crashes);
  }
}
