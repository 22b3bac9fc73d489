/**
 * Runs conformance cases on any host: this file, and what it imports, reaches for no host's modules, so that Node,
 * workerd and a page all run the very same cases through it.
 */
import {
  canonicalJson,
  compile,
  createActionRegistry,
  createStubs,
  Driver,
  defineAction,
  isFinal,
  readHistory,
  replay,
  type StubCall,
  type Stubs,
  type VirtualClock,
} from '../../runtime/index.js';
import type {
  ExecutionState,
  ExecutionStatus,
  ExecutionStore,
  JournalEvent,
  Json,
  RuntimePorts,
  SecretStore,
} from '../../runtime/ports.js';

/** When every case begins: 2026-01-01T00:00:00Z. */
export const START_TIME = 1_767_225_600_000;
export const EXECUTION_ID = 'exec_1';

export interface CaseSignal {
  readonly name: string;
  readonly data?: Json;
  /** `sig_<n>` by position, from 1, when absent. */
  readonly id?: string;
  /** Milliseconds after the start to send it at; as soon as its turn comes when absent. */
  readonly at?: number;
}

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
  readonly secrets?: Readonly<Record<string, string>>;
  /** Sent one by one, each when nothing else can go on. */
  readonly signals?: readonly CaseSignal[];
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
}

export interface CaseResult {
  readonly state: ExecutionState;
  readonly events: readonly JournalEvent[];
  readonly calls: readonly StubCall[];
}

/** What of a case has been done to the run; kept across the drivers that come and go when one is made to crash. */
export interface Progress {
  signalsSent: number;
}

/** Runs a case to its end in the fixed setting. Rejects where the driver stops for the store's or another's sake. */
export async function runCase(testCase: ConformanceCase, host: CaseHost): Promise<CaseResult> {
  const stubs = stubsFor(testCase.stubs);
  const driver = await startCase(testCase, portsFor(testCase, host, stubs));
  await driveCase(testCase, driver, host.clock, stubs, { signalsSent: 0 });
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

export function portsFor(
  testCase: ConformanceCase,
  host: CaseHost,
  stubs: Pick<Stubs, 'actions' | 'model'>,
): RuntimePorts {
  return {
    store: host.store,
    clock: host.clock,
    random: { id: () => EXECUTION_ID, seed: () => 1 },
    actions: stubs.actions,
    model: stubs.model,
    secrets: secretsOf(testCase.secrets ?? {}),
  };
}

export function startCase(testCase: ConformanceCase, ports: RuntimePorts): Promise<Driver> {
  return Driver.start(ports, compile(testCase.definition), {
    input: testCase.input ?? {},
    executionId: EXECUTION_ID,
    organizationId: 'org_test',
    seed: 1,
    ...(testCase.threadId === undefined ? {} : { threadId: testCase.threadId }),
  });
}

/** Moves time and sends signals until the run is over; {@link Progress} says what was sent before. */
export async function driveCase(
  testCase: ConformanceCase,
  driver: Driver,
  clock: VirtualClock,
  stubs: Pick<Stubs, 'stalled'>,
  progress: Progress,
): Promise<void> {
  for (;;) {
    // Rejects where the driver had to stop.
    await Promise.race([driver.settled(), driver.idle(() => stubs.stalled)]);
    if (isFinal(driver.state.status)) return;
    const signal = testCase.signals?.[progress.signalsSent];
    if (signal !== undefined && (signal.at ?? 0) <= untilDeadline(clock)) {
      await sendSignal(driver, clock, signal, progress);
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

async function sendSignal(driver: Driver, clock: VirtualClock, signal: CaseSignal, progress: Progress): Promise<void> {
  if (signal.at !== undefined) clock.advanceTo(Math.max(clock.now(), START_TIME + signal.at));
  const id = signal.id ?? `sig_${progress.signalsSent + 1}`;
  await driver.signal({ id, name: signal.name, data: signal.data ?? null });
  progress.signalsSent += 1;
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
