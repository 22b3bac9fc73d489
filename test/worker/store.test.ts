import { describeExecutionStore } from '../contract/store-contract.js';
import { storeInObject } from './in-object.js';

describeExecutionStore('SQLite of a Durable Object', storeInObject);
