import { type Issue, ValidationError } from '../errors.js';
import { analyse, type ValidateOptions } from './analyse.js';
import type { Plan } from './plan.js';
import { planOf } from './plan-of.js';

/**
 * Makes a document ready to run. The plan of its normal form, {@link Plan.definition}, is equal to it.
 * @throws ValidationError `INVALID_DEFINITION` with everything that is wrong
 */
export function compile(document: unknown, options?: ValidateOptions): Plan {
  const { issues, parts } = analyse(document, options);
  if (parts === undefined) throw new ValidationError(summary(issues), issues);
  return planOf(parts);
}

function summary(issues: readonly Issue[]): string {
  const errors = issues.filter((issue) => issue.severity === 'error');
  const [first] = errors;
  if (first === undefined) return 'The workflow is not valid.';
  const where = first.step === undefined ? '' : ` (step \`${first.step}\`)`;
  const rest = errors.length - 1;
  const more = rest === 0 ? '' : rest === 1 ? ' There is 1 more error.' : ` There are ${rest} more errors.`;
  return `The workflow is not valid: ${first.message}${where}${more}`;
}
