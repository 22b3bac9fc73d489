import { MemoryStore } from '../../runtime/index.js';
import { describeCommitCount } from '../contract/commit-count.js';

describeCommitCount('memory', (work) => work(new MemoryStore()));
