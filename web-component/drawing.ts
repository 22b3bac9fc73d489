import type { Plan } from '../runtime/index.js';
import { type Layout, layoutOf } from '../runtime/tooling.js';

/** A plan and how it is drawn. */
export interface Drawing {
  readonly plan: Plan;
  readonly layout: Layout;
}

export function draw(plan: Plan): Drawing {
  return { plan, layout: layoutOf(plan) };
}
