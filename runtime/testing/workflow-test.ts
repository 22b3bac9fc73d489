import { compile } from '../definition/compile.js';
import { parseDuration } from '../definition/duration.js';
import type { Plan } from '../definition/plan.js';
import type { Decision, PlanDriver } from '../engine/driver.js';
import type { JournalEvent } from '../engine/journal.js';
import { isFinal, type StepResult } from '../engine/state.js';
import { stepResults } from '../engine/step-results.js';
import { NotFoundError } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import { MemoryStore } from '../memory/memory-store.js';
import { createStubs, type StubCall, type Stubs } from '../memory/stubs.js';
import { VirtualClock } from '../memory/virtual-clock.js';
import type { ErrorRecord, ExecutionStatus } from '../ports.js';
import { visited } from './coverage.js';
import { differences } from './differences.js';
import {
  ExpectationError,
  type Expected,
  type ExpectedCalls,
  expectCalls,
  expectEvents,
  expectState,
  hold,
} from './expectations.js';
import { Gates } from './gates.js';
import { behind, portsOf, startOf, type TestSetting } from './setting.js';
import { StubbedHost } from './stubbed-host.js';

/** What a live step waits for. */
export interface Waiting {
  readonly step: string;
  readonly for: 'effect' | 'retry' | 'time' | 'event' | 'approval' | 'workflow';
  /** The name of the event. */
  readonly event?: string;
  /** Milliseconds since the epoch at which time brings it on. */
  readonly dueAt?: number;
}

/**
 * Starts a workflow under a clock that stands still, and goes on until nothing can happen but by time or from outside.
 * @throws ValidationError when the document, the stubs or the input are not valid
 */
export async function testWorkflow(document: unknown, setting: TestSetting = {}): Promise<WorkflowTest> {
  const { functions } = setting;
  const plan = compile(document, { functions });
  const clock = new VirtualClock(startOf(setting.now));
  const store = new MemoryStore();
  const stubs = createStubs(setting.stubs ?? {}, { ...behind(setting), clock });
  const gates = setting.stepwise === true ? new Gates() : undefined;
  const workflows = setting.workflows ?? {};
  const find = (slug: string): Plan | undefined =>
    Object.hasOwn(workflows, slug) ? compile(workflows[slug], { functions }) : undefined;
  const executions = new StubbedHost(portsOf(setting, store, clock, stubs, gates), find, stubs);
  const driver = await executions.begin(plan, {
    input: setting.input ?? {},
    executionId: setting.executionId ?? 'test',
    seed: setting.seed ?? 1,
    ...(setting.organization === undefined ? {} : { organizationId: setting.organization }),
    ...(setting.threadId === undefined ? {} : { threadId: setting.threadId }),
    ...(setting.trigger === undefined ? {} : { trigger: setting.trigger }),
  });
  const run = new WorkflowTest(plan, driver, executions, store, clock, stubs, gates);
  await run.rest();
  return run;
}

/** One run of a workflow under test. */
export class WorkflowTest {
  readonly plan: Plan;
  readonly #driver: PlanDriver;
  readonly #executions: StubbedHost;
  readonly #store: MemoryStore;
  readonly #clock: VirtualClock;
  readonly #stubs: Stubs;
  readonly #gates: Gates | undefined;

  constructor(
    plan: Plan,
    driver: PlanDriver,
    executions: StubbedHost,
    store: MemoryStore,
    clock: VirtualClock,
    stubs: Stubs,
    gates: Gates | undefined,
  ) {
    this.plan = plan;
    this.#driver = driver;
    this.#executions = executions;
    this.#store = store;
    this.#clock = clock;
    this.#stubs = stubs;
    this.#gates = gates;
  }

  get status(): ExecutionStatus {
    return this.#driver.state.status;
  }
  get output(): Json {
    return this.#driver.state.output;
  }
  get error(): ErrorRecord | null {
    return this.#driver.state.error;
  }
  get variables(): JsonObject {
    return this.#driver.state.variables;
  }
  /** The last result of each step that ended, by slug. */
  get steps(): Readonly<Record<string, StepResult>> {
    return stepResults(this.plan, this.#driver.state);
  }
  /** Everything that was asked of actions and models, in order. */
  get calls(): readonly StubCall[] {
    return this.#stubs.calls;
  }
  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#clock.now();
  }
  /** When something falls due next, in milliseconds since the epoch; null where nothing does. */
  get next(): number | null {
    return this.#clock.next;
  }
  get history(): readonly JournalEvent[] {
    return this.#store.readEvents(this.#driver.id, { limit: Number.MAX_SAFE_INTEGER });
  }
  /** Slugs of the steps visited, in the order in which their visits began. */
  get path(): readonly string[] {
    return visited(this.history);
  }

