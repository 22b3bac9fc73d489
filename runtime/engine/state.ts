import type { ErrorRecord } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import type { BranchStatus, ModelTurn, ModelUsage, ToolResult, Trigger } from './journal.js';

export type ExecutionStatus =
  | 'running'
  | 'waiting'
  /** Nothing begins until it is resumed; what was under way may end. */
  | 'paused'
  | 'completed'
  | 'failed'
  | 'cancelled'
  /** Carried to another host, where it goes on: over for this one. */
  | 'transferred';

/** Whether nothing can happen to an execution any more, in this store. */
export function isFinal(status: ExecutionStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled' || status === 'transferred';
}

/** What can still be read of a step that was visited. */
export type StepResult = {
  readonly output: Json;
  readonly error: ErrorRecord | null;
  readonly attempts: number;
};

/** Results by `step.index`, in rows of {@link ROW}, so that a write copies one row and the spine, not every result. */
export type ResultTable = readonly (readonly (StepResult | null)[] | null)[];

/** A scope of results: frame 0 is the execution itself, every other one an iteration or a branch. */
export interface Frame {
  readonly id: number;
  /** Null for frame 0. */
  readonly parent: number | null;
  /** The activation of the loop or `parallel`; 0 for frame 0. */
  readonly owner: number;
  /** Of the iteration or the branch, from 0. */
  readonly index: number;
  readonly results: ResultTable;
  readonly lastOutput: Json;
}

/**
 * Values in their order, in lists of sizes that fall like a binary number's places: adding one, or taking the last one
 * away, costs about the same however many there are, and what is kept is never nested deeply.
 */
export type Chunks<T> = readonly (readonly T[])[];

/** Progress of a loop that is being walked. */
export interface LoopProgress {
  /** Null for `while`. */
  readonly items: readonly Json[] | null;
  /** The last output when it began, which each item sees. */
  readonly before: Json;
  /** The iteration begun last, from 0. */
  readonly index: number;
  /** Iterations under way. */
  readonly open: number;
  /** Iterations whose results are seen outside: all those before this one. */
  readonly merged: number;
  /** Iterations that ended before one that began earlier, in item order. */
  readonly early: readonly EndedIteration[];
  readonly collected: Chunks<Json>;
  /** About the length of what was collected as JSON, in characters. */
  readonly collectedSize: number;
  readonly failed: number;
  /** The first of those that failed, in item order. */
  readonly failures: readonly IterationFailure[];
}
export interface EndedIteration {
  readonly index: number;
  readonly results: ResultTable;
  readonly lastOutput: Json;
  /** What it adds to what the loop collects. */
  readonly value: Json;
}
export type IterationFailure = {
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly stepSlug?: string;
};

/** How far the branches of a `parallel` are, in their order; null for one under way. */
export type BranchProgress = readonly (EndedBranch | null)[];
export interface EndedBranch {
  readonly status: BranchStatus;
  readonly error: ErrorRecord | null;
  readonly results: ResultTable;
  readonly lastOutput: Json;
}

/** What an approval asks, as rendered. */
export interface ApprovalRequest {
  readonly title: string;
  readonly description?: string;
  readonly approvers?: readonly string[];
}

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
  /**
   * `running`: an effect is under way. `retrying`: waits for its next attempt. `waiting`: for time, a signal, a decision
   * or a child. `looping`: its body runs, be it iterations or branches.
   */
  readonly status: 'running' | 'retrying' | 'waiting' | 'looping';
  readonly attempt: number;
  /** Attempts that failed, those cut off by a crash not counted. */
  readonly failures: number;
  readonly interruptions: number;
  /** When the visit began; the `now` of every expression of the step. */
  readonly startedAt: number;
  /** When this attempt times out, the retry or the wait is due. */
  readonly dueAt: number | null;
  /** When all attempts together time out. */
  readonly deadline: number | null;
  /** What led here by an error port. */
  readonly cause: ErrorRecord | null;
  readonly loop: LoopProgress | null;
  readonly branches: BranchProgress | null;
  /** The name of the event that a `wait_for_event` waits for. */
  readonly event: string | null;
  readonly approval: ApprovalRequest | null;
  /** The id of the execution that a `workflow` waits for. */
  readonly child: string | null;
  /** The activation that this one undoes. */
  readonly compensates: number | null;
  /** Where a model's step has come to; absent before its first recorded turn. */
  readonly model?: ModelProgress;
  /** The prompt that a model was asked with last, for the execution's thread to remember. */
  readonly asked?: string;
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

