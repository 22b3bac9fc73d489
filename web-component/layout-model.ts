/** The shapes that a layout is made of, and its measures in pixels. */

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
  lane: number | null;
}
export interface Vertex {
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
export interface Column {
  readonly rank: number;
  readonly from: number;
  to: number;
  readonly left: number;
  readonly right: number;
  readonly vertex?: Vertex;
  readonly edge?: Edge;
}
