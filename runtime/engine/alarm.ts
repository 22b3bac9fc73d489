import type { Clock } from '../ports.js';

/** One call at the earliest deadline; to set it anew withdraws the one before. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at: number | null = null;
  #withdraw: (() => void) | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** @param at milliseconds since the epoch; null for never */
  set(at: number | null): void {
    if (at === this.#at) return;
    this.withdraw();
    this.#at = at;
    if (at === null) return;
    this.#withdraw = this.#clock.schedule(at, () => {
      this.#at = null;
      this.#withdraw = undefined;
      this.#ring();
    });
  }

  withdraw(): void {
    this.#withdraw?.();
    this.#withdraw = undefined;
    this.#at = null;
  }
}
