import type { JsonObject } from '../runtime/index.js';

/** Definitions of the executions that are measured, on every host. No host is imported here. */

const slugOf = (index: number): string => `handle_${index}`;

/** Steps of the longest chain; what takes more steps goes round it. */
export const LONGEST_CHAIN = 10_000;

/** Steps one after the other, each handing the order on to the next; more than {@link LONGEST_CHAIN} go round and round. */
export function chainDefinition(steps: number, type: string): JsonObject {
  const length = Math.min(steps, LONGEST_CHAIN);
  const round = steps > length;
  const chain = Array.from({ length }, (_, index) => {
    const entered = round ? '{{lastOutput ?? input.order}}' : '{{input.order}}';
    return {
      stepSlug: slugOf(index),
      stepType: 'action',
      config: { type, parameters: { order: index === 0 ? entered : `{{steps.${slugOf(index - 1)}.output}}` } },
      nextSteps: { success: index < length - 1 ? slugOf(index + 1) : round ? 'again' : 'end' },
    };
  });
  const again = {
    stepSlug: 'again',
    stepType: 'condition',
    config: { expression: `lastOutput.handled < ${steps}` },
    nextSteps: { true: slugOf(0), false: 'end' },
  };
  return definitionOf(steps, slugOf(0), round ? [...chain, again] : chain);
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
