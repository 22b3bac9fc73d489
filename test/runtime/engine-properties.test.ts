import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  advance,
  canonicalJson,
  compile,
  createStubs,
  Driver,
  type ExecutionState,
  type InputEvent,
  isFinal,
  type JournalEvent,
  type Json,
  type JsonObject,
  MemoryStore,
  type Plan,
  type RuntimePorts,
  readHistory,
  replay,
  VirtualClock,
  validate,
  withoutTransfers,
} from '../../runtime/index.js';
import { exportExecution, importExecution } from '../../runtime/operations.js';
import { deepFreeze } from '../contract/fixtures.js';

const START = 1_767_225_600_000;
const runs = { numRuns: 200 };

/** Drawn more often than what stands beside it. */
function many<T>(arbitrary: fc.Arbitrary<T>): { readonly weight: number; readonly arbitrary: fc.Arbitrary<T> } {
  return { weight: 4, arbitrary };
}

/** Which step a port leads to, by number; beyond the steps there are, nowhere or to the end. */
const target = fc.nat(11);
const value = fc.constantFrom<Json>(0, 1, 'x', null, [1, 2], ['a'], { list: [3] }, { flag: true });
const source = fc.constantFrom(
  '{{lastOutput}}',
  '{{loop.item}}',
  '{{loop.index}}',
  '{{variables.count}}',
  '{{steps.s1.output}}',
  'text {{input.n}} {{now}}',
);
/** No more than an item: what collects all that came before would double at each round. */
const kept = fc.constantFrom('{{loop.item}}', '{{loop.index}}', 'item {{loop.index}} of {{input.n}}');
const condition = fc.constantFrom(
  'loop.index == 0',
  'variables.count > 2',
  'lastOutput',
  'steps.s2.attempts > 1',
  '(lastOutput|length) > 0',
);

const action = fc.record({
  stepType: fc.constant('action'),
  config: fc.record(
    {
      type: fc.constantFrom('good', 'bad', 'flaky'),
      parameters: fc.record({ given: source }),
      retry: fc.record({ maxAttempts: fc.integer({ min: 1, max: 3 }), initialDelay: fc.constant(1000) }),
    },
    { requiredKeys: ['type'] },
  ),
  nextSteps: fc.record({ success: target, error: target }, { requiredKeys: [] }),
});
const assignment = fc.record({
  stepType: fc.constant('action'),
  config: fc.record({
    type: fc.constant('set_variables'),
    parameters: fc.record({ count: fc.constant('{{(variables.count ?? 0) + 1}}') }),
  }),
  nextSteps: fc.record({ success: target }, { requiredKeys: [] }),
});
const decision = fc.record({
  stepType: fc.constant('condition'),
  config: fc.record({ expression: condition }),
  nextSteps: fc.record({ true: target, false: target, error: target }, { requiredKeys: [] }),
});
const loop = fc.record({
  stepType: fc.constant('loop'),
  config: fc.oneof(
    fc.record(
      { items: fc.oneof(many(fc.array(value, { maxLength: 3 })), source), collect: kept },
      { requiredKeys: ['items'] },
    ),
    fc.record({ while: condition, maxIterations: fc.integer({ min: 1, max: 4 }) }),
  ),
  nextSteps: fc.record({ next: target, done: target, error: target }, { requiredKeys: ['next'] }),
});
const pause = fc.record({
  stepType: fc.constant('wait'),
  config: fc.record({ for: fc.constantFrom('5s', 0, 'PT1M') }),
  nextSteps: fc.record({ success: target }, { requiredKeys: [] }),
});
const listen = fc.record({
  stepType: fc.constant('wait_for_event'),
  config: fc.record({ event: fc.constant('go'), timeout: fc.constantFrom(1000, 60_000) }),
  nextSteps: fc.record({ success: target, timeout: target }, { requiredKeys: [] }),
});
const ending = fc.constantFrom(
  { stepType: 'output', config: { mapping: { n: '{{variables.count}}' } } },
  { stepType: 'fail', config: { code: 'STOP', message: 'Stopped at {{loop.index}}' } },
);

/** A workflow whose steps lead anywhere; those that the language refuses are left out. */
const workflow: fc.Arbitrary<Plan> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: action }, assignment, decision, many(loop), pause, listen, ending), {
      minLength: 2,
      maxLength: 9,
    }),
    fc.option(target, { nil: undefined }),
  )
  .map(([steps, onError]) => definitionOf(steps, onError))
  .filter((definition) => validate(definition).ok)
  .map((definition) => compile(definition));

function definitionOf(
  steps: readonly { stepType: string; config: object; nextSteps?: object }[],
  onError: number | undefined,
): Json {
  const slug = (index: number): string | undefined =>
    index < steps.length ? `s${index}` : index < 10 ? 'end' : undefined;
  const list = steps.map(({ stepType, config, nextSteps = {} }, index) => ({
    stepSlug: `s${index}`,
    stepType,
    config,
    nextSteps: Object.fromEntries(
      Object.entries(nextSteps).flatMap(([port, to]: [string, number]) => {
        const leads = slug(to);
        return leads === undefined ? [] : [[port, leads]];
      }),
    ),
  }));
  const handler = onError === undefined || onError >= steps.length ? {} : { onError: `s${onError}` };
  const config = { limits: { maxSteps: 60 }, variables: { count: 0 }, ...handler };
  return JSON.parse(JSON.stringify({ name: 'Generated', config, steps: list }));
}

