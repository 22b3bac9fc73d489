import type { Clock } from '../../runtime/ports.js';

/**
 * The one physical alarm of an object (I5). Setting it is a write to the object's own database: done inside a
 * transaction, or in one turn with it, both are kept or neither is.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  readonly #clock: Clock;
  readonly #waitUntil: (promise: Promise<unknown>) => void;
  /** On the clock's time; undefined while it is not known, as after a restart. */
  #armedAt: number | null | undefined;

  constructor(context: DurableObjectState, clock: Clock) {
    this.#storage = context.storage;
    this.#clock = clock;
    this.#waitUntil = (promise) => context.waitUntil(promise);
  }

  /** Sees to it that the object wakes at `at` or before; an alarm that is armed for earlier stays: to wake early is harmless. */
  armBy(at: number): void {
    if (typeof this.#armedAt === 'number' && this.#armedAt <= at) return;
    this.set(at);
  }

  /** Moves the alarm to exactly `at`, or takes it away. */
  set(at: number | null): void {
    if (at === this.#armedAt) return;
    this.#armedAt = at;
    if (at === null) this.#waitUntil(this.#storage.deleteAlarm());
    // The alarm runs on the machine's time, the deadline is on the clock's: they are one but in a test.
    else this.#waitUntil(this.#storage.setAlarm(Date.now() + Math.max(0, at - this.#clock.now())));
  }

  /** To be called first when the alarm goes off: it is not armed any more then. */
  fired(): void {
    this.#armedAt = null;
  }

  /** To be called when a write failed, which may have taken the alarm with it. */
  forget(): void {
    this.#armedAt = undefined;
  }
}
