import { Driver, isFinal, MemoryStore, type Plan, readHistory } from '../../runtime/index.js';
import type { ExecutionState, JournalEvent, RuntimePorts } from '../../runtime/ports.js';
import { VirtualClock } from '../../runtime/testing.js';
import { drive } from './drive.js';
import { inFile } from './files.js';
import type { Io } from './io.js';
import { LiveReport } from './live.js';
import { paint } from './paint.js';
import type { RunSettings } from './run-settings.js';
import { environmentSecrets, SystemClock, systemRandom } from './system.js';

export interface RunResult {
  readonly state: ExecutionState;
  readonly events: readonly JournalEvent[];
  /** Why the run was left before it was over, step by step. */
  readonly stuck: readonly string[] | undefined;
}

/** Runs a plan in memory until it is over, or waits for what will not come. */
export async function execute(plan: Plan, settings: RunSettings, io: Io): Promise<RunResult> {
  const virtual = settings.virtual ? new VirtualClock(Date.now()) : undefined;
  const clock = virtual ?? new SystemClock();
  const store = new MemoryStore();
  const live = settings.json ? undefined : new LiveReport((shown) => io.out(shown), paint(io.colour));
  let commits: (() => void)[] = [];
  const ports: RuntimePorts = {
    store,
    clock,
    random: systemRandom,
    actions: settings.stubs.actions,
    model: settings.stubs.model,
    secrets: environmentSecrets(io.env),
    sink: {
      publish: (_id, events) => {
        live?.tell(events);
        for (const resolve of commits.splice(0)) resolve();
      },
    },
  };
  const driver = await startDriver(ports, plan, settings);
  const withdraw = [
    ...(settings.maxTime === undefined
      ? []
      : [clock.schedule(clock.now() + settings.maxTime, () => cancel(driver, 'The time of --max-time is over'))]),
    io.onInterrupt(() => cancel(driver, 'Interrupted')),
  ];
  const over = await drive({
    driver,
    ...(virtual === undefined ? {} : { virtual }),
    signals: settings.signals,
    stalled: () => settings.stubs.stalled,
    nextCommit: () =>
      new Promise((resolve) => {
        commits = [...commits, resolve];
      }),
    bounded: settings.maxTime !== undefined,
  });
  for (const undo of withdraw) undo();
  const { state } = driver;
  driver.stop();
  return { state, events: await readHistory(store, driver.id), stuck: over ? undefined : whyStuck(state) };
}

function cancel(driver: Driver, reason: string): void {
  // A run that ended in the same moment refuses; there is nothing left to cancel then.
  driver.cancel(reason).catch((error: unknown) => {
    if (!isFinal(driver.state.status)) throw error;
  });
}

async function startDriver(ports: RuntimePorts, plan: Plan, { input, thread }: RunSettings): Promise<Driver> {
  return inFile(input, () =>
    Driver.start(ports, plan, { input: input.document, ...(thread === undefined ? {} : { threadId: thread }) }),
  );
}

function whyStuck(state: ExecutionState): string[] {
  const waiting = state.activations.filter(({ status }) => status === 'waiting' || status === 'running');
  return waiting.map(({ slug, event }) =>
    event === null
      ? `Step "${slug}" is answered by a stub that never answers.`
      : `Step "${slug}" waits for the event "${event}": send it with --signal '${event}={…}'.`,
  );
}
