import type { Plan, PlanStep } from '../definition/plan.js';

export interface GraphNode {
  readonly slug: string;
  readonly name: string;
  readonly type: PlanStep['type'];
  /** Slugs of the loops the step stands in, outermost first. */
  readonly enclosing: readonly string[];
}
export interface GraphEdge {
  readonly from: string;
  readonly port: string;
  /** Null where the port ends the execution. */
  readonly to: string | null;
}
/** The picture of a workflow, without coordinates. */
export interface WorkflowGraph {
  readonly entry: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Slugs of the steps that some port leads from to the end of the execution. */
  readonly ends: readonly string[];
  /** Slug of the step that errors lead to which no step handles; absent where there is none. */
  readonly onError?: string;
}

export function graphOf(plan: Plan): WorkflowGraph {
  const nodes = plan.order.map(({ slug, name, type, enclosing }) => ({ slug, name, type, enclosing }));
  const edges = plan.order.flatMap((step) =>
    [...step.ports].map(([port, target]) => ({
      from: step.slug,
      port,
      to: target.kind === 'step' ? target.slug : null,
    })),
  );
  const ends = new Set(edges.filter((edge) => edge.to === null).map((edge) => edge.from));
  const { onError } = plan.config;
  return { entry: plan.entry, nodes, edges, ends: [...ends], ...(onError === undefined ? {} : { onError }) };
}

/** Opening and closing brackets of a node's shape in Mermaid. */
const SHAPES: Readonly<Record<PlanStep['type'], readonly [string, string]>> = {
  trigger: ['([', '])'],
  action: ['[', ']'],
  set_variables: ['[/', '/]'],
  llm: ['{{', '}}'],
  condition: ['{', '}'],
  switch: ['{', '}'],
  loop: ['[[', ']]'],
  parallel: ['[[', ']]'],
  wait: ['(', ')'],
  wait_for_event: ['>', ']'],
  approval: ['>', ']'],
  workflow: ['[[', ']]'],
  output: ['([', '])'],
  fail: ['([', '])'],
};

/** A Mermaid flow chart of a plan. Every text of the author is data in it: nothing of it is read as Mermaid or HTML. */
export function toMermaid(plan: Plan): string {
  const { nodes, edges, ends, onError } = graphOf(plan);
  const id = new Map(nodes.map((node, index) => [node.slug, `s${index}`]));
  const lines = ['flowchart TD'];
  for (const node of nodes) {
    const [open, close] = SHAPES[node.type];
    lines.push(`  ${id.get(node.slug)}${open}"${escapeText(node.name)}"${close}`);
  }
  if (ends.length > 0) lines.push('  finish((("end")))');
  for (const { from, port, to } of edges) {
    const target = to === null ? 'finish' : id.get(to);
    lines.push(`  ${id.get(from)} -- "${escapeText(port)}" --> ${target}`);
  }
  if (onError !== undefined) lines.push(`  failure((("on error"))) -.-> ${id.get(onError)}`);
  return `${lines.join('\n')}\n`;
}

/** Mermaid's own entities: `#` and a code point. */
function escapeText(text: string): string {
  const short = text.length > 200 ? `${text.slice(0, 199)}…` : text;
  return short.replace(/\s+/g, ' ').replace(/[^\p{L}\p{N} _.,:…-]/gu, (char) => `#${char.codePointAt(0)};`);
}
