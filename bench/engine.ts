import type { Order } from './order.js';

/** What runs workflows: one of them, made ready to run. */
export interface Engine {
  readonly name: string;
  /** Runs it once, on an order of its own. Resolves to the order as the last step leaves it. */
  start(order: Order): Promise<unknown>;
}
