import { ConflictError } from '../errors.js';
import type { RuntimePorts, StoredExecution } from '../ports.js';
import { toJson } from '../to-json.js';
import { type JournalEvent, requireKnownFormat } from './journal.js';
import type { Recovered } from './language.js';
import { replay } from './replay.js';
import { compileStored } from './stored-plan.js';

/**
 * Rebuilds plan and state from what a store holds: the snapshot, and the events after it.
 * @throws ConflictError `PLAN_MISMATCH`, `JOURNAL_MISMATCH` or `JOURNAL_FORMAT` when what is stored does not fit together
 * @throws ValidationError `FUNCTION_NOT_FOUND` when the definition calls functions that are not among these
 */
export function recover(
  stored: Pick<StoredExecution, 'summary' | 'definition' | 'snapshot'>,
  tail: readonly JournalEvent[],
  functions?: RuntimePorts['functions'],
): Recovered {
  const { id, planHash } = stored.summary;
  requireKnownFormat(stored.snapshot.state.format ?? 1);
  const plan = compileStored(stored.definition, functions);
  if (plan.hash !== planHash) {
    throw new ConflictError(
      `Execution ${id} is pinned to plan ${planHash}, but its stored definition makes ${plan.hash}`,
      { code: 'PLAN_MISMATCH' },
    );
  }
  const replayed = replay(plan, tail, stored.snapshot.state);
  if (replayed.ok && replayed.state !== undefined) return { plan, state: replayed.state };
  const seq = replayed.ok ? stored.snapshot.seq : replayed.seq;
  throw new ConflictError(`The journal of execution ${id} departs from its plan at event ${seq}`, {
    code: 'JOURNAL_MISMATCH',
    details: replayed.ok ? null : toJson({ expected: replayed.expected, actual: replayed.actual }).json,
  });
}
