import type { JournalEvent } from '../engine/journal.js';
import { ConflictError } from '../errors.js';
import type {
  Commit,
  ExecutionStore,
  ExecutionSummary,
  JsonObject,
  ListPage,
  ListQuery,
  NewExecution,
  Snapshot,
  StoredExecution,
} from '../ports.js';

interface Row {
  summary: ExecutionSummary;
  readonly definition: JsonObject;
  epoch: number;
  snapshot: Snapshot;
  readonly events: JournalEvent[];
}

/** Keeps executions in this process and answers at once. What it is handed is immutable by contract, so nothing is copied. */
export class MemoryStore implements ExecutionStore {
  readonly keepsReferences = true;
  readonly #rows = new Map<string, Row>();

  create(execution: NewExecution): void {
    const { summary, definition, events, snapshot } = execution;
    if (this.#rows.has(summary.id))
      throw new ConflictError(`Execution ${summary.id} exists already`, { code: 'EXECUTION_EXISTS' });
    this.#rows.set(summary.id, { summary, definition, epoch: 1, snapshot, events: [...events] });
  }

  open(id: string): StoredExecution | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    row.epoch += 1;
    const { summary, definition, epoch, snapshot } = row;
    return { summary, definition, epoch, snapshot, tail: row.events.slice(snapshot.seq) };
  }

  commit(id: string, commit: Commit): void {
    const row = this.#rows.get(id);
    if (row === undefined) throw new ConflictError(`There is no execution ${id}`, { code: 'EXECUTION_GONE' });
    if (commit.epoch !== row.epoch) {
      throw new ConflictError(`Execution ${id} is driven under epoch ${row.epoch}, not ${commit.epoch}`, {
        code: 'STALE_EPOCH',
      });
    }
    if (commit.after !== row.events.length) {
      throw new ConflictError(`Execution ${id} is at event ${row.events.length}, not ${commit.after}`, {
        code: 'STALE_SEQ',
      });
    }
    for (const event of commit.events) row.events.push(event);
    row.summary = commit.summary;
    if (commit.snapshot !== undefined) row.snapshot = commit.snapshot;
  }

  read(id: string): Omit<StoredExecution, 'tail'> | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    const { summary, definition, epoch, snapshot } = row;
    return { summary, definition, epoch, snapshot };
  }

  readEvents(id: string, query: { readonly after?: number; readonly limit?: number } = {}): readonly JournalEvent[] {
    const { after = 0, limit = 1000 } = query;
    return this.#rows.get(id)?.events.slice(after, after + limit) ?? [];
  }

  list(query: ListQuery = {}): ListPage {
    const { workflow, status, limit = 50, cursor } = query;
    const all = [...this.#rows.values()]
      .map((row) => row.summary)
      .filter((summary) => workflow === undefined || summary.workflow === workflow)
      .filter((summary) => status === undefined || summary.status === status)
      .sort(newestFirst);
    const from = cursor === undefined ? 0 : all.findIndex((summary) => cursorOf(summary) === cursor) + 1;
    const items = all.slice(from, from + Math.min(Math.max(limit, 1), 200));
    const last = items.at(-1);
    return last === undefined || from + items.length >= all.length ? { items } : { items, cursor: cursorOf(last) };
  }
}

function newestFirst(a: ExecutionSummary, b: ExecutionSummary): number {
  if (a.startedAt !== b.startedAt) return b.startedAt - a.startedAt;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

function cursorOf(summary: ExecutionSummary): string {
  return `${summary.startedAt}.${summary.id}`;
}