  get waitingFor(): readonly Waiting[] {
    return this.#driver.state.activations.flatMap((one): Waiting[] => {
      const due = one.dueAt === null ? {} : { dueAt: one.dueAt };
      if (one.status === 'looping') return [];
      if (one.status === 'running') return [{ step: one.slug, for: 'effect', ...due }];
      if (one.status === 'retrying') return [{ step: one.slug, for: 'retry', ...due }];
      if (one.approval !== null) return [{ step: one.slug, for: 'approval', ...due }];
      if (one.child !== null) return [{ step: one.slug, for: 'workflow', ...due }];
      if (one.event !== null) return [{ step: one.slug, for: 'event', event: one.event, ...due }];
      return [{ step: one.slug, for: 'time', ...due }];
    });
  }

  /** Lets the next effect that waits its turn answer, and what follows from it happen. False where none waits. */
  async step(): Promise<boolean> {
    if (this.#gates?.openNext() !== true) return false;
    await this.rest();
    return true;
  }

  /** Lets time pass: milliseconds, or a duration such as "2h 30m". What falls due on the way happens at its time. */
  async advance(duration: number | string): Promise<void> {
    const ms = parseDuration(duration);
    if (ms === undefined) throw new TypeError(`${JSON.stringify(duration)} is no duration`);
    await this.advanceTo(this.now + ms);
  }

  /** @throws TypeError for what is no time; one that is past changes nothing */
  async advanceTo(time: number): Promise<void> {
    if (!Number.isFinite(time)) throw new TypeError(`${time} is no time`);
    for (let next = this.#clock.next; next !== null && next <= time; next = this.#clock.next) {
      this.#clock.advanceTo(next);
      await this.rest();
    }
    this.#clock.advanceTo(time);
    await this.rest();
  }

  /** @throws ConflictError `EXECUTION_FINISHED` */
  async signal(name: string, data?: Json, id?: string): Promise<void> {
    await this.#driver.signal({ name, ...(data === undefined ? {} : { data }), ...(id === undefined ? {} : { id }) });
    await this.rest();
  }

  /**
   * Decides the approval of a step that waits for one.
   * @throws NotFoundError `NOT_WAITING`
   * @throws ValidationError `INVALID_FIELDS`
   */
  async decide(step: string, decision: Decision, id?: string): Promise<void> {
    const waiting = this.#driver.state.activations.find(({ slug, approval }) => slug === step && approval !== null);
    if (waiting === undefined) {
      const now = waits(this.waitingFor);
      const what = `Step '${step}' waits for no decision: the run is ${this.status}${now === '' ? '' : `, ${now}`}`;
      throw new NotFoundError(what, { code: 'NOT_WAITING', step });
    }
    await this.#driver.decide(waiting.id, decision, id);
    await this.rest();
  }

  /** Nothing begins any more until {@link resume}; time goes by all the same. */
  async pause(reason?: string): Promise<void> {
    await this.control('pause', reason);
  }

  async resume(): Promise<void> {
    await this.control('resume');
  }

  async cancel(reason?: string): Promise<void> {
    await this.control('cancel', reason);
  }

  /** @throws ConflictError `EXECUTION_FINISHED` */
  async control(what: 'pause' | 'resume' | 'cancel', reason?: string): Promise<void> {
    if (what === 'resume') await this.#driver.resume();
    else if (what === 'pause') await this.#driver.pause(reason);
    else await this.#driver.cancel(reason);
    await this.rest();
  }

  /**
   * Goes on until it is over, time being jumped over.
   * @param maxTime milliseconds, or a duration: as long as may pass in all; a year when absent
   * @throws ExpectationError when it waits for what does not come by time, saying for what
   */
  async finish({ maxTime = '365d' }: { readonly maxTime?: number | string } = {}): Promise<this> {
    const most = parseDuration(maxTime);
    if (most === undefined) throw new TypeError(`${JSON.stringify(maxTime)} is no duration`);
    const last = this.now + most;
    for (;;) {
      while (await this.step());
      if (isFinal(this.status)) return this;
      const { next } = this.#clock;
      if (next === null || next > last) throw stuck(this.waitingFor);
      await this.advanceTo(next);
    }
  }

  /** Until nothing can happen but by time, from outside, or by {@link step}. */
  async rest(): Promise<void> {
    const gates = this.#gates;
    const parked = (): number => this.#stubs.parked + (gates?.closed ?? 0);
    await this.#executions.idle(parked, gates && (() => gates.holding.next()));
  }

  // --- Expectations: each throws an {@link ExpectationError} that says what differed ---

  /** Objects in part, everything else as it is. */
  expect(expected: Expected): this {
    expectState(this, expected);
    return this;
  }

  /** The steps visited, in order. */
  expectPath(path: readonly string[]): this {
    hold('The run went another way', differences(path, this.path));
    return this;
  }

  /** That an action (by its type, or its type and operation), a step, another workflow or `llm` was asked: so many times, and with what, in part. */
  expectCalled(what: string, expected: ExpectedCalls = {}): this {
    expectCalls(this.calls, what, expected);
    return this;
  }

  /** That the history holds these events, in this order, each in part; others may stand between them. */
  expectEvents(events: readonly JsonObject[]): this {
    expectEvents(this.history, events);
    return this;
  }
}

function stuck(waiting: readonly Waiting[]): ExpectationError {
  return new ExpectationError(`The run does not come to its end by itself: ${waits(waiting)}`, []);
}

function waits(waiting: readonly Waiting[]): string {
  const what = waiting.map(({ step, for: cause, event }) =>
    event === undefined ? `'${step}' waits for ${WORDS[cause]}` : `'${step}' waits for the event '${event}'`,
  );
  return what.join(', ');
}

const WORDS: Readonly<Record<Waiting['for'], string>> = {
  effect: 'an answer that does not come',
  retry: 'its next attempt',
  time: 'a later time',
  event: 'an event',
  approval: 'a decision',
  workflow: 'another workflow',
};
