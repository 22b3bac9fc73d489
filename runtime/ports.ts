/**
 * The whole surface between the runtime and a host. A host implements these few interfaces; the runtime never reaches
 * past them. In-memory implementations live in `memory/`, and one contract suite (`test/contract/`) holds every
 * {@link ExecutionStore} to what is said here.
 */
import type {
  JournalEvent,
  ModelTurn,
  ModelUsage,
  RetryPolicy,
  ToolCall,
  ToolResult,
  Trigger,
} from './engine/journal.js';
import type { ExecutionState, ExecutionStatus } from './engine/state.js';
import type { ErrorRecord } from './errors.js';
import type { FunctionRegistry } from './expression/registry.js';
import type { Json, JsonObject } from './json.js';

/** A store may answer at once or later; the driver waits only where it must. */
export type Awaitable<T> = T | PromiseLike<T>;

// --- Time and chance -------------------------------------------------------------------------------------------------

export interface Clock {
  /** Milliseconds since the Unix epoch, whole. Must not go backwards while the process lives. */
  now(): number;
  /**
   * Calls back once at or after `at` (milliseconds since the epoch), never from inside `schedule` itself. Early calls
   * are harmless, a lost one is not. Returns a function that withdraws the call.
   */
  schedule(at: number, callback: () => void): () => void;
}

export interface Random {
  /** A new unguessable id, of URL-safe characters, at most 64 of them. */
  id(): string;
  /** A whole number from 0 to 2^32 − 1, the root of every random value of one execution. */
  seed(): number;
}

// --- Storage ---------------------------------------------------------------------------------------------------------

/** What an index of executions shows of each, kept in the same commit as its events. */
export interface ExecutionSummary {
  readonly id: string;
  readonly workflow: string;
  readonly workflowName: string;
  readonly planHash: string;
  readonly status: ExecutionStatus;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly updatedAt: number;
  /** The earliest deadline of the execution, in milliseconds since the epoch; null when nothing is due. */
  readonly wakeAt: number | null;
  /** Slugs of the steps that are running or waiting. */
  readonly currentSteps: readonly string[];
  readonly error?: ErrorRecord;
  /** Of one that was transferred: when the receipt of its target came, in milliseconds since the epoch. */
  readonly handedOverAt?: number;
}

export interface Snapshot {
  /** The state after the event with this number. */
  readonly seq: number;
  readonly state: ExecutionState;
}

export interface NewExecution {
  readonly summary: ExecutionSummary;
  /** The normalised definition the execution is pinned to; its hash is `summary.planHash`. */
  readonly definition: JsonObject;
  readonly events: readonly JournalEvent[];
  readonly snapshot: Snapshot;
}

export interface Commit {
  /** The `seq` of the event this commit follows. */
  readonly after: number;
  /** The epoch under which the driver opened the execution. */
  readonly epoch: number;
  readonly events: readonly JournalEvent[];
  readonly summary: ExecutionSummary;
  /** Replaces the stored snapshot where present. */
  readonly snapshot?: Snapshot;
}

export interface StoredExecution {
  readonly summary: ExecutionSummary;
  readonly definition: JsonObject;
  readonly epoch: number;
  readonly snapshot: Snapshot;
  /** The events after the snapshot, in order. */
  readonly tail: readonly JournalEvent[];
}

export interface ListQuery {
  readonly workflow?: string;
  readonly status?: ExecutionStatus;
  /** At most this many, 1 to 200; 50 when absent. */
  readonly limit?: number;
  /** What the page before returned. */
  readonly cursor?: string;
}

export interface ListPage {
  /** Newest first: by `startedAt`, then by `id`. */
  readonly items: readonly ExecutionSummary[];
  readonly cursor?: string;
}

/**
 * Keeps executions. Each write is atomic and durable when it returns (or, where a host gates its outputs on
 * durability, before anything can leave the host). What is handed in is never changed afterwards by either side.
 */
