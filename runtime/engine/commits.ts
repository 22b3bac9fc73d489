import type { Plan } from '../definition/plan.js';
import type { Commit, ExecutionStore, ExecutionSummary } from '../ports.js';
import { sizeOf } from '../to-json.js';
import type { Advance } from './advance.js';
import type { JournalEvent } from './journal.js';
import type { ExecutionState } from './state.js';
import { earlier, summaryOf } from './summary.js';

const SNAPSHOT_AFTER = 64 * 1024;
const SNAPSHOT_RATIO = 4;
const EVENT_OVERHEAD = 200;

/** Makes the commits of one driver, each with a snapshot where one is due. */
export class Commits {
  readonly #plan: Plan;
  readonly #store: ExecutionStore;
  readonly #epoch: number;
  readonly #leaseMs: number | undefined;
  /** Of what came after the last snapshot, in characters of JSON. */
  #tailSize: number;
  #snapshotSize = 0;

  constructor(
    plan: Plan,
    store: ExecutionStore,
    epoch: number,
    leaseMs: number | undefined,
    tail: readonly JournalEvent[],
  ) {
    this.#plan = plan;
    this.#store = store;
    this.#epoch = epoch;
    this.#leaseMs = leaseMs;
    this.#tailSize = tail.reduce((size, event) => size + EVENT_OVERHEAD + sizeOf(event), 0);
  }

  /** @param size of what the events carry, in characters of JSON */
  next(before: ExecutionState, { events, state }: Advance, size: number): Commit {
    this.#tailSize += size + events.length * EVENT_OVERHEAD;
    const after = before.seq;
    const epoch = this.#epoch;
    const summary = this.summaryOf(state);
    // Each in one literal, whose shape is not forgotten with the last of them: see docs/decisions/0025.
    return this.#snapshotDue()
      ? { after, epoch, events, summary, snapshot: this.#snapshot(state) }
      : { after, epoch, events, summary };
  }

  /** While an effect is under way, the wake time is no further ahead than the lease. */
  summaryOf(state: ExecutionState): ExecutionSummary {
    const summary = summaryOf(this.#plan, state);
    if (this.#leaseMs === undefined || state.status !== 'running') return summary;
    return { ...summary, wakeAt: earlier(summary.wakeAt, state.updatedAt + this.#leaseMs) };
  }

  /** Snapshots cost in all a fraction of what the journal does: each is taken when the tail has outgrown the one before. */
  #snapshotDue(): boolean {
    return this.#tailSize >= Math.max(SNAPSHOT_AFTER, SNAPSHOT_RATIO * this.#snapshotSize);
  }

  #snapshot(state: ExecutionState): NonNullable<Commit['snapshot']> {
    this.#snapshotSize = this.#store.keepsReferences === true ? 0 : sizeOf(state);
    this.#tailSize = 0;
    return { seq: state.seq, state };
  }
}
