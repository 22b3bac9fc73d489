import type { Plan } from '../definition/plan.js';
import type { ExecutionSummary } from '../ports.js';
import { type Activation, type ExecutionState, isFinal } from './state.js';

export function summaryOf(plan: Plan, state: ExecutionState): ExecutionSummary {
  const summary: ExecutionSummary = {
    id: state.executionId,
    workflow: plan.slug,
    workflowName: plan.name,
    planHash: plan.hash,
    status: state.status,
    seq: state.seq,
    startedAt: state.startedAt,
    updatedAt: state.updatedAt,
    wakeAt: nextDeadline(state),
    currentSteps: currentSteps(state),
  };
  return state.error === null ? summary : { ...summary, error: state.error };
}

function currentSteps({ status, activations }: ExecutionState): string[] {
  if (status === 'transferred') return [];
  return activations.filter((activation) => activation.status !== 'looping').map(({ slug }) => slug);
}

/**
 * The earliest time at which something is due, in milliseconds since the epoch; null when nothing is. Of a paused
 * execution only its own timeout is: everything else waits.
 */
export function nextDeadline(state: ExecutionState): number | null {
  if (isFinal(state.status)) return null;
  if (state.status === 'paused') return state.deadline;
  let next = state.pending.length > 0 ? earlier(state.updatedAt, state.deadline) : state.deadline;
  for (const activation of state.activations) next = earlier(next, activation.dueAt);
  return next;
}

export function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

/**
 * What is due at `now`: the timeout of the whole execution first, then the activation that was due the longest, then the
 * rest of a walk.
 */
export function firstDue(state: ExecutionState, now: number): Activation | 'execution' | 'walk' | undefined {
  if (isFinal(state.status)) return undefined;
  if (state.deadline !== null && state.deadline <= now) return 'execution';
  if (state.status === 'paused') return undefined;
  let first: Activation | undefined;
  for (const activation of state.activations) {
    if (activation.dueAt === null || activation.dueAt > now) continue;
    if (first?.dueAt == null || activation.dueAt < first.dueAt) first = activation;
  }
  return first ?? (state.pending.length > 0 ? 'walk' : undefined);
}
