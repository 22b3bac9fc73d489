import type { PendingApproval } from '../approvals.js';
import { CHUNK } from '../chunks.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import type { Database } from '../migrations.js';
import type { Page } from './execution-index.js';

/** What somebody else can wake in an execution, as the execution reports it with its summary. */
export interface Waiting {
  readonly approvals: readonly PendingApproval[];
  readonly events: readonly EventWait[];
}

/** A visit that waits for an event of this name. */
export interface EventWait {
  readonly activation: number;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface ApprovalQuery {
  readonly workflow?: string;
  readonly limit: number;
  readonly cursor?: string;
}

type ApprovalRow = { id: string; requested_at: number; body: string };

/** The approvals and the waits for events of one organisation's executions, as each reported them last. */
export class WaitingIndex {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Replaces what is known of one execution. Inside the caller's transaction. */
  replace(sql: SqlStorage, execution: string, waiting: Waiting): void {
    sql.exec('DELETE FROM approvals WHERE execution = ?', execution);
    for (const approval of waiting.approvals) {
      sql.exec(
        'INSERT INTO approvals (id, execution, workflow, requested_at, body) VALUES (?, ?, ?, ?, ?)',
        approval.id,
        execution,
        approval.workflow,
        approval.requestedAt,
        fitted(approval),
      );
    }
    sql.exec('DELETE FROM event_waits WHERE execution = ?', execution);
    for (const { activation, name, since } of waiting.events) {
      sql.exec(
        'INSERT INTO event_waits (execution, activation, name, since) VALUES (?, ?, ?, ?)',
        execution,
        activation,
        name,
        since,
      );
    }
  }

  /** Newest first. @throws ValidationError for a cursor that no page returned */
  approvals({ workflow, limit, cursor }: ApprovalQuery): Page {
    const position = cursor === undefined ? undefined : decodeCursor(cursor);
    const sql = this.#database.reading();
    if (!sql) return { items: [] };
    const rows = sql
      .exec<ApprovalRow>(
        `SELECT id, requested_at, body FROM approvals
         WHERE (?1 IS NULL OR workflow = ?1) AND (?2 IS NULL OR (requested_at, id) < (?2, ?3))
         ORDER BY requested_at DESC, id DESC LIMIT ?4`,
        workflow ?? null,
        position?.startedAt ?? null,
        position?.id ?? null,
        limit + 1,
      )
      .toArray();
    const items = rows.slice(0, limit).map((row) => row.body);
    const last = rows[limit - 1];
    return rows.length > limit && last
      ? { items, cursor: encodeCursor({ startedAt: last.requested_at, id: last.id }) }
      : { items };
  }
}

/** What does not fit a row is left to the execution itself, which shows all of it. */
function fitted(approval: PendingApproval): string {
  const text = JSON.stringify(approval);
  if (text.length <= CHUNK) return text;
  const { description: _, approvers: __, title, ...rest } = approval;
  return JSON.stringify({ ...rest, title: title.slice(0, 500), fields: [], shortened: true });
}
