import { DurableObject } from 'cloudflare:workers';
import {
  ConflictError,
  compile,
  Driver,
  type EventOf,
  isFinal,
  NotFoundError,
  nextDeadline,
  outcomeOf,
  readExecution,
  StorageError,
  stepResults,
} from '../../runtime/index.js';
import type { ChildOutcome, ExecutionSummary, JournalEvent, Json, RuntimePorts } from '../../runtime/ports.js';
import { directoryStub } from './addresses.js';
import { Alarm } from './alarm.js';
import { type DecideCommand, mayDecide, pendingApprovals, requirePending } from './approvals.js';
import type { Waiting } from './directory/waiting.js';
import {
  type ApprovalView,
  type Execution,
  type ExecutionView,
  executionApp,
  type StartCommand,
} from './execution-app.js';
import { IndexOutbox } from './index-outbox.js';
import type { WorkerEnv } from './options.js';
import { HttpProblem } from './problem.js';
import { Relatives } from './relatives.js';
import type { Settings } from './settings.js';
import { type EventText, SqliteStore } from './sqlite-store.js';

/** UTF-16 units of events handed out at once. */
const BATCH_LENGTH = 4 * 1024 * 1024;

/**
 * One execution: its journal, its alarm, its driver while it is in memory, and whoever watches it. It answers the
 * requests that the Worker has already authorised, and goes on by itself whatever becomes of them.
 */
export class ExecutionObject extends DurableObject<WorkerEnv> implements Execution {
  readonly #settings: Settings;
  readonly #store: SqliteStore;
  readonly #alarm: Alarm;
  readonly #outbox: IndexOutbox;
  readonly #relatives: Relatives;
  readonly #watchers = new Set<() => void>();
  readonly #app: ReturnType<typeof executionApp>;
  #driver: Driver | undefined;
  #opening: Promise<Driver> | undefined;
  #id: string | undefined;
  #started: Started | undefined;

