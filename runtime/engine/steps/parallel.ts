import type { ParallelStep } from '../../definition/plan.js';
import type { ErrorRecord } from '../../errors.js';
import type { Json } from '../../json.js';
import { cancelWithin, endedBranches } from '../bodies.js';
import { bodyError, failStep, follow, succeed } from '../flow.js';
import type { Activation, BranchProgress, EndedBranch, Frame } from '../state.js';
import type { Work } from '../work.js';
import { activationOf, type Enter, recordStart } from './visit.js';

export const enterParallel: Enter<ParallelStep> = (work, visit, step) => {
  recordStart(work, visit);
  const activation = { ...activationOf(work, visit, 'looping'), branches: step.branches.map(() => null) };
  work.put(activation);
  const frames = step.branches.map((_, index) => work.newFrame(activation.frame, activation.id, index));
  for (const { id, index } of frames) {
    work.recordAt(activation, { type: 'branch_started', port: portOf(step, index), branch: id });
  }
  for (const { id, index } of frames) {
    // A branch before may lead out of the step, or to the end: then there are no others.
    if (!work.hasFrame(id)) return;
    follow(work, { id: activation.id, slug: activation.slug, frame: id }, step, portOf(step, index), null);
  }
};

const portOf = (step: ParallelStep, index: number): string => step.branches[index] ?? '';

/** Ends a branch, well or with the error that nothing in it took; and the step, where that is enough for it. */
export function endBranch(
  work: Work,
  frame: Frame,
  before: Activation,
  step: ParallelStep,
  error: ErrorRecord | null,
): void {
  if (error !== null) cancelWithin(work, frame.id, 'Its branch failed');
  const activation = ended(work, frame, before, step, error === null ? 'succeeded' : 'failed', error);
  const branches = activation.branches ?? [];
  const count = (status: EndedBranch['status']) => branches.filter((branch) => branch?.status === status).length;
  const succeeded = count('succeeded');
  const open = branches.filter((branch) => branch === null).length;
  if (error !== null && step.onBranchError === 'fail') {
    const failed = bodyError(error, `Branch '${portOf(step, frame.index)}' failed`);
    close(work, activation, step);
    failStep(work, activation, step, failed);
  } else if (succeeded >= (step.join ?? branches.length) || (open === 0 && step.join === undefined)) {
    finish(work, close(work, activation, step), step);
  } else if (succeeded + open < (step.join ?? 0)) {
    const all = close(work, activation, step).branches ?? [];
    failStep(work, activation, step, tooFew(all, step));
  }
}

/** Takes a branch out of the walk, and keeps what it came to until the step ends. */
function ended(
  work: Work,
  { id, index }: Frame,
  activation: Activation,
  step: ParallelStep,
  status: EndedBranch['status'],
  error: ErrorRecord | null,
): Activation {
  const { results, lastOutput } = work.frame(id);
  work.dropFrame(id);
  const end: EndedBranch = { status, error, results, lastOutput };
  work.recordAt(activation, {
    type: 'branch_ended',
    port: portOf(step, index),
    branch: id,
    status,
    ...(error === null ? {} : { error }),
  });
  const branches = (activation.branches ?? []).map((branch, at) => (at === index ? end : branch));
  const next = { ...activation, branches };
  work.put(next);
  return next;
}

/** Cancels the branches that nobody waits for any more, and lets the outside see what all of them did, in their order. */
function close(work: Work, before: Activation, step: ParallelStep): Activation {
  let activation = before;
  for (const frame of work.framesOf(before.id)) {
    cancelWithin(work, frame.id, 'Its branch was not waited for any longer');
    activation = ended(work, frame, activation, step, 'cancelled', null);
  }
  for (const branch of endedBranches(activation.branches ?? [])) work.merge(activation.frame, branch);
  return activation;
}

function finish(work: Work, activation: Activation, step: ParallelStep): void {
  const branches = activation.branches ?? [];
  const output: Record<string, Json> = {};
  branches.forEach((branch, index) => {
    if (branch === null) return;
    const { status, error, lastOutput } = branch;
    output[portOf(step, index)] =
      status === 'succeeded' ? { status, output: lastOutput } : { status, ...(error === null ? {} : { error }) };
  });
  const failed = branches.some((branch) => branch?.status === 'failed');
  const error = failed ? { ...tooFew(branches, step), stepSlug: step.slug } : undefined;
  succeed(work, activation, step, { port: 'done', output, error, carries: true });
}

function tooFew(branches: BranchProgress, step: ParallelStep): ErrorRecord {
  const failures = branches.flatMap((branch, index) => {
    if (branch === null || branch.error === null) return [];
    const { code, message, stepSlug = null } = branch.error;
    return [{ branch: portOf(step, index), code, message, stepSlug }];
  });
  const needed = step.join === undefined ? '' : `; ${step.join} had to succeed`;
  return {
    code: 'BRANCHES_FAILED',
    message: `${failures.length} of ${branches.length} branches failed${needed}`,
    details: { failures },
  };
}
