import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from '../canonical.js';
import type { JournalEvent } from './journal.js';

/**
 * SHA-256, in hex, over the whole history: each link is the hash of the link before it and the canonical JSON of the
 * next event, so that a change to any event changes every link after it. The first link is 64 zeros.
 */
export function historyDigest(events: readonly JournalEvent[]): string {
  let link = '0'.repeat(64);
  for (const event of events) link = bytesToHex(sha256(utf8ToBytes(link + canonicalJson(event))));
  return link;
}

/**
 * A history with everything levelled that differs between two runs only because they were two: clock readings, the
 * execution's id, its seed and the ids of signals. Two runs of one plan with one input and the same answers from
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
    case 'child_started':
    case 'child_ended':
      return { ...event, at: 0, executionId: '' };
    default:
      return { ...event, at: 0 };
  }
}
