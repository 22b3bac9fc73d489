import {
  type Action,
  type Clock,
  compile,
  createActionRegistry,
  Driver,
  type JsonObject,
  MemoryStore,
  type Plan,
  type RuntimePorts,
} from '../runtime/index.js';
import { chainDefinition, loopDefinition, mixedDefinition, waitingDefinition } from './chains.js';
import type { Kind } from './mix.js';
import { checkHandled, firstOrder, handle, isOrder, type Order } from './order.js';

const orderHandle: Action = {
  type: 'order_handle',
  run: ({ order }) => {
    if (!isOrder(order)) throw new Error('There is no order');
    return handle(order);
  },
};

/** Steps one after the other, each handing the order on to the next. */
export function chainPlan(steps: number): Plan {
  return compile(chainDefinition(steps, orderHandle.type));
}

/** Steps of several kinds, each reading what the one before left. */
export function mixedPlan(kinds: readonly Kind[]): Plan {
  return compile(mixedDefinition(kinds, orderHandle.type));
}

/** One step, taken once for each of the numbers in `input.turns`; what it makes is collected. */
export function loopPlan(steps: number): Plan {
  return compile(loopDefinition(steps, orderHandle.type));
}

/** Runs a plan of this file to its end in a store of its own, which is returned with its journal. */
export function runPlan(plan: Plan, steps: number): Promise<{ store: MemoryStore; driver: Driver }> {
  return run(plan, inputOf(plan, steps));
}

/** As {@link runPlan}, on this order. @returns the order as the last step left it */
export async function runOn(plan: Plan, order: Order): Promise<unknown> {
  const { driver } = await run(plan, { order: { ...order } });
  return driver.state.output;
}

async function run(plan: Plan, input: JsonObject): Promise<{ store: MemoryStore; driver: Driver }> {
  const store = new MemoryStore();
  const driver = await Driver.start(portsOn(store), plan, { input });
  const state = await driver.settled();
  if (state.status !== 'completed') throw new Error(`${plan.name}: ${state.error?.message ?? state.status}`);
  return { store, driver };
}

/** An execution that has handled the order so many times, and waits for an event. */
export interface Waiting {
  readonly store: MemoryStore;
  readonly id: string;
}

/** @param mostSteps of any such execution: all share one plan */
export async function waitingExecution(times: number, mostSteps: number): Promise<Waiting> {
  const store = new MemoryStore();
  const plan = compile(waitingDefinition(mostSteps, orderHandle.type));
  const driver = await Driver.start(portsOn(store), plan, { input: { order: { ...firstOrder }, times } });
  await driver.idle();
  driver.stop();
  return { store, id: driver.id };
}

/** Takes the execution over, sees that it stands where it waits, and lets go of it. */
export async function openWaiting({ store, id }: Waiting, times: number): Promise<void> {
  const driver = await Driver.open(portsOn(store), id);
  if (driver?.state.status !== 'waiting') throw new Error(`The execution is ${driver?.state.status ?? 'gone'}`);
  checkHandled(driver.state.frames[0]?.lastOutput, times);
  driver.stop();
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
