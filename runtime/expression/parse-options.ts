import type { Node } from './ast.js';
import type { ExpressionLimits } from './limits.js';

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
