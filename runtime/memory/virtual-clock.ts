import type { Driver } from '../engine/driver.js';
import type { Clock } from '../ports.js';

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is moved by hand. */
export class VirtualClock implements Clock {
  readonly #alarms = new Set<Alarm>();
  #now: number;
  #order = 0;
  #sleeping = 0;

  /** @param start milliseconds since the epoch */
  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  schedule(at: number, callback: () => void): () => void {
    this.#order += 1;
    const alarm: Alarm = { at, order: this.#order, callback };
    this.#alarms.add(alarm);
    return () => {
      this.#alarms.delete(alarm);
    };
  }

  /** The next time something is scheduled for, in milliseconds since the epoch; null when nothing is. */
  get next(): number | null {
    return this.#first()?.at ?? null;
  }

  /** How many sleepers there are: effects that will not answer unless the clock moves. */
  get sleeping(): number {
    return this.#sleeping;
  }

  /** Resolves when the clock has moved on by `ms`; never, for Infinity. */
  sleep(ms: number): Promise<void> {
    this.#sleeping += 1;
    return new Promise((resolve) => {
      if (ms === Number.POSITIVE_INFINITY) return;
      this.schedule(this.#now + ms, () => {
        this.#sleeping -= 1;
        resolve();
      });
    });
  }

  /** Moves to `time`, calling back what falls due on the way, in the order of its time. */
  advanceTo(time: number): void {
    for (let alarm = this.#first(); alarm !== undefined && alarm.at <= time; alarm = this.#first()) {
      this.#alarms.delete(alarm);
      this.#now = Math.max(this.#now, alarm.at);
      alarm.callback();
    }
    this.#now = Math.max(this.#now, time);
  }

  /** Moves to the next scheduled time. False when there is none. */
  advanceToNext(): boolean {
    const { next } = this;
    if (next === null) return false;
    this.advanceTo(next);
    return true;
  }

  #first(): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (first === undefined || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order)) {
        first = alarm;
      }
    }
    return first;
  }
}

/**
 * Moves the clock from deadline to deadline until the execution is over, or nothing but a signal can move it.
 * @returns whether it is over
 */
export async function runToEnd(driver: Driver, clock: VirtualClock): Promise<boolean> {
  for (;;) {
    await driver.idle(() => clock.sleeping);
    const { status } = driver.state;
    if (status === 'completed' || status === 'failed' || status === 'cancelled') return true;
    if (!clock.advanceToNext()) return false;
  }
}
