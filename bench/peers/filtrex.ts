import { compileExpression } from 'filtrex';
import { find, length, upper } from './host-functions.js';

/** Generates code; its own operators know no value that stands in for another, so the host gives `either`. */
export function filtrexEvaluator(source: string): (context: object) => unknown {
  const either = (value: unknown, otherwise: unknown) => value || otherwise;
  return compileExpression(source, { extraFunctions: { find, length, upper, either } });
}
