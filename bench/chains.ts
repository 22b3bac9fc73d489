import type { JsonObject } from '../runtime/index.js';
import { effectsOnly, type Kind, LEAST_TOTAL } from './mix.js';

/** Definitions of the executions that are measured, on every host. No host is imported here. */

const slugOf = (index: number): string => `handle_${index}`;

/** Steps of the longest chain; what takes more steps goes round it. */
export const LONGEST_CHAIN = 10_000;

/** Effects one after the other, each handing the order on to the next; more than {@link LONGEST_CHAIN} go round and round. */
export function chainDefinition(steps: number, type: string): JsonObject {
  const length = Math.min(steps, LONGEST_CHAIN);
  if (steps === length) return mixedDefinition(effectsOnly(steps), type);
  const again = {
    stepSlug: 'again',
    stepType: 'condition',
    config: { expression: `lastOutput.handled < ${steps}` },
    nextSteps: { true: slugOf(0), false: 'end' },
  };
  const round = chainOf(effectsOnly(length), type, { entered: 'lastOutput ?? input.order', left: again.stepSlug });
  return definitionOf(steps, slugOf(0), [...round, again]);
}

/** Steps of several kinds one after the other. */
export function mixedDefinition(kinds: readonly Kind[], type: string): JsonObject {
  return definitionOf(kinds.length, slugOf(0), chainOf(kinds, type, { entered: 'input.order', left: 'end' }));
}

/**
 * Each reads the order as the effect before it left it.
 * @param ends where the first finds the order, and where the last leads to
 */
function chainOf(
  kinds: readonly Kind[],
  type: string,
  ends: { readonly entered: string; readonly left: string },
): JsonObject[] {
  let order = ends.entered;
  return kinds.map((kind, index) => {
    const next = index < kinds.length - 1 ? slugOf(index + 1) : ends.left;
    const step = { stepSlug: slugOf(index), ...kindOfStep(kind, order, type, next) };
    if (kind === 'action') order = `steps.${slugOf(index)}.output`;
    return step;
  });
}

function kindOfStep(kind: Kind, order: string, type: string, next: string): JsonObject {
  switch (kind) {
    case 'action':
      return {
        stepType: 'action',
        config: { type, parameters: { order: `{{${order}}}` } },
        nextSteps: { success: next },
      };
    case 'condition':
      return {
        stepType: 'condition',
        config: { expression: `${order}.total > ${LEAST_TOTAL}` },
        nextSteps: { true: next, false: 'end' },
      };
    case 'set_variables':
      return {
        stepType: 'action',
        config: {
          type: 'set_variables',
          parameters: { variables: [{ name: 'reached', value: `{{${order}.handled}}` }] },
        },
        nextSteps: { success: next },
      };
  }
}

/** One step, taken once for each of the numbers in `input.turns`; what it makes is collected. */
export function loopDefinition(steps: number, type: string): JsonObject {
  return definitionOf(steps, 'each', [
    {
      stepSlug: 'each',
      stepType: 'loop',
      config: { items: '{{input.turns}}', collect: '{{steps.handle.output.handled}}' },
      nextSteps: { next: 'handle', done: 'end' },
    },
    {
      stepSlug: 'handle',
      stepType: 'action',
      config: { type, parameters: { order: '{{input.order}}' } },
      nextSteps: { success: 'each' },
    },
  ]);
}

/**
 * One step, taken until the order was handled `input.times` times, and then a wait for an event that never comes. The
 * same plan, and a state of the same size, whatever the number.
 */
export function waitingDefinition(mostSteps: number, type: string): JsonObject {
  return definitionOf(mostSteps, 'handle', [
    {
      stepSlug: 'handle',
      stepType: 'action',
      config: { type, parameters: { order: '{{lastOutput ?? input.order}}' } },
      nextSteps: { success: 'again' },
    },
    {
      stepSlug: 'again',
      stepType: 'condition',
      config: { expression: 'lastOutput.handled < input.times' },
      nextSteps: { true: 'handle', false: 'listen' },
    },
    {
      stepSlug: 'listen',
      stepType: 'wait_for_event',
      config: { event: 'never' },
      nextSteps: { success: 'end' },
    },
  ]);
}

function definitionOf(steps: number, entry: string, list: readonly JsonObject[]): JsonObject {
  return {
    name: `Handle an order ${steps} times`,
    // Twice the visits, for the trigger and the visits that loops and conditions make.
    config: { limits: { maxSteps: 2 * steps + 10 } },
    steps: [
      { stepSlug: 'start', stepType: 'trigger', config: { type: 'manual' }, nextSteps: { success: entry } },
      ...list,
    ],
  };
}
