import type { JournalEvent, Json } from '../../runtime/ports.js';

/** The last result of each step that ended, `{slug: {output, error, attempts}}`, as its events tell. */
export function stepResults(pages: Iterable<readonly JournalEvent[]>): Json {
  const results = new Map<string, Json>();
  for (const events of pages) {
    for (const event of events) {
      if (event.type === 'step_succeeded') {
        results.set(event.step, { output: event.output, error: null, attempts: event.attempt });
      } else if (event.type === 'step_failed' && event.retryAt === undefined) {
        results.set(event.step, { output: null, error: { ...event.error }, attempts: event.attempt });
      }
    }
  }
  return Object.fromEntries(results);
}
