import type { Plan } from '../runtime/index.js';
import { graphOf } from '../runtime/tooling.js';
import { type Layout, type LayoutEdge, layout } from './layout.js';

/** A plan and how it is drawn. */
export interface Drawing {
  readonly plan: Plan;
  readonly layout: Layout;
}

export function draw(plan: Plan): Drawing {
  const { nodes, edges } = graphOf(plan);
  // A body that is left without a port goes back to its loop: drawn, though it is not written.
  const returns = nodes.flatMap(({ slug, type, enclosing }): LayoutEdge[] => {
    const to = enclosing.at(-1);
    const leaves = edges.some((edge) => edge.from === slug && edge.port !== 'error');
    return to === undefined || leaves || type === 'output' || type === 'fail'
      ? []
      : [{ from: slug, port: 'success', to }];
  });
  return { plan, layout: layout(nodes, [...edges, ...returns], plan.entry) };
}
