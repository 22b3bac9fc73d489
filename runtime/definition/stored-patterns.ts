import type { Json } from '../json.js';
import { patternFault } from './pattern-cost.js';
import type { Reading } from './reading.js';
import { quote } from './structure.js';

/** Refuses a pattern that can take too long: no compiler has seen those of a plan that is loaded. */
export async function checkPatterns(
  patterns: readonly string[],
  schemas: readonly Json[],
  reading: Reading,
): Promise<void> {
  const all = [...patterns];
  if (schemas.length > 0) {
    const { patternsIn } = await import('./input-schema.js');
    for (const schema of schemas) all.push(...patternsIn(schema));
  }
  for (const pattern of all) {
    const fault = patternFault(pattern);
    if (fault !== undefined) reading.fail(`The pattern ${quote(pattern)} ${fault}.`);
  }
}
