import { drawLayout } from './layout-drawing.js';
import {
  type Column,
  DONE,
  type Edge,
  END,
  ERROR,
  GAP,
  LANE,
  type Layout,
  type LayoutEdge,
  type LayoutStep,
  leavesJoin,
  NODE,
  PAD,
  rank,
  type Vertex,
} from './layout-model.js';

/**
 * A layered layout made from a workflow's own structure. Rows come from the longest way to a step; columns from the
 * dominator tree, in which a decision owns its branches and the step where they meet: branches stand side by side in
 * the order of their ports (true left, false right, errors rightmost), what follows stands beneath. An edge that passes
 * rows gets a lane of its own; an edge that leads back runs up the left side of the block it returns to.
 *
 * The picture depends on the definition alone, so nothing moves while a run is watched.
 */
export function layout(steps: readonly LayoutStep[], edges: readonly LayoutEdge[], entry: string): Layout {
  const vertices = connect(steps, edges);
  const order = arrange(vertices, entry);
  for (const vertex of order) settleRow(vertex, order);
  for (const vertex of order) settleBody(vertex, order);
  for (const vertex of order) settleOwner(vertex);
  for (const vertex of [...order].reverse()) measure(vertex);
  place(order);
  return drawLayout(order);
}

function connect(steps: readonly LayoutStep[], edges: readonly LayoutEdge[]): Map<string, Vertex> {
  const vertices = new Map<string, Vertex>();
  const add = (id: string, end: boolean, type: string, enclosing: readonly string[]): Vertex => {
    const forks = type === 'parallel';
    const vertex: Vertex = {
      ...{ id, end, loop: type === 'loop' || forks, forks, enclosing, out: [], into: [], owned: [], owner: null },
      ...{ order: -1, row: 0, lastRow: 0, bodyRow: 0, left: 0, right: 0, x: 0 },
    };
    vertices.set(id, vertex);
    return vertex;
  };
  const branches = new Map(steps.map((step) => [step.slug, step.branches ?? []]));
  for (const step of steps) add(step.slug, false, step.type, step.enclosing);
  for (const { from: slug, port, to: target } of edges) {
    const from = vertices.get(slug);
    if (from === undefined) continue;
    const id = target ?? `${slug}/end`;
    const to = vertices.get(id) ?? (target === null ? add(id, true, 'end', from.enclosing) : undefined);
    if (to === undefined) continue;
    const same = from.out.find((edge) => edge.to === to);
    if (same !== undefined) {
      same.ports.push(port);
      continue;
    }
    // A branch may be called anything, also as a port that means something elsewhere.
    const isBranch = branches.get(slug)?.includes(port) === true;
    const edge: Edge = {
      ...{ from, to, ports: [port], rank: rank(isBranch ? '*' : port) },
      ...{ back: false, joins: false, aside: false, lane: null },
    };
    from.out.push(edge);
    to.into.push(edge);
  }
  for (const vertex of vertices.values()) vertex.out.sort((a, b) => a.rank - b.rank);
  return vertices;
}

