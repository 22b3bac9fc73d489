/** The Worker that the end-to-end tests kill and start again: its effects are seen, and answered, from outside of it. */
import { ActionError, defineAction } from '../../runtime/index.js';
import { createWorker } from '../../src/worker/index.js';

const worker = createWorker({
  leaseMs: 1000,
  actions: [
    defineAction({
      type: 'perform',
      async run(parameters, { idempotencyKey, step }) {
        const response = await fetch(`https://effects.example/${step}`, {
          method: 'POST',
          headers: { 'idempotency-key': idempotencyKey },
          body: JSON.stringify(parameters),
        });
        if (!response.ok) throw new ActionError(`The other side said ${response.status}.`, { code: 'OTHER_SIDE' });
        return response.json();
      },
    }),
  ],
});
export const { ExecutionObject, DirectoryObject } = worker;
export default worker.handler;
