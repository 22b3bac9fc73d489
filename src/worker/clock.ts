import type { Clock, Random } from '../../runtime/ports.js';

/** Up to this many milliseconds a timer in memory is worth it; what is later is left to the object's alarm. */
const TIMER_REACH = 30_000;

/**
 * The Worker's time. A deadline is always kept by the alarm, which outlives the object; the timer only makes short waits
 * precise while the object lives.
 */
export const workerClock: Clock = {
  now: () => Date.now(),
  schedule(at, callback) {
    const delay = at - Date.now();
    if (delay > TIMER_REACH) return () => undefined;
    const timer = setTimeout(callback, Math.max(0, delay));
    return () => clearTimeout(timer);
  },
};

export const workerRandom: Random = {
  id: () => crypto.randomUUID(),
  seed: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
};
