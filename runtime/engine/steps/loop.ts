import type { LoopStep } from '../../definition/plan.js';
import { ActionError } from '../../errors.js';
import type { Json } from '../../json.js';
import { MAX_PAYLOAD, toJson } from '../../to-json.js';
import { evaluated, follow, succeed, takeStep } from '../flow.js';
import type { Activation, CollectedList, LoopProgress } from '../state.js';
import type { Work } from '../work.js';
import { activationOf, type Enter, recordStart, type Visit } from './visit.js';

export const enterLoop: Enter<LoopStep> = (work, visit, step) => {
  recordStart(work, visit);
  const items = evaluated(work, visit, step, () => loopItems(work, visit, step));
  if (items === undefined) return;
  const activation = activationOf(work, visit, {
    status: 'looping',
    loop: { items: items.value, index: -1, collected: [], collectedSize: 0 },
  });
  work.put(activation);
  nextIteration(work, activation, step);
};

function loopItems(work: Work, visit: Visit, step: LoopStep): readonly Json[] | null {
  if (step.items === undefined) return null;
  const items = toJson(step.items.render(work.scope(visit), work.environment(visit.id))).json;
  if (isList(items)) return items;
  const found = items === null ? 'nothing' : typeof items === 'object' ? 'an object' : `a ${typeof items}`;
  throw new ActionError(`The items of loop '${step.slug}' must be a list, but came out as ${found}`, {
    code: 'LOOP_ITEMS_NOT_A_LIST',
    retryable: false,
    step: step.slug,
    field: 'items',
  });
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Ends the iteration whose frame this is, and goes on with the next one. */
export function endIteration(work: Work, frameId: number): void {
  const frame = work.frame(frameId);
  const activation = work.activation(frame.owner);
  const step = activation && work.plan.steps.get(activation.slug);
  if (activation?.loop == null || step?.type !== 'loop') throw new Error(`Frame ${frameId} has no loop`);
  // Seen from inside the iteration, before its names are gone.
  const progress = evaluated(work, activation, step, () => collect(work, activation, step, frameId));
  if (progress === undefined) {
    if (work.hasFrame(frameId)) work.closeFrame(frameId);
    return;
  }
  work.closeFrame(frameId);
  nextIteration(work, { ...activation, loop: progress.value }, step);
}

/** @throws ActionError `PAYLOAD_LIMIT` when the iterations together make more than a step may hand over */
function collect(work: Work, { id, loop }: Activation, step: LoopStep, frame: number): LoopProgress | null {
  if (loop === null || step.collect === undefined) return loop;
  const { json, size } = toJson(step.collect.render(work.scope({ frame }), work.environment(id, loop.index)));
  const collectedSize = loop.collectedSize + size;
  if (collectedSize > MAX_PAYLOAD) {
    throw new ActionError(
      `What loop '${step.slug}' collects is over ${MAX_PAYLOAD} characters of JSON after ${loop.index + 1} iterations`,
      { code: 'PAYLOAD_LIMIT', retryable: false, step: step.slug, field: 'collect' },
    );
  }
  return { ...loop, collected: withItem(loop.collected, json), collectedSize };
}

function nextIteration(work: Work, activation: Activation, step: LoopStep): void {
  const progress = activation.loop;
  if (progress === null) throw new Error(`Activation ${activation.id} is not a loop`);
  const index = progress.index + 1;
  const more = evaluated(work, activation, step, () => hasNext(work, activation, step, progress, index));
  if (more === undefined) return;
  if (!more.value) {
    const output = step.collect === undefined ? { iterations: index } : progress.collected.flat();
    succeed(work, activation, step, { port: 'done', output, carries: step.collect !== undefined });
    return;
  }
  // Iterations count as well: a body may be empty.
  if (!takeStep(work, step.slug)) return;
  work.put({ ...activation, loop: { ...progress, index } });
  const frame = work.newFrame(activation.frame, activation.id, index);
  const count =
    progress.items === null
      ? {}
      : { count: Math.min(progress.items.length, step.maxIterations ?? Number.POSITIVE_INFINITY) };
  work.record({ type: 'iteration_started', ...work.ref(activation), index, iteration: frame.id, ...count });
  follow(work, { id: activation.id, slug: activation.slug, frame: frame.id }, step, 'next', null);
}

function hasNext(work: Work, activation: Activation, step: LoopStep, progress: LoopProgress, index: number): boolean {
  if (step.maxIterations !== undefined && index >= step.maxIterations) return false;
  if (progress.items !== null) return index < progress.items.length;
  if (step.while === undefined) return false;
  const scope = work.scope({ frame: activation.frame, cause: activation.cause });
  return Boolean(step.while.evaluate(scope, work.environment(activation.id, index)));
}

/** The list with one more: lists of one size are joined, as one is carried in a binary sum. */
function withItem(list: CollectedList, item: Json): CollectedList {
  const lists = list.slice();
  let joined: readonly Json[] = [item];
  for (let last = lists.at(-1); last !== undefined && last.length <= joined.length; last = lists.at(-1)) {
    joined = [...last, ...joined];
    lists.pop();
  }
  lists.push(joined);
  return lists;
}
