import { deleteDB } from 'idb';
import { databaseName, IndexedDbStore } from '../../web-component/indexeddb-store.js';
import type { WithStorage } from '../support/cut-off.js';

/** A new database, connected to anew by each host; the connection of the host before is closed, as a page's is. */
export const withIndexedDb: WithStorage = async (work) => {
  const namespace = `test-${crypto.randomUUID()}`;
  let store: IndexedDbStore | undefined;
  try {
    await work(async () => {
      store?.close();
      store = await IndexedDbStore.open({ namespace });
      return store;
    });
  } finally {
    store?.close();
    await deleteDB(databaseName(namespace));
  }
};