  constructor(context: DurableObjectState, env: WorkerEnv, settings: Settings) {
    super(context, env);
    this.#settings = settings;
    this.#alarm = new Alarm(context, settings.clock);
    this.#store = new SqliteStore(context.storage, {
      committing: (summary, events, sql) => this.#committing(summary, events, sql),
    });
    this.#relatives = new Relatives({
      env,
      store: this.#store,
      logger: settings.logger,
      organization: () => organizationOf(this.#origin()),
      trigger: () => this.#origin()?.trigger,
    });
    this.#outbox = new IndexOutbox({
      store: this.#store,
      logger: settings.logger,
      send: (summary) => this.#report(summary),
      settled: () => this.#rest(),
    });
    this.#app = executionApp(this, settings);
  }

  override fetch(request: Request): Response | Promise<Response> {
    return this.#app.fetch(request);
  }

  override async alarm(): Promise<void> {
    this.#alarm.fired();
    const summary = this.#summary();
    if (!summary) return;
    // Armed again before anything that could fail or take the object with it.
    this.#alarm.armBy(this.#settings.clock.now() + this.#settings.leaseMs);
    const reporting = this.#outbox.touch(summary);
    const telling = this.#relatives.settle();
    if (isFinal(summary.status)) {
      await Promise.all([reporting, telling]);
      this.#armExactly();
      return;
    }
    try {
      const driver = await this.#driving(summary.id);
      driver.wake();
      await Promise.all([this.#quiet(driver), telling]);
      driver.wake();
      this.#armExactly();
    } catch (error) {
      this.#settings.logger.log('error', 'An execution could not go on; it will be tried again.', {
        execution: summary.id,
        error: String(error),
      });
    }
  }

  /**
   * Starts the execution; the same id again changes nothing and answers with what there is.
   * @throws ValidationError `INVALID_INPUT`, `INVALID_DEFINITION`; nothing is stored then
   */
  async start(command: StartCommand): Promise<ExecutionSummary> {
    const existing = this.#summary();
    if (existing) return this.#touched(existing);
    // Two requests with one id at the same time make one start.
    this.#opening ??= this.#begin(command).finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
    return this.requireSummary();
  }

  /** Resolves when the execution is over, or after so many milliseconds. */
  async waitForEnd(milliseconds: number): Promise<ExecutionSummary> {
    const summary = this.requireSummary();
    if (isFinal(summary.status) || milliseconds === 0) return this.#touched(summary);
    const driving = this.#driving(summary.id);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        unwatch();
        clearTimeout(timer);
        resolve();
      };
      const unwatch = this.watch(() => isFinal(this.requireSummary().status) && done());
      const timer = setTimeout(done, milliseconds);
      driving.catch(done);
    });
    return this.requireSummary();
  }

  /** @throws NotFoundError `EXECUTION_NOT_FOUND` */
  requireSummary(): ExecutionSummary {
    const summary = this.#summary();
    if (summary) return summary;
    throw new NotFoundError('There is no such execution.', { code: 'EXECUTION_NOT_FOUND' });
  }

  /** The summary as of now; an execution that lost its driver with the memory of this object gets one again. */
  current(): ExecutionSummary {
    return this.#touched(this.requireSummary());
  }

  async view(includeDefinition: boolean): Promise<ExecutionView> {
    const { plan, state, summary } = await this.#current();
    return {
      ...summary,
      input: state.input,
      output: state.output,
      variables: state.variables,
      steps: stepResults(plan, state),
      trigger: state.trigger,
      threadId: state.threadId,
      ...(includeDefinition ? { definition: plan.definition } : {}),
    };
  }

  events(after: number, limit: number): EventText[] {
    return this.#store.readEventTexts(this.requireSummary().id, after, limit, BATCH_LENGTH);
  }

  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Cancels; what is over stays as it is. Answers whether this changed anything. */
  async cancel(reason: string | undefined): Promise<boolean> {
    const summary = this.requireSummary();
    if (isFinal(summary.status)) return false;
    const driver = await this.#driving(summary.id);
    try {
      await driver.cancel(reason);
    } catch (error) {
      if (error instanceof ConflictError && error.code === 'EXECUTION_FINISHED') return false;
      throw error;
    }
    return true;
  }

  /** @throws ConflictError `EXECUTION_FINISHED` when the execution is over */
  async signal(signal: { name: string; data?: Json; id?: string }): Promise<{ duplicate: boolean }> {
    const summary = this.requireSummary();
    if (isFinal(summary.status)) {
      throw new ConflictError(`The execution is over (${summary.status}).`, { code: 'EXECUTION_FINISHED' });
    }
    const driver = await this.#driving(summary.id);
    return driver.signal(signal);
  }

  /** How the execution ended; undefined while it has not. @throws NotFoundError `EXECUTION_NOT_FOUND` */
  async outcome(): Promise<ChildOutcome | undefined> {
    const { id, status } = this.current();
    if (!isFinal(status)) return undefined;
    const read = await readExecution(this.#store, id);
    return read && outcomeOf(read.state);
  }

  /** Takes the end of a child. Resolves once it is committed, or where nobody waits for it any more. */
  async childEnded(activation: number, outcome: ChildOutcome): Promise<void> {
    const { id, status } = this.requireSummary();
    if (!isFinal(status)) await (await this.#driving(id)).childEnded(activation, outcome);
  }

  /** An approval that waits. @throws ConflictError `NOT_WAITING` */
  async approval(activation: number, decisionId?: string): Promise<ApprovalView> {
    const { plan, state } = await this.#current();
    // Whoever decided already is told so, be it that the execution went on or ended since.
    if (decisionId !== undefined && state.signalIds.includes(decisionId)) return { decided: true };
    return requirePending(plan, state, activation);
  }

  /**
   * Decides an approval. `duplicate` when this very decision was taken before.
   * @throws ConflictError `NOT_WAITING`
   * @throws ValidationError `INVALID_FIELDS`
   * @throws HttpProblem 403 for whoever is none of the approvers
   */
  async decide({ activation, id, decider, ...decision }: DecideCommand): Promise<{ duplicate: boolean }> {
    const { plan, state } = await this.#current();
    if (state.signalIds.includes(id)) return { duplicate: true };
    const { approvers } = requirePending(plan, state, activation);
    if (!mayDecide(approvers, decider)) {
      throw new HttpProblem(403, 'FORBIDDEN', `"${decider.name}" is not among those who may decide this.`);
    }
    const driver = await this.#driving(state.executionId);
    return driver.decide(activation, { ...decision, by: decider.name }, id);
  }

  #summary(): ExecutionSummary | undefined {
    this.#id ??= this.#store.list({ limit: 1 }).items[0]?.id;
    return this.#id === undefined ? undefined : this.#store.readSummary(this.#id);
  }

  #touched(summary: ExecutionSummary): ExecutionSummary {
    this.#keep(this.#outbox.touch(summary));
    if (!isFinal(summary.status)) this.#keep(this.#driving(summary.id));
    return summary;
  }

  /** Lets the object live for work that no request waits for; its failure is the work's own concern. */
  #keep(work: Promise<unknown> | undefined): void {
    if (!work) return;
    this.ctx.waitUntil(
      work.catch((error: unknown) => {
        const data = { error: String(error) };
        this.#settings.logger.log('error', 'Work in the background failed; the alarm will try again.', data);
      }),
    );
  }

  /** The driver, opened when the one before went with the object's memory. */
  #driving(id: string): Promise<Driver> {
    if (this.#driver) return Promise.resolve(this.#driver);
    this.#opening ??= this.#open(id).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #begin({ definition, ...request }: StartCommand): Promise<Driver> {
    const { leaseMs } = this.#settings;
    return this.#adopt(await Driver.start(this.#ports(), compile(definition), request, { leaseMs }));
  }

  async #open(id: string): Promise<Driver> {
    const driver = await Driver.open(this.#ports(), id, { leaseMs: this.#settings.leaseMs });
    if (!driver) throw new NotFoundError('There is no such execution.', { code: 'EXECUTION_NOT_FOUND' });
    return this.#adopt(driver);
  }

  #adopt(driver: Driver): Driver {
    this.#driver = driver;
    driver.settled().then(
      () => undefined,
      () => {
        // It had to let go, as when a write failed: the alarm makes another one from what is stored.
        if (this.#driver === driver) this.#driver = undefined;
        this.#alarm.forget();
        this.#alarm.armBy(this.#settings.clock.now() + this.#settings.leaseMs);
      },
    );
    return driver;
  }

  #ports(): RuntimePorts {
    const { actions, model, secrets, clock, random, logger } = this.#settings;
    return {
      store: this.#store,
      clock,
      random,
      actions,
      logger,
      workflows: this.#relatives,
      sink: { publish: (_, __, summary) => this.#published(summary) },
      ...(model ? { model } : {}),
      ...(secrets ? { secrets } : {}),
    };
  }

  #published(summary: ExecutionSummary): void {
    for (const listener of this.#watchers) listener();
    this.#keep(this.#outbox.touch(summary));
  }

  #committing(summary: ExecutionSummary, events: readonly JournalEvent[], sql: SqlStorage): void {
    const [first] = events;
    if (first?.type === 'execution_started') this.#started = first;
    this.#relatives.follow(sql, summary, events);
    this.#armFor(summary);
  }

  async #current(): Promise<ReadExecution> {
    const read = await readExecution(this.#store, this.current().id);
    if (read) return read;
    throw new NotFoundError('There is no such execution.', { code: 'EXECUTION_NOT_FOUND' });
  }

  /** How the execution began; undefined where there is none. */
  #origin(): Started | undefined {
    if (this.#started) return this.#started;
    const [first] = this.#id === undefined ? [] : this.#store.readEvents(this.#id, { limit: 1 });
    if (first?.type === 'execution_started') this.#started = first;
    return this.#started;
  }

  /** Within the transaction of each commit: a deadline, a lost driver and a report not yet made all wake the object. */
  #armFor(summary: ExecutionSummary): void {
    const lease = this.#settings.clock.now() + this.#settings.leaseMs;
    this.#alarm.armBy(Math.min(summary.wakeAt ?? lease, lease));
  }

  /** After the alarm has done its work: no earlier than needed, so that a long wait is not a poll. */
  #armExactly(): void {
    const summary = this.#summary();
    if (!summary) return;
    const reported = this.#store.indexedSeq(summary.id) >= summary.seq && !this.#relatives.owes;
    const lease = this.#settings.clock.now() + this.#settings.leaseMs;
    // What the summary says of an effect under way may be a lease that is over; the state knows the deadlines alone.
    const due = this.#driver ? nextDeadline(this.#driver.state) : summary.wakeAt;
    if (summary.status === 'waiting' && reported) this.#alarm.set(due);
    else if (isFinal(summary.status) && reported) this.#alarm.set(null);
    else this.#alarm.set(Math.min(due ?? lease, lease));
  }

  /** Nothing can happen any more: takes the alarm away, unless something is owed. */
  #rest(): void {
    const summary = this.#summary();
    if (summary && isFinal(summary.status)) this.#armExactly();
  }

  /** Keeps the alarm's event, and with it the object, going while there is work, up to the next deadline or one lease. */
  async #quiet(driver: Driver): Promise<void> {
    const due = nextDeadline(driver.state) ?? Number.POSITIVE_INFINITY;
    const time = Math.min(due - this.#settings.clock.now(), this.#settings.leaseMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, time));
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      driver.idle().then(done, done);
    });
  }

  async #report(summary: ExecutionSummary): Promise<void> {
    const waiting = JSON.stringify(await this.#waits(summary));
    await directoryStub(this.env, organizationOf(this.#origin())).index(JSON.stringify(brief(summary)), waiting);
  }

  /** What others can wake, as of now: that may be later than the summary, and then another report follows. */
  async #waits({ id, status }: ExecutionSummary): Promise<Waiting> {
    if (isFinal(status)) return { approvals: [], events: [] };
    const { plan, state } = await this.#driving(id);
    const events = state.activations.flatMap(({ id: activation, event: name, startedAt: since }) =>
      name === null ? [] : [{ activation, name, since }],
    );
    return { approvals: pendingApprovals(plan, state), events };
  }
}

type ReadExecution = NonNullable<Awaited<ReturnType<typeof readExecution>>>;
type Started = EventOf<'execution_started'>;

function organizationOf(first: Started | undefined): string {
  if (first?.organizationId !== undefined) return first.organizationId;
  throw new StorageError('The execution does not say whose it is.', { code: 'STORAGE_CORRUPT' });
}

/** As the index keeps it: an error's text cut short, its details left to the execution itself. */
function brief(summary: ExecutionSummary): ExecutionSummary {
  if (!summary.error) return summary;
  const { details: _, message, ...error } = summary.error;
  return { ...summary, error: { ...error, message: message.slice(0, 500) } };
}
