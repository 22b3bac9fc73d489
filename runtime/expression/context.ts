import type { LiteralNode, Node, TransformNode } from './ast.js';
import type { ExpressionLimits } from './limits.js';
import type { Step } from './operators.js';
import type { BuiltinFunction } from './registry.js';

/** A text that speaks of an item, taken apart: a condition is one node, a format texts and nodes. */
export interface ParsedItemText {
  readonly parts: readonly (string | Node)[];
  /** Fuel that one item costs. */
  readonly cost: number;
}

export type ItemTextKind = 'format' | 'condition';

/** What expressions are compiled with beside what they are parsed to. */
export interface Library {
  /** @throws ExpressionError where no function has that name */
  find(node: TransformNode, source: string): BuiltinFunction;
  /** @throws ExpressionError where the text, which the literal holds, does not parse */
  itemText(node: LiteralNode, text: string, kind: ItemTextKind, limits: ExpressionLimits): ParsedItemText;
  /** Whether to compile it finds nothing wrong. */
  isSure(transform: TransformNode): boolean;
}

/** What compiling the parts of one expression has in common. */
export interface CompileContext {
  readonly source: string;
  readonly limits: ExpressionLimits;
  /** The path that the expression reads more than once, if there is one: it is walked once for all of them. */
  readonly repeated: string | undefined;
  readonly library: Library;
}

export type CompileNode = (node: Node, context: CompileContext) => Step;
