import { type Decision, type Driver, type ExecutionHost, isFinal } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import type { VirtualClock } from '../../runtime/testing.js';

export interface SignalToSend {
  readonly name: string;
  readonly data: Json;
}

export interface Drive {
  readonly driver: Driver;
  /** Of the run, and of what it starts. */
  readonly executions: ExecutionHost;
  /** Of approvals, by the slug of their step: taken whenever the step waits. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Moved from deadline to deadline; absent where time goes by itself. */
  readonly virtual?: VirtualClock;
  /** Sent one by one, each when nothing else can go on. */
  readonly signals: readonly SignalToSend[];
  /** How many effects are under way that will never answer. */
  readonly stalled: () => number;
  /** Resolves after the next commit. */
  readonly nextCommit: () => Promise<void>;
  /** Whether something beside the execution's own deadlines will bring it on or end it. */
  readonly bounded: () => boolean;
}

/**
 * Sees a run through.
 * @returns false when it waits for something that will not come; it is left as it is then
 */
export async function drive(setting: Drive): Promise<boolean> {
  const { driver, executions, virtual, signals, stalled, nextCommit, bounded } = setting;
  const unsent = [...signals];
  for (;;) {
    await Promise.race([driver.settled(), executions.idle(stalled)]);
    if (isFinal(driver.state.status)) return true;
    if (await decided(setting)) continue;
    const committed = nextCommit();
    const signal = unsent.shift();
    if (signal !== undefined) await driver.signal(signal);
    else if (virtual !== undefined) {
      if (!virtual.advanceToNext()) return false;
    } else if (executions.drivers.every(({ summary }) => summary.wakeAt === null) && !bounded()) return false;
    else await committed;
  }
}

/** Decides the first approval that waits and that there is a decision for. */
async function decided({ driver, decisions }: Drive): Promise<boolean> {
  for (const { id, slug, approval } of driver.state.activations) {
    const decision = approval === null ? undefined : decisions.get(slug);
    if (decision === undefined) continue;
    await driver.decide(id, decision);
    return true;
  }
  return false;
}
