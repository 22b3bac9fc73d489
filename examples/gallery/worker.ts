import { createWorker } from '../../src/worker/index.js';
import { createDemoActions } from './actions.js';
import { demoSecrets } from './data.js';
import { abortableDelay } from './delay.js';
import { createDemoModel } from './model.js';

const worker = createWorker({
  actions: createDemoActions(abortableDelay),
  model: createDemoModel(abortableDelay),
  secrets: { resolve: (reference) => (reference.kind === 'reference' ? demoSecrets[reference.name] : undefined) },
});

export default worker.handler;
export const { ExecutionObject, DirectoryObject } = worker;
