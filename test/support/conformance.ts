/**
 * Runs conformance cases on any host: this file, and what it imports, reaches for no host's modules, so that Node,
 * workerd and a page all run the very same cases through it.
 */
import {
  canonicalJson,
  compile,
  createActionRegistry,
  type Decision,
  type Driver,
  defineAction,
  ExecutionHost,
  isFinal,
  MemoryStore,
  type Plan,
  readHistory,
  replay,
} from '../../runtime/index.js';
import { confirmTransfer, exportExecution, importExecution } from '../../runtime/operations.js';
import type {
  Awaitable,
  ExecutionState,
  ExecutionStatus,
  ExecutionStore,
  JournalEvent,
  Json,
  SecretStore,
} from '../../runtime/ports.js';
import { createStubs, type StubCall, type Stubs, type VirtualClock } from '../../runtime/testing.js';

import { FaultyStore } from './faulty-store.js';

/** When every case begins: 2026-01-01T00:00:00Z. */
export const START_TIME = 1_767_225_600_000;
export const EXECUTION_ID = 'exec_1';

export interface CaseSignal {
  /** Absent for a decision. */
  readonly name?: string;
  /** Decides an approval that waits, instead. */
  readonly decide?: Decision & { readonly step: string };
  readonly data?: Json;
  /** `sig_<n>` by position, from 1, when absent. */
  readonly id?: string;
  /** Milliseconds after the start to send it at; as soon as its turn comes when absent. */
  readonly at?: number;
}

/** Something done to a run from outside. */
export type CaseAction =
  | (CaseSignal & { readonly do: 'signal' })
  | {
      /** `carry`: away to a store in memory, and back into the host's. */
      readonly do: 'pause' | 'resume' | 'cancel' | 'carry';
      readonly reason?: string;
      /** As of a {@link CaseSignal}. */
      readonly at?: number;
    };

export interface StepExpectation {
  readonly output?: Json;
  readonly error?: Readonly<Record<string, Json>> | null;
  readonly attempts?: number;
}

export interface ConformanceCase {
  /** The file's name, without its extension. */
  readonly name: string;
  readonly description: string;
  readonly definition: Json;
  readonly input?: Json;
  readonly threadId?: string;
  readonly stubs?: Json;
  /** The workflows that this one may start, by slug. */
  readonly workflows?: Readonly<Record<string, Json>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Sent one by one, each when nothing else can go on. */
  readonly signals?: readonly CaseSignal[];
  /** Done one by one in place of {@link signals}, each when nothing else can go on. */
  readonly actions?: readonly CaseAction[];
  /** Cancels as soon as nothing can go on but by time or a signal, all signals sent. */
  readonly cancelWhenIdle?: boolean;
  /** What the run comes to tells of attempts or of time, to both of which a crash adds. */
  readonly showsCrashes?: boolean;
  readonly expect: {
    readonly status: ExecutionStatus;
    readonly output?: Json;
    /** The fields that matter. */
    readonly error?: Readonly<Record<string, Json>>;
    /** All of them. */
    readonly variables?: Json;
    /** The last result of each step named. */
    readonly steps?: Readonly<Record<string, StepExpectation>>;
    /** Every call to an action or a model, in order, with the fields that matter. */
    readonly calls?: readonly Readonly<Record<string, Json>>[];
    readonly history: readonly JournalEvent[];
  };
}

export interface CaseHost {
  readonly store: ExecutionStore;
  /** Starts at {@link START_TIME}. */
  readonly clock: VirtualClock;
  /** How it comes by the plan of a definition; `compile` when absent. */
  readonly plan?: PlanOf;
}
export type PlanOf = (definition: Json) => Awaitable<Plan>;

export interface CaseResult {
  readonly state: ExecutionState;
  readonly events: readonly JournalEvent[];
  readonly calls: readonly StubCall[];
}

/** What of a case has been done to the run; kept across the drivers that come and go when one is made to crash. */
export interface Progress {
  actionsDone: number;
  /** Where the execution was carried to. */
  elsewhere?: MemoryStore;
  /** How often it had come back before the carrying that is being done now. */
  returnsBefore?: number | undefined;
}

/** Runs a case to its end in the fixed setting. Rejects where the driver stops for the store's or another's sake. */
export async function runCase(testCase: ConformanceCase, host: CaseHost): Promise<CaseResult> {
  const stubs = stubsFor(testCase.stubs);
  const executions = executionsFor(testCase, host, stubs);
  const started = await startCase(testCase, executions, host.plan);
  const driver = await driveCase(testCase, executions, started, host.clock, stubs, { actionsDone: 0 });
  return { state: driver.state, events: await readHistory(host.store, EXECUTION_ID), calls: stubs.calls };
}

