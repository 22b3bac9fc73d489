import { expect } from 'vitest';
import { canonicalJson, compile, historyDigest, stepResults } from '../../runtime/index.js';
import { type CaseResult, type ConformanceCase, replayCase } from './conformance.js';

/** Holds the result of a run to what its case expects, and its history to its own replay. */
export function assertCase(testCase: ConformanceCase, result: CaseResult): void {
  assertOutcome(testCase, result);
  if (testCase.expect.calls !== undefined) {
    expect(result.calls, 'calls').toHaveLength(testCase.expect.calls.length);
    expect(result.calls, 'calls').toMatchObject(testCase.expect.calls);
  }
  assertHistory(testCase, result);
  const check = replayCase(testCase, result);
  expect(check.replayed, 'the state that a replay gives').toBe(check.live);
}

/** What holds however often the run was cut off and taken up again. */
export function assertOutcome(testCase: ConformanceCase, { state }: Pick<CaseResult, 'state'>): void {
  const { status, output, error, variables, steps } = testCase.expect;
  expect({ status: state.status, error: state.error }).toMatchObject(
    error === undefined ? { status, error: null } : { status, error },
  );
  if (output !== undefined) expect(state.output, 'output').toEqual(output);
  if (variables !== undefined) expect(state.variables, 'variables').toEqual(variables);
  const results = stepResults(compile(testCase.definition), state);
  for (const [slug, expected] of Object.entries(steps ?? {})) {
    expect(results[slug], `steps.${slug}`).toMatchObject(expected);
  }
}

/** Byte for byte, in canonical form. */
function assertHistory(testCase: ConformanceCase, { events }: CaseResult): void {
  const { history } = testCase.expect;
  expect(events.map((event) => canonicalJson(event))).toEqual(history.map((event) => canonicalJson(event)));
  expect(historyDigest(events)).toBe(historyDigest(history));
}
