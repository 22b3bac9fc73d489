import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  advance,
  canonicalJson,
  createStubs,
  Driver,
  type ExecutionState,
  type InputEvent,
  isFinal,
  type JournalEvent,
  type Json,
  MemoryStore,
  type Plan,
  type RuntimePorts,
  readHistory,
  replay,
  VirtualClock,
} from '../../runtime/index.js';
import { deepFreeze } from '../contract/fixtures.js';
import { generatedStubs, generatedWorkflow } from '../support/generated-workflows.js';

const START = 1_767_225_600_000;
const runs = { numRuns: 200 };

async function run(plan: Plan): Promise<{ driver: Driver; events: JournalEvent[] }> {
  const store = new MemoryStore();
  const clock = new VirtualClock(START);
  const { actions, model } = createStubs(generatedStubs);
  const ports: RuntimePorts = { store, clock, actions, model, random: { id: () => 'x', seed: () => 3 } };
  const driver = await Driver.start(ports, plan, { input: { n: 1 }, executionId: 'x' });
  for (let turn = 0; ; turn += 1) {
    await driver.idle();
    if (isFinal(driver.state.status)) break;
    const asked = driver.state.activations.find(({ approval }) => approval !== null);
    // Some are decided, one way or the other, some are left to their timeout; a long run is cancelled in the end.
    if (asked !== undefined && turn % 3 < 2) {
      await driver.decide(asked.id, { decision: turn % 3 === 0 ? 'approved' : 'rejected' }, `d${turn}`);
    } else if (turn === 12 && driver.state.ending === null) await driver.cancel('enough');
    else if (!clock.advanceToNext()) expect.unreachable('something must be due');
  }
  return { driver, events: await readHistory(store, 'x') };
}

it('every workflow that the language accepts comes to an end, or to its step limit', async () => {
  await fc.assert(
    fc.asyncProperty(generatedWorkflow, async (plan) => {
      const { driver } = await run(plan);
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
      const { events } = await run(plan);
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
      const { driver, events } = await run(plan);
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
      const { driver, events } = await run(plan);
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
      const { events } = await run(plan);
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
      const { events } = await run(plan);
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
