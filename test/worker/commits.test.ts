import { SqliteStore } from '../../src/worker/sqlite-store.js';
import { describeCommitCount } from '../contract/commit-count.js';
import { inNewObject } from './in-object.js';

describeCommitCount('SQLite', (work) => inNewObject(({ storage }) => work(new SqliteStore(storage))));
