import type { LoopStep } from '../../definition/plan.js';
import { ActionError, type ErrorRecord } from '../../errors.js';
import { isList, type Json } from '../../json.js';
import { asJson, MAX_PAYLOAD, toJson } from '../../to-json.js';
import { cancelBody, cancelWithin } from '../bodies.js';
import { withItem } from '../chunks.js';
import { evaluated, follow, succeed, takeStep } from '../flow.js';
import { lastOutput } from '../scope.js';
import type { Activation, EndedIteration, Frame, LoopProgress } from '../state.js';
import type { Work } from '../work.js';
import { activationOf, type Enter, recordStart, type Visit } from './visit.js';

/** Failures that are named when a loop is done, the first in item order; all of them are counted. */
const MAX_FAILURES = 100;

export const enterLoop: Enter<LoopStep> = (work, visit, step) => {
  recordStart(work, visit);
  const items = evaluated(work, visit, step, () => loopItems(work, visit, step));
  if (items === undefined) return;
  const activation: Activation = {
    ...activationOf(work, visit, 'looping'),
    loop: {
      items: items.value,
      before: lastOutput(work.state, visit.frame),
      index: -1,
      open: 0,
      merged: 0,
      early: [],
      collected: [],
      collectedSize: 0,
      failed: 0,
      failures: [],
    },
  };
  work.put(activation);
  goOn(work, activation, step);
};

function loopItems(work: Work, visit: Visit, step: LoopStep): readonly Json[] | null {
  if (step.items === undefined) return null;
  const items = asJson(work.render(step.items, visit));
  if (isList(items)) return items;
  const found = items === null ? 'nothing' : typeof items === 'object' ? 'an object' : `a ${typeof items}`;
  throw new ActionError(`The items of loop '${step.slug}' must be a list, but came out as ${found}`, {
    code: 'LOOP_ITEMS_NOT_A_LIST',
    retryable: false,
    step: step.slug,
    field: 'items',
  });
}

/** Ends an iteration, well or with the error that nothing in it took, and goes on with the next one. */
export function endIteration(
  work: Work,
  frame: Frame,
  activation: Activation,
  step: LoopStep,
  error: ErrorRecord | null,
): void {
  if (error !== null) cancelWithin(work, frame.id, 'Its iteration failed');
  const cancelRest = () => cancelBody(work, activation, `Step '${step.slug}' failed`);
  // Seen from inside the iteration, before its names are gone.
  const value = evaluated(work, activation, step, () => collect(work, activation, step, frame, error), cancelRest);
  if (value === undefined) return;
  const { results, lastOutput } = work.frame(frame.id);
  work.dropFrame(frame.id);
  const progress = progressOf(activation);
  const failed = error === null ? progress : withFailure(progress, frame.index, error);
  if (error !== null) {
    const { index, id: iteration } = frame;
    work.recordAt(activation, { type: 'iteration_failed', index, iteration, error });
  }
  const ended = { index: frame.index, results, lastOutput, value: value.value.json };
  const size = progress.collectedSize + value.value.size;
  const loop = merged(work, activation, step, { ...failed, open: failed.open - 1, collectedSize: size }, ended);
  const next = { ...activation, loop };
  work.put(next);
  goOn(work, next, step);
}

function progressOf({ id, loop }: Activation): LoopProgress {
  if (loop === null) throw new Error(`Activation ${id} is not a loop`);
  return loop;
}

function withFailure(progress: LoopProgress, index: number, error: ErrorRecord): LoopProgress {
  const failed = progress.failed + 1;
  const { code, message, stepSlug } = error;
  const failure = { index, code, message, ...(stepSlug === undefined ? {} : { stepSlug }) };
  const failures = [...progress.failures, failure].sort((a, b) => a.index - b.index).slice(0, MAX_FAILURES);
  return { ...progress, failed, failures };
}

/**
 * Lets the outside see an iteration, in item order whichever ended first: what a workflow makes of it must not depend on
 * how long each took. One that ends before an earlier one is kept until that one has ended.
 */
