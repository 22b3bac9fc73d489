import type { Decision } from '../runtime/index.js';
import type { ImportOptions, ImportResult, TransferReceipt } from '../runtime/operations.js';
import type {
  ErrorRecord,
  ExecutionSummary,
  JournalEvent,
  Json,
  JsonObject,
  ListPage,
  ListQuery,
} from '../runtime/ports.js';

/** What changed in a run: the events of one batch, in order and without a gap to the batch before, and where it stands now. */
export interface RunUpdate {
  readonly events: readonly JournalEvent[];
  readonly summary: ExecutionSummary;
}

/**
 * Who drives a run: `here` this page, `elsewhere` another tab of this browser, `server` the Worker, `none` nobody: it
 * is over, or it lies in the store until a page takes it up.
 */
export type RunDriver = 'here' | 'elsewhere' | 'server' | 'none';

/**
 * One run as a page sees it, wherever it is driven. Letting go of a handle (or of every listener) never ends the run.
 */
export interface RunHandle {
  readonly id: string;
  /** The definition in its normal form, as the run is pinned to it. */
  readonly definition: JsonObject;
  readonly summary: ExecutionSummary;
  /** The whole history known so far, from `seq` 1 without a gap. The array grows; a batch once seen never changes. */
  readonly events: readonly JournalEvent[];
  readonly driver: RunDriver;
  /** Why the run cannot be followed or moved at present, such as a full disk or a server out of reach; cleared when that passes. */
  readonly problem: ErrorRecord | undefined;
  /**
   * Calls back at once with all of the history in one update (also when it is empty), then with each live batch.
   * No event is ever delivered twice to one listener, and none is left out.
   * @returns a function that ends the subscription, and nothing else.
   */
  subscribe(listener: (update: RunUpdate) => void): () => void;
  /** Calls back whenever {@link driver} or {@link problem} changes. Returns a function that ends this. */
  onDriverChange(listener: () => void): () => void;
  /**
   * Resolves once the request is recorded: with false when the run has failed already and only what it did is being
   * undone. That goes on, a pause no longer holding it, and the run ends as `failed`.
   * @throws ConflictError `EXECUTION_FINISHED` when the run is over; TransferredError when it was given away.
   */
  cancel(reason?: string): Promise<boolean>;
  /**
   * Holds the run: nothing begins until it is resumed, and what is under way may end. Twice is the same as once.
   * @throws ConflictError `EXECUTION_FINISHED` when the run is over; TransferredError when it was given away.
   */
  pause(reason?: string): Promise<void>;
  /** Goes on after {@link pause}; of a run that is not paused, nothing changes. @throws as pause */
  resume(): Promise<void>;
  /**
   * Sends an event the run may wait for; resolves once it is recorded. The same `id` counts once, and is no error when
   * the run has ended since.
   * @throws ConflictError `EXECUTION_FINISHED` when the run is over; TransferredError when it was given away.
   */
  signal(name: string, data?: Json, id?: string): Promise<void>;
  /**
   * Decides an approval that waits, named by its activation; resolves once that is recorded. The same `id` counts once,
   * and is no error when the run has ended since.
   * @throws ConflictError `EXECUTION_FINISHED`, or `NOT_WAITING` where it is decided already or was never asked for;
   * TransferredError when the run was given away.
   * @throws ValidationError `INVALID_FIELDS` with every problem; the approval goes on waiting. Of a Worker, a
   * `RemoteError` with the same code and issues.
   */
  decide(activation: number, decision: Decision, id?: string): Promise<void>;
  /** The summary once the run has completed, failed or was cancelled. Rejects when the source is closed before that. */
  settled(): Promise<ExecutionSummary>;
}

export interface StartOptions {
  readonly input?: unknown;
  /** Names the conversation that model steps share. */
  readonly threadId?: string;
  /** A second start with the same key gives the run that the first one started. */
  readonly idempotencyKey?: string;
  /** Called where the run has to wait for others before it begins; see `config.concurrency`. */
  readonly queued?: () => void;
}

export interface RetryOptions {
  /** The step to go back to, by its slug (its last visit) or by the activation of a visit; the one that failed when absent. */
  readonly from?: string | number;
  /** Replaces the input from there on. */
  readonly input?: unknown;
}

/** A run that was taken over, and what came of its transfer. */
export interface ImportedRun extends ImportResult {
  readonly run: RunHandle;
}

/** Where runs live: this browser, or a Worker. */
export interface RunSource {
  readonly place: 'browser' | 'edge';
  readonly storage: 'indexeddb' | 'memory' | 'edge';
  /** Why the storage is not the one asked for, in words for a person. */
  readonly storageReason?: string;
  /**
   * Starts a run of a workflow document, in any dialect.
   * @throws ValidationError `INVALID_DEFINITION` or `INVALID_INPUT`, with every issue found; nothing is stored then.
   * What a Worker refuses is a `RemoteError` with the same code and issues.
   */
  start(document: unknown, options?: StartOptions): Promise<RunHandle>;
  /** The run of that id, its history read; undefined when there is none. */
  open(id: string): Promise<RunHandle | undefined>;
  list(query?: ListQuery): Promise<ListPage>;
  /**
   * Begins a new run from a step of one that has ended; that one stays as it was.
   * @throws NotFoundError `NOT_FOUND` or `STEP_NOT_VISITED`; ConflictError `EXECUTION_NOT_FINISHED` or `NO_FAILED_STEP`;
   * ValidationError `INVALID_INPUT`. Of a Worker, a `RemoteError` with the same code.
   */
  retry(id: string, options?: RetryOptions): Promise<RunHandle>;
  /**
   * Gives a run away: resolves with its bundle once it can never go on here. Of one that was given away, the same again,
   * until its arrival is confirmed.
   * @throws NotFoundError, ConflictError `EXECUTION_FINISHED`, or TransferredError `TRANSFER_CONFIRMED`. Of a Worker, a
   * `RemoteError` with the same code.
   */
  exportRun(id: string): Promise<JsonObject>;
  /**
   * Takes a run over from its bundle, as a value or as text, and goes on with it. The receipt of what is resolved is for
   * {@link confirmTransfer} at its source.
   * @throws BundleError when it is not what a bundle must be; ConflictError `EXECUTION_EXISTS` or `TRANSFER_SOURCE`. Of a
   * Worker, a `RemoteError` with the same code.
   */
  importRun(bundle: unknown, options?: ImportOptions): Promise<ImportedRun>;
  /**
   * Takes the target's receipt for a run that was given away here: its bundle cannot be had any more. Twice is the same
   * as once.
   * @throws NotFoundError; ConflictError `NOT_TRANSFERRED` or `WRONG_RECEIPT`. Of a Worker, a `RemoteError` with the same
   * code.
   */
  confirmTransfer(receipt: TransferReceipt): Promise<void>;
  /**
   * Takes up every unfinished run that nobody drives, and stands in line for the others; of a Worker's runs none, since
   * it goes on by itself. To be called when the page's actions are in place, and again when there are more of them.
   * @param fits tells by its definition whether a run may be driven here; all may when absent
   * @returns the ids of those that are driven here now
   */
  resumeAll(fits?: (definition: JsonObject) => boolean): Promise<readonly string[]>;
  /** Lets go of everything: runs driven here stop without a trace in their journal and go on when next opened. */
  close(): Promise<void>;
}
