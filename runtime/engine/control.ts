/**
 * Pausing: what stands still, and how it goes on.
 *
 * While an execution is paused no step is entered and no attempt begins. What was under way may end: its result is
 * recorded as ever, and where control goes from there is kept as a task. Deadlines stay what they were and wait, the
 * execution's own timeout apart. Signals are kept.
 */
import { follow } from './flow.js';
import type { Activation, Task } from './state.js';
import { offerKeptSignals } from './steps/wait.js';
import type { Work } from './work.js';

export function pauseExecution(work: Work, reason: string | undefined): void {
  if (work.paused) return;
  work.record({ type: 'execution_paused', ...(reason === undefined ? {} : { reason }) });
  work.state.status = 'paused';
}

/** Goes on: signals that came meanwhile are offered to the waits first, then the tasks that were kept are walked. */
export function resumeExecution(work: Work): void {
  if (!work.paused) return;
  unpause(work);
  work.record({ type: 'execution_resumed' });
  offerKeptSignals(work);
}

/** What ends an execution is not held up by a pause. */
export function unpause(work: Work): void {
  if (work.paused) work.state.status = 'running';
}

/** An attempt that was cut off while paused: the next one is due as soon as the execution goes on. */
export function postponeAttempt(work: Work, activation: Activation): void {
  work.put({ ...activation, status: 'retrying', dueAt: work.at });
}

/** Leaves a step that ended while paused. */
export function leave(work: Work, task: Extract<Task, { type: 'leave' }>): void {
  const step = work.plan.steps.get(task.slug);
  // What was left behind meanwhile, such as by a branch that won, needs no way on.
  if (step !== undefined && work.hasFrame(task.frame)) follow(work, task, step, task.port, task.cause);
}
