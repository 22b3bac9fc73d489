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

/** Why a deadline was set. */
export type TimerKind = 'retry' | 'attempt_timeout' | 'wait' | 'event_timeout' | 'execution_timeout';

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

type ActivationRef = {
  /** Counts visits to steps, from 1: the same on every host. */
  readonly activation: number;
  readonly step: string;
  /** The iteration the visit belongs to; absent outside every loop. */
  readonly frame?: number;
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
      readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
    })
  | (ActivationRef & {
      readonly type: 'step_failed';
      readonly attempt: number;
      readonly error: ErrorRecord;
      /** When the next attempt is due; absent when this failure is final. */
      readonly retryAt?: number;
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
  | (ActivationRef & { readonly type: 'timer_set'; readonly timer: TimerKind; readonly dueAt: number })
  | {
      readonly type: 'timer_fired';
      readonly timer: TimerKind;
      /** Absent for the timeout of the whole execution. */
      readonly activation?: number;
      readonly step?: string;
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
  | { readonly type: 'execution_completed'; readonly output: Json }
  | { readonly type: 'execution_failed'; readonly error: ErrorRecord }
  | { readonly type: 'execution_cancelled'; readonly reason: string };

/** One line of a history. `seq` counts from 1 without a gap; `at` is in milliseconds since the epoch. */
export type JournalEvent = EventBody & { readonly seq: number; readonly at: number };
export type EventType = EventBody['type'];
/** The event of one kind. */
export type EventOf<T extends EventType> = Extract<JournalEvent, { type: T }>;
