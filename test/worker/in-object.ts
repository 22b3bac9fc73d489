import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { ExecutionStore } from '../../runtime/ports.js';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import type { StoreUnderTest } from '../contract/store-contract.js';

/** Runs `work` inside a new, empty Durable Object. */
export function inNewObject<T>(work: (state: DurableObjectState) => T | Promise<T>): Promise<T> {
  return runInDurableObject(env.STORES.get(env.STORES.newUniqueId()), (_, state) => work(state));
}

/** A store whose every call is made inside its object, as storage can be reached from nowhere else. */
export function storeInObject(): StoreUnderTest {
  const stub = env.STORES.get(env.STORES.newUniqueId());
  const connect = (): ExecutionStore => {
    let store: SqliteStore | undefined;
    const call = <T>(work: (store: SqliteStore) => T): Promise<T> =>
      runInDurableObject(stub, (_, state) => {
        store ??= new SqliteStore(state.storage);
        return work(store);
      });
    return {
      create: (execution) => call((inner) => inner.create(execution)),
      open: (id) => call((inner) => inner.open(id)),
      commit: (id, commit) => call((inner) => inner.commit(id, commit)),
      read: (id) => call((inner) => inner.read(id)),
      readEvents: (id, query) => call((inner) => inner.readEvents(id, query)),
      list: (query) => call((inner) => inner.list(query)),
    };
  };
  return { store: connect(), reopen: connect };
}
