import {
  type Driver,
  type ExecutionHost,
  isFinal,
  MemoryBreakers,
  MemoryStore,
  type Plan,
  readHistory,
} from '../../runtime/index.js';
import type { ExecutionState, JournalEvent, RuntimePorts } from '../../runtime/ports.js';
import { StubbedHost } from '../../runtime/testing.js';
import { drive } from './drive.js';
import { inFile } from './files.js';
import type { Io } from './io.js';
import { LiveReport } from './live.js';
import { paint } from './paint.js';
import type { RunSettings } from './run-settings.js';
import { environmentSecrets, systemRandom } from './system.js';

export interface RunResult {
  readonly state: ExecutionState;
  readonly events: readonly JournalEvent[];
  /** Why the run was left before it was over, step by step. */
  readonly stuck: readonly string[] | undefined;
}

/** Runs a plan in memory until it is over, or waits for what will not come. */
export async function execute(plan: Plan, settings: RunSettings, io: Io): Promise<RunResult> {
  const { clock, virtual, stubs } = settings;
  const store = new MemoryStore();
  const live = settings.json ? undefined : new LiveReport((shown) => io.out(shown), paint(io.colour));
  let commits: (() => void)[] = [];
  const driven = systemRandom.id();
  const ports: Omit<RuntimePorts, 'workflows'> = {
    store,
    clock,
    random: systemRandom,
    actions: stubs.actions,
    model: stubs.model,
    functions: settings.functions,
    secrets: environmentSecrets(io.env),
    breakers: new MemoryBreakers(),
    fetch: (...request: Parameters<typeof fetch>) => fetch(...request),
    sink: {
      publish: (id, events) => {
        // What other workflows do is told by the step that started them.
        if (id === driven) live?.tell(events);
        for (const resolve of commits.splice(0)) resolve();
      },
    },
  };
  const executions = new StubbedHost(ports, (slug) => settings.workflows.get(slug), stubs);
  const driver = await startDriver(executions, driven, plan, settings);
  const withdraw = [
    ...(settings.maxTime === undefined
      ? []
      : [clock.schedule(clock.now() + settings.maxTime, () => cancel(driver, 'The time of --max-time is over'))]),
    io.onInterrupt(() => cancel(driver, 'Interrupted')),
  ];
  const over = await drive({
    driver,
    executions,
    decisions: settings.decisions,
    ...(virtual === undefined ? {} : { virtual }),
    signals: settings.signals,
    // An answer that takes its time is waited for, where time goes by itself.
    stalled: () => (virtual === undefined ? stubs.stalled : stubs.parked),
    nextCommit: () =>
      new Promise((resolve) => {
        commits = [...commits, resolve];
      }),
    bounded: () => settings.maxTime !== undefined || executions.coming > 0,
  });
  for (const undo of withdraw) undo();
  const { state } = driver;
  const stuck = over ? undefined : whyStuck(state, executions);
  executions.stop();
  return { state, events: await readHistory(store, driver.id), stuck };
}

function cancel(driver: Driver, reason: string): void {
  // A run that ended in the same moment refuses; there is nothing left to cancel then.
  driver.cancel(reason).catch((error: unknown) => {
    if (!isFinal(driver.state.status)) throw error;
  });
}

async function startDriver(
  executions: ExecutionHost,
  executionId: string,
  plan: Plan,
  { input, thread }: RunSettings,
): Promise<Driver> {
  const asked = { executionId, input: input.document, ...(thread === undefined ? {} : { threadId: thread }) };
  return inFile(input, () => executions.begin(plan, asked));
}

function whyStuck(state: ExecutionState, executions: ExecutionHost): string[] {
  const waiting = state.activations.filter(({ status }) => status === 'waiting' || status === 'running');
  return waiting.flatMap(({ slug, event, approval, child }) => {
    if (approval !== null) return `Step "${slug}" waits for a decision: give it with --decide ${slug}=approved.`;
    if (child !== null) {
      const started = executions.drivers.find(({ id }) => id === child);
      return [
        `Step "${slug}" waits for execution ${child}, which waits itself.`,
        ...(started === undefined ? [] : whyStuck(started.state, executions).map((reason) => `  ${reason}`)),
      ];
    }
    if (event !== null) return `Step "${slug}" waits for the event "${event}": send it with --signal '${event}={…}'.`;
    return `Step "${slug}" is answered by a stub that never answers.`;
  });
}
