import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile, type JournalEvent, MemoryStore, type Plan, readHistory } from '../../runtime/index.js';
import type { ExecutionState, ExecutionStatus, Json, JsonObject } from '../../runtime/ports.js';
import { createStubs, type StubCall, VirtualClock } from '../../runtime/testing.js';
import { driveCase, EXECUTION_ID, executionsFor, type PlanOf, START_TIME, startCase } from './conformance.js';

/** A call as a case expects it. */
export interface ExpectedCall {
  readonly step: string;
  /** What an action got, all of it. */
  readonly parameters?: Json;
  /** What a model was asked, the fields that matter. */
  readonly request?: JsonObject;
  /** Pieces of the texts a model was asked with. */
  readonly says?: readonly string[];
}

export interface TaleCase {
  readonly description: string;
  readonly input?: Json;
  readonly stubs: Json;
  readonly expect: {
    readonly status: ExecutionStatus;
    readonly error?: JsonObject;
    /** The slug of each step visited, in order, between blanks; of a loop once, its iterations following. */
    readonly path?: string;
    /** How often steps were visited, where the path is too long to be read. */
    readonly visits?: Readonly<Record<string, number>>;
    /** Every call, in order, a repeated attempt being one. */
    readonly calls?: readonly ExpectedCall[];
    /** Those that matter. */
    readonly variables?: JsonObject;
    /** The parameters of steps as the journal shows them, where they differ from what the action got. */
    readonly recorded?: Readonly<Record<string, JsonObject>>;
  };
}

/** The cases of one workflow. */
export interface TaleFile {
  /** The workflow's file name, without its extension. */
  readonly workflow: string;
  readonly cases: readonly TaleCase[];
}

export interface TaleRun {
  readonly plan: Plan;
  readonly state: ExecutionState;
  readonly events: readonly JournalEvent[];
  readonly calls: readonly StubCall[];
}

const workflows = fileURLToPath(new URL('../../../shared/fixtures/tale/', import.meta.url));
const cases = fileURLToPath(new URL('../tale/', import.meta.url));

/** The workflows by name; undefined where the folder beside this checkout is not there. */
export function taleWorkflows(): ReadonlyMap<string, JsonObject> | undefined {
  const names = filesOf(workflows)?.filter((name) => name !== 'expressions');
  return names && new Map(names.map((name) => [name, readJson(`${workflows}${name}.json`)]));
}

export function taleFiles(): TaleFile[] {
  return (filesOf(cases) ?? []).map((workflow) => ({ workflow, cases: readJson(`${cases}${workflow}.json`) }));
}

function filesOf(folder: string): string[] | undefined {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    return names.map((name) => name.slice(0, -'.json'.length)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Runs a case in memory, time being jumped over, in the setting of the conformance cases. */
export async function runTale(
  definition: Json,
  { description, input, stubs: answers }: TaleCase,
  plan: PlanOf = compile,
): Promise<TaleRun> {
  const stubs = createStubs(answers);
  const host = { store: new MemoryStore(), clock: new VirtualClock(START_TIME), plan };
  const testCase = {
    name: description,
    description,
    definition,
    ...(input === undefined ? {} : { input }),
    expect: { status: 'completed', history: [] },
  } as const;
  const executions = executionsFor(testCase, host, stubs);
  const driver = await startCase(testCase, executions, plan);
  await driveCase(testCase, executions, driver, host.clock, stubs, { actionsDone: 0 });
  const events = await readHistory(host.store, EXECUTION_ID);
  return { plan: compile(definition), state: driver.state, events, calls: stubs.calls };
}

/** The slug of each step visited, in order; of a loop once, however many its iterations. */
export function pathOf(events: readonly JournalEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'step_started' && event.attempt === 1 ? [event.step] : []));
}

/** The ports that a run left steps by, as `step/port`. */
export function portsTaken(events: readonly JournalEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'step_succeeded') return [`${event.step}/${event.port}`];
    if (event.type === 'iteration_started') return [`${event.step}/next`];
    return event.type === 'step_failed' && event.retryAt === undefined ? [`${event.step}/error`] : [];
  });
}
