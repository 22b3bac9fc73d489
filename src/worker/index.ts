/**
 * `newtflow/worker`: how a Worker of one's own is made, and, deployed as it is, a Worker with the built-in actions alone.
 */
import { createWorker } from './create-worker.js';

const worker = createWorker();
export const { ExecutionObject, DirectoryObject } = worker;
export type { NewtflowWorker } from './create-worker.js';
export type { WorkerEnv, WorkerOptions, WorkerSetup } from './options.js';
export { createWorker };
export default worker.handler;
