/**
 * A layered layout made from a workflow's own structure. Rows come from the longest way to a step; columns from the
 * dominator tree, in which a decision owns its branches and the step where they meet: branches stand side by side in
 * the order of their ports (true left, false right, errors rightmost), what follows stands beneath. An edge that passes
 * rows gets a lane of its own; an edge that leads back runs up the left side of the block it returns to.
 *
 * The picture depends on the definition alone, so nothing moves while a run is watched.
 */
export interface LayoutStep {
  readonly slug: string;
  readonly type: string;
  /** Slugs of the loops around it, outermost first. */
  readonly enclosing: readonly string[];
}
export interface LayoutEdge {
  readonly from: string;
  readonly port: string;
  /** Null: the execution, or the body it stands in, ends there. */
  readonly to: string | null;
}
export interface PlacedNode {
  /** The slug; for an end, `<slug of the step before>/end`. */
  readonly id: string;
  readonly end: boolean;
  /** Centre, top, and size. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  /** Every port that leads this way. */
  readonly ports: readonly string[];
  readonly back: boolean;
  readonly path: string;
  readonly labelAt: Point;
}
export interface PlacedLoop {
  readonly slug: string;
  readonly depth: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly loops: readonly PlacedLoop[];
}
interface Point {
  readonly x: number;
  readonly y: number;
}

export const NODE = { width: 226, height: 56 } as const;
const END = 22;
const ROW_GAP = 42;
const ROW = NODE.height + ROW_GAP;
const GAP = 28;
const LANE = 26;
const PAD = 18;

const ranks = [
  'true',
  'next',
  'loop',
  'approved',
  'success',
  '*',
  'done',
  'default',
  'false',
  'rejected',
  'timeout',
  'error',
];
const rank = (port: string): number => {
  const at = ranks.indexOf(port === 'failure' ? 'error' : port);
  return at < 0 ? ranks.indexOf('*') : at;
};
const ERROR = rank('timeout');
const DONE = rank('done');

interface Edge {
  readonly from: Vertex;
  readonly to: Vertex;
  readonly ports: string[];
  readonly rank: number;
  back: boolean;
  lane: number | null;
}
interface Vertex {
  readonly id: string;
  readonly end: boolean;
  readonly loop: boolean;
  readonly enclosing: readonly string[];
  readonly out: Edge[];
  readonly into: Edge[];
  order: number;
  row: number;
  lastRow: number;
  owner: Vertex | null;
  readonly owned: Vertex[];
  /** Room of the whole block to the left and to the right of the centre. */
  left: number;
  right: number;
  /** Centre, relative to the owner's until it is placed. */
  x: number;
}
/** Something that takes a column of a block: a block of its own, or the lane of an edge. */
interface Column {
  readonly rank: number;
  readonly from: number;
  to: number;
  readonly left: number;
  readonly right: number;
  readonly vertex?: Vertex;
  readonly edge?: Edge;
}

export function layout(steps: readonly LayoutStep[], edges: readonly LayoutEdge[], entry: string): Layout {
  const vertices = connect(steps, edges);
  const order = arrange(vertices, entry);
  for (const vertex of order) settleRow(vertex, order);
  for (const vertex of order) settleOwner(vertex);
  for (const vertex of [...order].reverse()) measure(vertex);
  place(order);
  return draw(order);
}

