import { canonicalJson, comparableHistory, historyDigest, type JournalEvent } from '../../runtime/index.js';

export interface Row {
  /** From 1. */
  readonly number: number;
  readonly page: JournalEvent | undefined;
  readonly edge: JournalEvent | undefined;
  /** `ahead`: only one side has come this far yet. */
  readonly state: 'equal' | 'differs' | 'ahead';
}

export interface Comparison {
  readonly rows: readonly Row[];
  /** How many events stand in both histories, equal, before the first that differs. */
  readonly matched: number;
  /** `waiting`: nothing differs so far and at least one is not over. */
  readonly verdict: 'empty' | 'waiting' | 'equal' | 'differ';
  /** The first row that differs. */
  readonly difference: Row | undefined;
  readonly digests: { readonly page: string | undefined; readonly edge: string | undefined };
  /** Attempts that a reload or a crash cut off and that were performed again; set aside before comparing. */
  readonly interruptions: number;
}

/**
 * Compares two histories event by event, in canonical form, with clock readings, ids and seeds levelled. An attempt
 * that was cut off and then performed again stands in only one of the two: it is set aside, and counted.
 */
export function compareHistories(page: readonly JournalEvent[], edge: readonly JournalEvent[]): Comparison {
  const levelled = { page: withoutInterruptions(page), edge: withoutInterruptions(edge) };
  const left = comparableHistory(levelled.page.events);
  const right = comparableHistory(levelled.edge.events);
  const rows: Row[] = [];
  for (let at = 0; at < Math.max(left.length, right.length); at++) rows.push(row(at + 1, left[at], right[at]));
  const difference = rows.find(({ state }) => state === 'differs');
  const overrun = rows.find(({ state }) => state === 'ahead');
  const over = isOver(left) && isOver(right);
  const odd = difference ?? (over ? overrun : undefined);
  return {
    rows,
    matched: (odd ?? overrun)?.number === undefined ? rows.length : ((odd ?? overrun)?.number ?? 1) - 1,
    verdict: rows.length === 0 ? 'empty' : odd !== undefined ? 'differ' : over ? 'equal' : 'waiting',
    difference: odd,
    digests: { page: digest(left), edge: digest(right) },
    interruptions: levelled.page.count + levelled.edge.count,
  };
}

function row(number: number, page: JournalEvent | undefined, edge: JournalEvent | undefined): Row {
  if (page === undefined || edge === undefined) return { number, page, edge, state: 'ahead' };
  return { number, page, edge, state: canonicalJson(page) === canonicalJson(edge) ? 'equal' : 'differs' };
}

function isOver(events: readonly JournalEvent[]): boolean {
  const last = events.at(-1)?.type;
  return last === 'execution_completed' || last === 'execution_failed' || last === 'execution_cancelled';
}

function digest(events: readonly JournalEvent[]): string | undefined {
  return events.length === 0 ? undefined : historyDigest(events);
}

/** Takes out each attempt that was cut off, with its notice, and counts the later attempts of that visit from where it was. */
function withoutInterruptions(events: readonly JournalEvent[]): { events: readonly JournalEvent[]; count: number } {
  const cutOff = new Map<number, number[]>();
  for (const event of events) {
    if (event.type === 'step_interrupted') {
      cutOff.set(event.activation, [...(cutOff.get(event.activation) ?? []), event.attempt]);
    }
  }
  if (cutOff.size === 0) return { events, count: 0 };
  const kept: JournalEvent[] = [];
  for (const event of events) {
    const attempts = 'activation' in event && event.activation !== undefined ? cutOff.get(event.activation) : undefined;
    if (attempts === undefined || !('attempt' in event)) kept.push({ ...event, seq: kept.length + 1 });
    else if (!attempts.includes(event.attempt)) {
      const earlier = attempts.filter((attempt) => attempt < event.attempt).length;
      kept.push({ ...event, seq: kept.length + 1, attempt: event.attempt - earlier });
    }
  }
  return { events: kept, count: [...cutOff.values()].flat().length };
}
