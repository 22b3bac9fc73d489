import { ActionError } from '../../runtime/index.js';
import type { Action } from '../../runtime/ports.js';

/** Done by the server that the page came from, which keeps count. */
export const work: Action = {
  type: 'work',
  run: async (parameters, { idempotencyKey, attempt, signal }) => {
    const aborter = new AbortController();
    signal.addEventListener('abort', () => aborter.abort());
    const response = await fetch('/effect', {
      method: 'POST',
      body: JSON.stringify({ key: idempotencyKey, attempt, parameters }),
      signal: aborter.signal,
    });
    if (!response.ok) throw new ActionError('The server is busy', { code: 'BUSY' });
    return response.json();
  },
};
