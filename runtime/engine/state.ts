import type { ErrorRecord } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import type { ModelTurn, ModelUsage, ToolResult, Trigger } from './journal.js';

export type ExecutionStatus = 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';

/** Whether nothing can happen to an execution any more. */
export function isFinal(status: ExecutionStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** What can still be read of a step that was visited. */
export type StepResult = {
  readonly output: Json;
  readonly error: ErrorRecord | null;
  readonly attempts: number;
};

/** Results by `step.index`, in rows of {@link ROW}, so that a write copies one row and the spine, not every result. */
export type ResultTable = readonly (readonly (StepResult | null)[] | null)[];

/** A scope of results: frame 0 is the execution itself, every other one an iteration. */
export interface Frame {
  readonly id: number;
  /** Null for frame 0. */
  readonly parent: number | null;
  /** The loop's activation; 0 for frame 0. */
  readonly owner: number;
  readonly index: number;
  readonly results: ResultTable;
  readonly lastOutput: Json;
}

/** Progress of a loop that is being walked. */
export interface LoopProgress {
  /** Null for `while`. */
  readonly items: readonly Json[] | null;
  /** The iteration under way, from 0. */
  readonly index: number;
  readonly collected: CollectedList;
  /** About the length of {@link LoopProgress.collected} as JSON, in characters. */
  readonly collectedSize: number;
}
/**
 * Values in their order, in lists of sizes that fall like a binary number's places: adding one costs about the same
 * however many there are, and what is kept is never nested deeply.
 */
export type CollectedList = readonly (readonly Json[])[];

/** What of a conversation with a model is recorded, so that it goes on from there after a crash. */
export interface ModelProgress {
  readonly turns: readonly (ModelTurn & {
    /** Of its tools, in the order of the calls, as far as they were performed. */
    readonly results: readonly ToolResult[];
  })[];
  /** Of all turns so far, those taken back too. */
  readonly usage?: ModelUsage;
}

/** One visit to a step that has not ended. */
export interface Activation {
  readonly id: number;
  readonly slug: string;
  readonly frame: number;
  /** `running`: an effect is under way. `retrying`: waits for its next attempt. `waiting`: for time or a signal. `looping`: its body runs. */
  readonly status: 'running' | 'retrying' | 'waiting' | 'looping';
  readonly attempt: number;
  /** Attempts that failed, those cut off by a crash not counted. */
  readonly failures: number;
  readonly interruptions: number;
  /** When the visit began; the `now` of every expression of the step. */
  readonly startedAt: number;
  /** When this attempt times out, the retry or the wait is due. */
  readonly dueAt: number | null;
  /** What led here by an error port. */
  readonly cause: ErrorRecord | null;
  readonly loop: LoopProgress | null;
  /** The name of the event that a `wait_for_event` waits for. */
  readonly event: string | null;
  /** Where a model's step has come to; absent before its first recorded turn. */
  readonly model?: ModelProgress;
}

/**
 * Where the one of that id stands, or would have to stand, in a list whose ids ascend. Lists, as objects whose keys are
 * numbers far apart are slow to copy and to list.
 */
export function indexById(list: readonly { readonly id: number }[], id: number): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((list[middle]?.id ?? id) < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The one of that id in a list whose ids ascend. */
export function findById<T extends { readonly id: number }>(list: readonly T[], id: number): T | undefined {
  const found = list[indexById(list, id)];
  return found?.id === id ? found : undefined;
}

export interface Signal {
  readonly id: string;
  readonly name: string;
  readonly data: Json;
}

/** A value that is not kept: the assignment that makes it, and the time it was made. */
export interface SecureVariable {
  readonly step: string;
  readonly assignment: number;
  readonly at: number;
}

/** What is still to be walked: a step to go to, or an iteration to end. */
export type Task =
  | { readonly type: 'enter'; readonly slug: string; readonly frame: number; readonly cause: ErrorRecord | null }
  | { readonly type: 'end_iteration'; readonly frame: number };

/** Everything that can still be read of an execution: plain JSON, never changed in place. */
export interface ExecutionState {
  readonly seq: number;
  readonly status: ExecutionStatus;
  readonly executionId: string;
  readonly planHash: string;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly seed: number;
  readonly input: Json;
  readonly trigger: Trigger;
  readonly organizationId: string | null;
  readonly threadId: string | null;
  /** When the execution as a whole times out. */
  readonly deadline: number | null;
  readonly nextActivation: number;
  readonly nextFrame: number;
  /** Visits and iterations begun, against `limits.maxSteps`. */
  readonly stepsTaken: number;
  readonly variables: JsonObject;
  /** Variables that were set as secure, by name: where to compute them anew. `variables` holds a mask for each. */
  readonly secureVariables: Readonly<Record<string, SecureVariable>>;
  /** Unfinished visits, their ids ascending; {@link indexById} finds one. */
  readonly activations: readonly Activation[];
  /** Scopes in use, their ids ascending; the first is frame 0. */
  readonly frames: readonly Frame[];
  /** Left over where a transition had walked as far as one may: due at once. */
  readonly pending: readonly Task[];
  /** Signals that came before anyone waited for them, oldest first. */
  readonly signals: readonly Signal[];
  readonly signalIds: readonly string[];
  /** Earlier turns of the shared conversation; kept only where a thread id was given. */
  readonly conversation: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[];
  /** Whether `config.onError` was already taken. */
  readonly onErrorTaken: boolean;
  readonly output: Json;
  readonly error: ErrorRecord | null;
}
