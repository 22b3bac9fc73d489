import { describeSnapshots } from '../contract/snapshots.js';
import { withSqlite } from './cut-off.js';

describeSnapshots('SQLite of a Durable Object', withSqlite);
