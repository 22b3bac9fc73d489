import type { NodeEntry } from './genxai-document.js';
import { type Edge, Graph } from './graph.js';
import type { Notes } from './notes.js';

/** How often a `loop` node of GenXAI goes round where it does not say. */
const DEFAULT_ITERATIONS = 5;

/** What becomes a `loop` step. */
export interface Loop {
  readonly id: string;
  /** The first node of its body; undefined where nothing leads back, so that there is nothing to repeat. */
  readonly body?: string;
  /** The node whose answer the condition speaks of: the last of the body. */
  readonly last?: string;
  readonly condition?: {
    readonly text: string;
    readonly path: string;
    /** It says when to stop, not when to go on. */
    readonly stops: boolean;
  };
  readonly maxIterations: number;
  readonly path: string;
}

export interface LoopedGraph {
  readonly graph: Graph;
  readonly loops: ReadonlyMap<string, Loop>;
}

/** Finds the loops of a graph: nodes that are one, and edges back that bear `max_iterations`, for which a node is put in. */
export function findLoops(
  graph: Graph,
  nodes: ReadonlyMap<string, NodeEntry>,
  start: string,
  notes: Notes,
): LoopedGraph {
  const loops = new Map<string, Loop>();
  let looped = graph;
  // Each loop that is put in leads edges elsewhere, so the next one is looked for in what came of it.
  for (let edge = bounded(looped); edge !== undefined; edge = bounded(looped)) {
    const made = loopOfEdge(edge, looped, start, notes);
    if (made.loop !== undefined) loops.set(made.loop.id, made.loop);
    looped = made.graph;
  }
  for (const node of nodes.values()) if (node.kind === 'loop') loops.set(node.id, loopOfNode(node, looped, notes));
  return { graph: withoutRepetition(looped, loops, start, notes), loops };
}

function bounded(graph: Graph): Edge | undefined {
  return graph.edges.find(({ maxIterations }) => maxIterations !== undefined);
}

/** The body is what leads back to the node. */
function loopOfNode({ id, fields, settings }: NodeEntry, graph: Graph, notes: Notes): Loop {
  const back = graph.reaching([id]);
  const body = graph.out(id).find(({ to }) => to !== id && back.has(to))?.to;
  const inside = body === undefined ? new Set<string>() : graph.reached([body], new Set([id]));
  const ends = graph.edges.filter(({ from, to }) => to === id && inside.has(from)).map(({ from }) => from);
  const text = settings.text('condition');
  if (body === undefined) {
    notes.note(
      'LOOP_WITHOUT_BODY',
      fields.path,
      'Nothing leads back to this loop, so there is nothing to repeat: it is passed by.',
    );
  }
  if (text !== undefined && ends.length === 1) {
    const message = 'This condition is read as what ends the loop: it goes on while it does not hold.';
    notes.note('ENDS_LOOP', settings.at('condition'), message);
  } else if (text !== undefined && body !== undefined) {
    const message =
      'This condition is left out, as several nodes lead back to the loop: it goes round until its bound.';
    notes.note('CONDITION_NOT_CARRIED', settings.at('condition'), message, 'Write the `while` by hand.');
  }
  return {
    id,
    maxIterations: Math.max(1, Math.round(settings.number('max_iterations') ?? DEFAULT_ITERATIONS)),
    path: fields.path,
    ...(body === undefined ? {} : { body }),
    ...(ends.length === 1 && ends[0] !== undefined ? { last: ends[0] } : {}),
    ...(text === undefined ? {} : { condition: { text, path: settings.at('condition'), stops: true } }),
  };
}

/** `last → first`, with `max_iterations`: a node before `first` that goes round as long as the edge's condition holds. */
function loopOfEdge(
  edge: Edge,
  graph: Graph,
  start: string,
  notes: Notes,
): { readonly loop?: Loop; readonly graph: Graph } {
  const { from: last, to: first, path } = edge;
  const { maxIterations = DEFAULT_ITERATIONS, ...unbounded } = edge;
  if (!graph.reached([first]).has(last) || !graph.dominance(start)(first, last)) {
    const message = '`max_iterations` is left out: the edge does not lead back to where a repetition could begin.';
    notes.note('NOT_CARRIED', `${path}/max_iterations`, message);
    return {
      graph: new Graph(
        graph.nodes,
        graph.edges.map((one) => (one === edge ? unbounded : one)),
      ),
    };
  }
  const id = unused(`${first}_loop`, graph.nodes);
  const reached = graph.reached([first]);
  const round = [...graph.reaching([last], new Set([first]))].filter((node) => reached.has(node));
  const body = new Set([first, last, ...round]);
  const edges = graph.edges.map((one): Edge => {
    if (one === edge) return { from: last, to: id, parallel: false, path };
    if (one.from === last) return { ...one, from: id, source: one.source ?? last };
    return one.to === first && !body.has(one.from) ? { ...one, to: id } : one;
  });
  const entry: Edge = { from: id, to: first, parallel: false, path };
  const condition =
    edge.condition === undefined
      ? {}
      : { condition: { text: edge.condition, path: `${path}/condition`, stops: false } };
  return {
    loop: { id, body: first, last, maxIterations, path, ...condition },
    graph: new Graph([...graph.nodes, id], [entry, ...edges]),
  };
}

function unused(name: string, taken: readonly string[]): string {
  let candidate = name;
  for (let count = 2; taken.includes(candidate); count++) candidate = `${name}_${count}`;
  return candidate;
}

/** Without the edges that close a circle in which nothing decides: GenXAI runs a node once, so they do nothing there. */
function withoutRepetition(graph: Graph, loops: ReadonlyMap<string, Loop>, begin: string, notes: Notes): Graph {
  const undecided = (node: string) => (loops.has(node) ? [] : undecidedEdges(graph.out(node)));
  const dropped = new Set<Edge>();
  const done = new Set<string>();
  const open = new Set<string>();
  for (const start of [begin, ...graph.nodes]) {
    const trail: { readonly node: string; readonly rest: Edge[] }[] = [];
    const enter = (node: string): void => {
      if (done.has(node)) return;
      done.add(node);
      open.add(node);
      trail.push({ node, rest: undecided(node) });
    };
    enter(start);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const edge = top.rest.shift();
      if (edge === undefined) open.delete(trail.pop()?.node ?? '');
      else if (open.has(edge.to)) dropped.add(edge);
      else enter(edge.to);
    }
  }
  for (const { path } of dropped) {
    notes.note(
      'CYCLE_LEFT_OUT',
      path,
      'This edge is left out: it goes back without a condition, for ever.',
      'Give it a `condition` or `max_iterations`.',
    );
  }
  return new Graph(
    graph.nodes,
    graph.edges.filter((edge) => !dropped.has(edge)),
  );
}

/** Those that are followed whatever any condition says. */
function undecidedEdges(edges: readonly Edge[]): Edge[] {
  const isPlain = ({ condition }: Edge) => condition === undefined;
  const parallel = edges.filter((edge) => edge.parallel);
  const divided = parallel.length > 1 ? parallel : [];
  const others = edges.filter((edge) => !divided.includes(edge));
  return [...divided.filter(isPlain), ...(others.every(isPlain) ? others : [])];
}
