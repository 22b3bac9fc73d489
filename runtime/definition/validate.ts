import type { Issue } from '../errors.js';
import type { JsonObject } from '../json.js';
import { analyse, type ValidateOptions } from './analyse.js';
import type { Plan } from './plan.js';
import { planOf } from './plan-of.js';

export type { ValidateOptions } from './analyse.js';

export type ValidationResult =
  | {
      readonly ok: true;
      /** The normal form. */
      readonly definition: JsonObject;
      /** Ready to run: what `compile` makes of the document. */
      readonly plan: Plan;
      /** Warnings. */
      readonly issues: readonly Issue[];
    }
  | {
      readonly ok: false;
      /** Errors and warnings, all of them. */
      readonly issues: readonly Issue[];
    };

/**
 * Checks a workflow document: its normal form, or everything that is wrong with it. Performs nothing, and throws on no
 * value. Pointers lead into the document as it was given.
 */
export function validate(document: unknown, options?: ValidateOptions): ValidationResult {
  const { issues, parts } = analyse(document, options);
  return parts === undefined
    ? { ok: false, issues }
    : { ok: true, definition: parts.definition, plan: planOf(parts), issues };
}
