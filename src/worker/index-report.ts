import type { Driver } from '../../runtime/index.js';
import type { ExecutionSummary } from '../../runtime/ports.js';
import { pendingApprovals } from './approvals.js';
import type { Waiting } from './directory/waiting.js';

/** What others can wake, as of now: that may be later than the summary, and then another report follows. */
export function waitingIn(driver: Driver | undefined): Waiting {
  if (!driver) return { approvals: [], events: [] };
  const { plan, state } = driver;
  const events = state.activations.flatMap(({ id: activation, event: name, startedAt: since }) =>
    name === null ? [] : [{ activation, name, since }],
  );
  return { approvals: pendingApprovals(plan, state), events };
}

/** As the index keeps it: an error's text cut short, its details left to the execution itself. */
export function brief(summary: ExecutionSummary): ExecutionSummary {
  if (!summary.error) return summary;
  const { details: _, message, ...error } = summary.error;
  return { ...summary, error: { ...error, message: message.slice(0, 500) } };
}
