/** The Worker that the workerd tests run in. */
import { DurableObject } from 'cloudflare:workers';
import { createWorker } from '../../src/worker/index.js';
import { twice } from './twice.js';
import { type Performances, testActions } from './worker-actions.js';

/** What the actions of this Worker did; the tests run in the same isolate and read it. */
export const performed: Performances = new Map();

/** What expressions may call here; a test may take one away for a while. */
export const functions = new Map([['twice', twice]]);

/** What this Worker told its operator. */
export const logged: string[] = [];

/** An empty object whose storage a test uses as it likes. */
export class StoreObject extends DurableObject {}

const worker = createWorker({
  actions: testActions(performed),
  functions,
  allowedOrigins: ['https://pages.example'],
  maxBodyBytes: 256 * 1024,
  heartbeatMs: 50,
  logger: { log: (level, message) => logged.push(`${level}: ${message}`) },
});
export const { ExecutionObject, DirectoryObject } = worker;
export default worker.handler;
