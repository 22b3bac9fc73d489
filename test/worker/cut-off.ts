import { SqliteStore } from '../../src/worker/sqlite-store.js';
import type { WithStorage } from '../support/cut-off.js';
import { inNewObject } from './in-object.js';

/** The SQLite of a new object, read anew by each host. */
export const withSqlite: WithStorage = (work) => inNewObject(({ storage }) => work(() => new SqliteStore(storage)));
