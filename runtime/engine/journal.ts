import { ConflictError, type ErrorRecord } from '../errors.js';
import type { Json, JsonObject } from '../json.js';

/** Version of the journal's form, in the first event of every history. */
export const JOURNAL_VERSION = 1;

/** @throws ConflictError `JOURNAL_FORMAT` when what was written is of a form that only a newer runtime knows */
export function requireKnownFormat(format: number): void {
  if (format <= JOURNAL_VERSION) return;
  throw new ConflictError(
    `The journal has format ${format}; this runtime reads up to ${JOURNAL_VERSION}. Update the runtime to go on with it`,
    { code: 'JOURNAL_FORMAT' },
  );
}

/** How an execution came to be. */
export interface Trigger {
  readonly type: 'manual' | 'schedule' | 'webhook' | 'event' | 'workflow';
  readonly [detail: string]: Json;
}

export type BranchStatus = 'succeeded' | 'failed' | 'cancelled';
export type ChildStatus = 'completed' | 'failed' | 'cancelled';

/** Why a deadline was set. */
export type TimerKind =
  | 'retry'
  | 'attempt_timeout'
  /** All attempts of a step together, or a child workflow. */
  | 'step_timeout'
  | 'wait'
  | 'event_timeout'
  | 'approval_timeout'
  | 'execution_timeout';

/** What the compensation of an execution came to, by slug, in the order in which the steps were undone. */
export type CompensationRecord = {
  readonly done: readonly string[];
  readonly failed: readonly string[];
};

/** The visit of another execution from which an execution was begun anew. */
export type Origin = {
  readonly executionId: string;
  /** Number of the event with which the visit began there: what stands before it was kept. */
  readonly seq: number;
  readonly step: string;
  readonly activation: number;
  /** The plan that the other execution ran under. */
  readonly planHash: string;
};

/** How failed attempts are repeated. */
export type RetryPolicy = {
  /** Performances granted in all, the first one included; at least 1. */
  readonly maxAttempts: number;
  /** Milliseconds before the second attempt. */
  readonly initialDelay: number;
  readonly multiplier: number;
  /** Milliseconds. */
  readonly maxDelay: number;
  /** 0 to 1: the part of each delay that is drawn at random. */
  readonly jitter: number;
  /** Error codes to retry; all retryable ones when absent. */
  readonly retryOn?: readonly string[];
  readonly nonRetryable?: readonly string[];
};

/** Tokens that a model counted. */
export type ModelUsage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
};

/** A tool that a model asks for. */
export type ToolCall = {
  /** The model's name for this call. */
  readonly id: string;
  /** The type of the action. */
  readonly name: string;
  /** Meant to be an object that fits the action's schema; whether it is, is checked when it is performed. */
  readonly arguments: Json;
};

/** What a tool is answered with, as the model reads it. */
export type ToolResult = {
  readonly content: string;
  /** Whether the tool could not do what was asked; `content` says why then. */
  readonly isError?: boolean;
};

/** What a model said before its last word. */
export type ModelTurn = {
  readonly content: string;
  readonly toolCalls?: readonly ToolCall[];
  /** What the model is told of an answer that would not do, for it to answer again. */
  readonly correction?: string;
};

type ActivationRef = {
  /** Counts visits to steps, from 1: the same on every host. */
  readonly activation: number;
  readonly step: string;
  /** The iteration or branch the visit belongs to; absent outside every body. */
  readonly frame?: number;
  /** The activation that this one undoes; absent but for a compensation. */
  readonly compensates?: number;
};

