/** The Worker that the end-to-end tests kill and start again: its effects are seen, and answered, from outside of it. */
import { ActionError, defineAction } from '../../runtime/index.js';
import { createWorker, type WorkerEnv } from '../../src/worker/index.js';

interface Env extends WorkerEnv {
  /** Time is kept by the object's alarm alone, as where an object never lives long enough for a timer. */
  readonly NO_TIMERS?: string;
}

const clockWithoutTimers = { now: () => Date.now(), schedule: () => () => undefined };

const worker = createWorker<Env>((env) => ({
  leaseMs: 1000,
  ...(env.NO_TIMERS ? { clock: clockWithoutTimers } : {}),
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
}));
export const { ExecutionObject, DirectoryObject } = worker;
export default worker.handler;
