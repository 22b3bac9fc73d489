import type { ErrorRecord, Json } from '../runtime/ports.js';

/**
 * `looping`, `branching`: the body of a loop or of a `parallel` runs. The last three are those of a visit that undoes
 * another.
 */
export type VisitStatus =
  | 'running'
  | 'retrying'
  | 'waiting'
  | 'looping'
  | 'branching'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | UndoStatus;
export type UndoStatus = 'undoing' | 'undone' | 'undoFailed';
export type SpanKind = 'attempt' | 'wait' | 'retry' | 'undo';
export type SpanOutcome = 'running' | 'succeeded' | 'failed' | 'interrupted' | 'cancelled';

/** A stretch of time of one visit, in milliseconds since the epoch; `to` is null while it lasts. */
export interface Span {
  readonly kind: SpanKind;
  readonly from: number;
  to: number | null;
  /** Counts performances, from 1. */
  readonly attempt: number;
  outcome: SpanOutcome;
  error: ErrorRecord | null;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly data: Json | undefined;
}

/** What an approval asks. */
export interface Question {
  readonly title: string;
  readonly description?: string;
  readonly approvers?: readonly string[];
}

/** A branch of a `parallel`. */
export interface Branch {
  readonly port: string;
  readonly frame: number;
  status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  error: ErrorRecord | null;
}

/** An iteration of a loop that failed without ending it, counted from 1. */
export interface FailedRound {
  readonly number: number;
  readonly error: ErrorRecord;
}

/** One visit to a step. */
export interface Visit {
  readonly activation: number;
  readonly slug: string;
  readonly frame: number;
  status: VisitStatus;
  readonly startedAt: number;
  endedAt: number | null;
  readonly spans: Span[];
  parameters: Json | undefined;
  output: Json | undefined;
  /** Why it failed; of one that succeeded, what went wrong all the same. */
  error: ErrorRecord | null;
  port: string | null;
  /** When the wait or the retry is due. */
  dueAt: number | null;
  /** The port that led here: `slug port`; null at the entry. */
  readonly via: string | null;
  /** Rounds begun; loops only. */
  rounds: number;
  /** Rounds there will be; null where that is not known, as in a `while`. */
  roundsInAll: number | null;
  /** Rounds that failed while the loop went on; the first of them, and how many in all. */
  readonly failedRounds: FailedRound[];
  roundsFailed: number;
  /** Of a `parallel`, in their order. */
  readonly branches: Branch[];
  question: Question | null;
  /** The run that it started last, and how that stands. */
  child: { readonly id: string; status: 'running' | 'completed' | 'failed' | 'cancelled' } | null;
  /** The visit that this one undoes. */
  readonly compensates: number | null;
  /** Whether another visit undoes this one, or did. */
  undo: UndoStatus | null;
  readonly log: LogLine[];
}

export interface StepView {
  readonly slug: string;
  readonly visits: Visit[];
  /** Visits that have not ended. */
  readonly open: Set<Visit>;
}

/**
 * What a visit stands in. A round is an iteration of a loop as a person counts: `number` from 1, `count` null where it is
 * not known how many there will be.
 */
export type Place =
  | { readonly kind: 'round'; readonly number: number; readonly count: number | null; failed: boolean }
  | { readonly kind: 'branch'; readonly port: string };

export function openSpan(visit: Visit, kind: SpanKind, from: number, attempt: number): void {
  closeSpan(visit, from, 'succeeded');
  visit.spans.push({ kind, from, to: null, attempt, outcome: 'running', error: null });
}

export function closeSpan(visit: Visit, at: number, outcome: SpanOutcome): void {
  const span = visit.spans.at(-1);
  if (span === undefined || span.to !== null) return;
  span.to = at;
  span.outcome = outcome;
}

/** The visit that stands for a step: the last of those still open, else the last. */
export function currentVisit(step: StepView | undefined): Visit | undefined {
  return step && ([...step.open].at(-1) ?? step.visits.at(-1));
}
