import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  advance,
  canonicalJson,
  type ExecutionState,
  type InputEvent,
  isFinal,
  type JournalEvent,
  type Json,
  MemoryStore,
  type Plan,
  replay,
  summaryOf,
} from '../../runtime/index.js';
import { planRetry } from '../../runtime/operations.js';
import { VirtualClock } from '../../runtime/testing.js';
import { deepFreeze } from '../contract/fixtures.js';
import { inMemory } from '../support/crash.js';
import { carriedAnywhere, runGenerated } from '../support/generated-runs.js';
import { generatedWorkflow } from '../support/generated-workflows.js';

const START = 1_767_225_600_000;
const runs = { numRuns: 200 };

it('every workflow that the language accepts comes to an end, or to its step limit', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, async (plan) => {
      const { driver } = await runGenerated(plan);
      expect(isFinal(driver.state.status)).toBe(true);
      expect(driver.state.activations).toEqual([]);
      expect(driver.summary.wakeAt).toBeNull();
    }),
    runs,
  );
});

it('every visit that begins ends exactly once, and every frame belongs to a step that was open', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, async (plan) => {
      const { events } = await runGenerated(plan);
      const ends = new Map<number, number>();
      const open = new Set<number>();
      for (const event of events) {
        if (event.type === 'step_started' && event.attempt === 1) ends.set(event.activation, 0);
        const isEnd =
          event.type === 'step_succeeded' ||
          event.type === 'step_cancelled' ||
          (event.type === 'step_failed' && event.retryAt === undefined);
        if (isEnd) ends.set(event.activation, (ends.get(event.activation) ?? Number.NaN) + 1);
        if (event.type === 'iteration_started') expect(ends.get(event.activation)).toBe(0);
        if (event.type === 'branch_started') open.add(event.branch);
        if (event.type === 'branch_ended') expect(open.delete(event.branch)).toBe(true);
      }
      expect([...ends.values()].every((count) => count === 1)).toBe(true);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    }),
    runs,
  );
});

it('what is done is undone exactly once, last first, where the execution does not end well, and else not at all', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, async (plan) => {
      const { driver, events } = await runGenerated(plan);
      const done: number[] = [];
      const undone: number[] = [];
      for (const event of events) {
        if (event.type === 'step_started' && event.compensates !== undefined && event.attempt === 1) {
          undone.push(event.compensates);
        }
        if (event.type !== 'step_succeeded' || event.compensates !== undefined) continue;
        const step = plan.steps.get(event.step);
        if (step?.type === 'action' && step.compensate !== undefined) done.push(event.activation);
      }
      expect(undone).toEqual(driver.state.status === 'completed' ? [] : done.reverse());
    }),
    runs,
  );
});

it('a replay gives the live state, from the beginning and from any point in between', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, fc.nat(), async (plan, place) => {
      const { driver, events } = await runGenerated(plan);
      const live = canonicalJson(copy(driver.state));
      const whole = replay(plan, events);
      expect(whole.ok && canonicalJson(copy(whole.state))).toBe(live);
      const { states } = walk(plan, events);
      const between = states[place % states.length] ?? driver.state;
      const rest = replay(plan, events.slice(between.seq), copy(between));
      expect(rest.ok && canonicalJson(copy(rest.state))).toBe(live);
    }),
    runs,
  );
});

it('advance changes nothing that it is given, and answers the same twice', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, async (plan) => {
      const { events } = await runGenerated(plan);
      const { inputs, states } = walk(plan, events);
      inputs.forEach((input, index) => {
        const state = states[index - 1];
        const answer = advance(plan, state, input);
        const again = advance(plan, state && deepFreeze(copy(state)), deepFreeze(copy(input)));
        expect(canonicalJson(copy(again))).toBe(canonicalJson(copy(answer)));
      });
    }),
    runs,
  );
});

it('an event that follows from others, and was changed afterwards, is found with both sides', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, fc.nat(), async (plan, place) => {
      const { events } = await runGenerated(plan);
      const { inputs, states } = walk(plan, events);
      expect(inputs.length).toBe(states.length);
      const stimuli = new Set([1, ...states.map((state) => state.seq + 1)]);
      const derived = events.filter((event) => !stimuli.has(event.seq));
      const victim = derived[place % derived.length] ?? expect.unreachable('the end of a run follows from its events');
      const changed = events.map((event) => (event === victim ? { ...event, at: event.at + 1 } : event));
      expect(replay(plan, changed)).toMatchObject({
        ok: false,
        seq: victim.seq,
        expected: victim,
        actual: { ...victim, at: victim.at + 1 },
      });
    }),
    runs,
  );
});

it('carried to another store at any point, paused on the way or not, a run comes to the same', () =>
  carriedAnywhere(200, (work) => work(inMemory())));

it('from any visit of any run a new one can begin, and its journal stands alone', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, fc.nat(), async (plan, place) => {
      const { events } = await runGenerated(plan);
      const visits = events.filter(isVisit);
      const visit = visits[place % visits.length] ?? expect.unreachable('every run visits a step');
      const store = await storeOf(plan, events);
      const host = { store, clock: new VirtualClock(START), random: { id: () => 'forked', seed: () => 1 } };
      const undone = events.flatMap((event) => ('compensates' in event ? [event.compensates ?? 0] : []));
      const retry = planRetry(host, 'x', { activation: visit.activation });
      if (undone.some((activation) => activation < visit.activation)) {
        await expect(retry).rejects.toMatchObject({ code: 'RESULTS_UNDONE' });
        return;
      }
      const { execution } = await retry;
      const replayed = replay(plan, execution.events);
      expect(replayed.ok && canonicalJson(copy(replayed.state))).toBe(canonicalJson(copy(execution.snapshot.state)));
      expect(execution.snapshot.state.pending[0]).toMatchObject({ type: 'enter', slug: visit.step });
    }),
    runs,
  );
});

function isVisit(event: JournalEvent): event is Extract<JournalEvent, { type: 'step_started' }> {
  return event.type === 'step_started' && event.attempt === 1 && event.compensates === undefined;
}

/** A store that holds a run that has ended. */
async function storeOf(plan: Plan, events: readonly JournalEvent[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  const replayed = replay(plan, events);
  const state = replayed.ok && replayed.state ? replayed.state : expect.unreachable('a run replays');
  const snapshot = { seq: state.seq, state };
  store.create({ summary: summaryOf(plan, state), definition: plan.definition, events, snapshot });
  return store;
}

/** Feeds a journal back: the events that came from outside, and the state after each with what followed from it. */
function walk(plan: Plan, events: readonly JournalEvent[]): { inputs: InputEvent[]; states: ExecutionState[] } {
  const inputs: InputEvent[] = [];
  const states: ExecutionState[] = [];
  for (let at = 0; at < events.length; at = states.at(-1)?.seq ?? 0) {
    const input = asInput(events[at]);
    inputs.push(input);
    states.push(advance(plan, states.at(-1), input).state);
  }
  return { inputs, states };
}

function asInput(event: JournalEvent | undefined): InputEvent {
  switch (event?.type) {
    case 'execution_started':
    case 'step_succeeded':
    case 'step_failed':
    case 'timer_fired':
    case 'signal_received':
    case 'execution_cancelled':
    case 'cancellation_requested':
      return event;
    default:
      return expect.unreachable(`nothing here sends ${event?.type}`);
  }
}

function copy<T>(value: T): T & Json {
  return JSON.parse(JSON.stringify(value));
}
