/**
 * Runs kept in IndexedDB. What must hold here:
 * - One write is one transaction with `durability: 'strict'`: when it resolves, the data is on the disk.
 * - The epoch and the `seq` are read inside the transaction that writes, so that no other tab can come between.
 * - Inside a transaction nothing is awaited but its own requests: anything else would end it.
 */
import type { IDBPTransaction } from 'idb';
import { ConflictError, StorageError, ValidationError } from '../runtime/index.js';
import type {
  AdmissionStore,
  BreakerStore,
  Commit,
  ExecutionStore,
  ExecutionSummary,
  JournalEvent,
  ListPage,
  ListQuery,
  NewExecution,
  StoredExecution,
} from '../runtime/ports.js';
import {
  Connection,
  type ConnectionOptions,
  type Database,
  type ExecutionRow,
  type StoredSchema,
  type StoreName,
} from './indexeddb-connection.js';

type Mode = 'readonly' | 'readwrite';
type Transaction<M extends Mode> = IDBPTransaction<StoredSchema, StoreName[], M>;

const ALL: StoreName[] = ['executions', 'definitions', 'snapshots', 'events'];
const STRICT: IDBTransactionOptions = { durability: 'strict' };
/** Commits read in one request; bounds memory where each of them is large. */
const PAGE_OF_COMMITS = 100;
const DEFAULT_EVENTS = 1000;
const DEFAULT_ITEMS = 50;
const MAX_ITEMS = 200;

export interface IndexedDbStoreOptions extends ConnectionOptions {
  /** Keeps the runs of one page or product apart from those of another on the same origin. */
  readonly namespace?: string;
}

