import type { JournalEvent } from '../engine/journal.js';

/** Slugs of the steps visited, in the order in which their visits began. */
export function visited(history: readonly JournalEvent[]): readonly string[] {
  return history.flatMap((event) =>
    event.type === 'step_started' && event.attempt === 1 && event.compensates === undefined ? [event.step] : [],
  );
}

/** Ports taken, each once, as `step/port`. */
export function taken(history: readonly JournalEvent[]): readonly string[] {
  const ways = history.flatMap((event) => {
    if (event.type === 'step_succeeded' && event.compensates === undefined) return [`${event.step}/${event.port}`];
    if (event.type === 'step_failed' && event.retryAt === undefined) return [`${event.step}/error`];
    if (event.type === 'iteration_started') return [`${event.step}/next`];
    return event.type === 'branch_started' ? [`${event.step}/${event.port}`] : [];
  });
  return [...new Set(ways)];
}
