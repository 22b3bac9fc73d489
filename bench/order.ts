/** The small piece of data that every step of every contender takes, changes and hands on. */
export interface Order {
  readonly id: string;
  readonly email: string;
  readonly total: number;
  readonly tags: string[];
  readonly handled: number;
}

export const firstOrder: Order = {
  id: 'order-42',
  email: 'ada@example.com',
  total: 129.5,
  tags: ['gift', 'express'],
  handled: 0,
};

/** An order that waits for an answer once it has come so far, until it is let go. */
export const heldOrder: Order = { ...firstOrder, id: 'order-held' };
const HELD_AFTER = 6;
let release: (() => void) | undefined;
const held = new Promise<void>((resolve) => {
  release = resolve;
});
export const releaseHeld = (): void => release?.();

/** What one step does, whoever runs it: an asynchronous function that has its answer at once. */
export async function handle(order: Order): Promise<Order> {
  if (order.id === heldOrder.id && order.handled === HELD_AFTER) await held;
  return { ...order, handled: order.handled + 1 };
}

export function isOrder(value: unknown): value is Order {
  return typeof value === 'object' && value !== null && 'handled' in value && typeof value.handled === 'number';
}

/** @throws Error unless every step was taken, one after the other */
export function checkHandled(result: unknown, times: number): void {
  if (isOrder(result) && result.handled === times) return;
  throw new Error(`The order was to be handled ${times} times, but came out as ${JSON.stringify(result)}`);
}