function merged(
  work: Work,
  activation: Activation,
  step: LoopStep,
  progress: LoopProgress,
  ended: EndedIteration,
): LoopProgress {
  const waiting = [...progress.early, ended].sort((a, b) => a.index - b.index);
  let { merged: next, collected } = progress;
  for (const one of waiting) {
    if (one.index !== next) break;
    work.merge(activation.frame, one);
    if (step.collect !== undefined) collected = withItem(collected, one.value);
    next += 1;
  }
  return { ...progress, merged: next, collected, early: waiting.filter(({ index }) => index >= next) };
}

/**
 * What an iteration adds to what the loop collects: null for one that failed.
 * @throws ActionError `PAYLOAD_LIMIT` when the iterations together make more than a step may hand over
 */
function collect(
  work: Work,
  { id, loop }: Activation,
  step: LoopStep,
  frame: Frame,
  error: ErrorRecord | null,
): { readonly json: Json; readonly size: number } {
  if (loop === null || step.collect === undefined || error !== null) return { json: null, size: 0 };
  const made = toJson(step.collect.render(work.scope({ frame: frame.id }), work.environment(id, frame.index)));
  if (loop.collectedSize + made.size > MAX_PAYLOAD) {
    throw new ActionError(`What loop '${step.slug}' collects is over ${MAX_PAYLOAD} characters of JSON`, {
      code: 'PAYLOAD_LIMIT',
      retryable: false,
      step: step.slug,
      field: 'collect',
    });
  }
  return made;
}

/** Begins as many iterations as may run at once; ends the loop when none is left. */
function goOn(work: Work, before: Activation, step: LoopStep): void {
  let activation = before;
  for (;;) {
    const progress = progressOf(activation);
    if (progress.open >= step.concurrency) return;
    const index = progress.index + 1;
    const cancelRest = () => cancelBody(work, activation, `Step '${step.slug}' failed`);
    const more = evaluated(work, activation, step, () => hasNext(work, activation, step, index), cancelRest);
    if (more === undefined) return;
    if (!more.value) {
      if (progress.open === 0) finishLoop(work, activation, step);
      return;
    }
    // Iterations count as well: a body may be empty.
    if (!takeStep(work, step.slug)) return;
    activation = beginIteration(work, activation, step, index);
    // Its port may lead out of the loop, or to the end.
    if (work.activation(activation.id) === undefined) return;
  }
}

function beginIteration(work: Work, before: Activation, step: LoopStep, index: number): Activation {
  const progress = progressOf(before);
  const activation = { ...before, loop: { ...progress, index, open: progress.open + 1 } };
  work.put(activation);
  const frame = work.newFrame(activation.frame, activation.id, index);
  const count =
    progress.items === null
      ? {}
      : { count: Math.min(progress.items.length, step.maxIterations ?? Number.POSITIVE_INFINITY) };
  work.recordAt(activation, { type: 'iteration_started', index, iteration: frame.id, ...count });
  follow(work, { id: activation.id, slug: activation.slug, frame: frame.id }, step, 'next', null);
  return activation;
}

function finishLoop(work: Work, activation: Activation, step: LoopStep): void {
  const { index, collected, failed, failures } = progressOf(activation);
  const iterations = index + 1;
  const output = step.collect === undefined ? { iterations } : collected.flat();
  const error: ErrorRecord | undefined =
    failed === 0
      ? undefined
      : {
          code: 'ITERATIONS_FAILED',
          message: `${failed} of ${iterations} iterations failed`,
          stepSlug: step.slug,
          details: { failed, failures },
        };
  succeed(work, activation, step, { port: 'done', output, error, carries: step.collect !== undefined });
}

function hasNext(work: Work, activation: Activation, step: LoopStep, index: number): boolean {
  const { items } = progressOf(activation);
  if (step.maxIterations !== undefined && index >= step.maxIterations) return false;
  if (items !== null) return index < items.length;
  if (step.while === undefined) return false;
  const scope = work.scope({ frame: activation.frame, cause: activation.cause });
  return Boolean(step.while.evaluate(scope, work.environment(activation.id, index)));
}
