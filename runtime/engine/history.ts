import { canonicalJson } from '../canonical.js';
import { digestOf } from '../digest.js';
import type { JournalEvent } from './journal.js';

/**
 * SHA-256, in hex, over the whole history: each link is the hash of the link before it and the canonical JSON of the
 * next event, so that a change to any event changes every link after it. The first link is 64 zeros.
 */
export function historyDigest(events: readonly JournalEvent[]): string {
  return historyLinks(events).at(-1) ?? FIRST_LINK;
}

/** Every link of the chain that {@link historyDigest} ends, one for each event: the first that differs tells which was changed. */
export function historyLinks(events: readonly JournalEvent[]): string[] {
  let link = FIRST_LINK;
  return events.map((event) => {
    link = digestOf(link + canonicalJson(event));
    return link;
  });
}

const FIRST_LINK = '0'.repeat(64);

/** The history as it would be had the execution never been carried: without the events that say so. */
export function withoutTransfers(events: readonly JournalEvent[]): readonly JournalEvent[] {
  return events
    .filter(({ type }) => type !== 'execution_transferred' && type !== 'execution_imported')
    .map((event, index) => ({ ...event, seq: index + 1 }));
}

/**
 * A history with everything levelled that differs between two runs only because they were two: clock readings, the
 * execution's id, its seed and the ids of signals and transfers. Two runs of one plan with one input and the same answers from
 * outside are equal in this form; what a step computed from the clock itself stays.
 */
export function comparableHistory(events: readonly JournalEvent[]): readonly JournalEvent[] {
  return events.map(levelled);
}

function levelled(event: JournalEvent): JournalEvent {
  switch (event.type) {
    case 'execution_started': {
      const { organizationId: _organization, ...rest } = event;
      return { ...rest, at: 0, executionId: '', seed: 0 };
    }
    case 'step_failed':
      return event.retryAt === undefined ? { ...event, at: 0 } : { ...event, at: 0, retryAt: event.retryAt - event.at };
    case 'timer_set':
      return { ...event, at: 0, dueAt: event.dueAt - event.at };
    case 'signal_received':
      return { ...event, at: 0, id: '' };
    case 'execution_transferred':
    case 'execution_imported':
      return { ...event, at: 0, transferId: '' };
    case 'execution_forked':
      return { ...event, at: 0, executionId: '', origin: { ...event.origin, executionId: '' } };
    case 'child_started':
    case 'child_ended':
      return { ...event, at: 0, executionId: '' };
    default:
      return { ...event, at: 0 };
  }
}
