import type { JournalEvent } from '../engine/journal.js';
import type { StepResult } from '../engine/state.js';
import { NewtflowError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { StubCall } from '../memory/stubs.js';
import type { ErrorRecord, ExecutionStatus } from '../ports.js';
import { type Difference, differences, differencesText } from './differences.js';

/** What was expected did not come. `differences` says where and how. */
export class ExpectationError extends NewtflowError {
  override readonly name = 'ExpectationError';
  readonly differences: readonly Difference[];
  constructor(message: string, all: readonly Difference[]) {
    super('EXPECTATION_FAILED', all.length === 0 ? message : `${message}\n${differencesText(all)}`);
    this.differences = all;
  }
}

/** What a run has come to. */
export interface Outcome {
  readonly status: ExecutionStatus;
  readonly output: Json;
  readonly error: ErrorRecord | null;
  readonly variables: JsonObject;
  readonly steps: Readonly<Record<string, StepResult>>;
  readonly path: readonly string[];
}

/** Objects in part, everything else as it is. */
export interface Expected {
  readonly status?: ExecutionStatus;
  readonly output?: Json;
  readonly error?: Json;
  readonly variables?: JsonObject;
  readonly steps?: JsonObject;
  readonly path?: readonly string[];
}

export interface ExpectedCalls {
  readonly times?: number;
  /** What one of them was asked with, in part. */
  readonly with?: Json;
}

/** @throws ExpectationError */
export function hold(message: string, all: readonly Difference[]): void {
  if (all.length > 0) throw new ExpectationError(message, all);
}

export function outcomeJson({ status, output, error, variables, steps, path }: Outcome): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify({ status, output, error, variables, steps, path }));
  return json;
}

/** @throws ExpectationError */
export function expectState(run: Outcome, expected: Expected): void {
  // Members that are there, but undefined, expect nothing.
  const json: Json = JSON.parse(JSON.stringify(expected));
  hold('The run is not as expected', differences(json, outcomeJson(run)));
}

/** @throws ExpectationError */
export function expectCalls(all: readonly StubCall[], what: string, { times, with: given }: ExpectedCalls): void {
  const calls = all.filter((call) => namesOf(call).includes(what));
  if (times !== undefined) hold(`Calls of '${what}'`, differences(times, calls.length));
  if (times === undefined && calls.length === 0) throw new ExpectationError(`'${what}' was never called`, []);
  if (given === undefined) return;
  const closest = calls.map((call) => differences(given, call.parameters)).sort((a, b) => a.length - b.length)[0];
  hold(`'${what}' was not called with that; the closest call differs`, closest ?? []);
}

/** What a call is known by: its step, what it called, and the stub that answered. */
function namesOf({ key, type, step, parameters }: StubCall): readonly (string | null)[] {
  const operation = isJsonObject(parameters) ? parameters.operation : undefined;
  return [key, step, type, ...(typeof operation === 'string' ? [`${type}.${operation}`] : [])];
}

/** @throws ExpectationError */
export function expectEvents(history: readonly JournalEvent[], events: readonly JsonObject[]): void {
  const all: readonly Json[] = JSON.parse(JSON.stringify(history));
  let from = 0;
  for (const [index, event] of events.entries()) {
    const at = all.findIndex((one, place) => place >= from && differences(event, one).length === 0);
    if (at === -1) {
      const rest = all.slice(from).map((one) => differences(event, one, `/${index}`));
      const closest = rest.sort((a, b) => a.length - b.length)[0] ?? [
        { path: `/${index}`, expected: event, actual: undefined },
      ];
      throw new ExpectationError('The history holds no such event; the closest one differs', closest);
    }
    from = at + 1;
  }
}
