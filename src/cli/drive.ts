import { type Driver, isFinal } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import type { VirtualClock } from '../../runtime/testing.js';

export interface SignalToSend {
  readonly name: string;
  readonly data: Json;
}

export interface Drive {
  readonly driver: Driver;
  /** Moved from deadline to deadline; absent where time goes by itself. */
  readonly virtual?: VirtualClock;
  /** Sent one by one, each when nothing else can go on. */
  readonly signals: readonly SignalToSend[];
  /** How many effects are under way that will never answer. */
  readonly stalled: () => number;
  /** Resolves after the next commit. */
  readonly nextCommit: () => Promise<void>;
  /** Whether something beside the execution's own deadlines will bring it on or end it. */
  readonly bounded: boolean;
}

/**
 * Sees a run through.
 * @returns false when it waits for something that will not come; it is left as it is then
 */
export async function drive({ driver, virtual, signals, stalled, nextCommit, bounded }: Drive): Promise<boolean> {
  const unsent = [...signals];
  for (;;) {
    await Promise.race([driver.settled(), driver.idle(stalled)]);
    if (isFinal(driver.state.status)) return true;
    const committed = nextCommit();
    const signal = unsent.shift();
    if (signal !== undefined) await driver.signal(signal);
    else if (virtual !== undefined) {
      if (!virtual.advanceToNext()) return false;
    } else if (driver.summary.wakeAt === null && !bounded) return false;
    else await committed;
  }
}
