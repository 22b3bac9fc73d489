import { assign, createActor, fromPromise, setup, toPromise } from 'xstate';
import type { Engine } from '../engine.js';
import { type Kind, LEAST_TOTAL } from '../mix.js';
import { firstOrder, handle, type Order } from '../order.js';

/**
 * One state per step: one that invokes a promise and assigns what it answers, or one that is left at once, by a guard or with
 * an assignment. No history is kept.
 */
export function xstate(kinds: readonly Kind[]): Engine {
  const machine = chain(kinds);
  return {
    name: 'xstate',
    start(order) {
      const actor = createActor(machine, { input: order });
      const done = toPromise(actor);
      actor.start();
      return done;
    },
  };
}

interface Context {
  readonly order: Order;
  readonly reached: number;
}

const types: { context: Context; input: Order; output: Order } = {
  context: { order: firstOrder, reached: 0 },
  input: firstOrder,
  output: firstOrder,
};

function chain(kinds: readonly Kind[]) {
  const kit = setup({
    types,
    actors: { handle: fromPromise<Order, Order>(({ input }) => handle(input)) },
    actions: { reach: assign({ reached: ({ context }) => context.order.handled }) },
    guards: { large: ({ context }) => context.order.total > LEAST_TOTAL },
  });
  return kit.createMachine({
    context: ({ input }) => ({ order: input, reached: 0 }),
    initial: 'handle_0',
    states: {
      ...Object.fromEntries(
        kinds.map((kind, index) => {
          const target = index === kinds.length - 1 ? 'end' : `handle_${index + 1}`;
          return [`handle_${index}`, kind === 'action' ? invoking(target) : passing(kind, target)];
        }),
      ),
      end: { type: 'final' },
    },
    output: ({ context }) => context.order,
  });

  function invoking(target: string) {
    return {
      invoke: {
        src: 'handle' as const,
        input: ({ context }: { context: Context }) => context.order,
        onDone: { target, actions: assign({ order: ({ event }) => event.output }) },
      },
    };
  }
}

function passing(kind: 'condition' | 'set_variables', target: string) {
  return kind === 'condition'
    ? { always: { target, guard: 'large' as const } }
    : { always: { target, actions: 'reach' as const } };
}
