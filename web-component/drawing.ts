import type { Plan } from '../runtime/index.js';
import { graphOf } from '../runtime/tooling.js';
import { type Layout, type LayoutEdge, layout } from './layout.js';

/** A plan and how it is drawn. */
export interface Drawing {
  readonly plan: Plan;
  readonly layout: Layout;
}

export function draw(plan: Plan): Drawing {
  const { nodes: steps, edges } = graphOf(plan);
  const nodes = steps.map((node) => {
    const step = plan.steps.get(node.slug);
    return step?.type === 'parallel' ? { ...node, branches: step.branches } : node;
  });
  // A body that is left without a port goes back to the step that owns it: drawn, though it is not written.
  const returns = nodes.flatMap((node): LayoutEdge[] => {
    const { slug, type, enclosing } = node;
    const to = enclosing.at(-1);
    const within: readonly string[] = 'branches' in node ? node.branches : type === 'loop' ? ['next'] : [];
    const leaves = edges.some(({ from, port }) => from === slug && port !== 'error' && !within.includes(port));
    return to === undefined || leaves || type === 'output' || type === 'fail'
      ? []
      : [{ from: slug, port: mainPorts[type] ?? 'success', to }];
  });
  return { plan, layout: layout(nodes, [...edges, ...returns], plan.entry) };
}

/** The port by which a step is left when all goes well, where that is not `success`. */
const mainPorts: Readonly<Record<string, string>> = {
  condition: 'true',
  loop: 'done',
  parallel: 'done',
  approval: 'approved',
};
