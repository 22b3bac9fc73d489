import type { RuntimePorts, StoredExecution } from '../ports.js';
import { type JournalEvent, requireKnownFormat } from './journal.js';
import type { Recovered } from './language.js';
import { recoverWith } from './recover-with.js';
import { compileStored } from './stored-plan.js';

/**
 * As {@link recoverWith}, with the plan of the definition that the store holds.
 * @throws ConflictError `PLAN_MISMATCH`, `JOURNAL_MISMATCH` or `JOURNAL_FORMAT` when what is stored does not fit together
 * @throws ValidationError `FUNCTION_NOT_FOUND` when the definition calls functions that are not among these
 */
export function recover(
  stored: Pick<StoredExecution, 'summary' | 'definition' | 'snapshot'>,
  tail: readonly JournalEvent[],
  functions?: RuntimePorts['functions'],
): Recovered {
  // A journal of a newer form may be of a definition that only a newer compiler knows.
  requireKnownFormat(stored.snapshot.state.format ?? 1);
  return recoverWith(compileStored(stored.definition, functions), stored, tail);
}
