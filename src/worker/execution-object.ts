import { DurableObject } from 'cloudflare:workers';
import {
  ConflictError,
  compileStored,
  Driver,
  isFinal,
  NotFoundError,
  outcomeOf,
  readExecution,
  stepResults,
} from '../../runtime/index.js';
import { boundOf } from '../../runtime/operations.js';
import type { ChildOutcome, ExecutionSummary, JournalEvent, RuntimePorts } from '../../runtime/ports.js';
import { directoryStub } from './addresses.js';
import { ExecutionAlarm } from './execution-alarm.js';
import { type Execution, type ExecutionView, executionApp, heldView } from './execution-app.js';
import { ExecutionControl, type ReadExecution } from './execution-control.js';
import { IndexOutbox } from './index-outbox.js';
import { brief, waitingIn } from './index-report.js';
import { type HeldStart, Lobby, standingOf } from './lobby.js';
import type { WorkerEnv } from './options.js';
import { Origin } from './origin.js';
import { executionPorts } from './ports.js';
import { Relatives } from './relatives.js';
import type { Settings } from './settings.js';
import { type EventText, SqliteStore } from './sqlite-store.js';
import { isOver, type Standing } from './standing.js';
import type { StartCommand } from './start-command.js';

/** UTF-16 units of events handed out at once. */
const BATCH_LENGTH = 4 * 1024 * 1024;

/**
 * One execution: its journal, its alarm, its driver while it is in memory, and whoever watches it. It answers the
 * requests that the Worker has already authorised, and goes on by itself whatever becomes of them.
 */
export class ExecutionObject extends DurableObject<WorkerEnv> implements Execution {
  readonly control: ExecutionControl;
  readonly #settings: Settings;
  readonly #store: SqliteStore;
  readonly #origin: Origin;
  readonly #lobby: Lobby;
  readonly #alarms: ExecutionAlarm;
  readonly #outbox: IndexOutbox;
  readonly #relatives: Relatives;
  readonly #watchers = new Set<(standing: Standing) => void>();
  readonly #app: ReturnType<typeof executionApp>;
  #driver: Driver | undefined;
  #opening: Promise<Driver> | undefined;

