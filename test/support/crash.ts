/** Runs a case while its host dies where it is told, and is rebuilt each time on the same store. */
import { ConflictError, readHistory, StorageError, type Stubs, VirtualClock } from '../../runtime/index.js';
import type { ExecutionState, ExecutionStore, JournalEvent, Json, JsonObject } from '../../runtime/ports.js';
import {
  type ConformanceCase,
  driveCase,
  EXECUTION_ID,
  executionsFor,
  type Progress,
  reopen,
  START_TIME,
  startCase,
  stubsFor,
} from './conformance.js';
import { type FaultPlan, FaultyStore } from './faulty-store.js';

export interface CrashedRun {
  readonly state: ExecutionState;
  readonly events: readonly JournalEvent[];
  /** How often each effect was performed, by its idempotency key. */
  readonly performed: ReadonlyMap<string, number>;
  readonly crashes: number;
  /** Writes asked for, those that failed among them. */
  readonly writes: number;
}

export async function runWithCrashes(
  testCase: ConformanceCase,
  store: ExecutionStore,
  plan: FaultPlan,
): Promise<CrashedRun> {
  const faulty = new FaultyStore(store, plan);
  const clock = new VirtualClock(START_TIME);
  const progress: Progress = { actionsDone: 0 };
  const world = new World(testCase.stubs ?? {});
  for (let crashes = 0; ; crashes += 1) {
    faulty.revive();
    const stubs = world.rebuild(await resultsRecorded(store));
    const executions = executionsFor(testCase, { store: faulty, clock }, stubs);
    try {
      const started = (await reopen(executions)) ?? (await startCase(testCase, executions));
      const driver = await driveCase(testCase, executions, started, clock, stubs, progress);
      const { state } = driver;
      const performed = world.performed();
      return { state, events: await readHistory(store, EXECUTION_ID), performed, crashes, writes: faulty.writes };
    } catch (error) {
      // One that was taken over is not stopped: it may come back to life whenever it likes.
      if (error instanceof StorageError) executions.stop();
      else if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/**
 * What lies outside of the host and does not die with it. It gives the same answer to the same question: an answer
 * that was lost with the host, because its result was never recorded, is given again.
 */
class World {
  readonly #document: Json;
  readonly #hosts: Stubs[] = [];

  constructor(document: Json) {
    this.#document = document;
  }

  rebuild(recorded: ReadonlySet<string>): Stubs {
    const given = new Map<string, number>();
    for (const { key, idempotencyKey, attempt } of this.#calls()) {
      if (key !== null && recorded.has(`${idempotencyKey}#${attempt}`)) given.set(key, (given.get(key) ?? 0) + 1);
    }
    const stubs = stubsFor(withoutGiven(this.#document, given));
    this.#hosts.push(stubs);
    return stubs;
  }

  performed(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { idempotencyKey } of this.#calls()) counts.set(idempotencyKey, (counts.get(idempotencyKey) ?? 0) + 1);
    return counts;
  }

  #calls(): Stubs['calls'] {
    return this.#hosts.flatMap(({ calls }) => calls);
  }
}

/** The attempts whose results are recorded, of every execution there is: of the case's own, and of those it started. */
async function resultsRecorded(store: ExecutionStore): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  const { items } = await store.list({ limit: 200 });
  for (const { id } of items) {
    for (const event of await readHistory(store, id)) {
      if (event.type !== 'step_succeeded' && event.type !== 'step_failed') continue;
      keys.add(`${id}/${event.activation}#${event.attempt}`);
    }
  }
  return keys;
}

/** The stubs with the answers left out that were given for good; the last one of a list stays. */
function withoutGiven(document: Json, given: ReadonlyMap<string, number>): Json {
  if (!isObject(document)) return document;
  const left = Object.entries(document).map(([key, answers]): [string, Json] => {
    const first = given.get(key) ?? 0;
    return [key, Array.isArray(answers) ? answers.slice(Math.min(first, answers.length - 1)) : answers];
  });
  return Object.fromEntries(left);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
