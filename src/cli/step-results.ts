import type { ErrorRecord, JournalEvent, Json } from '../../runtime/ports.js';

export interface StepReport {
  readonly output: Json;
  readonly error: ErrorRecord | null;
  readonly attempts: number;
}

/** The last result of each step that ended, as its events tell; steps that were only cut off are left out. */
export function stepResults(events: readonly JournalEvent[]): Record<string, StepReport> {
  const results: Record<string, StepReport> = {};
  for (const event of events) {
    if (event.type === 'step_succeeded') {
      results[event.step] = { output: event.output, error: null, attempts: event.attempt };
    } else if (event.type === 'step_failed' && event.retryAt === undefined) {
      results[event.step] = { output: null, error: event.error, attempts: event.attempt };
    }
  }
  return results;
}
