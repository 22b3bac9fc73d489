import type { ErrorRecord, ExecutionStatus, JournalEvent, Json } from '../runtime/ports.js';

/**
 * What the views show of a run, folded event by event from its journal, so that a live batch costs what it holds and
 * not what came before. The journal is the only source; nothing here is guessed ahead of it.
 */
export type VisitStatus = 'running' | 'retrying' | 'waiting' | 'looping' | 'succeeded' | 'failed' | 'cancelled';
export type SpanKind = 'attempt' | 'wait' | 'retry';
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
  readonly log: LogLine[];
}

export interface StepView {
  readonly slug: string;
  readonly visits: Visit[];
  /** Visits that have not ended. */
  open: number;
}

/** An iteration of a loop, as a person counts: `number` from 1, `count` null where it is not known how many there will be. */
export interface Round {
  readonly number: number;
  readonly count: number | null;
}

export class RunModel {
  readonly steps = new Map<string, StepView>();
  /** How often each port was taken, by the slug of its step. */
  readonly taken = new Map<string, Map<string, number>>();
  status: ExecutionStatus = 'running';
  startedAt = 0;
  endedAt: number | null = null;
  lastAt = 0;
  input: Json = null;
  output: Json = null;
  error: ErrorRecord | null = null;
  /** Slug of the step whose failure ended the run. */
  failedStep: string | null = null;
  cancelReason: string | null = null;
  /** Visits that have ended, loops apart. */
  stepsDone = 0;
  readonly #visits = new Map<number, Visit>();
  readonly #open = new Set<Visit>();
  #lastTaken: string | null = null;
  readonly #rounds = new Map<number, Round & { readonly parent: number }>();
  readonly #waits: (slug: string) => boolean;
  readonly #isLoop: (slug: string) => boolean;

  /** `typeOf` tells a step's type: a waiting step and a loop begin otherwise than one that performs something. */
  constructor(typeOf: (slug: string) => string | undefined) {
    this.#waits = (slug) => ['wait', 'wait_for_event', 'approval'].includes(typeOf(slug) ?? '');
    this.#isLoop = (slug) => typeOf(slug) === 'loop';
  }

  step(slug: string): StepView | undefined {
    return this.steps.get(slug);
  }

  /** The iterations a visit stands in, outermost first. */
  rounds(visit: Visit): readonly Round[] {
    const path: Round[] = [];
    let round = this.#rounds.get(visit.frame);
    while (round !== undefined) {
      path.unshift(round);
      round = this.#rounds.get(round.parent);
    }
    return path;
  }

  takenCount(slug: string, port: string): number {
    return this.taken.get(slug)?.get(port) ?? 0;
  }

  append(events: readonly JournalEvent[]): void {
    for (const event of events) this.#apply(event);
  }

