import { type Driver, type ExecutionHost, isFinal, ValidationError } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import type { VirtualClock } from '../../runtime/testing.js';
import type { Decisions } from './decisions.js';
import { FileError } from './files.js';

export interface SignalToSend {
  readonly name: string;
  readonly data: Json;
}

export interface Drive {
  readonly driver: Driver;
  /** Of the run, and of what it starts. */
  readonly executions: ExecutionHost;
  /** Taken whenever the step waits, also in what the run starts. */
  readonly decisions: Decisions;
  /** Moved from deadline to deadline; absent where time goes by itself. */
  readonly virtual?: VirtualClock;
  /** Sent one by one, each when nothing else can go on: to what waits for it, else to the run itself. */
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
    if (signal !== undefined) await (awaiting(signal, executions) ?? driver).signal(signal);
    else if (virtual !== undefined) {
      if (!virtual.advanceToNext()) return false;
    } else if (executions.drivers.every(({ summary }) => summary.wakeAt === null) && !bounded()) return false;
    else await committed;
  }
}

/** Decides the first approval that waits and that there is a decision for. */
async function decided({ executions, decisions }: Drive): Promise<boolean> {
  for (const driver of executions.drivers) {
    for (const { id, slug, approval } of driver.state.activations) {
      const decision = approval === null ? undefined : decisions.get(slug);
      if (decision === undefined) continue;
      try {
        await driver.decide(id, decision);
      } catch (error) {
        throw error instanceof ValidationError ? refused(slug, error) : error;
      }
      return true;
    }
  }
  return false;
}

function refused(slug: string, error: ValidationError): FileError {
  const file = { name: `--decide ${slug}`, locate: () => undefined };
  return new FileError(error.message, { file, issues: error.issues, cause: error });
}

function awaiting({ name }: SignalToSend, { drivers }: ExecutionHost): Driver | undefined {
  return drivers.find(({ state }) => state.activations.some(({ event }) => event === name));
}
