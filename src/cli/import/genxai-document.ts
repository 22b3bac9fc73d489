import { didYouMean } from '../../../runtime/index.js';
import type { Json, JsonObject } from '../../../runtime/ports.js';
import { Fields, isObject } from './fields.js';
import type { Notes } from './notes.js';

/** An edge as written. */
export interface EdgeEntry {
  readonly from: string;
  readonly to: string;
  readonly condition?: string;
  readonly parallel: boolean;
  readonly maxIterations?: number;
  readonly path: string;
}

export type NodeKind = 'start' | 'end' | 'agent' | 'tool' | 'decision' | 'loop' | 'human' | 'subgraph';

export interface NodeEntry {
  readonly id: string;
  readonly kind: NodeKind;
  readonly fields: Fields;
  /** `config` or `data` inside the node, where some editors keep its settings; else the node itself. */
  readonly settings: Fields;
}

export interface GenxaiDocument {
  readonly workflow: Fields;
  readonly agents: ReadonlyMap<string, Fields>;
  /** Another file holds agents as well, and was not given. */
  readonly agentsElsewhere: boolean;
  readonly nodes: ReadonlyMap<string, NodeEntry>;
  /** Of each node, in the order they are followed. */
  readonly edges: readonly EdgeEntry[];
}

const KINDS: Readonly<Record<string, NodeKind>> = {
  input: 'start',
  start: 'start',
  output: 'end',
  end: 'end',
  agent: 'agent',
  tool: 'tool',
  condition: 'decision',
  decision: 'decision',
  loop: 'loop',
  human: 'human',
  subgraph: 'subgraph',
};

/**
 * Reads the parts of a no-code workflow. What makes it none is an error among the notes, and undefined is returned.
 * @param more agents from the file that `agents_ref` names; those of the document itself go before them
 */
export function readGenxai(
  document: Json,
  more: readonly JsonObject[] | undefined,
  notes: Notes,
): GenxaiDocument | undefined {
  const workflow = readWorkflow(document, notes);
  const graph = workflow?.fields('graph');
  if (workflow !== undefined && graph === undefined)
    notes.error('MISSING_FIELD', workflow.path, '`workflow` has no mapping `graph`, so there is nothing to run.');
  if (workflow === undefined || graph === undefined) return undefined;
  const nodes = readNodes(graph, notes);
  // A node that is told of already is no second mistake where an edge names it.
  const known = new Set((graph.list('nodes') ?? []).map((node) => node.text('id') ?? ''));
  const edges = readEdges(graph, known, notes);
  const agents = readAgents(workflow, more, notes);
  const reference = workflow.text('agents_ref');
  const agentsElsewhere = reference !== undefined && more === undefined;
  if (agentsElsewhere) {
    const message = `More is said of the agents in ${JSON.stringify(reference)}, which was not read.`;
    notes.note('AGENTS_ELSEWHERE', workflow.at('agents_ref'), message, 'Give that file with --agents FILE.');
  }
  return notes.failed ? undefined : { workflow, agents, agentsElsewhere, nodes, edges };
}

function readWorkflow(document: Json, notes: Notes): Fields | undefined {
  const whole = isObject(document) ? new Fields(document, '', notes) : undefined;
  const workflow = whole?.fields('workflow');
  if (workflow === undefined) {
    const isOurs = isObject(document) && ('steps' in document || 'stepsConfig' in document);
    const hint = isOurs
      ? 'This looks like a definition already: `newtflow validate` checks it as it is.'
      : whole?.has('graph', 'agents')
        ? 'Put `workflow:` at the top, and all the rest, set in, under it.'
        : undefined;
    notes.error('NOT_A_WORKFLOW', '', 'This is no GenXAI workflow: it has no mapping `workflow` at the top.', hint);
  }
  whole?.take('workflow');
  for (const key of isObject(document) ? Object.keys(document) : []) {
    if (workflow !== undefined && key !== 'workflow')
      notes.note('NOT_CARRIED', `/${key}`, `\`${key}\` has no counterpart here and is not carried over.`);
  }
  return workflow;
}

// --- Agents ----------------------------------------------------------------------------------------------------------

