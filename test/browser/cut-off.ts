import { deleteDB } from 'idb';
import { databaseName, IndexedDbStore } from '../../web-component/indexeddb-store.js';
import type { WithStorage } from '../support/cut-off.js';

/** A new database, connected to anew by each host; the connection of the host before is closed, as a page's is. */
export const withIndexedDb: WithStorage = (work) => withDatabase(work, true);

/** A new database, whose connections stay open side by side, as those of two tabs do. */
export const withOpenIndexedDb: WithStorage = (work) => withDatabase(work, false);

async function withDatabase(work: Parameters<WithStorage>[0], alone: boolean): Promise<void> {
  const namespace = `test-${crypto.randomUUID()}`;
  const stores: IndexedDbStore[] = [];
  const close = (): void => {
    for (const store of stores.splice(0)) store.close();
  };
  try {
    await work(async () => {
      if (alone) close();
      const store = await IndexedDbStore.open({ namespace });
      stores.push(store);
      return store;
    });
  } finally {
    close();
    await deleteDB(databaseName(namespace));
  }
}
