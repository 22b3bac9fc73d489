import type { PlanStep } from '../definition/plan.js';
import { type ErrorRecord, NewtflowError } from '../errors.js';
import type { Json } from '../json.js';
import { toJson } from '../to-json.js';
import { errorRecord, located } from './failure.js';
import type { Place, Work } from './work.js';

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
    /** Whether the output becomes `lastOutput`: it does for steps that bring new data. */
    readonly carries?: boolean;
  },
): void {
  const { port, output, attempt = 1, usage } = result;
  work.record({
    type: 'step_succeeded',
    ...work.ref(place),
    attempt,
    port,
    output,
    ...(usage === undefined ? {} : { usage }),
  });
  work.setResult(place, step, { output, error: null, attempts: attempt }, result.carries === true);
  work.drop(place.id);
  follow(work, place, step, port, null);
}

/** The step's visit ends in failure, for good. */
export function failStep(work: Work, place: Place, step: PlanStep, error: ErrorRecord, attempt = 1): void {
  const full = located(error, place, attempt);
  work.record({ type: 'step_failed', ...work.ref(place), attempt, error: full });
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
  attempt = 1,
): { readonly value: T } | undefined {
  try {
    return { value: evaluate() };
  } catch (error) {
    if (!(error instanceof NewtflowError)) throw error;
    beforeFailure?.();
    failStep(work, place, step, errorRecord(error), attempt);
    return undefined;
  }
}

/** Leaves a step by one of its ports. */
export function follow(work: Work, place: Place, step: PlanStep, port: string, cause: ErrorRecord | null): void {
  if (work.paused) {
    work.queue.push({ type: 'leave', id: place.id, slug: place.slug, frame: place.frame, port, cause });
    return;
  }
  const target = step.ports.get(port) ?? step.ports.get('default');
  if (target?.kind === 'end') completeExecution(work, undefined);
  else if (target !== undefined) moveTo(work, target.slug, place.frame, cause);
  else if (port === 'error' && cause !== null) unhandled(work, cause);
  else endBody(work, place.frame);
}

/** Control came to the end of the body it was in, or of the execution where there is none. */
export function endBody(work: Work, frame: number): void {
  if (work.frame(frame).parent !== null) work.queue.push({ type: 'end_iteration', frame });
}

/**
 * Goes to a step. A step that is the loop around ends the iteration; one outside of the loop's body leaves the loop.
 */
export function moveTo(work: Work, slug: string, from: number, cause: ErrorRecord | null): void {
  const enclosing = work.plan.steps.get(slug)?.enclosing ?? [];
  let frame = work.frame(from);
  while (frame.parent !== null) {
    const loop = work.activation(frame.owner);
    if (loop === undefined || enclosing.includes(loop.slug)) break;
    if (loop.slug === slug) {
      work.queue.push({ type: 'end_iteration', frame: frame.id });
      return;
    }
    const parent = frame.parent;
    leaveLoop(work, frame.id, loop);
    frame = work.frame(parent);
  }
  work.queue.push({ type: 'enter', slug, frame: frame.id, cause });
}

function leaveLoop(work: Work, frame: number, loop: Place): void {
  work.record({ type: 'step_cancelled', ...work.ref(loop) });
  work.closeFrame(frame);
  work.drop(loop.id);
}

/** A failure that no port takes: `config.onError` may, once; else the execution fails. */
function unhandled(work: Work, error: ErrorRecord): void {
  const handler = work.plan.config.onError;
  if (handler === undefined || work.state.onErrorTaken) {
    failExecution(work, error);
    return;
  }
  work.state.onErrorTaken = true;
  closeEverything(work);
  work.queue.push({ type: 'enter', slug: handler, frame: 0, cause: error });
}

/** Ends the execution well. `output` is what an `output` step made; else `config.output` or the last output is taken. */
export function completeExecution(work: Work, output: Json | undefined): void {
  closeEverything(work);
  try {
    const result = output === undefined ? executionOutput(work) : output;
    work.state.output = result;
    work.record({ type: 'execution_completed', output: result });
    work.finish('completed');
  } catch (error) {
    if (!(error instanceof NewtflowError)) throw error;
    failExecution(work, errorRecord(error));
  }
}

function executionOutput(work: Work): Json {
  const template = work.plan.config.output;
  if (template === undefined) return work.frame(0).lastOutput;
  return toJson(template.render(work.scope({ frame: 0 }), work.environment(0))).json;
}

export function failExecution(work: Work, error: ErrorRecord): void {
  closeEverything(work);
  work.state.error = error;
  work.record({ type: 'execution_failed', error });
  work.finish('failed');
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
  // The cancellation comes first: it is the event, and what follows are its consequences.
  work.record({ type: 'execution_cancelled', reason });
  closeEverything(work);
  work.state.error = { code: 'CANCELLED', message: reason };
  work.finish('cancelled');
}

/** Ends every visit that is under way and brings what the iterations produced out to the execution's own scope. */
export function closeEverything(work: Work): void {
  for (const activation of [...work.state.activations]) {
    work.record({ type: 'step_cancelled', ...work.ref(activation) });
    if (activation.status === 'running') {
      work.command({ type: 'abort', activation: activation.id, reason: 'The execution went on without this step' });
    }
    work.drop(activation.id);
  }
  // Ids grow inwards, so the innermost frame is closed first.
  for (const { id } of work.state.frames.toReversed()) work.closeFrame(id);
  work.queue.length = 0;
}
