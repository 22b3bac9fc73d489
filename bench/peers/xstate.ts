import { assign, createActor, fromPromise, setup, toPromise } from 'xstate';
import type { Contender } from '../harness.js';
import { checkHandled, firstOrder, handle, type Order } from '../order.js';

/** One state per step, each of which invokes one promise and assigns what it answers. No history is kept. */
export function xstate(steps: number): Contender {
  const machine = chain(steps);
  return {
    name: 'xstate',
    units: steps,
    async run() {
      const actor = createActor(machine);
      const done = toPromise(actor);
      actor.start();
      checkHandled(await done, steps);
    },
  };
}

const types: { context: { order: Order }; output: Order } = { context: { order: firstOrder }, output: firstOrder };

function chain(steps: number) {
  const kit = setup({
    types,
    actors: { handle: fromPromise<Order, Order>(({ input }) => handle(input)) },
  });
  return kit.createMachine({
    context: { order: firstOrder },
    initial: 'handle_0',
    states: {
      ...Object.fromEntries(
        Array.from({ length: steps }, (_, index) => [
          `handle_${index}`,
          {
            invoke: {
              src: 'handle' as const,
              input: ({ context }: { context: { order: Order } }) => context.order,
              onDone: {
                target: index === steps - 1 ? 'end' : `handle_${index + 1}`,
                actions: assign({ order: ({ event }) => event.output }),
              },
            },
          },
        ]),
      ),
      end: { type: 'final' },
    },
    output: ({ context }) => context.order,
  });
}