/** Prepared answers, and behind them the few actions that show what an action brings itself. */
export function stubsFor(stubs: Json = {}): Stubs {
  return createStubs(stubs, { actions: createActionRegistry([contextAction, addAction, onceAction, patientAction]) });
}

/** Answers itself, and says what it takes and gives. */
const addAction = defineAction({
  type: 'test_add',
  description: 'Adds two numbers.',
  input: {
    type: 'object',
    required: ['a', 'b'],
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    additionalProperties: false,
  },
  output: { type: 'object', required: ['sum'], properties: { sum: { type: 'number', maximum: 100 } } },
  run: ({ a, b }) => ({ sum: Number(a) + Number(b) }),
});

const onceAction = defineAction({
  type: 'test_once',
  description: 'Must not be repeated.',
  idempotent: false,
  run: (_, { idempotencyKey }) => idempotencyKey,
});

/** Brings a policy and a timeout of its own. */
const patientAction = defineAction({
  type: 'test_patient',
  retry: { maxAttempts: 3, initialDelay: 2000 },
  timeout: 5000,
  run: () => 'done',
});

const contextAction = defineAction({
  type: 'test_context',
  run: async ({ log = '', checkpoint = '', config = '', secret = '' }, context) => {
    context.log('info', String(log), { length: String(log).length });
    await context.checkpoint(String(checkpoint), { done: 0.5 });
    const { executionId, activationId, step, idempotencyKey, organization, now } = context;
    return {
      ...{ executionId, activationId, step, idempotencyKey, organization, now },
      config: context.getConfig(String(config)),
      secret: await context.getSecret(String(secret)),
    };
  },
});

export function executionsFor(
  testCase: ConformanceCase,
  host: CaseHost,
  stubs: Pick<Stubs, 'actions' | 'model'>,
): ExecutionHost {
  const ports = {
    store: host.store,
    clock: host.clock,
    random: { id: () => EXECUTION_ID, seed: () => 1 },
    actions: stubs.actions,
    model: stubs.model,
    secrets: secretsOf(testCase.secrets ?? {}),
  };
  const workflows = new Map(Object.entries(testCase.workflows ?? {}));
  return new ExecutionHost(ports, (slug) => {
    const definition = workflows.get(slug);
    return definition === undefined ? undefined : (host.plan ?? compile)(definition);
  });
}

export async function startCase(
  testCase: ConformanceCase,
  executions: ExecutionHost,
  plan: PlanOf = compile,
): Promise<Driver> {
  return executions.begin(await plan(testCase.definition), {
    input: testCase.input ?? {},
    executionId: EXECUTION_ID,
    organizationId: 'org_test',
    seed: 1,
    ...(testCase.threadId === undefined ? {} : { threadId: testCase.threadId }),
  });
}

/** Takes up every execution that is not over, as a host does that was started again. */
export async function reopen(executions: ExecutionHost): Promise<Driver | undefined> {
  const { items } = await executions.ports.store.list({ limit: 200 });
  for (const { id, status } of items) if (!isFinal(status)) await executions.open(id);
  return executions.open(EXECUTION_ID);
}

/**
 * Moves time and acts on the run until it is over; {@link Progress} says what was done before.
 * @returns who drove it last
 */
export async function driveCase(
  testCase: ConformanceCase,
  executions: ExecutionHost,
  started: Driver,
  clock: VirtualClock,
  stubs: Pick<Stubs, 'stalled'>,
  progress: Progress,
): Promise<Driver> {
  const actions = actionsOf(testCase);
  let driver = started;
  for (;;) {
    // It was cut off on its way.
    if (driver.state.status === 'transferred') driver = await carry(driver, executions, progress);
    // Rejects where the driver had to stop.
    await Promise.race([driver.settled(), executions.idle(() => stubs.stalled)]);
    if (executions.ports.store instanceof FaultyStore) executions.ports.store.check();
    if (isFinal(driver.state.status)) {
      await finishOthers(executions, clock);
      return driver;
    }
    const action = actions[progress.actionsDone];
    if (action !== undefined && (action.at ?? 0) <= untilDeadline(clock)) {
      if (action.at !== undefined) clock.advanceTo(Math.max(clock.now(), START_TIME + action.at));
      if (action.do === 'carry') driver = await carryOnce(driver, executions, progress);
      else await act(driver, action, progress.actionsDone + 1);
      progress.actionsDone += 1;
    } else if (testCase.cancelWhenIdle === true) {
      await driver.cancel('cancelled by the test');
    } else if (!clock.advanceToNext()) {
      throw new Error(`Case "${testCase.name}" waits for a signal that it does not send.`);
    }
  }
}

