import { canonicalJson } from '../canonical.js';
import type { Plan } from '../definition/plan.js';
import { ConflictError } from '../errors.js';
import type { StoredExecution } from '../ports.js';
import type { JournalEvent } from './journal.js';
import type { Recovered } from './language.js';
import { recoverWith } from './recover-with.js';

/**
 * As {@link recoverWith}, with a plan that was loaded: that the hash it brings is that of its definition, nobody has
 * reckoned. So the definition is compared with the one that the execution was started with.
 * @throws ConflictError as {@link recoverWith}
 */
export function recoverLoaded(
  plan: Plan,
  stored: Pick<StoredExecution, 'summary' | 'definition' | 'snapshot'>,
  tail: readonly JournalEvent[],
): Recovered {
  if (canonicalJson(plan.definition) === canonicalJson(stored.definition)) return recoverWith(plan, stored, tail);
  throw new ConflictError(
    `The plan at hand with the hash ${plan.hash} is of another definition than execution ${stored.summary.id}: store it again, and load it anew`,
    { code: 'PLAN_MISMATCH' },
  );
}
