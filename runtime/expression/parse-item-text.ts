import { ExpressionError } from '../errors.js';
import type { LiteralNode, Node, ParsedExpression } from './ast.js';
import type { ItemTextKind, ParsedItemText } from './context.js';
import type { ExpressionLimits } from './limits.js';
import { parseExpression } from './parse.js';

/**
 * Takes a text apart that speaks of an item. Braces that hold no expression which begins with a name stay as they are,
 * so that a format may contain JSON.
 */
export function parseItemText(
  _node: LiteralNode,
  text: string,
  kind: ItemTextKind,
  limits: ExpressionLimits,
): ParsedItemText {
  if (kind === 'format') return parseFormat(text, limits);
  const { node, cost } = parseExpression(text, { limits, start: 0, until: undefined, item: true });
  return { parts: [node], cost };
}

function parseFormat(text: string, limits: ExpressionLimits): ParsedItemText {
  const parts: (string | Node)[] = [];
  let cost = 1;
  let copied = 0;
  for (let open = text.indexOf('{'); open !== -1; open = text.indexOf('{', open + 1)) {
    const parsed = parsePlaceholder(text, open + 1, limits);
    if (parsed === undefined) continue;
    parts.push(text.slice(copied, open), parsed.node);
    cost += parsed.cost;
    copied = parsed.end + 1;
    open = parsed.end;
  }
  parts.push(text.slice(copied));
  return { parts, cost };
}

function parsePlaceholder(text: string, start: number, limits: ExpressionLimits): ParsedExpression | undefined {
  if (!/^\s*[A-Za-z_$.\u0080-\uffff]/.test(text.slice(start, start + 100))) return undefined;
  try {
    return parseExpression(text, { limits, start, until: '}', item: true });
  } catch (error) {
    if (error instanceof ExpressionError && error.code !== 'EXPRESSION_LIMIT') return undefined;
    throw error;
  }
}
