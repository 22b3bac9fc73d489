import { StorageError } from '../../runtime/index.js';

/** One list per kind of object; a migration once released is never edited, the next one is added after it. */
export type Migrations = readonly string[];

export const executionMigrations: Migrations = [
  `CREATE TABLE executions (
     id TEXT PRIMARY KEY,
     epoch INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     snapshot_seq INTEGER NOT NULL,
     workflow TEXT NOT NULL,
     status TEXT NOT NULL,
     started_at INTEGER NOT NULL,
     -- Null where it does not fit a row: then it stands in documents.
     summary TEXT,
     -- The last seq whose summary the directory has acknowledged.
     indexed_seq INTEGER NOT NULL DEFAULT 0
   ) WITHOUT ROWID;
   CREATE INDEX executions_by_start ON executions (started_at, id);
   CREATE TABLE events (
     execution TEXT NOT NULL,
     seq INTEGER NOT NULL,
     part INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (execution, seq, part)
   ) WITHOUT ROWID;
   CREATE TABLE documents (
     owner TEXT NOT NULL,
     kind TEXT NOT NULL,
     part INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (owner, kind, part)
   ) WITHOUT ROWID;`,
  `CREATE TABLE children (
     id TEXT PRIMARY KEY,
     -- The visit that waits for it.
     activation INTEGER NOT NULL,
     -- Why it is to be cancelled; null while it is waited for.
     cancel TEXT
   ) WITHOUT ROWID;
   -- The end of this execution, while its parent does not have it yet.
   CREATE TABLE reports (parent TEXT PRIMARY KEY, activation INTEGER NOT NULL) WITHOUT ROWID;`,
];

export const directoryMigrations: Migrations = [
  `CREATE TABLE workflows (
     slug TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     -- Null once deleted; the versions stay, so that numbers are never given twice.
     active INTEGER,
     created_at INTEGER NOT NULL,
     updated_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE versions (
     slug TEXT NOT NULL,
     number INTEGER NOT NULL,
     version TEXT NOT NULL,
     hash TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     PRIMARY KEY (slug, number)
   ) WITHOUT ROWID;
   CREATE TABLE documents (
     owner TEXT NOT NULL,
     kind TEXT NOT NULL,
     part INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (owner, kind, part)
   ) WITHOUT ROWID;
   CREATE TABLE executions (
     id TEXT PRIMARY KEY,
     workflow TEXT NOT NULL,
     status TEXT NOT NULL,
     started_at INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     summary TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX executions_by_start ON executions (started_at, id);
   CREATE INDEX executions_by_workflow ON executions (workflow, started_at, id);
   CREATE INDEX executions_by_status ON executions (status, started_at, id);
   CREATE TABLE idempotency (
     key TEXT PRIMARY KEY,
     fingerprint TEXT NOT NULL,
     execution TEXT NOT NULL,
     slug TEXT NOT NULL,
     number INTEGER NOT NULL,
     created_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX idempotency_by_age ON idempotency (created_at);
   CREATE TABLE schedules (
     slug TEXT PRIMARY KEY,
     number INTEGER NOT NULL,
     cron TEXT NOT NULL,
     timezone TEXT NOT NULL,
     overlap TEXT NOT NULL,
     catch_up TEXT NOT NULL,
     next_at INTEGER
   ) WITHOUT ROWID;
   CREATE TABLE schedule_runs (
     slug TEXT NOT NULL,
     scheduled_at INTEGER NOT NULL,
     number INTEGER NOT NULL,
     execution TEXT NOT NULL,
     -- pending until the execution exists; then started, skipped or failed.
     outcome TEXT NOT NULL,
     detail TEXT,
     PRIMARY KEY (slug, scheduled_at)
   ) WITHOUT ROWID;
   CREATE INDEX schedule_runs_by_outcome ON schedule_runs (outcome, scheduled_at);
   CREATE TABLE keys (
     hash TEXT PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     role TEXT NOT NULL,
     created_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE organizations (name TEXT PRIMARY KEY) WITHOUT ROWID;`,
  `CREATE TABLE approvals (
     id TEXT PRIMARY KEY,
     execution TEXT NOT NULL,
     workflow TEXT NOT NULL,
     requested_at INTEGER NOT NULL,
     body TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX approvals_by_execution ON approvals (execution);
   CREATE INDEX approvals_by_request ON approvals (requested_at, id);
   CREATE TABLE event_waits (
     execution TEXT NOT NULL,
     activation INTEGER NOT NULL,
     name TEXT NOT NULL,
     since INTEGER NOT NULL,
     PRIMARY KEY (execution, activation)
   ) WITHOUT ROWID;
   CREATE INDEX event_waits_by_name ON event_waits (name);
   CREATE TABLE subscriptions (
     slug TEXT NOT NULL,
     position INTEGER NOT NULL,
     number INTEGER NOT NULL,
     event TEXT NOT NULL,
     filter TEXT,
     PRIMARY KEY (slug, position)
   ) WITHOUT ROWID;
   CREATE INDEX subscriptions_by_event ON subscriptions (event);
   CREATE TABLE events (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     at INTEGER NOT NULL,
     depth INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX events_by_name ON events (name, at);
   CREATE INDEX events_by_age ON events (at);
   CREATE TABLE deliveries (
     event TEXT NOT NULL,
     execution TEXT NOT NULL,
     -- The workflow to start; null to wake the execution.
     slug TEXT,
     number INTEGER NOT NULL,
     done INTEGER NOT NULL DEFAULT 0,
     UNIQUE (event, execution)
   );
   CREATE INDEX deliveries_by_done ON deliveries (done);
   -- Who runs and who waits under a concurrency key; the key's row stands in documents.
   CREATE TABLE places (
     execution TEXT PRIMARY KEY,
     key TEXT NOT NULL,
     -- queued; admitted; started once it is known to be stored.
     standing TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX places_by_key ON places (key);
   CREATE INDEX places_by_standing ON places (standing);
   CREATE TABLE breakers (key TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
   -- Whose directory this is, for the alarm, which nobody tells it to.
   CREATE TABLE self (organization TEXT PRIMARY KEY) WITHOUT ROWID;`,
];

