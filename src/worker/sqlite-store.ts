import { ConflictError, NewtflowError, StorageError } from '../../runtime/index.js';
import type {
  Commit,
  ExecutionStore,
  ExecutionSummary,
  JournalEvent,
  JsonObject,
  ListPage,
  ListQuery,
  NewExecution,
  StoredExecution,
} from '../../runtime/ports.js';
import { CHUNK, readDocument, split, writeDocument } from './chunks.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { Database, executionMigrations } from './migrations.js';

export interface SqliteStoreOptions {
  /** Called inside the transaction of each write: what it writes is kept, or lost, together with the write. */
  readonly committing?: (summary: ExecutionSummary, events: readonly JournalEvent[], sql: SqlStorage) => void;
}

/** One event as it is kept, unparsed. */
export interface EventText {
  readonly seq: number;
  readonly text: string;
}

type ExecutionRow = { epoch: number; seq: number; snapshot_seq: number; summary: string | null };
type ListRow = { id: string; summary: string | null };
type EventRow = { seq: number; body: string };

const PAGE = 1000;

/**
 * Executions in the SQLite of a Durable Object. Calls are synchronous: a write is a transaction, and the object's output
 * gate holds back whatever would leave the host until the write is on disk (I2).
 */
export class SqliteStore implements ExecutionStore {
  /** For what else the object keeps beside its execution. */
  readonly database: Database;
  readonly #committing: SqliteStoreOptions['committing'];

  constructor(storage: DurableObjectStorage, options: SqliteStoreOptions = {}) {
    this.database = new Database(storage, executionMigrations);
    this.#committing = options.committing;
  }

  create(execution: NewExecution): void {
    const { summary, snapshot } = execution;
    const definition = JSON.stringify(execution.definition);
    const state = JSON.stringify(snapshot.state);
    this.#write((sql) => {
      if (readRow(sql, summary.id)) {
        throw new ConflictError(`There is already an execution ${summary.id}.`, { code: 'EXECUTION_EXISTS' });
      }
      sql.exec(
        'INSERT INTO executions (id, epoch, seq, snapshot_seq, workflow, status, started_at) VALUES (?, 1, 0, ?, ?, ?, ?)',
        summary.id,
        snapshot.seq,
        summary.workflow,
        summary.status,
        summary.startedAt,
      );
      writeDocument(sql, summary.id, 'definition', definition);
      writeDocument(sql, summary.id, 'snapshot', state);
      writeTurn(sql, summary, execution.events, 0);
      this.#committing?.(summary, execution.events, sql);
    });
  }

  open(id: string): StoredExecution | undefined {
    if (!this.#exists(id)) return undefined;
    return this.#write((sql) => {
      sql.exec('UPDATE executions SET epoch = epoch + 1 WHERE id = ?', id);
      const stored = readStored(sql, id);
      return stored && { ...stored, tail: this.#eventsAfter(id, stored.snapshot.seq, Number.MAX_SAFE_INTEGER) };
    });
  }

  commit(id: string, commit: Commit): void {
    // An object that has nothing stores nothing, not even its tables.
    if (!this.database.reading()) throw gone(id);
    const state = commit.snapshot && JSON.stringify(commit.snapshot.state);
    this.#write((sql) => {
      checkTurn(sql, id, commit);
      if (commit.snapshot && state !== undefined) {
        writeDocument(sql, id, 'snapshot', state);
        sql.exec('UPDATE executions SET snapshot_seq = ? WHERE id = ?', commit.snapshot.seq, id);
      }
      writeTurn(sql, { ...commit.summary, id }, commit.events, commit.after);
      this.#committing?.(commit.summary, commit.events, sql);
    });
  }

  read(id: string): Omit<StoredExecution, 'tail'> | undefined {
    const sql = this.database.reading();
    return sql && readStored(sql, id);
  }

  readEvents(id: string, query: { readonly after?: number; readonly limit?: number } = {}): readonly JournalEvent[] {
    return this.#eventsAfter(id, query.after ?? 0, query.limit ?? PAGE);
  }

  /** Without the definition and the state: cheap enough to ask at every turn. */
  readSummary(id: string): ExecutionSummary | undefined {
    const sql = this.database.reading();
    const row = sql && readRow(sql, id);
    return row && parseSummary(sql, id, row.summary);
  }

  /**
   * Events as they are kept, with `seq > after`, at most `limit`; fewer when their texts together pass `maxLength`
   * UTF-16 units, yet always one where there is one.
   */
  readEventTexts(id: string, after: number, limit: number, maxLength: number): EventText[] {
    const sql = this.database.reading();
    if (!sql) return [];
    const rows = sql.exec<EventRow>(
      'SELECT seq, body FROM events WHERE execution = ? AND seq > ? AND seq <= ? ORDER BY seq, part',
      id,
      after,
      // Numbers have no gaps.
      Math.min(after + limit, Number.MAX_SAFE_INTEGER),
    );
    const found: { seq: number; text: string }[] = [];
    let length = 0;
    for (const { seq, body } of rows) {
      const last = found.at(-1);
      if (last?.seq === seq) last.text += body;
      else if (last && length >= maxLength) break;
      else found.push({ seq, text: body });
      length += body.length;
    }
    return found;
  }

  list(query: ListQuery = {}): ListPage {
    const sql = this.database.reading();
    if (!sql) return { items: [] };
    const limit = Math.min(Math.max(query.limit ?? 50, 1), 200);
    const position = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const rows = sql
      .exec<ListRow>(
        `SELECT id, summary FROM executions
         WHERE (?1 IS NULL OR workflow = ?1) AND (?2 IS NULL OR status = ?2)
           AND (?3 IS NULL OR (started_at, id) < (?3, ?4))
         ORDER BY started_at DESC, id DESC LIMIT ?5`,
        query.workflow ?? null,
        query.status ?? null,
        position?.startedAt ?? null,
        position?.id ?? null,
        limit + 1,
      )
      .toArray();
    const items = rows.slice(0, limit).map((row) => parseSummary(sql, row.id, row.summary));
    const last = items.at(-1);
    return rows.length > limit && last ? { items, cursor: encodeCursor(last) } : { items };
  }

  /** The last `seq` whose summary the directory knows. */
  indexedSeq(id: string): number {
    const sql = this.database.reading();
    const rows = sql?.exec<{ indexed_seq: number }>('SELECT indexed_seq FROM executions WHERE id = ?', id).toArray();
    return rows?.[0]?.indexed_seq ?? 0;
  }

  markIndexed(id: string, seq: number): void {
    this.#write((sql) => {
      sql.exec('UPDATE executions SET indexed_seq = ? WHERE id = ? AND indexed_seq < ?', seq, id, seq);
    });
  }

  #exists(id: string): boolean {
    const sql = this.database.reading();
    return sql !== undefined && readRow(sql, id) !== undefined;
  }

  #eventsAfter(id: string, after: number, limit: number): JournalEvent[] {
    return this.readEventTexts(id, after, limit, Number.MAX_SAFE_INTEGER).map(({ text }) => JSON.parse(text));
  }

  #write<T>(work: (sql: SqlStorage) => T): T {
    try {
      return this.database.transaction(work);
    } catch (error) {
      if (error instanceof NewtflowError) throw error;
      throw new StorageError(`The object's database refused a write: ${error}`, { cause: error });
    }
  }
}

