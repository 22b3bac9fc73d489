import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { NewtflowError, StorageError } from '../runtime/index.js';
import type {
  AdmissionRow,
  BreakerState,
  ExecutionSummary,
  JournalEvent,
  JsonObject,
  Snapshot,
} from '../runtime/ports.js';

/** Raise it with each change of {@link StoredSchema}, and teach `upgrade` the way from every version before. */
const VERSION = 2;

/** What a row of `executions` holds: all that a commit must check and replace, and nothing that grows. */
export interface ExecutionRow {
  readonly epoch: number;
  readonly summary: ExecutionSummary;
}

export interface StoredSchema extends DBSchema {
  executions: {
    key: string;
    value: ExecutionRow;
    indexes: {
      start: [number, string];
      workflow: [string, number, string];
      status: [string, number, string];
    };
  };
  /** By execution. */
  definitions: { key: string; value: JsonObject };
  /** By execution. */
  snapshots: { key: string; value: Snapshot };
  /** One entry per commit, its key the execution and the `seq` of the last event: the first entry at or after a number holds it. */
  events: { key: [string, number]; value: readonly JournalEvent[] };
  /** Circuit breakers, by what shares one. */
  breakers: { key: string; value: { readonly state: BreakerState; readonly version: number } };
  /** Who runs and who waits, by concurrency key. */
  admissions: { key: string; value: AdmissionRow };
}

export type StoreName = 'executions' | 'definitions' | 'snapshots' | 'events' | 'breakers' | 'admissions';
export type Database = IDBPDatabase<StoredSchema>;

export interface ConnectionOptions {
  /** Milliseconds to wait for other tabs to let go of an older version, and for a browser that never answers. */
  readonly openTimeout?: number;
}

/**
 * One connection to one database, made again whenever the browser has dropped it (WebKit does so to background tabs) or
 * another tab needed it gone to upgrade or delete the database.
 */
export class Connection {
  readonly name: string;
  readonly #openTimeout: number;
  #database: Promise<Database> | undefined;
  #closed = false;

  constructor(name: string, options: ConnectionOptions = {}) {
    this.name = name;
    this.#openTimeout = options.openTimeout ?? 10_000;
  }

  /**
   * Hands `work` an open database. `work` may run a second time, when the connection turned out to be gone at its first:
   * `again` tells it so, as its transaction may or may not have been kept.
   * @throws StorageError what went wrong, and what to do about it. An error of the runtime's own passes as it is.
   */
  async use<T>(work: (database: Database, again: boolean) => Promise<T>): Promise<T> {
    const first = await this.#open();
    try {
      return await work(first, false);
    } catch (error) {
      if (!isConnectionLoss(error) || this.#closed) throw storageError(error);
      this.#forget(first);
    }
    const second = await this.#open();
    try {
      return await work(second, true);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Ends the connection once its transactions have; any use after it is refused. */
  close(): void {
    this.#closed = true;
    const open = this.#database;
    this.#database = undefined;
    open?.then(
      (database) => database.close(),
      () => undefined,
    );
  }

  #open(): Promise<Database> {
    if (this.#closed) {
      return Promise.reject(new StorageError('The store of workflow runs is closed.', { code: 'STORAGE_CLOSED' }));
    }
    if (this.#database !== undefined) return this.#database;
    const opening = this.#connect();
    this.#database = opening;
    opening.catch(() => {
      if (this.#database === opening) this.#database = undefined;
    });
    return opening;
  }

  #forget(database: Database): void {
    this.#database = undefined;
    database.close();
  }

  async #connect(): Promise<Database> {
    let blocked = false;
    let abandoned = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let connection: Database | undefined;
    const letGo = (): void => {
      connection?.close();
      this.#database = undefined;
    };
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        abandoned = true;
        reject(blocked ? blockedError() : unresponsiveError());
      }, this.#openTimeout);
    });
    try {
      const opening = openDB<StoredSchema>(this.name, VERSION, {
        upgrade,
        blocked: () => {
          blocked = true;
        },
        blocking: letGo,
        terminated: letGo,
      }).then((database) => {
        if (abandoned) database.close();
        return database;
      });
      connection = await Promise.race([opening, tooLate]);
      return connection;
    } catch (error) {
      throw storageError(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function upgrade(database: Database, from: number): void {
  if (from < 1) createRuns(database);
  database.createObjectStore('breakers');
  database.createObjectStore('admissions');
}

function createRuns(database: Database): void {
  const executions = database.createObjectStore('executions', { keyPath: 'summary.id' });
  executions.createIndex('start', ['summary.startedAt', 'summary.id']);
  executions.createIndex('workflow', ['summary.workflow', 'summary.startedAt', 'summary.id']);
  executions.createIndex('status', ['summary.status', 'summary.startedAt', 'summary.id']);
  database.createObjectStore('definitions');
  database.createObjectStore('snapshots');
  database.createObjectStore('events');
}

/** Names of the errors that a transaction ends with when its connection is gone. */
const lossNames = new Set(['InvalidStateError', 'AbortError', 'UnknownError']);

function isConnectionLoss(error: unknown): boolean {
  return error instanceof DOMException && lossNames.has(error.name);
}

function blockedError(): StorageError {
  return new StorageError(
    'Another tab of this site holds an older version of the stored runs open. Close or reload the other tabs, then try again.',
    { code: 'STORAGE_BLOCKED' },
  );
}

function unresponsiveError(): StorageError {
  return new StorageError('The browser did not open its database in time. Reload the page, or restart the browser.', {
    code: 'STORAGE_UNRESPONSIVE',
  });
}

const explanations: Readonly<Record<string, { readonly code: string; readonly message: string }>> = {
  QuotaExceededError: {
    code: 'STORAGE_FULL',
    message:
      'The browser has no more room for this site. Nothing of the last write was kept. Free space on the device, or delete data of this site that is not needed; the run goes on from its last step.',
  },
  VersionError: {
    code: 'STORAGE_NEWER',
    message: 'The stored runs were written by a newer version of this page. Reload the page.',
  },
  SecurityError: {
    code: 'STORAGE_REFUSED',
    message:
      'The browser lets this page keep nothing: its settings forbid it, or the page is embedded in another site.',
  },
  DataCloneError: {
    code: 'STORAGE_FAILED',
    message: 'A value that is not JSON reached the store.',
  },
};

/** What a failure of IndexedDB means to a person, with the code that tells programs what to do. */
function storageError(error: unknown): NewtflowError {
  if (error instanceof NewtflowError) return error;
  const name = error instanceof Error ? error.name : '';
  const known = explanations[name];
  if (known !== undefined) return new StorageError(known.message, { code: known.code, cause: error });
  const said = error instanceof Error ? error.message : String(error);
  return new StorageError(`The browser's database failed: ${said}`, { cause: error });
}
