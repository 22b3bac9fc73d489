import type { Decision } from '../engine/driver.js';
import type { EventOf, JournalEvent } from '../engine/journal.js';
import { APPROVAL_SIGNAL } from '../engine/steps/approval.js';
import { isJsonObject, type Json, type JsonObject, toObject } from '../json.js';

/** A real run, as a test can make it again. */
export interface Fixture {
  readonly input: Json;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly seed: number;
  /** What each step was answered, by slug, in the order in which it was asked. */
  readonly stubs: JsonObject;
  /** What came from outside, in order, so many milliseconds after the start. */
  readonly signals: readonly FixtureSignal[];
  readonly cancelAt?: number;
  readonly organization?: string;
  readonly threadId?: string;
}

/** An event, or the decision of an approval. */
export type FixtureSignal =
  | { readonly at: number; readonly name: string; readonly data: Json }
  | { readonly at: number; readonly decide: Decision & { readonly step: string } };

type Ended = EventOf<'step_succeeded'> | EventOf<'step_failed'>;

/**
 * Makes a fixture of a run's journal: with it, `testWorkflow` comes to the same history again, failures, retries and
 * timeouts included. What models did with tools, and what other workflows did, is not in it, only how it ended; nor are the
 * retries and timeouts that actions bring: hand those actions in beside it.
 * @throws TypeError when the events are not the beginning of a journal
 */
export function recordFixture(history: readonly JournalEvent[]): Fixture {
  const [first] = history;
  if (first?.type !== 'execution_started') throw new TypeError('A journal begins with execution_started');
  const cancelled = history.find(({ type }) => type === 'execution_cancelled' || type === 'cancellation_requested');
  return {
    input: first.input,
    now: first.at,
    seed: first.seed,
    stubs: stubsFromHistory(history),
    signals: history.flatMap((event) => (event.type === 'signal_received' ? [signalOf(event, history, first.at)] : [])),
    ...(cancelled === undefined ? {} : { cancelAt: cancelled.at - first.at }),
    ...(first.organizationId === undefined ? {} : { organization: first.organizationId }),
    ...(first.threadId === undefined ? {} : { threadId: first.threadId }),
  };
}

function signalOf(event: EventOf<'signal_received'>, history: readonly JournalEvent[], start: number): FixtureSignal {
  const { name, data } = event;
  const at = event.at - start;
  const asked = history.find(
    (one) => one.type === 'approval_requested' && name === `${APPROVAL_SIGNAL}${one.activation}`,
  );
  if (asked?.type !== 'approval_requested') return { at, name, data };
  const { decision, fields, by, comment } = toObject(data);
  return {
    at,
    decide: {
      step: asked.step,
      decision: decision === 'approved' ? 'approved' : 'rejected',
      ...(isJsonObject(fields) ? { fields } : {}),
      ...(typeof by === 'string' ? { by } : {}),
      ...(typeof comment === 'string' ? { comment } : {}),
    },
  };
}

/** What each effect of a run was answered, as `createStubs` takes it: one answer for each time it was asked. */
export function stubsFromHistory(history: readonly JournalEvent[]): JsonObject {
  const ends = new Map<string, Ended>();
  for (const event of history) {
    if (event.type === 'step_succeeded' || event.type === 'step_failed') ends.set(attemptOf(event), event);
  }
  const timedOut = new Set(
    history.flatMap((event) => (event.type === 'timer_fired' ? [`${event.activation}@${event.at}`] : [])),
  );
  const answers = new Map<string, Json[]>();
  for (const event of history) {
    if (event.type !== 'step_started' || event.parameters === undefined) continue;
    const end = ends.get(attemptOf(event));
    const late =
      end?.type === 'step_failed' && end.error.code === 'TIMEOUT' && timedOut.has(`${end.activation}@${end.at}`);
    const answer = end === undefined || late ? { never: true } : answerOf(end);
    answers.set(event.step, [...(answers.get(event.step) ?? []), answer]);
  }
  return Object.fromEntries(answers);
}

function attemptOf({ activation, attempt }: { readonly activation: number; readonly attempt: number }): string {
  return `${activation}#${attempt}`;
}

function answerOf(end: Ended): JsonObject {
  if (end.type === 'step_succeeded') return { output: end.output };
  const { code, message, details, retryable = false, retryAfter } = end.error;
  return {
    error: {
      ...{ code, message, retryable },
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(details === undefined ? {} : { details }),
    },
  };
}
