import { ExpressionError } from '../errors.js';
import type { TransformNode } from './ast.js';
import { nearest } from './nearest.js';

/** @param known names of all functions, to suggest from */
export function unknownFunction({ name, position }: TransformNode, source: string, known: readonly string[]): never {
  const suggestion = nearest(name, known);
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  throw new ExpressionError(`There is no function ${name}${hint} (character ${position + 1})`, { source, position });
}