function untilDeadline(clock: VirtualClock): number {
  return (clock.next ?? Number.POSITIVE_INFINITY) - START_TIME;
}

function actionsOf({ actions, signals = [] }: ConformanceCase): readonly CaseAction[] {
  return actions ?? signals.map((signal) => ({ do: 'signal', ...signal }));
}

/** One action is one way there and back, though what is told of its end be lost with the host again and again. */
async function carryOnce(driver: Driver, executions: ExecutionHost, progress: Progress): Promise<Driver> {
  const events = await readHistory(executions.ports.store, EXECUTION_ID);
  const returns = events.filter(({ type }) => type === 'execution_imported').length;
  progress.returnsBefore ??= returns;
  const returned = returns > progress.returnsBefore ? driver : await carry(driver, executions, progress);
  progress.returnsBefore = undefined;
  return returned;
}

/** Whatever of it happened before a crash does not happen again. */
async function carry(driver: Driver, executions: ExecutionHost, progress: Progress): Promise<Driver> {
  progress.elsewhere ??= new MemoryStore();
  const { ports } = executions;
  const there = { ...ports, store: progress.elsewhere };
  const name = `carry_${driver.state.seq}`;
  if ((await ports.store.read(EXECUTION_ID))?.summary.handedOverAt === undefined) {
    const away = await exportExecution(ports, EXECUTION_ID, { driver, transferId: `${name}_away` });
    const { receipt } = await importExecution(there, JSON.stringify(away));
    await confirmTransfer(ports.store, EXECUTION_ID, receipt);
  }
  const back = await exportExecution(there, EXECUTION_ID, { transferId: `${name}_back` });
  await importExecution(ports, JSON.stringify(back));
  const opened = await executions.open(EXECUTION_ID);
  if (opened === undefined) throw new Error('The execution did not come back.');
  return opened;
}

/** @param number of the action, from 1 */
async function act(driver: Driver, action: Exclude<CaseAction, { do: 'carry' }>, number: number): Promise<void> {
  switch (action.do) {
    case 'signal': {
      const { id = `sig_${number}`, name = '', data = null } = action;
      if (action.decide === undefined) await driver.signal({ id, name, data });
      else await decide(driver, action.decide, id);
      return;
    }
    case 'pause':
      await driver.pause(action.reason);
      return;
    case 'resume':
      await driver.resume();
      return;
    case 'cancel':
      await driver.cancel(action.reason ?? 'cancelled by the test');
  }
}

async function decide(driver: Driver, { step, ...decision }: Decision & { step: string }, id: string): Promise<void> {
  const waiting = driver.state.activations.find(({ slug, approval }) => slug === step && approval !== null);
  // A decision whose answer was lost with the host is sent again: it counts once, whatever waits by then.
  const activation = waiting?.id ?? 0;
  await driver.decide(activation, decision, id);
}

/** Children that were let go of, or cancelled, come to their own end. */
async function finishOthers(executions: ExecutionHost, clock: VirtualClock): Promise<void> {
  for (;;) {
    await executions.idle();
    if (executions.ports.store instanceof FaultyStore) executions.ports.store.check();
    if (executions.drivers.every(({ state }) => isFinal(state.status)) || !clock.advanceToNext()) return;
  }
}

function secretsOf(values: Readonly<Record<string, string>>): SecretStore {
  return {
    resolve: (reference) => {
      const name = reference.kind === 'reference' ? reference.name : reference.cipherText;
      return Object.hasOwn(values, name) ? values[name] : undefined;
    },
  };
}

/** The canonical texts of the live state and of the one that a replay of the history gives. */
export function replayCase(testCase: ConformanceCase, result: CaseResult): { live: string; replayed: string } {
  const outcome = replay(compile(testCase.definition), result.events);
  return {
    live: stateText(result.state),
    replayed: outcome.ok ? stateText(outcome.state) : `The replay diverges at event ${outcome.seq}`,
  };
}

export function stateText(state: ExecutionState | undefined): string {
  const json: Json = JSON.parse(JSON.stringify(state ?? null));
  return canonicalJson(json);
}