export class IndexedDbStore implements ExecutionStore {
  readonly #connection: Connection;
  /** Circuit breakers that all tabs of the namespace share. */
  readonly breakers: BreakerStore = {
    read: (key) => this.#read(['breakers'], (tx) => tx.objectStore('breakers').get(key)),
    write: (key, state, version) =>
      this.#write(['breakers'], async (tx, again) => {
        const breakers = tx.objectStore('breakers');
        const stored = await breakers.get(key);
        const found = stored?.version ?? 0;
        // The connection broke after the browser had kept it: another's write would say something else, or be the next.
        if (again && found === version + 1 && JSON.stringify(stored?.state) === JSON.stringify(state)) return true;
        if (found !== version) return false;
        await breakers.put({ state, version: version + 1 }, key);
        return true;
      }),
  };
  /** Who runs and who waits under `config.concurrency`, for all tabs of the namespace. */
  readonly admissions: AdmissionStore = {
    update: (key, change) =>
      this.#write(['admissions'], async (tx) => {
        const rows = tx.objectStore('admissions');
        const { row, result } = change(await rows.get(key));
        await (row === undefined ? rows.delete(key) : rows.put(row, key));
        return result;
      }),
    keys: () => this.#read(['admissions'], (tx) => tx.objectStore('admissions').getAllKeys()),
  };

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws StorageError when the browser gives no database; the message says why and what to do. */
  static async open(options: IndexedDbStoreOptions = {}): Promise<IndexedDbStore> {
    const connection = new Connection(databaseName(options.namespace), options);
    await connection.use(async () => undefined);
    return new IndexedDbStore(connection);
  }

  /** Ends the connection. Anything asked of the store afterwards is refused with a StorageError `STORAGE_CLOSED`. */
  close(): void {
    this.#connection.close();
  }

  create(execution: NewExecution): Promise<void> {
    const { summary, definition, snapshot } = execution;
    const { id } = summary;
    const events = [...execution.events];
    return this.#write(ALL, async (tx, again) => {
      const row = await tx.objectStore('executions').get(id);
      if (row !== undefined) {
        // The connection broke after the browser had kept it: an id is drawn once, so it was ours.
        if (again && row.epoch === 1 && row.summary.startedAt === summary.startedAt) return;
        throw new ConflictError(`There is already an execution with the id "${id}".`, { code: 'EXECUTION_EXISTS' });
      }
      await all([
        () => tx.objectStore('executions').put({ epoch: 1, summary }),
        () => tx.objectStore('definitions').put(definition, id),
        () => tx.objectStore('snapshots').put(snapshot, id),
        ...putEvents(tx, id, events),
      ]);
    });
  }

  open(id: string): Promise<StoredExecution | undefined> {
    return this.#write(ALL, async (tx) => {
      const row = await tx.objectStore('executions').get(id);
      if (row === undefined) return undefined;
      const epoch = row.epoch + 1;
      await tx.objectStore('executions').put({ epoch, summary: row.summary });
      const { definition, snapshot } = await readParts(tx, id);
      const tail = await readBatches(tx, id, snapshot.seq, Number.POSITIVE_INFINITY);
      return { summary: row.summary, definition, epoch, snapshot, tail };
    });
  }

  commit(id: string, commit: Commit): Promise<void> {
    const { epoch, summary, snapshot } = commit;
    const events = [...commit.events];
    const stores: StoreName[] =
      snapshot === undefined ? ['executions', 'events'] : ['executions', 'events', 'snapshots'];
    return this.#write(stores, async (tx, again) => {
      // Asked for together, so that the browser is not waited for twice: a write that must not be is taken back whole.
      const [reading, writing] = [
        tx.objectStore('executions').get(id),
        all([
          () => tx.objectStore('executions').put({ epoch, summary }),
          ...putEvents(tx, id, events),
          ...(snapshot === undefined ? [] : [() => tx.objectStore('snapshots').put(snapshot, id)]),
        ]),
      ];
      // What matters first is why the execution may not be written; this is awaited below, where it may.
      let refused = false;
      writing.catch(() => {
        refused = true;
      });
      const row = await reading;
      // The connection broke after the browser had kept the commit: only this driver has this epoch, so it was ours, and
      // was written over with the same.
      const ours = again && row?.epoch === epoch && events.length > 0 && row.summary.seq === events.at(-1)?.seq;
      if (!ours) checkTurn(row, id, commit);
      // There is no more to come: the browser need not wait to see that. Where a value was refused, nothing may be kept.
      if (!refused) tx.commit();
      await writing;
    });
  }

  read(id: string): Promise<Omit<StoredExecution, 'tail'> | undefined> {
    return this.#read(['executions', 'definitions', 'snapshots'], async (tx) => {
      const row = await tx.objectStore('executions').get(id);
      if (row === undefined) return undefined;
      return { summary: row.summary, epoch: row.epoch, ...(await readParts(tx, id)) };
    });
  }

  /** The summary alone, where the definition and the state are not needed. */
  readSummary(id: string): Promise<ExecutionSummary | undefined> {
    return this.#read(['executions'], async (tx) => (await tx.objectStore('executions').get(id))?.summary);
  }

  readEvents(id: string, query: { after?: number; limit?: number } = {}): Promise<readonly JournalEvent[]> {
    const { after = 0, limit = DEFAULT_EVENTS } = query;
    return this.#read(['events'], (tx) => readBatches(tx, id, after, limit));
  }

  async list(query: ListQuery = {}): Promise<ListPage> {
    const limit = Math.min(Math.max(Math.trunc(query.limit ?? DEFAULT_ITEMS), 1), MAX_ITEMS);
    const before = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    return this.#read(['executions'], async (tx) => {
      const items: ExecutionSummary[] = [];
      let cursor = await newestFirst(tx, query, before);
      while (cursor !== null) {
        const { summary } = cursor.value;
        if (query.status === undefined || summary.status === query.status) {
          const last = items.at(-1);
          if (items.length === limit && last !== undefined) return { items, cursor: formatCursor(last) };
          items.push(summary);
        }
        cursor = await cursor.continue();
      }
      return { items };
    });
  }

  #read<T>(stores: StoreName[], work: (tx: Transaction<'readonly'>) => Promise<T>): Promise<T> {
    return this.#connection.use((database) => settle(database.transaction(stores, 'readonly'), work));
  }

  #write<T>(stores: StoreName[], work: (tx: Transaction<'readwrite'>, again: boolean) => Promise<T>): Promise<T> {
    return this.#connection.use((database: Database, again) =>
      settle(database.transaction(stores, 'readwrite', STRICT), (tx) => work(tx, again)),
    );
  }
}

/** @throws ConflictError unless the commit is the next one, of the driver that holds the execution. */
function checkTurn(row: ExecutionRow | undefined, id: string, { epoch, after }: Commit): void {
  if (row === undefined) {
    throw new ConflictError(`There is no execution "${id}", or its data was cleared from the browser.`, {
      code: 'EXECUTION_GONE',
    });
  }
  if (row.epoch !== epoch) {
    throw new ConflictError(`Execution "${id}" is driven elsewhere: epoch ${row.epoch} replaced ${epoch}.`, {
      code: 'STALE_EPOCH',
    });
  }
  if (row.summary.seq !== after) {
    throw new ConflictError(`Execution "${id}" stands at event ${row.summary.seq}, not ${after}.`, {
      code: 'STALE_SEQ',
    });
  }
}

