import type { Plan } from '../definition/plan.js';
import { graphOf } from './graph.js';
import { layout } from './layout.js';
import type { Layout, LayoutEdge } from './layout-model.js';

/** Where the steps of a plan, and the ways between them, stand in its picture. */
export function layoutOf(plan: Plan): Layout {
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
  return layout(nodes, [...edges, ...returns], plan.entry);
}

/** The port by which a step is left when all goes well, where that is not `success`. */
const mainPorts: Readonly<Record<string, string>> = {
  condition: 'true',
  loop: 'done',
  parallel: 'done',
  approval: 'approved',
};
