import {
  type Action,
  type Clock,
  compile,
  createActionRegistry,
  Driver,
  type Json,
  type JsonObject,
  MemoryStore,
  type Plan,
  type RuntimePorts,
} from '../runtime/index.js';
import { firstOrder, handle, isOrder } from './order.js';

const orderHandle: Action = {
  type: 'order_handle',
  run: ({ order }) => {
    if (!isOrder(order)) throw new Error('There is no order');
    return handle(order);
  },
};

/** Steps one after the other, each handing the order on to the next. */
export function chainPlan(steps: number): Plan {
  const slug = (index: number): string => `handle_${index}`;
  return planOf(
    steps,
    Array.from({ length: steps }, (_, index) => ({
      stepSlug: slug(index),
      stepType: 'action',
      config: {
        type: orderHandle.type,
        parameters: { order: index === 0 ? '{{input.order}}' : `{{steps.${slug(index - 1)}.output}}` },
      },
      nextSteps: { success: index === steps - 1 ? 'end' : slug(index + 1) },
    })),
  );
}

/** One step, taken once for each of the numbers in `input.turns`; what it makes is kept in a variable. */
export function loopPlan(steps: number): Plan {
  return planOf(steps, [
    {
      stepSlug: 'each',
      stepType: 'loop',
      config: { items: '{{input.turns}}', collect: '{{steps.handle.output.handled}}' },
      nextSteps: { next: 'handle', done: 'end' },
    },
    {
      stepSlug: 'handle',
      stepType: 'action',
      config: { type: orderHandle.type, parameters: { order: '{{lastOutput ?? input.order}}' } },
      nextSteps: { success: 'each' },
    },
  ]);
}

function planOf(steps: number, list: readonly JsonObject[]): Plan {
  return compile({
    name: `Handle an order ${steps} times`,
    // Twice the visits, for the trigger and the visits that loops make.
    config: { limits: { maxSteps: 2 * steps + 10 } },
    steps: [
      { stepSlug: 'start', stepType: 'trigger', config: { type: 'manual' }, nextSteps: { success: first(list) } },
      ...list,
    ],
  });
}

function first(list: readonly JsonObject[]): Json {
  return list[0]?.stepSlug ?? 'end';
}

/** Runs a plan of this file to its end in a store of its own, which is returned with its journal. */
export async function runPlan(plan: Plan, steps: number): Promise<{ store: MemoryStore; driver: Driver }> {
  const store = new MemoryStore();
  const driver = await Driver.start(portsOn(store), plan, { input: inputOf(plan, steps) });
  const state = await driver.settled();
  if (state.status !== 'completed') throw new Error(`${plan.name}: ${state.error?.message ?? state.status}`);
  return { store, driver };
}

const actions = createActionRegistry([orderHandle]);
const clock: Clock = {
  now: () => Date.now(),
  schedule: () => {
    throw new Error('No step here has a deadline');
  },
};

function portsOn(store: MemoryStore): RuntimePorts {
  return { store, clock, random: { id: () => 'exec_1', seed: () => 1 }, actions };
}

function inputOf(plan: Plan, steps: number): JsonObject {
  const order: JsonObject = { ...firstOrder };
  return plan.steps.has('each') ? { order, turns: Array.from({ length: steps }, (_, index) => index) } : { order };
}
