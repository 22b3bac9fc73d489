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
