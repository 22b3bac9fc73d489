import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import type { WithStorage } from '../support/cut-off.js';
import type { StoreObject } from '../support/worker-entry.js';

/** Objects that nobody works in. They are used again: thousands of new ones would each be slower than the one before. */
const free: DurableObjectStub<StoreObject>[] = [];

/** The SQLite of an object, emptied, and read anew by each host. */
export const withSqlite: WithStorage = async (work) => {
  const stub = free.pop() ?? env.STORES.get(env.STORES.newUniqueId());
  await runInDurableObject(stub, async (_, { storage }) => {
    await storage.deleteAll();
    await work(() => new SqliteStore(storage));
  });
  free.push(stub);
};