/**
 * A database that comes into being with the first write: an object that is only asked about something it never had
 * stores nothing, so that guessing at ids fills no disk.
 */
export class Database {
  readonly #storage: DurableObjectStorage;
  readonly #migrations: Migrations;
  #version: number | undefined;

  constructor(storage: DurableObjectStorage, migrations: Migrations) {
    this.#storage = storage;
    this.#migrations = migrations;
  }

  /** The tables where there are any, brought up to date; undefined where nothing was ever written. */
  reading(): SqlStorage | undefined {
    this.#version ??= this.#storedVersion();
    if (this.#version === 0) return undefined;
    return this.#upToDate();
  }

  /**
   * Runs `work` in one transaction, all or nothing.
   * @throws StorageError when the database refuses; errors of the runtime's own pass as they are.
   */
  transaction<T>(work: (sql: SqlStorage) => T): T {
    this.#version ??= this.#storedVersion();
    const sql = this.#upToDate();
    return this.#storage.transactionSync(() => work(sql));
  }

  #upToDate(): SqlStorage {
    const { sql } = this.#storage;
    const version = this.#version ?? 0;
    if (version === this.#migrations.length) return sql;
    if (version > this.#migrations.length) {
      throw new StorageError(`The data was written by a newer release (schema ${version}).`, {
        code: 'SCHEMA_TOO_NEW',
      });
    }
    this.#storage.transactionSync(() => {
      sql.exec('CREATE TABLE IF NOT EXISTS newtflow_schema (version INTEGER NOT NULL)');
      for (const migration of this.#migrations.slice(version)) sql.exec(migration);
      sql.exec('DELETE FROM newtflow_schema');
      sql.exec('INSERT INTO newtflow_schema VALUES (?)', this.#migrations.length);
    });
    this.#version = this.#migrations.length;
    return sql;
  }

  #storedVersion(): number {
    const { sql } = this.#storage;
    const tables = sql.exec("SELECT name FROM sqlite_master WHERE name = 'newtflow_schema'").toArray();
    if (tables.length === 0) return 0;
    return sql.exec<{ version: number }>('SELECT version FROM newtflow_schema').one().version;
  }
}