/** Depth first from the entry; an edge to a step still being visited leads back. Gives the rest in an order of before and after. */
function arrange(vertices: ReadonlyMap<string, Vertex>, entry: string): readonly Vertex[] {
  const done: Vertex[] = [];
  const seen = new Set<Vertex>();
  const open = new Set<Vertex>();
  const first = vertices.get(entry);
  const roots = [...(first === undefined ? [] : [first]), ...vertices.values()];
  const trees: Vertex[][] = [];
  for (const root of roots) {
    if (seen.has(root)) continue;
    done.length = 0;
    seen.add(root);
    open.add(root);
    // Last port first, so that a loop's body comes before what follows the loop.
    const stack = [{ vertex: root, next: root.out.length - 1 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = top.vertex.out[top.next--];
      if (edge === undefined) {
        stack.pop();
        open.delete(top.vertex);
        done.push(top.vertex);
      } else if (open.has(edge.to)) {
        edge.back = true;
      } else if (!seen.has(edge.to)) {
        seen.add(edge.to);
        open.add(edge.to);
        stack.push({ vertex: edge.to, next: edge.to.out.length - 1 });
      }
    }
    trees.push([...done].reverse());
  }
  // Steps that the entry does not reach come after all it does.
  const order = trees.flat();
  order.forEach((vertex, index) => {
    vertex.order = index;
  });
  return order;
}

const ahead = (edges: readonly Edge[]): Edge[] => edges.filter((edge) => !edge.back && edge.from.order < edge.to.order);

function settleRow(vertex: Vertex, order: readonly Vertex[]): void {
  for (const edge of ahead(vertex.into)) {
    let { row } = edge.from;
    // What follows a loop stands beneath the whole body.
    if (edge.from.loop && !vertex.enclosing.includes(edge.from.id)) {
      for (const body of order.slice(edge.from.order, vertex.order)) {
        if (body.enclosing.includes(edge.from.id)) row = Math.max(row, body.row);
      }
    }
    vertex.row = Math.max(vertex.row, row + 1);
  }
  vertex.lastRow = vertex.row;
}

/** Knows the body's rows, and that the ways back to a fork meet at the lower edge of its frame. */
function settleBody(vertex: Vertex, order: readonly Vertex[]): void {
  if (!vertex.forks) return;
  const body = order.filter(({ enclosing }) => enclosing.includes(vertex.id));
  vertex.bodyRow = body.reduce((row, each) => Math.max(row, each.row), vertex.row);
  for (const edge of vertex.into) {
    edge.joins = edge.back && edge.from !== vertex;
    // What stands beneath a step would be in the way of a line straight down.
    edge.aside = !edge.from.forks && edge.from.out.some((other) => other !== edge && !other.back && other.rank < ERROR);
  }
}

/** The owner is the nearest step that every way here passes (the immediate dominator). */
function settleOwner(vertex: Vertex): void {
  let owner: Vertex | null | undefined;
  for (const edge of ahead(vertex.into)) owner = owner === undefined ? edge.from : meet(owner, edge.from);
  vertex.owner = owner ?? null;
  vertex.owner?.owned.push(vertex);
}

function meet(one: Vertex | null, other: Vertex): Vertex | null {
  let a: Vertex | null = one;
  let b: Vertex | null = other;
  while (a !== b) {
    if (a === null || b === null) return null;
    if (a.order > b.order) a = a.owner;
    else b = b.owner;
  }
  return a;
}

/** Lays out the columns of one block, whose inner blocks are measured already. */
function measure(vertex: Vertex): void {
  const half = (vertex.end ? END : NODE.width) / 2;
  vertex.left = half;
  vertex.right = half;
  for (const inner of vertex.owned) vertex.lastRow = Math.max(vertex.lastRow, inner.lastRow);
  for (const group of groupColumns(columnsOf(vertex))) alignGroup(vertex, group);
  // The returns of a loop share one lane; those of a decision keep apart.
  const back = vertex.into.filter((edge) => edge.back && !edge.joins);
  const returns = Math.min(back.length, vertex.loop ? 1 : Number.POSITIVE_INFINITY);
  const frame = vertex.loop ? PAD : 0;
  vertex.left += returns * LANE + frame;
  // The way past what stands beneath it, down to where the branches around it meet.
  const past = vertex.out.some((edge) => edge.joins && edge.aside) ? LANE : 0;
  vertex.right += frame + past;
}

function columnsOf(vertex: Vertex): Column[] {
  const columns: Column[] = vertex.owned.map((inner) => {
    const ranks = ahead(inner.into).map((edge) => edge.rank);
    const column = { from: inner.row, to: inner.lastRow, left: inner.left, right: inner.right, vertex: inner };
    return { ...column, rank: Math.min(...ranks) };
  });
  for (const edge of ahead(vertex.out)) {
    const own = edge.to.owner === vertex;
    const errorAway = edge.rank >= ERROR && !own;
    const start = leavesJoin(edge) ? vertex.bodyRow : vertex.row;
    if (!errorAway && edge.to.row - start < 2) continue;
    const to = Math.max(start + 1, own ? edge.to.row - 1 : Math.min(edge.to.row - 1, vertex.lastRow));
    columns.push({ rank: edge.rank, from: start + 1, to, left: LANE / 2, right: LANE / 2, edge });
  }
  return columns.sort((a, b) => a.from - b.from || a.rank - b.rank);
}

/** Columns that share rows stand side by side. */
function groupColumns(columns: readonly Column[]): Column[][] {
  const groups: Column[][] = [];
  let last = -1;
  for (const column of columns) {
    const group = groups.at(-1);
    if (group !== undefined && column.from <= last) group.push(column);
    else groups.push([column]);
    last = Math.max(last, column.to);
  }
  for (const group of groups) {
    // A step that stands in the same rows as its lane is its own lane.
    const inner = new Set(group.map((column) => column.vertex));
    group.splice(0, group.length, ...group.filter(({ edge }) => edge === undefined || !inner.has(edge.to)));
    group.sort((a, b) => a.rank - b.rank);
  }
  return groups;
}

function alignGroup(vertex: Vertex, group: readonly Column[]): void {
  const centres: number[] = [];
  let cursor = 0;
  for (const column of group) {
    centres.push(cursor + column.left);
    cursor += column.left + column.right + GAP;
  }
  cursor -= GAP;
  // The block's own step stands over its main ways, not over errors or the way past a loop.
  const isMain = (column: Column): boolean =>
    column.rank < ERROR && !(vertex.loop && column.edge !== undefined && column.rank >= DONE);
  const mains = centres.filter((_, index) => {
    const column = group[index];
    return column !== undefined && isMain(column);
  });
  const beneath = group.length === 1 && group[0]?.vertex !== undefined ? centres : [];
  const beside = [(centres[0] ?? 0) - NODE.width / 2 - 1.2 * GAP];
  const anchors = [mains, beneath, beside].find((each) => each.length > 0) ?? beside;
  const anchor = ((anchors[0] ?? 0) + (anchors.at(-1) ?? 0)) / 2;
  group.forEach((column, index) => {
    const offset = (centres[index] ?? 0) - anchor;
    if (column.vertex !== undefined) column.vertex.x = offset;
    if (column.edge !== undefined) column.edge.lane = offset;
  });
  vertex.left = Math.max(vertex.left, anchor);
  vertex.right = Math.max(vertex.right, cursor - anchor);
}

function place(order: readonly Vertex[]): void {
  let cursor = 0;
  for (const vertex of order) {
    if (vertex.owner === null) {
      vertex.x = cursor + vertex.left;
      cursor = vertex.x + vertex.right + GAP;
    } else {
      vertex.x += vertex.owner.x;
    }
    for (const edge of vertex.out) if (edge.lane !== null) edge.lane += vertex.x;
  }
}
