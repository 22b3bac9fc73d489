import type { Plan } from '../definition/plan.js';
import { ConflictError } from '../errors.js';
import type { StoredExecution } from '../ports.js';
import { toJson } from '../to-json.js';
import { type JournalEvent, requireKnownFormat } from './journal.js';
import type { Recovered } from './language.js';
import { replay } from './replay.js';

/**
 * Rebuilds the state of an execution that runs a plan from what a store holds: the snapshot, and the events after it.
 * @throws ConflictError `PLAN_MISMATCH`, `JOURNAL_MISMATCH` or `JOURNAL_FORMAT` when what is stored does not fit together
 */
export function recoverWith(
  plan: Plan,
  stored: Pick<StoredExecution, 'summary' | 'snapshot'>,
  tail: readonly JournalEvent[],
): Recovered {
  const { id, planHash } = stored.summary;
  requireKnownFormat(stored.snapshot.state.format ?? 1);
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
