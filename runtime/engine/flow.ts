import type { PlanStep } from '../definition/plan.js';
import { type ErrorRecord, NewtflowError } from '../errors.js';
import type { Json } from '../json.js';
import { asJson } from '../to-json.js';
import { cancelActivation, cancelBody, cancelWithin, ownerOf, takesErrors } from './bodies.js';
import { withoutLast } from './chunks.js';
import { errorRecord, located } from './failure.js';
import type { Place, Work } from './work.js';

/** Why a visit under way is given up. */
export const WENT_ON = 'The execution went on without this step';

/** The step's visit ends well, and control leaves by `port`. */
export function succeed(
  work: Work,
  place: Place,
  step: PlanStep,
  result: {
    readonly port: string;
    readonly output: Json;
    readonly attempt?: number;
    readonly usage?: { readonly inputTokens: number; readonly outputTokens: number } | undefined;
    /** What went wrong without making the step fail. */
    readonly error?: ErrorRecord | undefined;
    /** Whether the output becomes `lastOutput`: it does for steps that bring new data. */
    readonly carries?: boolean;
  },
): void {
  const { port, output, attempt = 1, usage, error } = result;
  const event = { type: 'step_succeeded', attempt, port, output } as const;
  if (usage !== undefined) work.recordAt(place, { ...event, usage });
  else work.recordAt(place, error === undefined ? event : { ...event, error });
  work.setResult(place, step, { output, error: error ?? null, attempts: attempt }, result.carries === true);
  work.drop(place.id);
  follow(work, place, step, port, null);
}

/** The step's visit ends in failure, for good. */
export function failStep(work: Work, place: Place, step: PlanStep, error: ErrorRecord, attempt = 1): void {
  const full = located(error, place, attempt);
  work.recordAt(place, { type: 'step_failed', attempt, error: full });
  work.setResult(place, step, { output: null, error: full, attempts: attempt }, false);
  work.drop(place.id);
  follow(work, place, step, 'error', full);
}

/**
 * Evaluates for a step; an error of the author's makes the step fail, and undefined is returned.
 * @param beforeFailure done ahead of the failure's record, such as taking back what an earlier evaluation did
 */
export function evaluated<T>(
  work: Work,
  place: Place,
  step: PlanStep,
  evaluate: () => T,
  beforeFailure?: () => void,
): { readonly value: T } | undefined {
  try {
    return { value: evaluate() };
  } catch (error) {
    const record = authorsError(error);
    beforeFailure?.();
    failStep(work, place, step, record);
    return undefined;
  }
}

/** What an evaluation threw, if it is the author's error; what is ours is thrown on. */
export function authorsError(error: unknown): ErrorRecord {
  if (error instanceof NewtflowError) return errorRecord(error);
  throw error;
}

/** Leaves a step by one of its ports. */
export function follow(work: Work, place: Place, step: PlanStep, port: string, cause: ErrorRecord | null): void {
  if (work.paused) {
    work.later({ type: 'leave', id: place.id, slug: place.slug, frame: place.frame, port, cause });
    return;
  }
  const target = step.ports.get(port) ?? step.ports.get('default');
  if (target?.kind === 'end') completeExecution(work);
  else if (target !== undefined) moveTo(work, target.slug, place.frame, cause);
  else if (port === 'error' && cause !== null) unhandled(work, place.frame, cause);
  else endBody(work, place.frame);
}

/** Control came to the end of the body it was in, or of the execution where there is none. */
function endBody(work: Work, frame: number, error: ErrorRecord | null = null): void {
  if (work.frame(frame).parent !== null) work.later({ type: 'end_body', frame, error });
}

/**
 * Goes to a step. The step that owns the body around ends the iteration or the branch; one outside of the body leaves
 * the loop, or the `parallel` with all its branches.
 */
export function moveTo(work: Work, slug: string, from: number, cause: ErrorRecord | null): void {
  let frame = work.frame(from);
  while (frame.parent !== null) {
    const owner = work.activation(frame.owner);
    if (owner === undefined || work.plan.steps.get(slug)?.enclosing.includes(owner.slug)) break;
    if (owner.slug === slug) {
      endBody(work, frame.id);
      return;
    }
    const parent = frame.parent;
    cancelActivation(work, owner, `The execution went on at '${slug}'`);
    frame = work.frame(parent);
  }
  work.later({ type: 'enter', slug, frame: frame.id, cause });
}

