import type { JournalEvent } from '../../runtime/engine/journal.js';
import type { ExecutionState, ExecutionStatus } from '../../runtime/engine/state.js';
import type { Json } from '../../runtime/json.js';
import type { Commit, ExecutionSummary, NewExecution } from '../../runtime/ports.js';

export const START = 1_767_225_600_000;

export interface Shape {
  readonly id: string;
  readonly seq?: number;
  readonly workflow?: string;
  readonly status?: ExecutionStatus;
  readonly startedAt?: number;
  readonly wakeAt?: number | null;
  readonly variables?: Record<string, Json>;
}

export function summaryOf(shape: Shape): ExecutionSummary {
  return {
    id: shape.id,
    workflow: shape.workflow ?? 'greet',
    workflowName: 'Greet',
    planHash: 'a'.repeat(64),
    status: shape.status ?? 'running',
    seq: shape.seq ?? 1,
    startedAt: shape.startedAt ?? START,
    updatedAt: (shape.startedAt ?? START) + (shape.seq ?? 1),
    wakeAt: shape.wakeAt ?? null,
    currentSteps: ['first'],
  };
}

export function stateOf(shape: Shape): ExecutionState {
  return {
    seq: shape.seq ?? 1,
    status: shape.status ?? 'running',
    executionId: shape.id,
    planHash: 'a'.repeat(64),
    startedAt: shape.startedAt ?? START,
    updatedAt: shape.startedAt ?? START,
    seed: 1,
    input: { name: 'Ada' },
    trigger: { type: 'manual' },
    organizationId: null,
    threadId: null,
    deadline: null,
    nextActivation: 1,
    nextFrame: 1,
    stepsTaken: 0,
    variables: shape.variables ?? {},
    secureVariables: {},
    activations: [],
    frames: [{ id: 0, parent: null, owner: 0, index: 0, results: [], lastOutput: null }],
    pending: [],
    signals: [],
    signalIds: [],
    conversation: [],
    onErrorTaken: false,
    undo: [],
    ending: null,
    output: null,
    error: null,
  };
}

export function startedEvent(id: string): JournalEvent {
  return {
    seq: 1,
    at: START,
    type: 'execution_started',
    format: 1,
    executionId: id,
    workflow: { slug: 'greet', name: 'Greet', version: '1.0.0', hash: 'a'.repeat(64) },
    input: { name: 'Ada' },
    trigger: { type: 'manual' },
    seed: 1,
  };
}

/** A log line with this number and this data. */
export function event(seq: number, data: Json = { seq }): JournalEvent {
  return {
    seq,
    at: START + seq,
    type: 'log',
    activation: 1,
    step: 'first',
    level: 'info',
    message: `line ${seq}`,
    data,
  };
}

export function newExecution(shape: Shape): NewExecution {
  return {
    summary: summaryOf(shape),
    definition: { name: 'Greet', steps: [] },
    events: [startedEvent(shape.id)],
    snapshot: { seq: 1, state: stateOf(shape) },
  };
}

/** A commit of `count` events that follow `after`. */
export function commitOf(id: string, after: number, options: Partial<Commit> & { count?: number } = {}): Commit {
  const { count = 1, ...rest } = options;
  const events = Array.from({ length: count }, (_, index) => event(after + 1 + index));
  return { after, epoch: 1, events, summary: summaryOf({ id, seq: after + count }), ...rest };
}

/** Freezes all the way down, so that a store that writes to what it was handed is found out. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