export interface ExecutionStore {
  /** True where snapshots are kept by reference: one costs nothing then, so that they need not be weighed. */
  readonly keepsReferences?: boolean;
  /**
   * Stores a new execution under epoch 1.
   * @throws ConflictError when the id is in use; nothing is changed then.
   */
  create(execution: NewExecution): Awaitable<void>;
  /**
   * Takes an execution over: raises its epoch by one, so that every driver before is refused, and returns what is
   * needed to go on. Undefined when there is none of that id.
   */
  open(id: string): Awaitable<StoredExecution | undefined>;
  /**
   * Appends events, all or nothing.
   * @throws ConflictError when the epoch is not the current one or `after` is not the last `seq`.
   */
  commit(id: string, commit: Commit): Awaitable<void>;
  /** Reads without taking over. */
  read(id: string): Awaitable<Omit<StoredExecution, 'tail'> | undefined>;
  /** Events with `seq > after`, in order, at most `limit` (1,000 when absent); empty when there are none. */
  readEvents(
    id: string,
    query?: { readonly after?: number; readonly limit?: number },
  ): Awaitable<readonly JournalEvent[]>;
  list(query?: ListQuery): Awaitable<ListPage>;
}

// --- Admission -------------------------------------------------------------------------------------------------------

/** An execution that is to be started: `request` is what its host needs for that. */
export type QueuedExecution = { readonly id: string; readonly request: Json };

/** Who runs and who waits under one concurrency key; plain JSON. */
export type AdmissionRow = {
  /** As of the last start. */
  readonly limit: number;
  /** In the order of their admission; with their request as long as they are not known to be stored. */
  readonly running: readonly { readonly id: string; readonly request?: Json }[];
  /** In the order in which they came. */
  readonly queued: readonly QueuedExecution[];
};

/** Keeps the rows of concurrency keys; only a host that honours `config.concurrency` needs one. */
export interface AdmissionStore {
  /**
   * Reads a row, changes it and writes it back in one step that no other update comes between; durable when it returns.
   * A row of undefined is removed. What `change` throws is passed on, and nothing is written. It may be called again.
   */
  update<T>(
    key: string,
    change: (row: AdmissionRow | undefined) => { readonly row: AdmissionRow | undefined; readonly result: T },
  ): Awaitable<T>;
  /** The keys that have a row, in any order. */
  keys(): Awaitable<readonly string[]>;
}

// --- Effects ---------------------------------------------------------------------------------------------------------

/** The part of the web's `AbortSignal` that the runtime relies on; a host's own signal satisfies it. */
export interface CancellationSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What an action asks of the network; a part of the web's `RequestInit`. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly redirect?: 'follow' | 'manual' | 'error';
  /** The action's own signal when absent. */
  readonly signal?: CancellationSignal;
}

/** The part of the web's `Response` that the runtime relies on. */
export interface FetchResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: {
    get(name: string): string | null;
    forEach(callback: (value: string, name: string) => void): void;
  };
  readonly body: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
      cancel(reason?: unknown): Promise<void>;
    };
  } | null;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

export interface ActionContext {
  readonly executionId: string;
  readonly activationId: number;
  readonly step: string;
  /** From 1. Counts every performance, those cut off by a crash too. */
  readonly attempt: number;
  /**
   * The same for every attempt of one activation: `executionId/activationId`, and `/n` after it for the call of that
   * number, from 0, where a model called the action as a tool. Hand it to the other side.
   */
  readonly idempotencyKey: string;
  /** The model's name for the call, where a model called the action as a tool. */
  readonly toolCall?: string;
  /** The activation that this call undoes; absent but for a compensation. */
  readonly compensates?: number;
  /** Aborted on timeout, on cancellation, and when the driver stops. */
  readonly signal: CancellationSignal;
  readonly organization: string | undefined;
  /** Milliseconds since the epoch, as the step's start recorded it: the same again after a crash. */
  readonly now: number;
  /** Kept in the journal with the result of this attempt. */
  log(level: LogLevel, message: string, data?: Json): void;
  /** Durable once the promise resolves. */
  checkpoint(name: string, data?: Json): Promise<void>;
  /** A value of `config.variables`. */
  getConfig(name: string): Json | undefined;
  /** @throws ActionError `SECRET_NOT_FOUND` */
  getSecret(name: string): Promise<string>;
  /**
   * The host's network, given up with the attempt.
   * @throws ActionError `FETCH_NOT_FOUND` where the host has none
   */
  fetch(url: string, init?: FetchInit): Promise<FetchResponse>;
  /**
   * Hands an event to the host, under {@link idempotencyKey}: what an attempt repeats is to be taken once. The second
   * one of an attempt and those after it have their number behind the key (`/2`), so emit them in the same order each time.
   * @throws ActionError `EVENTS_NOT_FOUND` where the host takes none
   */
  emit(name: string, data: Json): Promise<void>;
}

