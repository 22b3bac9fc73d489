import type { ListQuery } from '../../../runtime/ports.js';
import { decodeCursor, encodeCursor, type Position } from '../cursor.js';
import type { Database } from '../migrations.js';
import type { Standing } from '../standing.js';

export interface Page {
  /** JSON of each. */
  readonly items: string[];
  readonly cursor?: string;
}

/** {@link ListQuery}, for those too that have not begun. */
export interface StandingQuery extends Omit<ListQuery, 'status'> {
  readonly status?: Standing['status'];
  /** Only those that have begun and are not over. */
  readonly isLive?: boolean;
}

type IndexRow = { id: string; started_at: number; summary: string };

/** The executions of one organisation, as each reported itself last. */
export class ExecutionIndex {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes a report; one that is older than what is known changes nothing, and answers false. Inside the caller's transaction. */
  record(sql: SqlStorage, summary: Standing, text: string): boolean {
    const known = sql.exec<{ seq: number }>('SELECT seq FROM executions WHERE id = ?', summary.id).toArray()[0];
    if (known && known.seq >= summary.seq) return false;
    this.replace(sql, summary, text);
    return true;
  }

  /** The same whatever is known. */
  replace(sql: SqlStorage, summary: Standing, text: string): void {
    sql.exec(
      'INSERT OR REPLACE INTO executions (id, workflow, status, started_at, seq, summary) VALUES (?, ?, ?, ?, ?, ?)',
      summary.id,
      summary.workflow,
      summary.status,
      summary.startedAt,
      summary.seq,
      text,
    );
  }

  /** @throws ValidationError for a cursor that no page returned */
  list(query: StandingQuery): Page {
    const position = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const sql = this.#database.reading();
    if (!sql) return { items: [] };
    const limit = query.limit ?? 50;
    const { text, values } = statement(query, position);
    const rows = sql.exec<IndexRow>(text, ...values, limit + 1).toArray();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const items = page.map((row) => row.summary);
    return rows.length > limit && last
      ? { items, cursor: encodeCursor({ startedAt: last.started_at, id: last.id }) }
      : { items };
  }

  statusOf(id: string): Standing['status'] | undefined {
    const rows = this.#database
      .reading()
      ?.exec<{ status: Standing['status'] }>('SELECT status FROM executions WHERE id = ?', id);
    return rows?.toArray()[0]?.status;
  }
}

/** Only the conditions that are asked for, so that each query has an index to walk. */
function statement(
  query: StandingQuery,
  position: Position | undefined,
): { text: string; values: (string | number)[] } {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  if (query.workflow !== undefined) {
    conditions.push('workflow = ?');
    values.push(query.workflow);
  }
  if (query.status !== undefined) {
    conditions.push('status = ?');
    values.push(query.status);
  }
  if (query.isLive === true) conditions.push("status IN ('running', 'waiting', 'paused')");
  if (position) {
    conditions.push('(started_at, id) < (?, ?)');
    values.push(position.startedAt, position.id);
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const text = `SELECT id, started_at, summary FROM executions ${where} ORDER BY started_at DESC, id DESC LIMIT ?`;
  return { text, values };
}
