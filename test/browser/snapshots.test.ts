import { describeSnapshots } from '../contract/snapshots.js';
import { withIndexedDb } from './cut-off.js';

describeSnapshots('IndexedDB', withIndexedDb);