/** When an action is not to be asked for a while, as the other side is down. */
export interface BreakerPolicy {
  /** What shares one breaker, such as the name of an integration; the action's type when absent. */
  readonly key?: string;
  /** Infrastructure failures in a row that open it, at least 1: retryable errors and timeouts. */
  readonly failureThreshold: number;
  /** Milliseconds that it stays open. Also the lease of a probe: one that has not ended by then may be followed by another. */
  readonly openMs: number;
  /** Probes at once while it is half open; 1 when absent. */
  readonly halfOpenMax?: number;
}

export interface Action {
  readonly type: string;
  /** For people. */
  readonly title?: string;
  /** For people and for models. */
  readonly description?: string;
  readonly category?: string;
  /**
   * JSON Schema of the parameters: what does not fit fails with `ACTION_INPUT_INVALID` before {@link run} is called.
   * Models are shown it where the action is a tool.
   */
  readonly inputSchema?: Json;
  /** JSON Schema of the result: what does not fit fails with `ACTION_OUTPUT_INVALID`. */
  readonly outputSchema?: Json;
  /** Which of the two {@link run} holds to itself: the schema is there to be shown then. */
  readonly checksItself?: readonly ('input' | 'output')[];
  /** False: never performed again after a crash; such a step fails with `OUTCOME_UNKNOWN`. True when absent. */
  readonly idempotent?: boolean;
  /** For where neither the step nor the workflow has a policy. */
  readonly retry?: RetryPolicy;
  /** Milliseconds granted to an attempt where the step grants none. */
  readonly timeout?: number;
  /**
   * Milliseconds that the parameters themselves grant to an attempt, beside what the step grants; {@link timeout} counts
   * where they grant none. Asked once the parameters are known to fit {@link inputSchema}.
   */
  timeoutOf?(parameters: JsonObject): number | undefined;
  readonly breaker?: BreakerPolicy;
  /** Whether it gives the options of form fields, and for how many milliseconds they hold. */
  readonly provider?: { readonly ttl: number };
  /**
   * Performs the effect. The result must be JSON; undefined counts as null.
   * Throw {@link ActionError} to say whether another attempt makes sense; any other error counts as retryable.
   */
  run(parameters: JsonObject, context: ActionContext): Awaitable<unknown>;
}

export interface ActionRegistry {
  find(type: string): Action | undefined;
  /** The catalogue. */
  list(): readonly Action[];
}

export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  /** What came of a call; `isError` where the tool could not do it. */
  | {
      readonly role: 'tool';
      readonly content: string;
      readonly toolCallId: string;
      readonly name: string;
      readonly isError?: boolean;
    };

/** An action as a model is told of it. */
export type ModelTool = {
  /** The type of the action. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: Json;
};

export interface ModelRequest {
  /** The conversation so far, oldest first; the system prompt first where there is one. */
  readonly messages: readonly ModelMessage[];
  readonly model?: string;
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly outputFormat: 'text' | 'json';
  readonly outputSchema?: Json;
  /** What the model may call. */
  readonly tools: readonly ModelTool[];
}

export interface ModelResponse {
  readonly text: string;
  /** What is to be performed before the model goes on; the answer is `text` where there is none. */
  readonly toolCalls?: readonly ToolCall[];
  readonly usage?: ModelUsage;
}

export interface LanguageModel {
  /** Throw {@link ActionError} as an action does. Must not keep state between calls that changes an answer, a scripted model apart. */
  complete(request: ModelRequest, context: ActionContext): Awaitable<ModelResponse>;
}

/** How a definition names a secret: by name, or as text that only the host can decrypt. */
export type SecretReference =
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'inlineEncrypted'; readonly cipherText: string };

export interface SecretStore {
  /** The value, or undefined where there is none. Must not log or keep it. */
  resolve(
    reference: SecretReference,
    context: { readonly organization: string | undefined },
  ): Awaitable<string | undefined>;
}

// --- Other executions ------------------------------------------------------------------------------------------------

/** An execution that a `workflow` step asks for. */
export interface ChildRequest {
  /** The same however often one start is repeated. */
  readonly executionId: string;
  /** Slug of the workflow. */
  readonly workflow: string;
  /** The active one when absent. */
  readonly version?: string;
  readonly input: JsonObject;
  readonly organization: string | undefined;
  readonly threadId: string | undefined;
  /** Names the parent: `type` is `workflow`; `depth` counts the parents above it. */
  readonly trigger: Trigger;
}

