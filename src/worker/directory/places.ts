import type { AdmissionRow, AdmissionStore } from '../../../runtime/ports.js';
import { readDocument, writeDocument } from '../chunks.js';
import type { Database } from '../migrations.js';

/** An execution under a concurrency key. */
export interface Place {
  readonly execution: string;
  readonly key: string;
}

type PlaceRow = { execution: string; key: string };
type Standing = 'queued' | 'admitted' | 'started';

const KIND = 'admission';
/** In the table of executions, as each reported itself last. */
const OVER = "('completed', 'failed', 'cancelled', 'transferred')";

/**
 * Who runs and who waits under the concurrency keys of one organisation. The rows are the runtime's; beside them stands
 * where each execution is, so that its end is found to free a place without asking every key.
 */
export class Places implements AdmissionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  update<T>(
    key: string,
    change: (row: AdmissionRow | undefined) => { readonly row: AdmissionRow | undefined; readonly result: T },
  ): T {
    return this.#database.transaction((sql) => {
      const text = readDocument(sql, key, KIND);
      const { row, result } = change(text === undefined ? undefined : JSON.parse(text));
      if (row === undefined) sql.exec('DELETE FROM documents WHERE owner = ? AND kind = ?', key, KIND);
      else writeDocument(sql, key, KIND, JSON.stringify(row));
      follow(sql, key, row);
      return result;
    });
  }

  keys(): string[] {
    const sql = this.#database.reading();
    if (!sql) return [];
    return sql
      .exec<{ owner: string }>('SELECT DISTINCT owner FROM documents WHERE kind = ?', KIND)
      .toArray()
      .map(({ owner }) => owner);
  }

  /** Those that have a place and are over: their places are to be given on. */
  over(): Place[] {
    return this.#places(`JOIN executions e ON e.id = p.execution WHERE e.status IN ${OVER}`);
  }

  /** Those admitted of which it is not known that they began: they are to be told. */
  unstarted(): Place[] {
    return this.#places("WHERE p.standing = 'admitted'");
  }

  /** Those of them that have reported themselves since. */
  begun(): Place[] {
    return this.#places("JOIN executions e ON e.id = p.execution WHERE p.standing = 'admitted' AND e.seq > 0");
  }

  get isPending(): boolean {
    return this.over().length > 0 || this.unstarted().length > 0;
  }

  has(execution: string): boolean {
    const sql = this.#database.reading();
    return sql !== undefined && sql.exec('SELECT 1 FROM places WHERE execution = ?', execution).toArray().length > 0;
  }

  #places(rest: string): Place[] {
    const sql = this.#database.reading();
    if (!sql) return [];
    return sql.exec<PlaceRow>(`SELECT p.execution, p.key FROM places p ${rest} LIMIT 1000`).toArray();
  }
}

/** Brings the places of one key in line with its row, touching only those that changed. */
function follow(sql: SqlStorage, key: string, row: AdmissionRow | undefined): void {
  const wanted = new Map<string, Standing>();
  for (const { id, request } of row?.running ?? []) wanted.set(id, request === undefined ? 'started' : 'admitted');
  for (const { id } of row?.queued ?? []) wanted.set(id, 'queued');
  const known = sql.exec<{ execution: string; standing: Standing }>(
    'SELECT execution, standing FROM places WHERE key = ?',
    key,
  );
  for (const { execution, standing } of known.toArray()) {
    if (wanted.get(execution) === standing) wanted.delete(execution);
    else if (!wanted.has(execution)) sql.exec('DELETE FROM places WHERE execution = ?', execution);
  }
  for (const [execution, standing] of wanted) {
    sql.exec('INSERT OR REPLACE INTO places (execution, key, standing) VALUES (?, ?, ?)', execution, key, standing);
  }
}
