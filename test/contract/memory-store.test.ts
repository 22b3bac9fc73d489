import { MemoryStore } from '../../runtime/index.js';
import { describeExecutionStore } from './store-contract.js';

describeExecutionStore('memory', () => ({ store: new MemoryStore() }));
