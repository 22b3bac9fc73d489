import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { databaseName, IndexedDbStore } from '../../web-component/indexeddb-store.js';
import { commitOf, event, newExecution, START } from '../contract/fixtures.js';
import { describeExecutionStore } from '../contract/store-contract.js';

let counter = 0;
const freshNamespace = (): string => {
  counter += 1;
  return `store-test-${counter}-${crypto.randomUUID()}`;
};

describeExecutionStore('IndexedDB', async () => {
  const namespace = freshNamespace();
  const opened: IndexedDbStore[] = [];
  const open = async (): Promise<IndexedDbStore> => {
    const store = await IndexedDbStore.open({ namespace });
    opened.push(store);
    return store;
  };
  return {
    store: await open(),
    reopen: async () => {
      for (const store of opened) store.close();
      return open();
    },
    dispose: async () => {
      for (const store of opened) store.close();
      await deleteDB(databaseName(namespace));
    },
  };
});

describe('IndexedDB store', () => {
  let namespace: string;
  let store: IndexedDbStore;

  beforeEach(async () => {
    namespace = freshNamespace();
    store = await IndexedDbStore.open({ namespace });
    await store.create(newExecution({ id: 'a' }));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    store.close();
    await deleteDB(databaseName(namespace));
  });

  /** The connections that are made from now on, to break them as a browser does. */
  function watchConnections(): IDBDatabase[] {
    const made: IDBDatabase[] = [];
    const transaction = IDBDatabase.prototype.transaction;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      if (!made.includes(this)) made.push(this);
      return transaction.apply(this, args);
    });
    return made;
  }

  it('keeps namespaces apart', async () => {
    const other = freshNamespace();
    const apart = await IndexedDbStore.open({ namespace: other });
    expect(await apart.read('a')).toBeUndefined();
    apart.close();
    await deleteDB(databaseName(other));
  });

  it('writes with strict durability, one transaction per commit', async () => {
    const transactions = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await store.commit('a', commitOf('a', 1, { count: 3 }));
    expect(transactions.mock.calls).toEqual([[['executions', 'events'], 'readwrite', { durability: 'strict' }]]);
  });

  it('connects again when the browser dropped the connection between two calls', async () => {
    const connections = watchConnections();
    await store.read('a');
    for (const connection of connections) connection.close();
    await store.commit('a', commitOf('a', 1));
    expect(await store.readEvents('a', { after: 1 })).toEqual([event(2)]);
  });

  it('finds a commit that was kept although its connection broke before saying so, and does not repeat it', async () => {
    const connections = watchConnections();
    await store.read('a');
    const listen = IDBTransaction.prototype.addEventListener;
    let broken = false;
    // The transaction completes; what its owner hears is that the connection is gone.
    vi.spyOn(IDBTransaction.prototype, 'addEventListener').mockImplementation(function (
      this: IDBTransaction,
      type: string,
      listener: EventListenerOrEventListenerObject | null,
    ) {
      if (listener === null) return;
      if (type !== 'complete' || broken) return listen.call(this, type, listener);
      broken = true;
      listen.call(this, 'complete', () => this.dispatchEvent(new Event('abort')));
    });
    await store.commit('a', commitOf('a', 1));
    expect(broken).toBe(true);
    expect(await store.readEvents('a')).toHaveLength(2);
    expect(connections.length).toBeGreaterThan(1);
  });

  it('lets go when another tab deletes or upgrades the database, and says what to do when its version is too old', async () => {
    const newer = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(databaseName(namespace), 99);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    newer.close();
    await expect(store.read('a')).rejects.toMatchObject({ name: 'StorageError', code: 'STORAGE_NEWER' });
    await expect(IndexedDbStore.open({ namespace })).rejects.toThrow('Reload the page');
  });

  it('does not wait for ever for a tab that holds an older version', async () => {
    const name = freshNamespace();
    const blocker = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(databaseName(name), 1);
      request.onsuccess = () => resolve(request.result);
    });
    const deletion = indexedDB.deleteDatabase(databaseName(name));
    await expect(IndexedDbStore.open({ namespace: name, openTimeout: 50 })).rejects.toMatchObject({
      code: 'STORAGE_UNRESPONSIVE',
    });
    blocker.close();
    await new Promise((resolve) => {
      deletion.onsuccess = resolve;
    });
  });

  it('keeps nothing of a commit that the disk has no room for, says so, and takes the same commit later', async () => {
    const put = IDBObjectStore.prototype.put;
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      if (this.name === 'events') throw new DOMException('No room', 'QuotaExceededError');
      return put.apply(this, args);
    });
    const commit = commitOf('a', 1, { snapshot: { seq: 2, state: newExecution({ id: 'a' }).snapshot.state } });
    const refusal = store.commit('a', commit);
    await expect(refusal).rejects.toMatchObject({ name: 'StorageError', code: 'STORAGE_FULL' });
    await expect(refusal).rejects.toThrow('Free space');
    expect((await store.read('a'))?.summary.seq).toBe(1);
    expect((await store.read('a'))?.snapshot.seq).toBe(1);
    full.mockRestore();
    await store.commit('a', commit);
    expect(await store.readEvents('a')).toHaveLength(2);
  });

  it.each(['executions', 'events', 'snapshots'])(
    'keeps all of a commit or nothing when writing %s fails',
    async (name) => {
      const put = IDBObjectStore.prototype.put;
      const faulty = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
        this: IDBObjectStore,
        ...args
      ) {
        if (this.name === name) throw new DOMException('Disk failed', 'UnknownError');
        return put.apply(this, args);
      });
      const commit = commitOf('a', 1, { snapshot: { seq: 2, state: newExecution({ id: 'a' }).snapshot.state } });
      await expect(store.commit('a', commit)).rejects.toMatchObject({ name: 'StorageError' });
      faulty.mockRestore();
      expect(await store.read('a')).toMatchObject({ summary: { seq: 1 }, snapshot: { seq: 1 } });
      expect(await store.readEvents('a')).toHaveLength(1);
    },
  );

  it('refuses to work once closed', async () => {
    store.close();
    await expect(store.read('a')).rejects.toMatchObject({ code: 'STORAGE_CLOSED' });
  });

  it('says that a cursor is not one of its own', async () => {
    await expect(store.list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
  });

  it('reads a long history by commits, from any event within one', async () => {
    for (let after = 1; after < 300; after += 3) await store.commit('a', commitOf('a', after, { count: 3 }));
    for (const after of [0, 1, 2, 3, 150, 299, 301]) {
      const events = await store.readEvents('a', { after, limit: 7 });
      const expected = Array.from({ length: Math.max(0, Math.min(7, 301 - after)) }, (_, index) => after + 1 + index);
      expect(events.map((item) => item.seq)).toEqual(expected);
    }
  });

  it('lists 60 executions in pages of 25', async () => {
    for (let index = 0; index < 60; index += 1) {
      await store.create(newExecution({ id: `x${index}`, startedAt: START + 1000 + (index % 7), workflow: 'many' }));
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ workflow: 'many', limit: 25, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map((item) => item.id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(60);
    expect(seen).toHaveLength(60);
  });
});
