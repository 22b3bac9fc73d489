import type { SchemaProblem } from '../definition/input-schema.js';
import type { Json } from '../json.js';
import type { Action, ActionContext, Awaitable, BreakerStore, CancellationSignal, Clock } from '../ports.js';

/** What stands around a call of an action. */
export interface CallSetting {
  /** The part of the language that checks values. */
  readonly language: { schemaProblems(schema: Json, value: Json): Awaitable<readonly SchemaProblem[]> };
  readonly clock: Clock;
  readonly breakers: BreakerStore | undefined;
  /** Given up with the attempt. */
  readonly signal: CancellationSignal;
  /** Milliseconds that the call may take by itself; no bound of its own when absent. */
  readonly limit: number | undefined;
  contextFor(signal: CancellationSignal): ActionContext;
  /** To be called once `run` was: from here on the action may be waiting for the clock. */
  begun(): void;
  warn(message: string): void;
}

/** Whether there is more to a call than calling `run`. */
export function needsCare(action: Action, limit: number | undefined, breakers: BreakerStore | undefined): boolean {
  const checks = toCheck(action, 'input') ?? toCheck(action, 'output');
  const timed = limit !== undefined || action.timeoutOf !== undefined;
  return timed || checks !== undefined || (action.breaker !== undefined && breakers !== undefined);
}

/** The schema that is to be held to by whoever calls. */
export function toCheck(
  { inputSchema, outputSchema, checksItself }: Action,
  what: 'input' | 'output',
): Json | undefined {
  return checksItself?.includes(what) === true ? undefined : what === 'input' ? inputSchema : outputSchema;
}
