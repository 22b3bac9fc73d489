import { deleteDB } from 'idb';
import { expect, vi } from 'vitest';
import { databaseName, IndexedDbStore } from '../../web-component/indexeddb-store.js';
import { describeCommitCount } from '../contract/commit-count.js';
import { CountingStore } from '../support/counting-store.js';

describeCommitCount('IndexedDB', async (work) => {
  const namespace = `commits-${crypto.randomUUID()}`;
  const inner = await IndexedDbStore.open({ namespace });
  const store = new CountingStore(inner);
  const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
  try {
    await work(store);
    const writes = transaction.mock.calls.filter(([, mode]) => mode === 'readwrite');
    // Each of them is one transaction, on the disk when it is over.
    expect(writes).toHaveLength(store.created + store.commits.length);
    expect(writes.every(([, , options]) => options?.durability === 'strict')).toBe(true);
  } finally {
    transaction.mockRestore();
    inner.close();
    await deleteDB(databaseName(namespace));
  }
});
