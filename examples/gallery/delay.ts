import type { Delay } from './actions.js';

/** A timer that an abort cuts short: pages and Workers both have what it needs. */
export const abortableDelay: Delay = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(asError(signal.reason));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
