import { describeSnapshots } from '../contract/snapshots.js';
import { inMemory } from '../support/crash.js';

describeSnapshots('memory', (work) => work(inMemory()));