/** The kinds of events, without the `seq` and `at` that each carries in a journal. */
export type EventBody =
  | {
      readonly type: 'execution_started';
      readonly format: number;
      readonly executionId: string;
      readonly workflow: {
        readonly slug: string;
        readonly name: string;
        readonly version: string;
        readonly hash: string;
      };
      readonly input: Json;
      readonly trigger: Trigger;
      /** Root of every random value of the execution. */
      readonly seed: number;
      readonly organizationId?: string;
      readonly threadId?: string;
    }
  | (ActivationRef & {
      readonly type: 'step_started';
      readonly attempt: number;
      /** As rendered, secrets masked. Effects only. */
      readonly parameters?: Json;
    })
  | (ActivationRef & {
      readonly type: 'step_succeeded';
      readonly attempt: number;
      readonly port: string;
      readonly output: Json;
      /** Summed over all turns of a model. */
      readonly usage?: ModelUsage;
      /** What went wrong without making the step fail: iterations or branches that failed. */
      readonly error?: ErrorRecord;
    })
  /** A model asked for tools, or was told to answer again. Committed before any of the tools is performed. */
  | (ActivationRef &
      ModelTurn & {
        readonly type: 'model_turn';
        readonly attempt: number;
        /** From 1, counted over all attempts of the visit. */
        readonly turn: number;
        readonly usage?: ModelUsage;
      })
  /** A tool was performed for a model, or refused. */
  | (ActivationRef &
      ToolResult & {
        readonly type: 'tool_result';
        readonly attempt: number;
        readonly turn: number;
        /** Counts the calls of the visit, from 0. */
        readonly call: number;
        readonly name: string;
      })
  | (ActivationRef & {
      readonly type: 'step_failed';
      readonly attempt: number;
      readonly error: ErrorRecord;
      /** When the next attempt is due; absent when this failure is final. */
      readonly retryAt?: number;
      /** The policy that granted it, where the action brought it and neither step nor workflow has one. */
      readonly retry?: RetryPolicy;
    })
  /** The driver that performed this attempt is gone; whether the effect happened is not known. */
  | (ActivationRef & { readonly type: 'step_interrupted'; readonly attempt: number; readonly repeatable: boolean })
  | (ActivationRef & { readonly type: 'step_cancelled' })
  | (ActivationRef & {
      readonly type: 'iteration_started';
      /** From 0. */
      readonly index: number;
      /** The frame of the steps that the iteration visits. */
      readonly iteration: number;
      /** How many there will be; absent for a `while`. */
      readonly count?: number;
    })
  /** An iteration failed, and its loop goes on. */
  | (ActivationRef & {
      readonly type: 'iteration_failed';
      readonly index: number;
      readonly iteration: number;
      readonly error: ErrorRecord;
    })
  | (ActivationRef & {
      readonly type: 'branch_started';
      /** The port that the branch begins at. */
      readonly port: string;
      /** The frame of the steps that the branch visits. */
      readonly branch: number;
    })
  | (ActivationRef & {
      readonly type: 'branch_ended';
      readonly port: string;
      readonly branch: number;
      readonly status: BranchStatus;
      readonly error?: ErrorRecord;
    })
  | (ActivationRef & {
      readonly type: 'approval_requested';
      readonly title: string;
      readonly description?: string;
      readonly approvers?: readonly string[];
    })
  | (ActivationRef & { readonly type: 'child_started'; readonly attempt: number; readonly executionId: string })
  | (ActivationRef & {
      readonly type: 'child_ended';
      readonly executionId: string;
      readonly status: ChildStatus;
      readonly output?: Json;
      readonly error?: ErrorRecord;
    })
  | (ActivationRef & { readonly type: 'timer_set'; readonly timer: TimerKind; readonly dueAt: number })
  | {
      readonly type: 'timer_fired';
      readonly timer: TimerKind;
      /** Absent for the timeout of the whole execution. */
      readonly activation?: number;
      readonly step?: string;
      /** As for `step_failed`, where an attempt timed out. */
      readonly retry?: RetryPolicy;
    }
  /** So many steps needed nothing from outside that they are walked in several commits: here the next one begins. */
  | { readonly type: 'execution_continued' }
  | { readonly type: 'signal_received'; readonly id: string; readonly name: string; readonly data: Json }
  | (ActivationRef & { readonly type: 'variables_set'; readonly variables: JsonObject })
  | (ActivationRef & {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly data?: Json;
    })
  | (ActivationRef & { readonly type: 'checkpoint'; readonly name: string; readonly data: Json })
  | { readonly type: 'execution_paused'; readonly reason?: string }
  | { readonly type: 'execution_resumed' }
  /** Given away: this store's copy never goes on; the one that is made from its bundle does. */
  | { readonly type: 'execution_transferred'; readonly transferId: string }
  /** Taken over from another store, where the event before was the last. */
  | { readonly type: 'execution_imported'; readonly transferId: string }
  /** What stands before is the beginning of another execution; from here on it is this one. */
  | {
      readonly type: 'execution_forked';
      readonly executionId: string;
      readonly origin: Origin;
      /** Replaces the input from here on. */
      readonly input?: Json;
    }
  /** What is done is undone before the execution ends as cancelled. */
  | { readonly type: 'cancellation_requested'; readonly reason: string }
  /** The execution has failed or is cancelled, and its done steps are undone, last first. */
  | { readonly type: 'compensation_started'; readonly status: 'failed' | 'cancelled'; readonly error: ErrorRecord }
  | { readonly type: 'execution_completed'; readonly output: Json }
  | { readonly type: 'execution_failed'; readonly error: ErrorRecord; readonly compensation?: CompensationRecord }
  | { readonly type: 'execution_cancelled'; readonly reason: string; readonly compensation?: CompensationRecord };

type Unplaced<T> = T extends ActivationRef ? Omit<T, keyof ActivationRef> : never;
/** What an event says beside which activation it is of. */
export type ActivationEventBody = Unplaced<EventBody>;

/** One line of a history. `seq` counts from 1 without a gap; `at` is in milliseconds since the epoch. */
export type JournalEvent = EventBody & { readonly seq: number; readonly at: number };
export type EventType = EventBody['type'];
/** The event of one kind. */
export type EventOf<T extends EventType> = Extract<JournalEvent, { type: T }>;