function connect(steps: readonly LayoutStep[], edges: readonly LayoutEdge[]): Map<string, Vertex> {
  const vertices = new Map<string, Vertex>();
  const add = (id: string, end: boolean, loop: boolean, enclosing: readonly string[]): Vertex => {
    const vertex: Vertex = {
      ...{ id, end, loop, enclosing, out: [], into: [], owned: [], owner: null },
      ...{ order: -1, row: 0, lastRow: 0, left: 0, right: 0, x: 0 },
    };
    vertices.set(id, vertex);
    return vertex;
  };
  for (const step of steps) add(step.slug, false, step.type === 'loop', step.enclosing);
  for (const { from: slug, port, to: target } of edges) {
    const from = vertices.get(slug);
    if (from === undefined) continue;
    const id = target ?? `${slug}/end`;
    const to = vertices.get(id) ?? (target === null ? add(id, true, false, from.enclosing) : undefined);
    if (to === undefined) continue;
    const same = from.out.find((edge) => edge.to === to);
    if (same !== undefined) {
      same.ports.push(port);
      continue;
    }
    const edge: Edge = { from, to, ports: [port], rank: rank(port), back: false, lane: null };
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
  const returns = Math.min(vertex.into.filter((edge) => edge.back).length, vertex.loop ? 1 : Number.POSITIVE_INFINITY);
  const frame = vertex.loop ? PAD : 0;
  vertex.left += returns * LANE + frame;
  vertex.right += frame;
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
    if (!errorAway && edge.to.row - vertex.row < 2) continue;
    const to = Math.max(vertex.row + 1, own ? edge.to.row - 1 : Math.min(edge.to.row - 1, vertex.lastRow));
    columns.push({ rank: edge.rank, from: vertex.row + 1, to, left: LANE / 2, right: LANE / 2, edge });
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

const top = (vertex: Vertex): number => vertex.row * ROW;
const bottom = (vertex: Vertex): number => top(vertex) + (vertex.end ? END : NODE.height);

function draw(order: readonly Vertex[]): Layout {
  const loops = frames(order);
  const nodes = order.map((vertex) => {
    const size = vertex.end ? { width: END, height: END } : NODE;
    return { id: vertex.id, end: vertex.end, x: vertex.x, y: top(vertex), ...size };
  });
  const edges = order.flatMap((vertex) => {
    const returns = new Map(vertex.into.filter((edge) => edge.back).map((edge, index) => [edge, index]));
    return vertex.into.map((edge) => {
      const points = edge.back ? wayBack(edge, returns.get(edge) ?? 0) : wayOn(edge);
      return {
        ...{ from: edge.from.id, to: edge.to.id, ports: edge.ports, back: edge.back },
        ...{ path: rounded(points), labelAt: labelPoint(points) },
      };
    });
  });
  const right = Math.max(
    0,
    ...order.map((vertex) => vertex.x + vertex.right),
    ...loops.map((box) => box.x + box.width),
  );
  const low = Math.max(0, ...order.map(bottom), ...loops.map((box) => box.y + box.height));
  return { width: right, height: low, nodes, edges, loops };
}

function wayOn(edge: Edge): Point[] {
  const { from, to, lane } = edge;
  const start = { x: from.x, y: bottom(from) };
  const end = { x: to.x, y: top(to) };
  const aside = lane ?? to.x;
  const pastLoop = from.loop && edge.rank >= DONE;
  if ((edge.rank >= ERROR || pastLoop) && aside > from.x + NODE.width / 2) {
    const middle = top(from) + NODE.height / 2 + (!pastLoop ? 0 : edge.rank >= ERROR ? 12 : -12);
    const side = { x: from.x + NODE.width / 2, y: middle };
    if (lane === null) return [side, { x: to.x, y: middle }, end];
    const turn = end.y - ROW_GAP / 3;
    return [side, { x: lane, y: middle }, { x: lane, y: turn }, { x: to.x, y: turn }, end];
  }
  const leave = top(from) + NODE.height + ROW_GAP / 2;
  const arrive = end.y - ROW_GAP / 2;
  if (lane === null) return [start, { x: start.x, y: arrive }, { x: end.x, y: arrive }, end];
  return [
    start,
    ...[start.x, lane].map((x) => ({ x, y: leave })),
    ...[lane, end.x].map((x) => ({ x, y: arrive })),
    end,
  ];
}

function wayBack({ from, to }: Edge, index: number): Point[] {
  const lane = to.x - to.left + (to.loop ? PAD : 0) + LANE / 2 + (to.loop ? 0 : index * LANE);
  const under = bottom(from) + ROW_GAP / 3;
  const middle = top(to) + NODE.height / 2;
  const start = { x: from.x, y: bottom(from) };
  const rest = [
    { x: lane, y: under },
    { x: lane, y: middle },
    { x: to.x - NODE.width / 2, y: middle },
  ];
  return [start, { x: from.x, y: under }, ...rest];
}

/** Frames around the bodies of loops, the inner ones first, so that an outer one encloses them. */
function frames(order: readonly Vertex[]): PlacedLoop[] {
  const loops = order.filter((vertex) => vertex.loop).sort((a, b) => b.enclosing.length - a.enclosing.length);
  const boxes = new Map<string, PlacedLoop>();
  for (const loop of loops) {
    const body = order.filter((vertex) => vertex.enclosing.includes(loop.id));
    if (body.length === 0) continue;
    const inner = body.flatMap((vertex) => boxes.get(vertex.id) ?? []);
    const left = Math.min(...body.map((vertex) => vertex.x - NODE.width / 2), ...inner.map((box) => box.x)) - PAD;
    const room = Math.min(left, loop.x - loop.left);
    const right = Math.max(
      ...body.map((v) => v.x + (v.end ? END : NODE.width) / 2),
      ...inner.map((box) => box.x + box.width),
    );
    const y = Math.min(...body.map(top)) - PAD;
    const low = Math.max(...body.map(bottom), ...inner.map((box) => box.y + box.height));
    const box = { slug: loop.id, depth: loop.enclosing.length, x: room, y };
    boxes.set(loop.id, { ...box, width: right + PAD - room, height: low + PAD - y });
  }
  return [...boxes.values()].reverse();
}

function rounded(points: readonly Point[]): string {
  const ends = points.filter((point, i) => i === 0 || point.x !== points[i - 1]?.x || point.y !== points[i - 1]?.y);
  let path = '';
  ends.forEach((point, index) => {
    const before = ends[index - 1];
    const after = ends[index + 1];
    if (before === undefined) path = `M${at(point)}`;
    else if (after === undefined) path += `L${at(point)}`;
    else {
      const radius = Math.min(10, distance(before, point) / 2, distance(point, after) / 2);
      path += `L${at(toward(point, before, radius))}Q${at(point)} ${at(toward(point, after, radius))}`;
    }
  });
  return path;
}

const at = ({ x, y }: Point): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
function toward(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * length) / whole, y: from.y + ((to.y - from.y) * length) / whole };
}

/** Beside the first stretch that belongs to this edge alone. */
function labelPoint(points: readonly Point[]): Point {
  const [first, second, third] = points;
  if (first === undefined || second === undefined) return { x: 0, y: 0 };
  if (first.y === second.y) return { x: first.x + Math.min(26, (second.x - first.x) / 2), y: first.y };
  if (third === undefined || third.x === first.x) return { x: first.x, y: first.y + ROW_GAP / 2 };
  return { x: third.x, y: third.y + 1 };
}
