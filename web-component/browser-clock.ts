import type { Clock, Random } from '../runtime/ports.js';

/**
 * No timer is set for longer: a browser's timers stand still while the machine sleeps, and overflow past 2^31 ms. At
 * the end of each stretch the clock on the wall says what is left.
 */
const LONGEST_STRETCH = 60_000;

/** The time of the machine. Throttled timers of background tabs make calls late, never lost. */
export class BrowserClock implements Clock {
  #latest = 0;
  #ahead = 0;

  /** Never earlier than an answer before: when the machine's clock is set back, time goes on from where it was. */
  now(): number {
    const machine = Date.now();
    if (machine + this.#ahead < this.#latest) this.#ahead = this.#latest - machine;
    this.#latest = machine + this.#ahead;
    return this.#latest;
  }

  schedule(at: number, callback: () => void): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (): void => {
      const left = Math.max(0, at - this.now());
      timer = setTimeout(left > LONGEST_STRETCH ? wait : callback, Math.min(left, LONGEST_STRETCH));
    };
    wait();
    return () => clearTimeout(timer);
  }
}

export const browserRandom: Random = {
  id: () => `run_${hex(crypto.getRandomValues(new Uint8Array(16)))}`,
  seed: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
};

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