type Turn = { epoch: number; seq: number };

/** By the key alone: the summary, which may be long, need not be read to be replaced. */
function checkTurn(sql: SqlStorage, id: string, commit: Commit): void {
  const [row] = sql.exec<Turn>('SELECT epoch, seq FROM executions WHERE id = ?', id);
  if (!row) throw gone(id);
  if (row.epoch !== commit.epoch) {
    throw new ConflictError(`Another driver has taken over execution ${id}.`, {
      code: 'STALE_EPOCH',
      details: { current: row.epoch, given: commit.epoch },
    });
  }
  if (row.seq !== commit.after) {
    throw new ConflictError(`Execution ${id} has moved on.`, {
      code: 'STALE_SEQ',
      details: { current: row.seq, given: commit.after },
    });
  }
}

function gone(id: string): ConflictError {
  return new ConflictError(`There is no execution ${id}.`, { code: 'EXECUTION_GONE' });
}

function readRow(sql: SqlStorage, id: string): ExecutionRow | undefined {
  return sql
    .exec<ExecutionRow>('SELECT epoch, seq, snapshot_seq, summary FROM executions WHERE id = ?', id)
    .toArray()[0];
}

function readStored(sql: SqlStorage, id: string): Omit<StoredExecution, 'tail'> | undefined {
  const row = readRow(sql, id);
  if (!row) return undefined;
  const definition: JsonObject = JSON.parse(documentOf(sql, id, 'definition'));
  return {
    summary: parseSummary(sql, id, row.summary),
    definition,
    epoch: row.epoch,
    snapshot: { seq: row.snapshot_seq, state: JSON.parse(documentOf(sql, id, 'snapshot')) },
  };
}

function documentOf(sql: SqlStorage, id: string, kind: string): string {
  const text = readDocument(sql, id, kind);
  if (text === undefined) throw new StorageError(`Execution ${id} has lost its ${kind}.`, { code: 'STORAGE_CORRUPT' });
  return text;
}

function parseSummary(sql: SqlStorage, id: string, inline: string | null): ExecutionSummary {
  return JSON.parse(inline ?? documentOf(sql, id, 'summary'));
}

function writeTurn(sql: SqlStorage, summary: ExecutionSummary, events: readonly JournalEvent[], after: number): void {
  for (const event of events) {
    for (const [part, body] of split(JSON.stringify(event)).entries()) {
      sql.exec(
        'INSERT INTO events (execution, seq, part, body) VALUES (?, ?, ?, ?)',
        summary.id,
        event.seq,
        part,
        body,
      );
    }
  }
  const text = JSON.stringify(summary);
  const fits = text.length <= CHUNK;
  if (!fits) writeDocument(sql, summary.id, 'summary', text);
  sql.exec(
    'UPDATE executions SET seq = ?, status = ?, summary = ? WHERE id = ?',
    events.at(-1)?.seq ?? after,
    summary.status,
    fits ? text : null,
    summary.id,
  );
}
