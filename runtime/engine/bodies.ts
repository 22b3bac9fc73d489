import type { LoopStep, ParallelStep, PlanStep } from '../definition/plan.js';
import type { Activation, BranchProgress, Frame } from './state.js';
import type { Work } from './work.js';

/** The step whose body a frame is, with its activation. */
export function ownerOf(work: Work, frame: Frame): { activation: Activation; step: LoopStep | ParallelStep } {
  const activation = work.activation(frame.owner);
  const step = activation && work.plan.steps.get(activation.slug);
  if (activation === undefined || (step?.type !== 'loop' && step?.type !== 'parallel')) {
    throw new Error(`No owner of frame ${frame.id}`);
  }
  return { activation, step };
}

/** Ends a visit that nobody waits for any more, and all that runs in its body. */
export function cancelActivation(work: Work, activation: Activation, reason: string): void {
  work.recordAt(activation, { type: 'step_cancelled' });
  if (activation.status === 'running') work.command({ type: 'abort', activation: activation.id, reason });
  if (activation.child !== null) work.command({ type: 'cancel_child', executionId: activation.child, reason });
  if (activation.status === 'looping') cancelBody(work, activation, reason);
  work.drop(activation.id);
}

/** Ends every iteration or branch of a step; what their steps produced is seen outside from then on. */
export function cancelBody(work: Work, owner: Activation, reason: string): void {
  for (const { id } of work.framesOf(owner.id)) cancelWithin(work, id, reason);
  // Read anew: a body within may have been merged into it.
  const ended = work.framesOf(owner.id);
  for (const { id } of ended) work.dropFrame(id);
  const all = [...ended, ...(owner.loop?.early ?? []), ...endedBranches(owner.branches ?? [])];
  for (const one of all.sort((a, b) => a.index - b.index)) work.merge(owner.frame, one);
}

/** Ends whatever runs in a frame, and what was still to be walked there; the frame itself stays. */
export function cancelWithin(work: Work, frame: number, reason: string): void {
  for (const activation of work.state.activations.filter((one) => one.frame === frame)) {
    cancelActivation(work, activation, reason);
  }
  work.forget(frame);
}

export function endedBranches(branches: BranchProgress): readonly Pick<Frame, 'index' | 'results' | 'lastOutput'>[] {
  return branches.flatMap((branch, index) => (branch === null ? [] : [{ ...branch, index }]));
}

/** Whether a failure of a step has a way to go. */
export function takesErrors(step: PlanStep): boolean {
  return step.ports.has('error') || step.ports.has('default');
}
