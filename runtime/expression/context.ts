import type { Node } from './ast.js';
import type { ExpressionLimits } from './limits.js';
import type { Step } from './operators.js';
import type { BuiltinFunction } from './registry.js';

/** What compiling the parts of one expression has in common. */
export interface CompileContext {
  readonly source: string;
  readonly limits: ExpressionLimits;
  /** The path that the expression reads more than once, if there is one: it is walked once for all of them. */
  readonly repeated: string | undefined;
  find(name: string): BuiltinFunction | undefined;
  /** Names of all functions, to suggest from. */
  known(): readonly string[];
}

export type CompileNode = (node: Node, context: CompileContext) => Step;
