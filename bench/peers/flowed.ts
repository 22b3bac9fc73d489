import { FlowManager, type FlowSpec, type TaskResolverMap } from 'flowed';
import type { Engine } from '../engine.js';
import { handle, isOrder } from '../order.js';

/** One task per step, each of which requires what the one before provides. Its log goes nowhere. */
export function flowed(steps: number): Engine {
  const spec = chain(steps);
  const resolvers: TaskResolverMap = {
    Handle: async ({ order }) => {
      if (!isOrder(order)) throw new Error('There is no order');
      return { order: await handle(order) };
    },
  };
  const last = orderAfter(steps);
  return {
    name: 'flowed',
    async start(order) {
      const results = await FlowManager.run(spec, { [orderAfter(0)]: { ...order } }, [last], resolvers);
      return results[last];
    },
  };
}

function orderAfter(steps: number): string {
  return `order_${steps}`;
}

function chain(steps: number): FlowSpec {
  const task = (index: number) => ({
    requires: [orderAfter(index)],
    provides: [orderAfter(index + 1)],
    resolver: { name: 'Handle', params: { order: orderAfter(index) }, results: { order: orderAfter(index + 1) } },
  });
  return { tasks: Object.fromEntries(Array.from({ length: steps }, (_, index) => [`handle_${index}`, task(index)])) };
}
