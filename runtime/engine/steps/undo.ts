import type { ErrorRecord } from '../../errors.js';
import { lastItem } from '../chunks.js';
import { located } from '../failure.js';
import { undone } from '../flow.js';
import type { Work } from '../work.js';
import { startAttempt } from './effect.js';
import { activationOf, recordStart } from './visit.js';

/** Undoes what was done last and is not undone yet; ends the execution when nothing is left. */
export function undoNext(work: Work): void {
  const entry = lastItem(work.state.undo);
  if (entry === undefined) {
    end(work);
    return;
  }
  const step = work.plan.steps.get(entry.slug);
  if (step?.type !== 'action') throw new Error(`The plan has no action '${entry.slug}' to undo`);
  const { activation: compensates, slug, error } = entry;
  const visit = { id: work.newActivationId(), slug, frame: 0, cause: null };
  const activation = { ...activationOf(work, visit, 'running', 0), compensates };
  if (error === undefined) {
    startAttempt(work, activation, step);
    return;
  }
  recordStart(work, { ...visit, compensates });
  work.recordAt(activation, { type: 'step_failed', attempt: 1, error: located(error, visit, 1) });
  undone(work, slug, false);
}

function end(work: Work): void {
  const { ending } = work.state;
  if (ending === null) return;
  const { status, error, done, failed } = ending;
  const compensation = { done, failed };
  const full: ErrorRecord = error;
  work.state.error = full;
  work.state.ending = null;
  if (status === 'failed') work.record({ type: 'execution_failed', error: full, compensation });
  else work.record({ type: 'execution_cancelled', reason: error.message, compensation });
  work.finish(status);
}
