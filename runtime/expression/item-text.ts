import { ExpressionError } from '../errors.js';
import type { LiteralNode } from './ast.js';
import type { CompileContext, CompileNode, ItemTextKind } from './context.js';
import { boundedText, type Step } from './operators.js';
import type { Run } from './run.js';

export interface ItemText {
  readonly step: Step;
  /** Fuel that one item costs. */
  readonly cost: number;
}

/**
 * Compiles a text that speaks of an item: a condition, or a format with `{expression}` in it.
 * @param node the literal that holds the text
 * @param compile compiles the parts; given, because what compiles nodes compiles these texts too
 */
export function compileItemText(
  node: LiteralNode,
  text: string,
  kind: ItemTextKind,
  context: CompileContext,
  compile: CompileNode,
): ItemText {
  try {
    const { parts, cost } = context.library.itemText(node, text, kind, context.limits);
    const steps = parts.map((part) => (typeof part === 'string' ? part : compile(part, context)));
    const [first] = steps;
    return { step: kind === 'condition' && typeof first === 'function' ? first : formatStep(steps), cost };
  } catch (error) {
    throw error instanceof ExpressionError ? within(error, text, node.position, context.source) : error;
  }
}

function within(error: ExpressionError, text: string, position: number, source: string): ExpressionError {
  const message = `In the text ${JSON.stringify(text)}: ${error.message}`;
  return new ExpressionError(message, { source, position }, { code: error.code, cause: error });
}

function formatStep(parts: readonly (string | Step)[]): Step {
  return (run: Run) => {
    let text = '';
    for (const part of parts) {
      const piece = typeof part === 'string' ? part : boundedText(part(run), run);
      run.checkString(text.length + piece.length);
      text += piece;
    }
    return text;
  };
}