export function databaseName(namespace = 'default'): string {
  return `newtflow:${namespace}`;
}

/** Resolves with what `work` gave once the transaction is complete; when `work` fails, nothing of it is kept. */
async function settle<M extends Mode, T>(tx: Transaction<M>, work: (tx: Transaction<M>) => Promise<T>): Promise<T> {
  const done = tx.done.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  try {
    const result = await work(tx);
    const failure = await done;
    if (failure !== undefined) throw failure.error;
    return result;
  } catch (error) {
    abort(tx);
    const failure = await done;
    // A request that fails because its transaction did says only that; the transaction knows why, such as a full disk.
    const blind = error instanceof DOMException && error.name === 'AbortError';
    throw blind && failure !== undefined ? failure.error : error;
  }
}

function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch (error) {
    // It is over already: that is what the caller wants.
    if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error;
  }
}

/**
 * Makes requests of one transaction and awaits them together. `put` throws at once when the value or the transaction is
 * not fit, and then the requests made before it fail too: `async` turns both into rejections that are all heard.
 */
async function all(requests: readonly (() => Promise<unknown>)[]): Promise<void> {
  await Promise.all(requests.map(async (request) => request()));
}

function putEvents(
  tx: Transaction<'readwrite'>,
  id: string,
  events: readonly JournalEvent[],
): (() => Promise<unknown>)[] {
  const last = events.at(-1);
  return last === undefined ? [] : [() => tx.objectStore('events').put(events, [id, last.seq])];
}

async function readParts<M extends Mode>(
  tx: Transaction<M>,
  id: string,
): Promise<Pick<StoredExecution, 'definition' | 'snapshot'>> {
  const [definition, snapshot] = await Promise.all([
    tx.objectStore('definitions').get(id),
    tx.objectStore('snapshots').get(id),
  ]);
  if (definition === undefined || snapshot === undefined) {
    throw new StorageError(`The stored execution "${id}" is incomplete.`, { code: 'STORAGE_CORRUPT' });
  }
  return { definition, snapshot };
}

/** The events after a number, by whole commits, of which the first may begin before it. */
async function readBatches<M extends Mode>(
  tx: Transaction<M>,
  id: string,
  after: number,
  limit: number,
): Promise<readonly JournalEvent[]> {
  const found: JournalEvent[] = [];
  let last = after;
  while (found.length < limit) {
    const range = IDBKeyRange.bound([id, last + 1], [id, Number.POSITIVE_INFINITY]);
    const batches = await tx.objectStore('events').getAll(range, Math.min(PAGE_OF_COMMITS, limit - found.length));
    if (batches.length === 0) break;
    for (const event of batches.flat()) if (event.seq > after) found.push(event);
    last = found.at(-1)?.seq ?? last;
  }
  return found.length > limit ? found.slice(0, limit) : found;
}

/** A cursor over the executions that the index can tell apart, newest first, from after `before`. */
function newestFirst(tx: Transaction<'readonly'>, query: ListQuery, before: Position | undefined) {
  const [name, prefix] = indexFor(query);
  const upper = [...prefix, ...(before ?? [[]])];
  const range = IDBKeyRange.bound(prefix, upper, false, true);
  return tx.objectStore('executions').index(name).openCursor(range, 'prev');
}

function indexFor(query: ListQuery): ['start' | 'workflow' | 'status', string[]] {
  if (query.workflow !== undefined) return ['workflow', [query.workflow]];
  if (query.status !== undefined) return ['status', [query.status]];
  return ['start', []];
}

/** Where a page ended: `startedAt` and `id` of its last item. */
type Position = readonly [number, string];

function formatCursor(last: ExecutionSummary): string {
  return `${last.startedAt}~${last.id}`;
}

function parseCursor(cursor: string): Position {
  const [, at, id] = /^(\d+)~(.+)$/su.exec(cursor) ?? [];
  if (at === undefined || id === undefined) {
    const message = `"${cursor}" is not a cursor that this store returned.`;
    throw new ValidationError(message, [{ code: 'INVALID_CURSOR', severity: 'error', path: '/cursor', message }], {
      code: 'INVALID_CURSOR',
    });
  }
  return [Number(at), id];
}
