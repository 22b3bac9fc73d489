import { canonicalJson } from '../canonical.js';
import type { Plan } from '../definition/plan.js';
import { advance, type InputEvent } from './advance.js';
import { JOURNAL_VERSION, type JournalEvent, requireKnownFormat } from './journal.js';
import type { ExecutionState } from './state.js';

export type ReplayResult =
  | { readonly ok: true; readonly state: ExecutionState | undefined }
  | {
      readonly ok: false;
      /** Number of the first event that differs. */
      readonly seq: number;
      /** What the plan makes of the events before; undefined where it makes nothing more. */
      readonly expected: JournalEvent | undefined;
      /** What the journal holds. */
      readonly actual: JournalEvent | undefined;
      /** The state before the stimulus from which the two part. */
      readonly state: ExecutionState | undefined;
    };

/**
 * Rebuilds a state from a journal, and checks on the way that every event is what the interpreter makes of those
 * before it. Begins from nothing, or from a snapshot and the events that follow it.
 *
 * @throws ConflictError `JOURNAL_FORMAT` for a journal of a newer form
 * @param stopBefore as of {@link advance}, for a journal that is the beginning of a fork
 */
export function replay(
  plan: Plan,
  events: readonly JournalEvent[],
  from?: ExecutionState,
  stopBefore?: number,
): ReplayResult {
  let state = from;
  const forks = new Forks(events);
  for (let position = 0; position < events.length; ) {
    const actual = events[position];
    const input = actual && stimulusOf(actual);
    const seq = (state?.seq ?? 0) + 1;
    if (input === undefined) return { ok: false, seq, expected: undefined, actual, state };
    if ((state === undefined) !== (input.type === 'execution_started')) {
      return { ok: false, seq, expected: undefined, actual, state };
    }
    const pinned = pinnedTo(plan, input, seq);
    if (pinned !== undefined) return { ok: false, seq, expected: pinned, actual, state };
    const next = advance(plan, state, input, forks.before(position) ?? stopBefore);
    if (next.events.length === 0) return { ok: false, seq, expected: undefined, actual, state };
    for (const [offset, expected] of next.events.entries()) {
      const found = events[position + offset];
      if (found === undefined || canonicalJson(found) !== canonicalJson(expected)) {
        return { ok: false, seq: expected.seq, expected, actual: found, state };
      }
    }
    position += next.events.length;
    state = next.state;
  }
  return { ok: true, state };
}

/** Where another execution's journal was cut off: the walk under way there ends before the visit that is made anew. */
class Forks {
  readonly #cuts: readonly (readonly [position: number, activation: number])[];

  constructor(events: readonly JournalEvent[]) {
    this.#cuts = events.flatMap((event, position) =>
      event.type === 'execution_forked' ? [[position, event.origin.activation] as const] : [],
    );
  }

  /** The visit that an event at this position must not lead to. */
  before(position: number): number | undefined {
    return this.#cuts.find(([cut]) => cut > position)?.[1];
  }
}

/** The start as it would be under this plan and this version of the journal, where it is of others. */
function pinnedTo(plan: Plan, event: InputEvent, seq: number): JournalEvent | undefined {
  if (event.type !== 'execution_started') return undefined;
  requireKnownFormat(event.format);
  if (event.workflow.hash === plan.hash && event.format === JOURNAL_VERSION) return undefined;
  return { ...event, seq, format: JOURNAL_VERSION, workflow: { ...event.workflow, hash: plan.hash } };
}

/** The event as it enters the interpreter, or undefined for the kinds that only ever follow from others. */
function stimulusOf(event: JournalEvent): InputEvent | undefined {
  switch (event.type) {
    case 'execution_started':
    case 'step_succeeded':
    case 'step_failed':
    case 'step_interrupted':
    case 'model_turn':
    case 'tool_result':
    case 'timer_fired':
    case 'execution_continued':
    case 'signal_received':
    case 'log':
    case 'checkpoint':
    case 'execution_paused':
    case 'execution_resumed':
    case 'execution_transferred':
    case 'execution_imported':
    case 'execution_forked':
    case 'child_started':
    case 'child_ended':
    case 'cancellation_requested':
    case 'execution_cancelled': {
      const { seq: _seq, ...input } = event;
      return input;
    }
    default:
      return undefined;
  }
}
