import type { Plan } from '../definition/plan.js';
import { CancelledError, ConflictError, NotFoundError, TransferredError } from '../errors.js';
import type { AdmissionStore, RuntimePorts } from '../ports.js';
import { childRefusal } from './admission.js';
import type { DriverOptions, StartRequest } from './driver.js';
import type { Driver } from './driver-with-language.js';
import { ExecutionHost, type FindWorkflow } from './execution-host.js';
import { messageOf } from './failure.js';
import { parentOf } from './parents.js';
import { unfinished } from './read.js';
import { isFinal } from './state.js';
import { type BoundRequest, Turns } from './turns.js';

/**
 * An {@link ExecutionHost} that holds what it starts to `config.concurrency`, children too: one more waits for its turn,
 * or is refused. Who runs and who waits is kept in an `AdmissionStore`; where that outlives the process, so does the
 * queue, and {@link resumeAll} goes on with it. What is opened here counts as well, whoever began it.
 */
export class BoundedHost extends ExecutionHost {
  readonly #turns: Turns;
  /** Ids that somebody waits for here. */
  readonly #asked = new Set<string>();
  readonly #followed = new WeakSet<Driver>();
  /** Places that are being asked for, or given on. */
  readonly #moving = new Set<Promise<unknown>>();
  #stopped: { readonly reason: unknown } | undefined;

  constructor(
    ports: Omit<RuntimePorts, 'workflows'>,
    find: FindWorkflow,
    admissions: AdmissionStore,
    options: DriverOptions = {},
  ) {
    super(ports, find, options);
    const { store } = ports;
    this.#turns = new Turns({ ports, store, begin: (plan, request) => this.launch(plan, request) }, admissions);
  }

  /**
   * As `Driver.start`, as soon as its turn has come. {@link cancel} of its id calls off what waits.
   * @param queued called where it has to wait, with the id it will have
   * @throws ConflictError `CONCURRENCY_LIMIT` where the workflow refuses one more, or `EXECUTION_EXISTS`
   * @throws LimitError `QUEUE_LIMIT`
   * @throws ValidationError `INVALID_INPUT` or `CONCURRENCY_KEY_INVALID`
   * @throws CancelledError `CANCELLED` when it was called off, `DRIVER_STOPPED` when the host was stopped: it keeps its place then
   */
  override async begin(plan: Plan, request: StartRequest = {}, queued?: (id: string) => void): Promise<Driver> {
    if (plan.config.concurrency === undefined) return this.launch(plan, request);
    const id = request.executionId ?? this.ports.random.id();
    const { store } = this.ports;
    if (this.#asked.has(id) || (await store.read(id)) !== undefined) throw exists(id);
    this.#asked.add(id);
    try {
      const asked = { ...request, executionId: id };
      const driver = await this.#moves(this.#turns.start(plan, asked, () => this.launch(plan, asked)));
      if (driver !== undefined) return driver;
      queued?.(id);
      await this.#turns.begun(id);
      return (await this.open(id)) ?? gone(id);
    } finally {
      this.#asked.delete(id);
    }
  }

  override async open(id: string): Promise<Driver | undefined> {
    const driver = await super.open(id);
    if (driver !== undefined) await this.#follow(driver);
    return driver;
  }

  /** Also of an execution that waits for its turn: it never begins then. */
  override async cancel(executionId: string, reason: string): Promise<void> {
    const error = new CancelledError(reason, { code: 'CANCELLED' });
    const withdrawn = await this.#turns.withdraw(executionId, error);
    if (withdrawn === undefined) return super.cancel(executionId, reason);
    const parent = withdrawn.trigger && parentOf(withdrawn.trigger);
    if (parent === undefined) return;
    await this.open(parent.executionId);
    const { code, message } = error;
    this.report(parent, { executionId, status: 'cancelled', error: { code, message } });
  }

  /**
   * Goes on after another process with these stores has ended: opens every execution that is not over, and begins those
   * whose turn has come.
   * @returns the ids of those that were opened
   */
  async resumeAll(): Promise<readonly string[]> {
    const opened: string[] = [];
    for (const id of await unfinished(this.ports.store)) {
      try {
        if ((await this.open(id)) !== undefined) opened.push(id);
      } catch (error) {
        this.ports.logger?.log('error', `Execution ${id} cannot be taken up: ${messageOf(error)}`);
      }
    }
    await this.#turns.takeUp();
    return opened;
  }

  override async idle(parked?: () => number): Promise<void> {
    do {
      await Promise.allSettled(this.#moving);
      await super.idle(parked);
    } while (this.#moving.size > 0);
  }

  /** Lets go of all of them, and begins nothing more: what waits keeps its place. */
  override stop(reason: unknown = new CancelledError('The host was stopped', { code: 'DRIVER_STOPPED' })): void {
    this.#stopped = { reason };
    this.#turns.close(reason);
    super.stop(reason);
  }

  protected override async launch(plan: Plan, request?: StartRequest): Promise<Driver> {
    const driver = await super.launch(plan, request);
    if (this.#stopped !== undefined) driver.stop(this.#stopped.reason);
    this.#turns.heard(driver.summary);
    if (plan.config.concurrency !== undefined) this.#watch(driver);
    return driver;
  }

  protected override async launchChild(plan: Plan, request: BoundRequest): Promise<unknown> {
    const launch = () => this.launch(plan, request);
    if (plan.config.concurrency === undefined) return launch();
    try {
      return await this.#moves(this.#turns.start(plan, request, launch));
    } catch (error) {
      throw childRefusal(error, plan.slug);
    }
  }

  /** Has an execution count that was begun elsewhere or before. */
  async #follow(driver: Driver): Promise<void> {
    if (driver.plan.config.concurrency === undefined || this.#followed.has(driver)) return;
    if (!isFinal(driver.state.status)) await this.#turns.occupy(driver.plan, driver.state);
    this.#watch(driver);
  }

  #watch(driver: Driver): void {
    if (this.#followed.has(driver)) return;
    this.#followed.add(driver);
    const leave = () => this.#moves(this.#turns.leave(driver.id));
    // Of one that was let go of nothing is over.
    driver.settled().then(leave, (error: unknown) => (error instanceof TransferredError ? leave() : undefined));
  }

  async #moves<T>(move: Promise<T>): Promise<T> {
    this.#moving.add(move);
    try {
      return await move;
    } finally {
      this.#moving.delete(move);
    }
  }
}

function exists(id: string): ConflictError {
  return new ConflictError(`There is an execution ${id} already`, { code: 'EXECUTION_EXISTS' });
}

function gone(id: string): never {
  throw new NotFoundError(`Execution ${id} has begun, and is gone from the store`);
}
