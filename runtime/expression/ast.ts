import type { ExpressionLimits } from './limits.js';

/**
 * What an expression may consist of: a closed list, and the only thing the compiler accepts. `position` is the offset
 * into the source, in UTF-16 units.
 */
export type Node =
  | LiteralNode
  | PathNode
  | ItemNode
  | ArrayNode
  | ObjectNode
  | ConditionalNode
  | UnaryNode
  | ChainNode
  | MembersNode
  | IndexNode
  | FilterNode
  | TransformNode;

export interface LiteralNode {
  readonly type: 'literal';
  readonly value: string | number | boolean | null | undefined;
  readonly position: number;
}

/** Keys that are known before anything runs. */
export interface Keys {
  readonly names: readonly string[];
  /** Which of them, ascending, are written as `['key']` or `[0]` and not as `.key`: the two differ on arrays. */
  readonly bracketed: readonly number[];
}

/** What most paths have. */
export const NO_BRACKETS: readonly number[] = [];

/** `a.b['c'][0]`: the first of its keys is a name of the scope. */
export interface PathNode extends Keys {
  readonly type: 'path';
  readonly position: number;
}

/** `.a.b`, or `.` alone: the element at hand of the filter or section that stands around. */
export interface ItemNode extends Keys {
  readonly type: 'item';
  readonly position: number;
}

export interface ArrayNode {
  readonly type: 'array';
  readonly elements: readonly Node[];
  readonly position: number;
}

export interface ObjectNode {
  readonly type: 'object';
  readonly entries: readonly { readonly key: string; readonly value: Node }[];
  readonly position: number;
}

export interface ConditionalNode {
  readonly type: 'conditional';
  readonly test: Node;
  /** Null in `test ?: alternate`, which yields the test itself when it holds. */
  readonly consequent: Node | null;
  readonly alternate: Node;
  readonly position: number;
}

export interface UnaryNode {
  readonly type: 'unary';
  readonly operator: UnaryOperator;
  readonly argument: Node;
  readonly position: number;
}

/** `first op right op right …`, applied from the left. Flat, so that a long sum needs no deep stack. */
export interface ChainNode {
  readonly type: 'chain';
  readonly first: Node;
  readonly rest: readonly { readonly operator: BinaryOperator; readonly right: Node }[];
  readonly position: number;
}

/** Keys of something that is no path. */
export interface MembersNode extends Keys {
  readonly type: 'members';
  readonly object: Node;
  readonly position: number;
}

/** `object[index]`, the index computed. */
export interface IndexNode {
  readonly type: 'index';
  readonly object: Node;
  readonly index: Node;
  readonly position: number;
}

/** `list[.price > 10]`. */
export interface FilterNode {
  readonly type: 'filter';
  readonly object: Node;
  readonly test: Node;
  /** Nodes in `test`: what one element costs. */
  readonly cost: number;
  readonly position: number;
}

/** `object|name(args)`, and `name(object, args)`. */
export interface TransformNode {
  readonly type: 'transform';
  readonly name: string;
  readonly object: Node;
  readonly args: readonly Node[];
  readonly position: number;
}

export const unaryOperators = ['!', '-', '+'] as const;
export type UnaryOperator = (typeof unaryOperators)[number];

/** Binary operators and how tightly they bind; a transform binds tighter than any. */
export const binaryPrecedence = {
  '||': 1,
  '??': 1,
  '&&': 2,
  '==': 6,
  '!=': 6,
  '===': 6,
  '!==': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  in: 7,
  includes: 7,
  contains: 7,
  startsWith: 7,
  endsWith: 7,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '//': 10,
  '%': 10,
  '^': 11,
} as const;
export type BinaryOperator = keyof typeof binaryPrecedence;

export function isUnaryOperator(text: string): text is UnaryOperator {
  return unaryOperators.some((operator) => operator === text);
}

export function isBinaryOperator(text: string): text is BinaryOperator {
  return Object.hasOwn(binaryPrecedence, text);
}

export interface ParseOptions {
  readonly limits: ExpressionLimits;
  /** Where in the source to begin; 0 when absent. */
  readonly start?: number;
  /** Text the expression ends before; the end of the source when absent. */
  readonly until?: string | undefined;
  /** Whether `.name` may stand outside a filter, for an expression that is about an item. */
  readonly item?: boolean;
}

export interface ParsedExpression {
  readonly node: Node;
  /** Offset behind the expression and the spaces after it. */
  readonly end: number;
  /** Number of nodes: what one evaluation costs at least. */
  readonly cost: number;
}