function readAgents(
  workflow: Fields,
  more: readonly JsonObject[] | undefined,
  notes: Notes,
): ReadonlyMap<string, Fields> {
  const agents = new Map<string, Fields>();
  for (const one of more ?? []) {
    // Notes about another file have no place in this one: they are shown at the reference to it.
    const fields = new Fields(one, workflow.at('agents_ref'), notes);
    const id = fields.text('id');
    if (id !== undefined) agents.set(id, fields);
  }
  const inline = workflow.list('agents');
  if (inline === undefined && (workflow.take('agents') ?? null) !== null)
    notes.error('WRONG_TYPE', workflow.at('agents'), '`agents` must be a list of mappings.');
  const here = new Map<string, Fields>();
  for (const fields of inline ?? []) {
    const id = fields.text('id');
    if (id === undefined) notes.error('MISSING_FIELD', fields.path, 'An agent needs an `id`.');
    else if (here.has(id)) {
      notes.error('DUPLICATE_AGENT', fields.at('id'), `Another agent has the id ${JSON.stringify(id)} already.`);
    } else here.set(id, fields);
  }
  for (const [id, fields] of here) {
    if (agents.has(id)) {
      const message = `Only what this file says of the agent ${JSON.stringify(id)} is carried over, not what ${JSON.stringify(workflow.text('agents_ref') ?? 'the other file')} says.`;
      notes.note('AGENT_TWICE', fields.path, message, 'Take it out of one of the two.');
    }
    agents.set(id, fields);
  }
  return agents;
}

// --- Nodes and edges -------------------------------------------------------------------------------------------------

function readNodes(graph: Fields, notes: Notes): ReadonlyMap<string, NodeEntry> {
  const nodes = new Map<string, NodeEntry>();
  const listed = graph.list('nodes');
  if (listed === undefined || listed.length === 0)
    notes.error('MISSING_FIELD', graph.path, '`graph` needs a list `nodes` with at least one node.');
  for (const fields of listed ?? []) {
    const id = fields.text('id');
    const type = fields.text('type');
    const kind = type === undefined ? undefined : Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
    if (id === undefined || type === undefined) {
      notes.error('MISSING_FIELD', fields.path, 'A node needs an `id` and a `type`.');
    } else if (kind === undefined) {
      const hint = didYouMean(type, Object.keys(KINDS)) ?? `There are ${Object.keys(KINDS).join(', ')}.`;
      notes.error('UNKNOWN_NODE_TYPE', fields.at('type'), `There is no node of type ${JSON.stringify(type)}.`, hint);
    } else if (nodes.has(id)) {
      notes.error('DUPLICATE_NODE', fields.at('id'), `Another node has the id ${JSON.stringify(id)} already.`);
    } else {
      nodes.set(id, { id, kind, fields, settings: fields.fields('config', 'data') ?? fields });
    }
  }
  return nodes;
}

function readEdges(graph: Fields, nodes: ReadonlySet<string>, notes: Notes): readonly EdgeEntry[] {
  const listed = graph.list('edges');
  if (listed === undefined) notes.error('MISSING_FIELD', graph.path, '`graph` needs a list `edges` of mappings.');
  const edges = (listed ?? []).flatMap((fields) => {
    const edge = readEdge(fields, nodes, notes);
    return edge === undefined ? [] : [{ edge, priority: fields.number('priority') ?? 0 }];
  });
  return edges.sort((a, b) => a.priority - b.priority).map(({ edge }) => edge);
}

function readEdge(fields: Fields, nodes: ReadonlySet<string>, notes: Notes): EdgeEntry | undefined {
  const from = fields.text('from', 'source', 'from_node');
  const to = fields.text('to', 'target', 'to_node');
  if (from === undefined || to === undefined) {
    notes.error('MISSING_FIELD', fields.path, 'An edge needs `from` and `to`.');
    return undefined;
  }
  for (const end of [from, to]) {
    if (nodes.has(end)) continue;
    const hint = didYouMean(end, nodes);
    notes.error('UNKNOWN_NODE', fields.path, `There is no node ${JSON.stringify(end)} for this edge.`, hint);
  }
  const metadata = fields.fields('metadata', 'data');
  const condition = fields.text('condition') ?? metadata?.text('condition');
  const maxIterations = fields.number('max_iterations') ?? metadata?.number('max_iterations');
  return {
    from,
    to,
    parallel: fields.flag('parallel') ?? metadata?.flag('parallel') ?? false,
    ...(condition === undefined || condition.trim() === '' ? {} : { condition }),
    ...(maxIterations === undefined ? {} : { maxIterations: Math.max(1, Math.round(maxIterations)) }),
    path: fields.path,
  };
}
