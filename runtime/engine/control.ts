/**
 * Pausing: what stands still, and how it goes on.
 *
 * While an execution is paused no step is entered and no attempt begins. What was under way may end: its result is
 * recorded as ever, and where control goes from there is kept as a task. Deadlines stay what they were and wait, the
 * execution's own timeout apart. Signals are kept.
 */
import type { Plan } from '../definition/plan.js';
import { follow } from './flow.js';
import type { EventOf } from './journal.js';
import { parentOf } from './parents.js';
import type { Activation, ExecutionState, Task } from './state.js';
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

/** The end for this store: effects are given up, and what is under way stays as it is, for whoever takes it over. */
export function transferExecution(work: Work, transferId: string): void {
  if (tiedTo(work.plan, work.state) !== undefined) return;
  work.record({ type: 'execution_transferred', transferId });
  for (const { id, status } of work.state.activations) {
    if (status === 'running') work.command({ type: 'abort', activation: id, reason: 'The execution was carried away' });
  }
  work.state.transfer = { id: transferId, paused: work.paused };
  work.state.status = 'transferred';
}

/** The other execution without which this one cannot be carried: one that it waits for, or that waits for it. */
export function tiedTo(plan: Plan, state: ExecutionState): string | undefined {
  for (const { slug, status, child, interruptions } of state.activations) {
    if (child !== null) return child;
    // The start of a child is an effect like others: the child may be there already, also where the start was cut off.
    const mayBe = status === 'running' || interruptions > 0;
    if (mayBe && plan.steps.get(slug)?.type === 'workflow') return `that step '${slug}' starts`;
  }
  return parentOf(state.trigger)?.executionId;
}

/** Goes on where it was given away. Effects that were under way then are found so, as after a crash. */
export function importExecution(work: Work, transferId: string): void {
  const { transfer } = work.state;
  if (work.state.status !== 'transferred' || transfer?.id !== transferId) return;
  work.record({ type: 'execution_imported', transferId });
  work.state.status = transfer.paused ? 'paused' : 'running';
  delete work.state.transfer;
}

/** From here on it is another execution, with times and an identity of its own. */
export function forkExecution(
  work: Work,
  { executionId, origin, input }: Pick<EventOf<'execution_forked'>, 'executionId' | 'origin' | 'input'>,
): void {
  if (work.state.nextActivation !== origin.activation) return;
  const edited = input === undefined ? {} : { input };
  work.record({ type: 'execution_forked', executionId, origin, ...edited });
  const { timeout } = work.plan.config;
  const { trigger } = work.state;
  Object.assign(work.state, {
    executionId,
    startedAt: work.at,
    deadline: timeout === undefined ? null : work.at + timeout,
    // Nobody waits for it, whoever waited for the other one.
    trigger: parentOf(trigger) ? { ...trigger, detached: true } : trigger,
    activations: work.state.activations.map((one) => anew(one, work.at)),
    ...edited,
  });
}

/** What is granted to an effect, an event or a decision is granted once more; a wait is over when it would have been. */
function anew(one: Activation, at: number): Activation {
  const { child, event, approval } = one;
  const moved = (time: number | null): number | null => time && time + at - one.startedAt;
  const again = { ...one, deadline: moved(one.deadline) };
  // The children are the other one's, and ended with it: they are started anew, as whatever was under way is.
  if (child) return { ...again, status: 'running', child: null };
  return (event ?? approval) ? { ...again, dueAt: moved(one.dueAt) } : again;
}

/** Leaves a step that ended while paused. */
export function leave(work: Work, task: Extract<Task, { type: 'leave' }>): void {
  const step = work.plan.steps.get(task.slug);
  // What was left behind meanwhile, such as by a branch that won, needs no way on.
  if (step !== undefined && work.hasFrame(task.frame)) follow(work, task, step, task.port, task.cause);
}