  #apply(event: JournalEvent): void {
    this.lastAt = Math.max(this.lastAt, event.at);
    switch (event.type) {
      case 'execution_started':
        this.startedAt = event.at;
        this.input = event.input;
        return;
      case 'step_started':
        return this.#started(event);
      case 'step_succeeded':
        return this.#succeeded(event);
      case 'step_failed':
        return this.#failed(event);
      case 'step_interrupted':
        return this.#interrupted(event);
      case 'step_cancelled':
        return this.#end(this.#visit(event), event.at, 'cancelled', 'cancelled');
      case 'iteration_started':
        return this.#round(event);
      case 'timer_set':
        return this.#timer(event);
      case 'variables_set':
        this.#visit(event).output = event.variables;
        return;
      case 'log':
        this.#visit(event).log.push({ level: event.level, message: event.message, data: event.data });
        return;
      case 'execution_completed':
        this.output = event.output;
        return this.#finish('completed', event.at);
      case 'execution_failed':
        this.error = event.error;
        this.failedStep = event.error.stepSlug ?? null;
        return this.#finish('failed', event.at);
      case 'execution_cancelled':
        this.cancelReason = event.reason;
        return this.#finish('cancelled', event.at);
      default:
        return;
    }
  }

  #visit(event: JournalEvent & { activation: number; step: string; frame?: number }): Visit {
    const known = this.#visits.get(event.activation);
    if (known !== undefined) return known;
    const visit: Visit = {
      activation: event.activation,
      slug: event.step,
      frame: event.frame ?? 0,
      status: this.#isLoop(event.step) ? 'looping' : 'running',
      startedAt: event.at,
      endedAt: null,
      spans: [],
      parameters: undefined,
      output: undefined,
      error: null,
      port: null,
      dueAt: null,
      via: this.#lastTaken,
      rounds: 0,
      roundsInAll: null,
      log: [],
    };
    this.#visits.set(event.activation, visit);
    let step = this.steps.get(event.step);
    if (step === undefined) {
      step = { slug: event.step, visits: [], open: 0 };
      this.steps.set(event.step, step);
    }
    step.visits.push(visit);
    step.open += 1;
    this.#open.add(visit);
    return visit;
  }

  #started(event: Extract<JournalEvent, { type: 'step_started' }>): void {
    const visit = this.#visit(event);
    closeSpan(visit, event.at, 'succeeded');
    if (event.parameters !== undefined) visit.parameters = event.parameters;
    const waits = this.#waits(event.step);
    visit.status = waits ? 'waiting' : this.#isLoop(event.step) ? 'looping' : 'running';
    visit.dueAt = null;
    openSpan(visit, waits ? 'wait' : 'attempt', event.at, event.attempt);
  }

  #succeeded(event: Extract<JournalEvent, { type: 'step_succeeded' }>): void {
    const visit = this.#visit(event);
    if (visit.spans.length === 0) openSpan(visit, 'attempt', visit.startedAt, event.attempt);
    if (event.output !== null || visit.output === undefined) visit.output = event.output;
    visit.port = event.port;
    this.#take(event.step, event.port);
    this.#end(visit, event.at, 'succeeded', 'succeeded');
  }

  #failed(event: Extract<JournalEvent, { type: 'step_failed' }>): void {
    const visit = this.#visit(event);
    if (visit.spans.length === 0) openSpan(visit, 'attempt', visit.startedAt, event.attempt);
    visit.error = event.error;
    const span = visit.spans.at(-1);
    if (span !== undefined) span.error = event.error;
    if (event.retryAt === undefined) {
      visit.port = 'error';
      this.#take(event.step, 'error');
      return this.#end(visit, event.at, 'failed', 'failed');
    }
    closeSpan(visit, event.at, 'failed');
    visit.status = 'retrying';
    visit.dueAt = event.retryAt;
    openSpan(visit, 'retry', event.at, event.attempt);
  }

  #interrupted(event: Extract<JournalEvent, { type: 'step_interrupted' }>): void {
    const visit = this.#visit(event);
    closeSpan(visit, event.at, 'interrupted');
  }

  #round(event: Extract<JournalEvent, { type: 'iteration_started' }>): void {
    const visit = this.#visit(event);
    visit.status = 'looping';
    visit.rounds = Math.max(visit.rounds, event.index + 1);
    const count = event.count ?? null;
    visit.roundsInAll = count;
    this.#rounds.set(event.iteration, { number: event.index + 1, count, parent: event.frame ?? 0 });
    this.#take(event.step, 'next');
  }

  #timer(event: Extract<JournalEvent, { type: 'timer_set' }>): void {
    const visit = this.#visit(event);
    if (event.timer === 'attempt_timeout') return;
    visit.dueAt = event.dueAt;
    if (event.timer === 'retry') visit.status = 'retrying';
    else visit.status = 'waiting';
    const kind = event.timer === 'retry' ? 'retry' : 'wait';
    if (visit.spans.at(-1)?.kind !== kind) openSpan(visit, kind, event.at, visit.spans.length + 1);
  }

  #take(slug: string, port: string): void {
    this.#lastTaken = `${slug} ${port}`;
    let ports = this.taken.get(slug);
    if (ports === undefined) {
      ports = new Map();
      this.taken.set(slug, ports);
    }
    ports.set(port, (ports.get(port) ?? 0) + 1);
  }

  #end(visit: Visit, at: number, status: VisitStatus, outcome: SpanOutcome): void {
    if (visit.endedAt !== null) return;
    closeSpan(visit, at, outcome);
    visit.status = status;
    visit.endedAt = at;
    visit.dueAt = null;
    if (!this.#isLoop(visit.slug)) this.stepsDone += 1;
    const step = this.steps.get(visit.slug);
    if (step !== undefined) step.open -= 1;
    this.#open.delete(visit);
  }

  #finish(status: ExecutionStatus, at: number): void {
    this.status = status;
    this.endedAt = at;
    for (const visit of [...this.#open]) {
      const culprit = status === 'failed' && visit.slug === this.failedStep;
      this.#end(visit, at, culprit ? 'failed' : 'cancelled', culprit ? 'failed' : 'cancelled');
    }
  }
}

function openSpan(visit: Visit, kind: SpanKind, from: number, attempt: number): void {
  closeSpan(visit, from, 'succeeded');
  visit.spans.push({ kind, from, to: null, attempt, outcome: 'running', error: null });
}

function closeSpan(visit: Visit, at: number, outcome: SpanOutcome): void {
  const span = visit.spans.at(-1);
  if (span === undefined || span.to !== null) return;
  span.to = at;
  span.outcome = outcome;
}

/** The visit that stands for a step: one still open, else the last. */
export function currentVisit(step: StepView | undefined): Visit | undefined {
  if (step === undefined) return undefined;
  if (step.open > 0) return step.visits.findLast((visit) => visit.endedAt === null);
  return step.visits.at(-1);
}
