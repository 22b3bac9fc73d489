import {
  DONE,
  type Edge,
  END,
  ERROR,
  JOIN,
  LANE,
  type Layout,
  leavesJoin,
  NODE,
  PAD,
  type PlacedLoop,
  type Point,
  ROW,
  ROW_GAP,
  type Vertex,
} from './layout-model.js';

const top = (vertex: Vertex): number => vertex.row * ROW;
const bottom = (vertex: Vertex): number => top(vertex) + (vertex.end ? END : NODE.height);

/** Draws what stands in its place: nodes, the ways of edges, the frames of loops. */
export function drawLayout(order: readonly Vertex[]): Layout {
  const loops = frames(order);
  const lows = new Map(loops.map(({ slug, y, height }) => [slug, y + height]));
  const nodes = order.map((vertex) => {
    const size = vertex.end ? { width: END, height: END } : NODE;
    return { id: vertex.id, end: vertex.end, x: vertex.x, y: top(vertex), ...size };
  });
  const edges = order.flatMap((vertex) => {
    const returns = new Map(vertex.into.filter((edge) => edge.back).map((edge, index) => [edge, index]));
    return vertex.into.map((edge) => {
      const start = leavesJoin(edge) ? (lows.get(edge.from.id) ?? bottom(edge.from)) : bottom(edge.from);
      const points = edge.joins
        ? wayToJoin(edge, start, lows.get(edge.to.id) ?? start)
        : edge.back
          ? wayBack(edge, start, returns.get(edge) ?? 0)
          : wayOn(edge, start);
      return {
        ...{ from: edge.from.id, to: edge.to.id, ports: edge.ports, back: edge.back && !edge.joins },
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

/** `low`: where it leaves the step before, or the frame of its body. */
function wayOn(edge: Edge, low: number): Point[] {
  const { from, to, lane } = edge;
  const start = { x: from.x, y: low };
  const end = { x: to.x, y: top(to) };
  const aside = lane ?? to.x;
  const pastLoop = from.loop && edge.rank >= DONE && !leavesJoin(edge);
  if ((edge.rank >= ERROR || pastLoop) && aside > from.x + NODE.width / 2) {
    const middle = top(from) + NODE.height / 2 + (!pastLoop ? 0 : edge.rank >= ERROR ? 12 : -12);
    const side = { x: from.x + NODE.width / 2, y: middle };
    if (lane === null) return [side, { x: to.x, y: middle }, end];
    const turn = end.y - ROW_GAP / 3;
    return [side, { x: lane, y: middle }, { x: lane, y: turn }, { x: to.x, y: turn }, end];
  }
  // A step that stands in the rows of its own lane: down its column, which is free above it.
  const ownLane = lane === null && to.owner === from && to.row - from.row > 1 && !leavesJoin(edge);
  const leave = low + (leavesJoin(edge) ? (ROW_GAP - PAD) / 2 : ROW_GAP / 2);
  const arrive = end.y - ROW_GAP / 2;
  if (lane === null) return [start, ...[start.x, end.x].map((x) => ({ x, y: ownLane ? leave : arrive })), end];
  return [
    start,
    ...[start.x, lane].map((x) => ({ x, y: leave })),
    ...[lane, end.x].map((x) => ({ x, y: arrive })),
    end,
  ];
}

/** Where it comes to the lower edge of the frame. */
const joinAt = ({ from, aside }: Edge): number => (aside ? from.x + from.right - LANE / 2 : from.x);

/** Down to the lower edge of the frame: straight, or past what stands beneath. */
function wayToJoin(edge: Edge, start: number, low: number): Point[] {
  const { from, aside } = edge;
  const x = joinAt(edge);
  if (!aside) return [start, low].map((y) => ({ x, y }));
  const middle = top(from) + NODE.height / 2 + (from.loop ? 0 : 12);
  return [{ x: from.x + NODE.width / 2, y: middle }, ...[middle, low].map((y) => ({ x, y }))];
}

function wayBack({ from, to }: Edge, low: number, index: number): Point[] {
  const lane = to.x - to.left + (to.loop ? PAD : 0) + LANE / 2 + (to.loop ? 0 : index * LANE);
  const under = low + ROW_GAP / 3;
  const middle = top(to) + NODE.height / 2;
  const start = { x: from.x, y: low };
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
    const box = { slug: loop.id, depth: loop.enclosing.length, join: joinOf(loop), x: room, y };
    boxes.set(loop.id, { ...box, width: right + PAD - room, height: low + PAD - y });
  }
  return [...boxes.values()].reverse();
}

/** From the first to the last way that meets there. */
function joinOf(fork: Vertex): PlacedLoop['join'] {
  if (!fork.forks) return null;
  const places = [...fork.into.filter((edge) => edge.joins).map(joinAt), fork.x];
  return { from: Math.min(...places) - JOIN, to: Math.max(...places) + JOIN };
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

/** Beside the first stretch that belongs to this edge alone, and never under the step that it leads to. */
function labelPoint(points: readonly Point[]): Point {
  const [first, second, third] = points;
  const last = points.at(-1);
  if (first === undefined || second === undefined) return { x: 0, y: 0 };
  if (first.y === second.y) return { x: first.x + Math.min(26, (second.x - first.x) / 2), y: first.y };
  if (third === undefined || third.x === first.x)
    return { x: first.x, y: first.y + Math.min(ROW_GAP, (last ?? second).y - first.y) / 2 };
  return { x: third.x, y: third.y + 1 };
}
