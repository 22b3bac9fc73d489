/** The shapes that a layout is made of, and its measures in pixels. */

export interface LayoutStep {
  readonly slug: string;
  readonly type: string;
  /** Slugs of the loops and `parallel`s around it, outermost first. */
  readonly enclosing: readonly string[];
  /** The ports of its branches; of a `parallel` only. */
  readonly branches?: readonly string[];
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
/** The frame around the body of a loop or a `parallel`. */
export interface PlacedLoop {
  readonly slug: string;
  /** Where branches meet, on the lower edge; null for a loop. */
  readonly join: { readonly from: number; readonly to: number } | null;
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
export interface Point {
  readonly x: number;
  readonly y: number;
}

export const NODE = { width: 226, height: 56 } as const;
export const END = 22;
export const ROW_GAP = 42;
export const ROW = NODE.height + ROW_GAP;
export const GAP = 28;
export const LANE = 26;
export const PAD = 18;
/** How far the bar at which branches meet stands out beyond them. */
export const JOIN = 22;

export const ranks = [
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
export const rank = (port: string): number => {
  const at = ranks.indexOf(port === 'failure' ? 'error' : port);
  return at < 0 ? ranks.indexOf('*') : at;
};
export const ERROR = rank('timeout');
export const DONE = rank('done');

export interface Edge {
  readonly from: Vertex;
  readonly to: Vertex;
  readonly ports: string[];
  readonly rank: number;
  back: boolean;
  /** Whether it ends at the lower edge of the frame it is in, where branches meet. */
  joins: boolean;
  /** Whether it goes there beside what stands beneath its step. */
  aside: boolean;
  lane: number | null;
}
export interface Vertex {
  readonly id: string;
  readonly end: boolean;
  /** Whether it has a body. */
  readonly loop: boolean;
  /** Whether its body is branches, side by side. */
  readonly forks: boolean;
  readonly enclosing: readonly string[];
  readonly out: Edge[];
  readonly into: Edge[];
  order: number;
  row: number;
  lastRow: number;
  /** The last row of its body. */
  bodyRow: number;
  owner: Vertex | null;
  readonly owned: Vertex[];
  /** Room of the whole block to the left and to the right of the centre. */
  left: number;
  right: number;
  /** Centre, relative to the owner's until it is placed. */
  x: number;
}
/** Whether an edge leaves a fork where its branches have met. */
export const leavesJoin = ({ from, to, rank }: Edge): boolean =>
  from.forks && rank < ERROR && rank >= DONE && !to.enclosing.includes(from.id);

/** Something that takes a column of a block: a block of its own, or the lane of an edge. */
export interface Column {
  readonly rank: number;
  readonly from: number;
  to: number;
  readonly left: number;
  readonly right: number;
  readonly vertex?: Vertex;
  readonly edge?: Edge;
}