const stubs: JsonObject = {
  good: { output: { list: [1, 2], ok: true } },
  bad: { error: { code: 'BAD', message: 'It is {{broken}}', retryable: false } },
  flaky: [
    { error: { code: 'BUSY', message: 'Busy' } },
    { output: 'at last' },
    { error: { code: 'BUSY', message: 'Busy' } },
  ],
};

async function run(plan: Plan): Promise<{ driver: Driver; events: JournalEvent[] }> {
  const store = new MemoryStore();
  const clock = new VirtualClock(START);
  const { actions, model } = createStubs(stubs);
  const ports: RuntimePorts = { store, clock, actions, model, random: { id: () => 'x', seed: () => 3 } };
  const driver = await Driver.start(ports, plan, { input: { n: 1 }, executionId: 'x' });
  do await driver.idle();
  while (!isFinal(driver.state.status) && clock.advanceToNext());
  return { driver, events: await readHistory(store, 'x') };
}

it('every workflow that the language accepts comes to an end, or to its step limit', async () => {
  await fc.assert(
    fc.asyncProperty(workflow, async (plan) => {
      const { driver } = await run(plan);
      expect(isFinal(driver.state.status)).toBe(true);
      expect(driver.state.activations).toEqual([]);
      expect(driver.summary.wakeAt).toBeNull();
    }),
    runs,
  );
});

it('every visit that begins ends exactly once, and every frame belongs to a loop that was open', async () => {
  await fc.assert(
    fc.asyncProperty(workflow, async (plan) => {
      const { events } = await run(plan);
      const ends = new Map<number, number>();
      for (const event of events) {
        if (event.type === 'step_started' && event.attempt === 1) ends.set(event.activation, 0);
        const isEnd =
          event.type === 'step_succeeded' ||
          event.type === 'step_cancelled' ||
          (event.type === 'step_failed' && event.retryAt === undefined);
        if (isEnd) ends.set(event.activation, (ends.get(event.activation) ?? Number.NaN) + 1);
        if (event.type === 'iteration_started') expect(ends.get(event.activation)).toBe(0);
      }
      expect([...ends.values()].every((count) => count === 1)).toBe(true);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    }),
    runs,
  );
});

it('a replay gives the live state, from the beginning and from any point in between', async () => {
  await fc.assert(
    fc.asyncProperty(workflow, fc.nat(), async (plan, place) => {
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
    fc.asyncProperty(workflow, async (plan) => {
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
    fc.asyncProperty(workflow, fc.nat(), async (plan, place) => {
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

it('carried to another store at any point, paused and resumed there, a run comes to the same', async () => {
  await fc.assert(
    fc.asyncProperty(workflow, fc.nat(12), fc.boolean(), async (plan, place, pauses) => {
      const { events } = await run(plan);
      const carried = await runCarried(plan, place, pauses);
      expect(withoutControl(carried).map((event) => canonicalJson(event))).toEqual(
        withoutControl(events).map((event) => canonicalJson(event)),
      );
      expect(replay(plan, carried).ok).toBe(true);
    }),
    runs,
  );
});

/** As {@link run}, but carried to a new store when the run has come to rest so often. */
async function runCarried(plan: Plan, place: number, pauses: boolean): Promise<JournalEvent[]> {
  const clock = new VirtualClock(START);
  const { actions, model } = createStubs(stubs);
  let ports: RuntimePorts = {
    ...{ clock, actions, model, random: { id: () => 'x', seed: () => 3 } },
    store: new MemoryStore(),
  };
  let driver = await Driver.start(ports, plan, { input: { n: 1 }, executionId: 'x' });
  for (let rests = 0; ; rests += 1) {
    await driver.idle();
    if (isFinal(driver.state.status)) return readHistory(ports.store, 'x');
    if (rests === place) {
      if (pauses) await driver.pause();
      const bundle = await exportExecution(ports, 'x', { driver });
      ports = { ...ports, store: new MemoryStore() };
      await importExecution(ports, JSON.stringify(bundle));
      driver = (await Driver.open(ports, 'x')) ?? expect.unreachable();
      if (pauses) await driver.resume();
    } else clock.advanceToNext();
  }
}

function withoutControl(events: readonly JournalEvent[]): readonly JournalEvent[] {
  return withoutTransfers(events)
    .filter(({ type }) => type !== 'execution_paused' && type !== 'execution_resumed')
    .map((event, index) => ({ ...event, seq: index + 1 }));
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
      return event;
    default:
      return expect.unreachable(`nothing here sends ${event?.type}`);
  }
}

function copy<T>(value: T): T & Json {
  return JSON.parse(JSON.stringify(value));
}
