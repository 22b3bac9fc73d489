import { ExpressionError } from '../errors.js';
import type { ParsedExpression } from './ast.js';
import type { CompileContext, CompileNode } from './context.js';
import { boundedText, type Step } from './operators.js';
import { parseExpression } from './parse.js';
import type { Run } from './run.js';

export interface ItemText {
  readonly step: Step;
  /** Fuel that one item costs. */
  readonly cost: number;
}

/**
 * Compiles a text that speaks of an item: a condition, or a format with `{expression}` in it. Braces that hold no
 * expression which begins with a name stay as they are, so that a format may contain JSON.
 * @param compile compiles the parts; given, because what compiles nodes compiles these texts too
 * @param position of the text in the expression's source, for errors
 */
export function compileItemText(
  text: string,
  kind: 'format' | 'condition',
  position: number,
  context: CompileContext,
  compile: CompileNode,
): ItemText {
  try {
    return kind === 'condition' ? compileCondition(text, context, compile) : compileFormat(text, context, compile);
  } catch (error) {
    throw error instanceof ExpressionError ? within(error, text, position, context.source) : error;
  }
}

function within(error: ExpressionError, text: string, position: number, source: string): ExpressionError {
  const message = `In the text ${JSON.stringify(text)}: ${error.message}`;
  return new ExpressionError(message, { source, position }, { code: error.code, cause: error });
}

function compileCondition(text: string, context: CompileContext, compile: CompileNode): ItemText {
  const parsed = parseExpression(text, { limits: context.limits, start: 0, until: undefined, item: true });
  return { step: compile(parsed.node, context), cost: parsed.cost };
}

function compileFormat(text: string, context: CompileContext, compile: CompileNode): ItemText {
  const parts: (string | Step)[] = [];
  let cost = 1;
  let copied = 0;
  for (let open = text.indexOf('{'); open !== -1; open = text.indexOf('{', open + 1)) {
    const parsed = parsePlaceholder(text, open + 1, context);
    if (parsed === undefined) continue;
    parts.push(text.slice(copied, open), compile(parsed.node, context));
    cost += parsed.cost;
    copied = parsed.end + 1;
    open = parsed.end;
  }
  parts.push(text.slice(copied));
  return { step: formatStep(parts), cost };
}

function parsePlaceholder(text: string, start: number, context: CompileContext): ParsedExpression | undefined {
  if (!/^\s*[A-Za-z_$.\u0080-\uffff]/.test(text.slice(start, start + 100))) return undefined;
  try {
    return parseExpression(text, { limits: context.limits, start, until: '}', item: true });
  } catch (error) {
    if (error instanceof ExpressionError && error.code !== 'EXPRESSION_LIMIT') return undefined;
    throw error;
  }
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