/**
 * A failure that no port takes: it goes outwards to a step that can bear the failure of its body, or that has a port for
 * it. Where there is none, `config.onError` takes it, once; else the execution fails.
 */
function unhandled(work: Work, from: number, error: ErrorRecord): void {
  for (let frame = work.frame(from); frame.parent !== null; frame = work.frame(frame.parent)) {
    const { activation, step } = ownerOf(work, frame);
    const bears = step.type === 'loop' ? step.continueOnError : step.onBranchError === 'continue' || takesErrors(step);
    if (bears) {
      endBody(work, frame.id, error);
      return;
    }
    if (!takesErrors(step)) continue;
    cancelBody(work, activation, `Step '${step.slug}' failed`);
    failStep(work, activation, step, bodyError(error, `Iteration ${frame.index + 1} failed`));
    return;
  }
  const handler = work.plan.config.onError;
  if (handler === undefined || work.state.onErrorTaken) {
    failExecution(work, error);
    return;
  }
  work.state.onErrorTaken = true;
  closeEverything(work);
  work.later({ type: 'enter', slug: handler, frame: 0, cause: error });
}

/** The failure of a body as the failure of the step that owns it. */
export function bodyError(error: ErrorRecord, what: string): ErrorRecord {
  const { code, message, stepSlug = '' } = error;
  return { code, message: `${what} at step '${stepSlug}': ${message}`, details: { cause: { ...error } } };
}

/** Ends the execution well. `output` is what an `output` step made; else `config.output` or the last output is taken. */
export function completeExecution(work: Work, output?: Json): void {
  closeEverything(work);
  try {
    const result = output === undefined ? executionOutput(work) : output;
    work.state.output = result;
    work.record({ type: 'execution_completed', output: result });
    work.finish('completed');
  } catch (error) {
    failExecution(work, authorsError(error));
  }
}

function executionOutput(work: Work): Json {
  const template = work.plan.config.output;
  if (template === undefined) return work.frame(0).lastOutput;
  return asJson(template.render(work.scope({ frame: 0 }), work.environment(0)));
}

export function failExecution(work: Work, error: ErrorRecord): void {
  closeEverything(work);
  if (startUndoing(work, 'failed', error)) return;
  work.state.error = error;
  work.record({ type: 'execution_failed', error });
  work.finish('failed');
}

/**
 * Begins to undo what is done, last first; the execution ends after that.
 * @returns false where there is nothing to undo
 */
function startUndoing(work: Work, status: 'failed' | 'cancelled', error: ErrorRecord): boolean {
  if (work.state.undo.length === 0) return false;
  work.state.ending = { status, error, done: [], failed: [] };
  // What is done must be undone however long that takes.
  work.state.deadline = null;
  work.record({ type: 'compensation_started', status, error });
  work.later({ type: 'undo', frame: 0 });
  return true;
}

/** A step is undone, or could not be. */
export function undone(work: Work, slug: string, ok: boolean): void {
  const { ending, undo } = work.state;
  if (ending === null) throw new Error('Nothing is being undone');
  work.state.undo = withoutLast(undo);
  const list = ok ? 'done' : 'failed';
  work.state.ending = { ...ending, [list]: [...ending[list], slug] };
  work.later({ type: 'undo', frame: 0 });
}

/**
 * Counts a visit, or an iteration, against `config.limits.maxSteps`.
 * @returns false when that was one too many, and the execution has failed
 */
export function takeStep(work: Work, stepSlug: string): boolean {
  const limit = work.plan.config.maxSteps;
  work.state.stepsTaken += 1;
  if (work.state.stepsTaken <= limit) return true;
  const message = `The execution took ${limit} steps, as many as config.limits.maxSteps grants, and would go on with '${stepSlug}'`;
  failExecution(work, { code: 'STEP_LIMIT', message, stepSlug, details: { limit } });
  return false;
}

export function cancelExecution(work: Work, reason: string): void {
  const error: ErrorRecord = { code: 'CANCELLED', message: reason };
  // The cancellation comes first: it is the event, and what follows are its consequences.
  work.record({ type: work.state.undo.length > 0 ? 'cancellation_requested' : 'execution_cancelled', reason });
  closeEverything(work);
  if (startUndoing(work, 'cancelled', error)) return;
  work.state.error = error;
  work.finish('cancelled');
}

/** Ends every visit that is under way and brings what its bodies produced out to the execution's own scope. */
function closeEverything(work: Work): void {
  cancelWithin(work, 0, WENT_ON);
  work.queue.length = 0;
}
