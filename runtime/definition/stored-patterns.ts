import type { Json } from '../json.js';
import { PatternBudget } from './pattern-budget.js';
import type { Reading } from './reading.js';
import { quote } from './structure.js';

/** Refuses a pattern that can take too long: no compiler has seen those of a plan that is loaded. */
export async function checkPatterns(
  patterns: readonly string[],
  schemas: readonly Json[],
  reading: Reading,
): Promise<void> {
  const schemaPatterns = schemas.length === 0 ? [] : schemas.flatMap((await import('./input-schema.js')).patternsIn);
  const budget = new PatternBudget();
  for (const pattern of [...patterns, ...schemaPatterns]) {
    const fault = budget.faultOf(pattern);
    if (fault !== undefined) reading.fail(`The pattern ${quote(pattern)} ${fault.text}.`);
  }
}
