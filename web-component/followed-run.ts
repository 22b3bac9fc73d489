import {
  ConflictError,
  type Decision,
  type Issue,
  isFinal,
  NewtflowError,
  TransferredError,
  ValidationError,
} from '../runtime/index.js';
import type { ErrorRecord, ExecutionSummary, JournalEvent, Json, JsonObject } from '../runtime/ports.js';
import type { RunDriver, RunHandle, RunUpdate } from './run-source.js';

interface Waiter {
  resolve(summary: ExecutionSummary): void;
  reject(error: Error): void;
}

/**
 * The history of one run as it becomes known, and those who follow it. What reaches a listener has no gap and no
 * repetition, whatever order and overlap the batches come in.
 */
export abstract class FollowedRun implements RunHandle {
  readonly id: string;
  readonly definition: JsonObject;
  readonly #events: JournalEvent[] = [];
  readonly #listeners = new Set<(update: RunUpdate) => void>();
  readonly #driverListeners = new Set<() => void>();
  readonly #waiters = new Set<Waiter>();
  #summary: ExecutionSummary;
  #driver: RunDriver = 'none';
  #problem: ErrorRecord | undefined;
  #closed: Error | undefined;

  constructor(summary: ExecutionSummary, definition: JsonObject) {
    this.id = summary.id;
    this.definition = definition;
    this.#summary = summary;
  }

  get summary(): ExecutionSummary {
    return this.#summary;
  }
  get events(): readonly JournalEvent[] {
    return this.#events;
  }
  get driver(): RunDriver {
    return this.#driver;
  }
  get problem(): ErrorRecord | undefined {
    return this.#problem;
  }
  get finished(): boolean {
    return isFinal(this.#summary.status);
  }
  /** The `seq` of the last event known; 0 before the first. */
  get known(): number {
    return this.#events.at(-1)?.seq ?? 0;
  }
  /** Whether anyone waits for news of it. */
  get attended(): boolean {
    return this.#listeners.size > 0 || this.#waiters.size > 0;
  }

  abstract cancel(reason?: string): Promise<boolean>;
  abstract pause(reason?: string): Promise<void>;
  abstract resume(): Promise<void>;
  abstract signal(name: string, data?: Json, id?: string): Promise<void>;
  abstract decide(activation: number, decision: Decision, id?: string): Promise<void>;

  subscribe(listener: (update: RunUpdate) => void): () => void {
    // A function of its own, so that the same listener may be given twice.
    const tell = (update: RunUpdate): void => listener(update);
    this.#listeners.add(tell);
    report(() => tell({ events: [...this.#events], summary: this.#summary }));
    this.attentionChanged();
    return () => {
      this.#listeners.delete(tell);
      this.attentionChanged();
    };
  }

  onDriverChange(listener: () => void): () => void {
    const tell = (): void => listener();
    this.#driverListeners.add(tell);
    return () => this.#driverListeners.delete(tell);
  }

  settled(): Promise<ExecutionSummary> {
    if (this.finished) return Promise.resolve(this.#summary);
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#waiters.add({ resolve, reject });
      this.attentionChanged();
    });
  }

  /**
   * Takes what follows on what is known and leaves the rest; `summary` is as of the last of `events`.
   * @returns false, and takes nothing, when events are missing in between.
   */
  accept(events: readonly JournalEvent[], summary: ExecutionSummary): boolean {
    const fresh = events.filter((event) => event.seq > this.known);
    const first = fresh[0]?.seq ?? this.known + 1;
    if (first !== this.known + 1) return false;
    this.#events.push(...fresh);
    if (summary.seq >= this.#summary.seq) this.#summary = summary;
    if (fresh.length > 0) this.#tell({ events: fresh, summary: this.#summary });
    this.#settleIfFinished();
    return true;
  }

  /** Takes the summary alone, for a run whose history nobody reads. */
  note(summary: ExecutionSummary): void {
    if (summary.seq >= this.#summary.seq) this.#summary = summary;
    this.#settleIfFinished();
  }

  /** Says who drives, and what is in the way; a run that is over has neither. */
  stand(current: RunDriver, trouble?: ErrorRecord): void {
    const driver = this.finished ? 'none' : current;
    const problem = this.finished ? undefined : trouble;
    const same = driver === this.#driver && problem?.code === this.#problem?.code;
    this.#driver = driver;
    this.#problem = problem;
    if (same) return;
    for (const listener of [...this.#driverListeners]) report(listener);
  }

  /** Tells those who wait for the end that they will not see it here. */
  letGo(): void {
    this.#closed ??= closedError();
    for (const waiter of this.#waiters) waiter.reject(this.#closed);
    this.#waiters.clear();
    this.#listeners.clear();
    this.#driverListeners.clear();
  }

  /** Called whenever {@link attended} may have changed; for a run that costs something to follow. */
  protected attentionChanged(): void {
    // What is at hand anyway needs no more.
  }

  #tell(update: RunUpdate): void {
    for (const listener of [...this.#listeners]) report(() => listener(update));
  }

  #settleIfFinished(): void {
    if (!this.finished) return;
    this.stand('none');
    for (const waiter of this.#waiters) waiter.resolve(this.#summary);
    this.#waiters.clear();
  }
}

export function closedError(): ConflictError {
  return new ConflictError('This page let go of the run; open it again to follow it.', { code: 'SOURCE_CLOSED' });
}

export function finishedError(summary: ExecutionSummary): ConflictError | TransferredError {
  if (summary.status === 'transferred') {
    return new TransferredError(`The run "${summary.id}" was carried to another host.`);
  }
  return new ConflictError(`The run "${summary.id}" is over: ${summary.status}.`, { code: 'EXECUTION_FINISHED' });
}

/** How an error is shown beside a run, and told from tab to tab. */
export function recordOf(error: unknown): ErrorRecord {
  if (error instanceof ValidationError) {
    return { code: error.code, message: error.message, details: issuesAsJson(error.issues) };
  }
  if (error instanceof NewtflowError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

/** Issues as an error record can carry them. */
export function issuesAsJson(issues: readonly Issue[]): Json {
  return issues.map(({ code, severity, path, message, field, hint }) => ({
    ...{ code, severity, path, message },
    ...(field === undefined ? {} : { field }),
    ...(hint === undefined ? {} : { hint }),
  }));
}

/** What {@link issuesAsJson} wrote. */
export function issuesFromJson(details: Json | undefined): readonly Issue[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((issue: Json): Issue[] => (isIssue(issue) ? [issue] : []));
}

/** Whether a value from elsewhere is an issue, as far as anyone here reads it. */
export function isIssue(value: unknown): value is Issue {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'path' in value;
}

/** Calls a listener of the page; what it throws is reported as the page's own error and hurts nobody else. */
function report(call: () => void): void {
  try {
    call();
  } catch (error) {
    reportError(error);
  }
}