  constructor(context: DurableObjectState, env: WorkerEnv, settings: Settings) {
    super(context, env);
    this.#settings = settings;
    this.#alarms = new ExecutionAlarm(context, settings);
    this.#store = new SqliteStore(context.storage, {
      committing: (summary, events, sql) => this.#committing(summary, events, sql),
    });
    this.#lobby = new Lobby(this.#store.database);
    this.#origin = new Origin(this.#store, () => this.#lobby.held?.command.organizationId);
    const { logger } = settings;
    this.#relatives = new Relatives({
      ...{ env, logger, store: this.#store, origin: this.#origin },
      outcome: () => this.#outcome(),
    });
    this.#outbox = new IndexOutbox({
      ...{ logger, store: this.#store },
      send: (summary) => this.#report(summary),
      settled: () => this.#rest(),
    });
    this.control = new ExecutionControl({
      ...{ env, store: this.#store, functions: settings.functions },
      ports: () => this.#ports(),
      organization: () => this.#origin.organization,
      current: () => this.#current(),
      driving: (id) => this.#driving(id),
      takingOver: (organization, work) => this.#takingOver(organization, work),
    });
    this.#app = executionApp(this, settings);
  }

  override fetch(request: Request): Response | Promise<Response> {
    return this.#app.fetch(request);
  }

  override async alarm(): Promise<void> {
    this.#alarms.fired();
    const summary = this.#summary();
    const held = summary ? undefined : this.#lobby.held;
    if (!summary && !held) return;
    // Armed again before anything that could fail or take the object with it.
    this.#alarms.armLease();
    try {
      if (held) await this.#retryHeld(held);
      else if (summary) await this.#goOn(summary);
    } catch (error) {
      this.#settings.logger.log('error', 'An execution could not go on; it will be tried again.', {
        execution: summary?.id ?? held?.command.executionId ?? '',
        error: String(error),
      });
    }
  }

  /**
   * Starts the execution, or has it wait for its turn; the same id again changes nothing and answers with what there is.
   * @throws ValidationError `INVALID_INPUT`, `INVALID_DEFINITION`, `FUNCTION_NOT_FOUND`; nothing is stored then
   * @throws ConflictError `CONCURRENCY_LIMIT`
   */
  async start(command: StartCommand): Promise<Standing> {
    const existing = this.#summary();
    if (existing) return this.#touched(existing);
    const known = this.#lobby.held;
    if (known) return this.#enter(known);
    const plan = compileStored(command.definition, this.#settings.functions);
    const { input, executionId, organizationId } = command;
    const bound = boundOf(plan, input, { executionId, organizationId, now: this.#settings.clock.now() });
    if (bound === undefined) {
      await this.#beginning(command);
      return this.requireSummary();
    }
    const held = this.#lobby.hold(command, bound, plan, this.#settings.clock.now());
    this.#alarms.armLease();
    return this.#enter(held);
  }

  /** Starts what waited for its turn; false where there is nothing to start. */
  async begin(): Promise<boolean> {
    if (this.#summary()) return true;
    const { held } = this.#lobby;
    if (!held || held.calledOff) return false;
    await this.#beginning(held.command);
    return true;
  }

  /** Resolves when the execution is over, or after so many milliseconds. */
  async waitForEnd(milliseconds: number): Promise<Standing> {
    const standing = this.requireSummary();
    if (isOver(standing.status) || milliseconds === 0) return this.current();
    const driving = standing.status === 'queued' ? undefined : this.#driving(standing.id);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        unwatch();
        clearTimeout(timer);
        resolve();
      };
      // Told of each commit: nothing is read again for it.
      const unwatch = this.watch(({ status }) => isOver(status) && done());
      const timer = setTimeout(done, milliseconds);
      driving?.catch(done);
    });
    return this.requireSummary();
  }

  /** @throws NotFoundError `EXECUTION_NOT_FOUND` */
  requireSummary(): Standing {
    const summary = this.#summary();
    if (summary) return summary;
    const { held } = this.#lobby;
    if (held) return standingOf(held);
    throw new NotFoundError('There is no such execution.', { code: 'EXECUTION_NOT_FOUND' });
  }

  /** The same, as of now; an execution that lost its driver with the memory of this object gets one again. */
  current(): Standing {
    const summary = this.#summary();
    return summary ? this.#touched(summary) : this.requireSummary();
  }

  async view(includeDefinition: boolean): Promise<ExecutionView> {
    const held = this.#summary() ? undefined : this.#lobby.held;
    if (held) return heldView(held, includeDefinition);
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

  /** Calls back after each commit with what it left. */
  watch(listener: (standing: Standing) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Cancels, or calls off what has not begun; what is over stays as it is. Answers whether this changed anything. */
  async cancel(reason: string | undefined): Promise<boolean> {
    const held = this.#summary() ? undefined : this.#lobby.held;
    if (!held) return this.control.cancel(reason);
    if (held.calledOff) return false;
    const now = this.#settings.clock.now();
    const off = this.#store.database.transaction((sql) => {
      this.#relatives.owe(sql, held.command.trigger);
      return this.#lobby.callOff(sql, held, reason ?? 'Cancelled by request', now);
    });
    this.#alarms.armLease();
    this.#tellWatchers(standingOf(off));
    this.#keep(this.#retryHeld(off));
    return true;
  }

  /** How the execution ended; undefined while it has not. @throws NotFoundError `EXECUTION_NOT_FOUND` */
  async outcome(): Promise<ChildOutcome | undefined> {
    this.current();
    return this.#outcome();
  }

  /** Takes the end of a child. Resolves once it is committed, or where nobody waits for it any more. */
  async childEnded(activation: number, outcome: ChildOutcome): Promise<void> {
    const summary = this.#summary();
    if (summary && !isFinal(summary.status)) await (await this.#driving(summary.id)).childEnded(activation, outcome);
  }

  // --- Before it begins ---

  /** Asks the directory whether it may begin. @throws ConflictError where it may not, and shall not wait either */
  async #enter(held: HeldStart): Promise<Standing> {
    if (held.calledOff) return standingOf(held);
    const { organizationId } = held.command;
    const entry = JSON.stringify({ bound: held.bound, standing: standingOf(held) });
    const answer = await directoryStub(this.env, organizationId).enter(organizationId, entry);
    if (answer.status === 'refused') {
      this.#lobby.drop();
      this.#alarms.disarm();
      throw new ConflictError(answer.message, { code: answer.code });
    }
    if (answer.status === 'admitted') await this.begin();
    // It is called up when its turn comes; what was called off meanwhile has more to do.
    else if (!this.#summary() && !this.#lobby.held?.calledOff) this.#alarms.disarm();
    return this.requireSummary();
  }

  /** What a crash may have cut off: asking for its turn, or telling that it does not want it any more. */
  async #retryHeld(held: HeldStart): Promise<void> {
    if (!held.calledOff) {
      await this.#enter(held);
      return;
    }
    const { organizationId } = held.command;
    await this.#relatives.settle();
    await directoryStub(this.env, organizationId).leave(held.bound.key, JSON.stringify(standingOf(held)));
    if (!this.#relatives.owes) this.#alarms.disarm();
  }

  /** Two requests with one id at the same time make one start. */
  #beginning(command: StartCommand): Promise<Driver> {
    this.#opening ??= this.#begin(command).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #begin({ definition, ...request }: StartCommand): Promise<Driver> {
    const { leaseMs, functions } = this.#settings;
    const plan = compileStored(definition, functions);
    return this.#adopt(await Driver.start(this.#ports(), plan, request, { leaseMs }));
  }

  async #takingOver<T>(organization: string, work: () => Promise<T>): Promise<T> {
    const made = await this.#origin.claiming(organization, work);
    const summary = this.#summary();
    if (summary) this.#touched(summary);
    return made;
  }

  // --- Its driver ---

  async #goOn(summary: ExecutionSummary): Promise<void> {
    const owed = Promise.all([this.#outbox.touch(summary), this.#relatives.settle()]);
    if (!isFinal(summary.status)) {
      const driver = await this.#driving(summary.id);
      driver.wake();
      await this.#alarms.quiet(driver);
      driver.wake();
    } else await owed;
    this.#armExactly(this.#summary() ?? summary);
  }

  #summary(): ExecutionSummary | undefined {
    const { id } = this.#origin;
    return id === undefined ? undefined : this.#store.readSummary(id);
  }

  #touched(summary: ExecutionSummary): ExecutionSummary {
    this.#keep(this.#outbox.touch(summary));
    if (!isFinal(summary.status)) this.#keep(this.#driving(summary.id));
    return summary;
  }

  /** @throws NotFoundError `EXECUTION_NOT_FOUND`, or ConflictError `EXECUTION_QUEUED` */
  async #current(): Promise<ReadExecution> {
    const { id, status } = this.current();
    const read = await readExecution(this.#store, id, this.#settings.functions);
    if (read) return read;
    const over = status === 'cancelled';
    throw new ConflictError(over ? 'The execution was called off.' : 'The execution has not begun yet.', {
      code: over ? 'EXECUTION_FINISHED' : 'EXECUTION_QUEUED',
    });
  }

  async #outcome(): Promise<ChildOutcome | undefined> {
    const summary = this.#summary();
    if (!summary) {
      const { held } = this.#lobby;
      if (!held?.calledOff) return undefined;
      const error = { code: 'CANCELLED', message: held.calledOff.reason };
      return { executionId: held.command.executionId, status: 'cancelled', error };
    }
    const read = isFinal(summary.status)
      ? await readExecution(this.#store, summary.id, this.#settings.functions)
      : undefined;
    return read && outcomeOf(read.state);
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
        this.#alarms.forget();
        this.#alarms.armLease();
      },
    );
    return driver;
  }

  #ports(): RuntimePorts {
    return executionPorts({
      env: this.env,
      settings: this.#settings,
      store: this.#store,
      origin: this.#origin,
      workflows: this.#relatives,
      published: (summary) => {
        this.#tellWatchers(summary);
        this.#keep(this.#outbox.touch(summary));
      },
    });
  }

  #tellWatchers(standing: Standing): void {
    for (const listener of this.#watchers) listener(standing);
  }

  // --- Its alarm, and what it owes ---

  /** Within the transaction of each commit: a deadline, a lost driver and a report not yet made all wake the object. */
  #committing(summary: ExecutionSummary, events: readonly JournalEvent[], sql: SqlStorage): void {
    if (this.#origin.follow(sql, events)) {
      if (this.#lobby.held?.calledOff) throw new ConflictError('The execution was called off.', { code: 'CALLED_OFF' });
      this.#lobby.clear(sql);
    }
    this.#relatives.follow(sql, summary, events);
    this.#alarms.armFor(summary);
  }

  /** Nothing can happen any more: takes the alarm away, unless something is owed. */
  #rest(): void {
    const summary = this.#summary();
    if (summary && isFinal(summary.status)) this.#armExactly(summary);
  }

  /** After the alarm has done its work. */
  #armExactly(summary: ExecutionSummary): void {
    const settled = this.#store.indexedSeq(summary.id) >= summary.seq && !this.#relatives.owes;
    this.#alarms.armExactly(summary, this.#driver, settled);
  }

  async #report(summary: ExecutionSummary): Promise<void> {
    const driver = isFinal(summary.status) ? undefined : await this.#driving(summary.id);
    const directory = directoryStub(this.env, this.#origin.organization);
    await directory.index(JSON.stringify(brief(summary)), JSON.stringify(waitingIn(driver)));
  }
}