/** Puts one in place of the other of its id, or in its place among them. */
export function putById<T extends { readonly id: number }>(list: T[], item: T): void {
  const at = indexById(list, item.id);
  if (list[at]?.id === item.id) list[at] = item;
  else if (at === list.length) list.push(item);
  else list.splice(at, 0, item);
}

/** Not by `splice`, which makes a list of what it takes out. */
export function removeById(list: { readonly id: number }[], id: number): void {
  const at = indexById(list, id);
  if (at < list.length - 1) list.copyWithin(at, at + 1);
  list.pop();
}

/** Takes the first one out. V8 moves what follows at a price that is worth paying only where something does. */
export function takeFirst<T>(list: T[]): T | undefined {
  return list.length > 1 ? list.shift() : list.pop();
}

export interface Signal {
  readonly id: string;
  readonly name: string;
  readonly data: Json;
}

/** A value that is not kept: the visit and the assignment that make it, and what they saw that does not stay. */
export interface SecureVariable {
  /** Of the visit. */
  readonly id: number;
  readonly slug: string;
  readonly frame: number;
  readonly cause: ErrorRecord | null;
  readonly assignment: number;
  readonly at: number;
  /** The last output then; null where the value is not made of it. */
  readonly last: Json;
}

/** What is still to be walked: a step to go to or to leave, or an iteration or a branch to end. */
export type Task =
  /** The next step to undo. */
  | { readonly type: 'undo'; readonly frame: 0 }
  | { readonly type: 'enter'; readonly slug: string; readonly frame: number; readonly cause: ErrorRecord | null }
  | { readonly type: 'end_body'; readonly frame: number; readonly error: ErrorRecord | null }
  /** A step that ended while the execution was paused: `id` is its activation's. */
  | {
      readonly type: 'leave';
      readonly id: number;
      readonly slug: string;
      readonly frame: number;
      readonly port: string;
      readonly cause: ErrorRecord | null;
    };

/** A step that is done and that can be undone. */
export interface Undo {
  readonly activation: number;
  readonly slug: string;
  /** As rendered when the step succeeded; absent where that failed. */
  readonly parameters?: Json;
  readonly error?: ErrorRecord;
}

/** How an execution ends once its done steps are undone. */
export interface Ending {
  readonly status: 'failed' | 'cancelled';
  readonly error: ErrorRecord;
  readonly done: readonly string[];
  readonly failed: readonly string[];
}

/** Everything that can still be read of an execution: plain JSON, never changed in place. */
export interface ExecutionState {
  readonly seq: number;
  /** The journal's, where it is not 1. */
  readonly format?: number;
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
  /** Left over where a transition had walked as far as one may, or was paused: due at once, or when it is resumed. */
  readonly pending: readonly Task[];
  /** Signals that came before anyone waited for them, oldest first. */
  readonly signals: readonly Signal[];
  readonly signalIds: readonly string[];
  /** Earlier turns of the shared conversation; kept only where a thread id was given. */
  readonly conversation: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[];
  /** Whether `config.onError` was already taken. */
  readonly onErrorTaken: boolean;
  /** Of an execution that was given away: by which transfer, and whether it was paused then. */
  readonly transfer?: { readonly id: string; readonly paused: boolean };
  /** Steps to undo should the execution fail or be cancelled, in the order in which they were done. */
  readonly undo: Chunks<Undo>;
  /** Set while done steps are undone. */
  readonly ending: Ending | null;
  readonly output: Json;
  readonly error: ErrorRecord | null;
}