/** How a child ended. */
export interface ChildOutcome {
  readonly executionId: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly output?: Json;
  readonly error?: ErrorRecord;
}

/** Starts executions for `workflow` steps, and brings back how they ended. */
export interface ChildWorkflows {
  /**
   * Starts a child; one that is started already under the id is left as it is.
   * @throws ActionError `WORKFLOW_NOT_FOUND`, or `INVALID_INPUT` with what is wrong with the input
   */
  start(request: ChildRequest): Awaitable<void>;
  /** Cancels a child that is under way. One that has ended, or never began, is no error. */
  cancel(executionId: string, reason: string): Awaitable<void>;
  /** How a child has ended; undefined while it has not. */
  outcome(executionId: string): Awaitable<ChildOutcome | undefined>;
  /**
   * Tells the parent how its child ended, once that is committed. The parent asks for {@link outcome} when it is opened,
   * so what is lost on the way delays it only as long as nobody opens it.
   */
  report(parent: { readonly executionId: string; readonly activation: number }, outcome: ChildOutcome): void;
}

// --- What outlives a process -----------------------------------------------------------------------------------------

/** What a circuit breaker remembers. */
export interface BreakerState {
  /** Infrastructure failures in a row. */
  readonly failures: number;
  /** Milliseconds since the epoch; null while it is closed. After that time it is half open. */
  readonly openUntil: number | null;
  /** Attempts that are trying the other side out, each until its lease ends. */
  readonly probes: readonly { readonly id: string; readonly until: number }[];
}

/** Keeps the states of circuit breakers, for all drivers that share it. */
export interface BreakerStore {
  /** Undefined where nothing was ever written. */
  read(key: string): Awaitable<{ readonly state: BreakerState; readonly version: number } | undefined>;
  /**
   * Replaces a state if its version is still the one named, 0 for one never written, and raises the version by one.
   * Must compare and write as one. False when another was first.
   */
  write(key: string, state: BreakerState, version: number): Awaitable<boolean>;
}

// --- Telling others --------------------------------------------------------------------------------------------------

export interface EventSink {
  /** Told after each commit, in order. Must not throw and must not block; watchers that fall behind read the store. */
  publish(id: string, events: readonly JournalEvent[], summary: ExecutionSummary): void;
}

export interface Logger {
  /** For the host's operator: never holds a secret or a step's data. */
  log(level: LogLevel, message: string, data?: Json): void;
}

/** An event that an execution hands to its host. */
export interface EmittedEvent {
  readonly name: string;
  readonly data: Json;
  /** The same again when the step is repeated: take each id once. */
  readonly id: string;
  readonly organization: string | undefined;
  readonly executionId: string;
}

export interface EventOutlet {
  /** The event is taken once the promise resolves. */
  emit(event: EmittedEvent): Awaitable<void>;
}

/** What a host gives the driver. */
export interface RuntimePorts {
  readonly store: ExecutionStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly actions: ActionRegistry;
  /**
   * What expressions may call beside the language's own functions. Definitions that are stored are compiled with them
   * whenever their executions are taken up, so every host of an execution needs those that it calls; and as a journal is
   * replayed, each must give the same for the same arguments, and change nothing.
   */
  readonly functions?: FunctionRegistry | undefined;
  readonly model?: LanguageModel;
  readonly secrets?: SecretStore;
  readonly workflows?: ChildWorkflows;
  readonly sink?: EventSink;
  readonly logger?: Logger;
  /** Without it, circuit breakers never open. */
  readonly breakers?: BreakerStore;
  readonly events?: EventOutlet;
  /** The host's own `fetch`; a method here, so that any platform's fits. */
  fetch?(
    url: string,
    init?: {
      readonly method?: string | undefined;
      readonly headers?: unknown;
      readonly body?: unknown;
      readonly redirect?: string | undefined;
      readonly signal?: unknown;
    },
  ): Promise<FetchResponse>;
}

export type {
  ErrorRecord,
  ExecutionState,
  ExecutionStatus,
  JournalEvent,
  Json,
  JsonObject,
  ModelTurn,
  ModelUsage,
  RetryPolicy,
  ToolCall,
  ToolResult,
  Trigger,
};
