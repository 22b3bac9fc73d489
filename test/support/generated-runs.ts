/** What is held of workflows drawn at random, on whatever store: that crashes and being carried change no result. */
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  canonicalJson,
  Driver,
  isFinal,
  type JournalEvent,
  MemoryStore,
  type Plan,
  type RuntimePorts,
  readHistory,
  replay,
  withoutTransfers,
} from '../../runtime/index.js';
import { exportExecution, importExecution } from '../../runtime/operations.js';
import type { ExecutionStore } from '../../runtime/ports.js';
import { createStubs, VirtualClock } from '../../runtime/testing.js';
import { type ConformanceCase, START_TIME, stateText } from './conformance.js';
import { type CrashedRun, inMemory, runWithCrashes } from './crash.js';
import type { WithStorage } from './cut-off.js';
import { generatedStubs, generatedWorkflow } from './generated-workflows.js';

const MOST_ATTEMPTS = 3;
/** Of one workflow, the writes that it is cut off at. */
const MOST_CUTS = 30;

/** I1, I3, I5, I6: whatever the workflow, killed before or after any one write. */
export async function survivesEachCut(numRuns: number, withStorage: WithStorage): Promise<void> {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, async (plan) => {
      const testCase = caseOf(plan);
      const unharmed = await runWithCrashes(testCase, inMemory(), () => undefined);
      for (let cut = 1; cut <= Math.min(unharmed.writes, MOST_CUTS); cut += 1) {
        for (const point of ['before', 'after'] as const) {
          await withStorage(async (connect) => {
            const run = await runWithCrashes(testCase, connect, (write) => (write === cut ? point : undefined));
            assertSound(plan, run);
            expect(run.crashes).toBe(1);
            if (!tellsOfCrashes(plan)) assertSame(run, unharmed);
          });
        }
      }
    }),
    { numRuns },
  );
}

function caseOf(plan: Plan): ConformanceCase {
  return {
    name: plan.slug,
    description: 'Drawn at random.',
    definition: plan.definition,
    input: { n: 1 },
    stubs: generatedStubs,
    expect: { status: 'completed', history: [] },
  };
}

/** Whether what it comes to tells of attempts, of time or of an order that crashes change. */
function tellsOfCrashes(plan: Plan): boolean {
  const text = JSON.stringify(plan.definition);
  return /attempts|flaky|now\}|totalTimeout|"concurrency":[23]|"parallel"/.test(text);
}

function assertSound(plan: Plan, run: CrashedRun): void {
  expect(isFinal(run.state.status)).toBe(true);
  expect(run.state.activations).toEqual([]);
  const replayed = replay(plan, run.events);
  expect(replayed.ok && stateText(replayed.state)).toBe(stateText(run.state));
  for (const times of run.performed.values()) expect(times).toBeLessThanOrEqual(MOST_ATTEMPTS + run.crashes);
}

function assertSame(run: CrashedRun, unharmed: CrashedRun): void {
  const { status, output, variables, error } = run.state;
  expect({ status, output, variables, code: error?.code }).toEqual({
    status: unharmed.state.status,
    output: unharmed.state.output,
    variables: unharmed.state.variables,
    code: unharmed.state.error?.code,
  });
  expect([...run.performed.keys()].sort()).toEqual([...unharmed.performed.keys()].sort());
}

export interface GeneratedRun {
  readonly driver: Driver;
  readonly events: JournalEvent[];
  /** How often it rested before it was over. */
  readonly turns: number;
}

interface Carried {
  /** The number of rests, from 0, after which it is carried. */
  readonly after: number;
  readonly paused: boolean;
  readonly to: ExecutionStore;
}

/** @param carried after how many rests the run is carried to another store, and whether it is paused on the way */
export async function runGenerated(
  plan: Plan,
  store: ExecutionStore = new MemoryStore(),
  carried?: Carried,
): Promise<GeneratedRun> {
  const clock = new VirtualClock(START_TIME);
  const { actions, model } = createStubs(generatedStubs);
  const random = { id: () => 'x', seed: () => 3 };
  let ports: RuntimePorts = { store, clock, actions, model, random };
  let driver = await Driver.start(ports, plan, { input: { n: 1 }, executionId: 'x' });
  let turn = 0;
  for (; ; turn += 1) {
    await driver.idle();
    if (isFinal(driver.state.status)) break;
    if (turn === carried?.after) {
      if (carried.paused) await driver.pause();
      const bundle = await exportExecution(ports, 'x', { driver });
      ports = { ...ports, store: carried.to };
      await importExecution(ports, JSON.stringify(bundle));
      driver = (await Driver.open(ports, 'x')) ?? expect.unreachable();
      if (carried.paused) await driver.resume();
    }
    const asked = driver.state.activations.find(({ approval }) => approval !== null);
    // Some are decided, one way or the other, some are left to their timeout; a long run is cancelled in the end.
    if (asked !== undefined && turn % 3 < 2) {
      await driver.decide(asked.id, { decision: turn % 3 === 0 ? 'approved' : 'rejected' }, `d${turn}`);
    } else if (turn === 12 && driver.state.ending === null) await driver.cancel('enough');
    else if (!clock.advanceToNext()) expect.unreachable('something must be due');
  }
  return { driver, events: await readHistory(ports.store, 'x'), turns: turn };
}

/** Carried between two stores of a kind at any rest, paused on the way or not, a run comes to the same. */
export async function carriedAnywhere(numRuns: number, withStorage: WithStorage): Promise<void> {
  let count = 0;
  const carry = async (plan: Plan, after: number, paused: boolean): Promise<JournalEvent[]> => {
    let events: JournalEvent[] = [];
    await withStorage(async (home) => {
      await withStorage(async (away) => {
        ({ events } = await runGenerated(plan, await home(), { after, paused, to: await away() }));
      });
    });
    return events;
  };
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, fc.nat(), fc.boolean(), async (plan, place, paused) => {
      const { events, turns } = await runGenerated(plan);
      // A run that never rests is over before anybody can carry it.
      if (turns === 0) return;
      const moved = await carry(plan, place % turns, paused);
      count += 1;
      expect(moved.map(({ type }) => type)).toContain('execution_imported');
      expect(withoutControl(moved).map((event) => canonicalJson(event))).toEqual(
        withoutControl(events).map((event) => canonicalJson(event)),
      );
      expect(replay(plan, moved).ok).toBe(true);
    }),
    { numRuns },
  );
  expect(count, 'runs that rested').toBeGreaterThan(numRuns / 10);
}

function withoutControl(events: readonly JournalEvent[]): readonly JournalEvent[] {
  return withoutTransfers(events)
    .filter(({ type }) => type !== 'execution_paused' && type !== 'execution_resumed')
    .map((event, index) => ({ ...event, seq: index + 1 }));
}
