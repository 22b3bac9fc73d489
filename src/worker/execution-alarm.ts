import { type Driver, isFinal, nextDeadline } from '../../runtime/index.js';
import type { Clock, ExecutionSummary } from '../../runtime/ports.js';
import { Alarm } from './alarm.js';

/** When an execution's object is to wake by itself. */
export class ExecutionAlarm {
  readonly #alarm: Alarm;
  readonly #clock: Clock;
  readonly #leaseMs: number;

  constructor(context: DurableObjectState, settings: { readonly clock: Clock; readonly leaseMs: number }) {
    this.#alarm = new Alarm(context, settings.clock);
    this.#clock = settings.clock;
    this.#leaseMs = settings.leaseMs;
  }

  /** See {@link Alarm.fired}. */
  fired(): void {
    this.#alarm.fired();
  }

  /** See {@link Alarm.forget}. */
  forget(): void {
    this.#alarm.forget();
  }

  disarm(): void {
    this.#alarm.set(null);
  }

  armLease(): void {
    this.#alarm.armBy(this.#lease);
  }

  /** Within the transaction of each commit: a deadline, a lost driver and a report not yet made all wake the object. */
  armFor(summary: ExecutionSummary): void {
    this.#alarm.armBy(Math.min(summary.wakeAt ?? this.#lease, this.#lease));
  }

  /**
   * After the alarm has done its work: no earlier than needed, so that a long wait is not a poll.
   * @param settled whether nobody is owed a report
   */
  armExactly(summary: ExecutionSummary, driver: Driver | undefined, settled: boolean): void {
    // What the summary says of an effect under way may be a lease that is over; the state knows the deadlines alone.
    const due = driver ? nextDeadline(driver.state) : summary.wakeAt;
    const stands = summary.status === 'waiting' || (summary.status === 'paused' && !driver?.effectsUnderWay);
    if (stands && settled) this.#alarm.set(due);
    else if (isFinal(summary.status) && settled) this.#alarm.set(null);
    else this.#alarm.set(Math.min(due ?? this.#lease, this.#lease));
  }

  /** Keeps the alarm's event, and with it the object, going while there is work, up to the next deadline or one lease. */
  async quiet(driver: Driver): Promise<void> {
    const due = nextDeadline(driver.state) ?? Number.POSITIVE_INFINITY;
    const time = Math.min(due - this.#clock.now(), this.#leaseMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, time));
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      driver.idle().then(done, done);
    });
  }

  get #lease(): number {
    return this.#clock.now() + this.#leaseMs;
  }
}
