/** Runs a case while its host dies where it is told, and is rebuilt each time on the same store. */
import { ConflictError, MemoryStore, readHistory, StorageError } from '../../runtime/index.js';
import type { Awaitable, ExecutionState, ExecutionStore, JournalEvent, Json, JsonObject } from '../../runtime/ports.js';
import { type Stubs, VirtualClock } from '../../runtime/testing.js';
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

/** Connects to what is stored, as each host does that is started on it; what hosts before it hold is not used any more. */
export type Connect = () => Awaitable<ExecutionStore>;

/** A store in memory, which outlives its hosts. */
export function inMemory(): Connect {
  const store = new MemoryStore();
  return () => store;
}

export async function runWithCrashes(
  testCase: ConformanceCase,
  connect: Connect,
  plan: FaultPlan,
): Promise<CrashedRun> {
  let store = await connect();
  const faulty = new FaultyStore(store, plan);
  const clock = new VirtualClock(START_TIME);
  const progress: Progress = { actionsDone: 0 };
  const world = new World(testCase.stubs ?? {});
  for (let crashes = 0; ; crashes += 1) {
    faulty.revive(store);
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
      if (error instanceof StorageError) {
        executions.stop();
        store = await connect();
      } else if (!(error instanceof ConflictError)) throw error;
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

  rebuild(results: readonly string[]): Stubs {
    const recorded = new Map<string, number>();
    for (const key of results) recorded.set(key, (recorded.get(key) ?? 0) + 1);
    const given = new Map<string, number>();
    for (const { key, idempotencyKey, attempt } of this.#calls()) {
      const call = `${idempotencyKey}#${attempt}`;
      const left = recorded.get(call) ?? 0;
      if (key === null || left === 0) continue;
      recorded.set(call, left - 1);
      given.set(key, (given.get(key) ?? 0) + 1);
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

/** The calls whose answers are kept, of every execution there is: of the case's own, and of those it started. */
async function resultsRecorded(store: ExecutionStore): Promise<readonly string[]> {
  const { items } = await store.list({ limit: 200 });
  const histories = await Promise.all(items.map(async ({ id }) => ({ id, events: await readHistory(store, id) })));
  return histories.flatMap(({ id, events }) => events.flatMap((event) => resultKey(id, event)));
}

/** The call whose answer an event keeps. */
function resultKey(id: string, event: JournalEvent): string[] {
  switch (event.type) {
    case 'step_succeeded':
    case 'step_failed':
    case 'model_turn':
      return [`${id}/${event.activation}#${event.attempt}`];
    case 'tool_result':
      return [`${id}/${event.activation}/${event.call}#${event.attempt}`];
    default:
      return [];
  }
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
