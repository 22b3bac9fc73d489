import type { Plan } from '../definition/plan.js';
import { ConflictError } from '../errors.js';
import type {
  Awaitable,
  ChildOutcome,
  ChildRequest,
  ChildWorkflows,
  EmittedEvent,
  EventOutlet,
  ExecutionStore,
  RuntimePorts,
} from '../ports.js';
import { childNotFound, childStartError } from './child-start.js';
import type { DriverOptions, StartRequest } from './driver.js';
import { Driver, readExecution } from './driver-with-language.js';
import { messageOf } from './failure.js';
import { parentOf } from './parents.js';
import { outcomeOf } from './relatives.js';
import { type ExecutionState, findById, isFinal } from './state.js';

/** Where the workflows that others start are looked up: the active version where none is asked for. */
export type FindWorkflow = (
  slug: string,
  version: string | undefined,
  organization: string | undefined,
) => Awaitable<Plan | undefined>;

type Parent = Parameters<ChildWorkflows['report']>[0];

/**
 * The executions that are driven in one process, over one store: it keeps their drivers, and lets them start and wait for
 * one another, and wake one another by events. For hosts in which an execution has no process of its own, such as the
 * command line and tests.
 */
export class ExecutionHost implements ChildWorkflows, EventOutlet {
  /** What the drivers are given: its `workflows` is this host, and so are its `events` where the host gave none. */
  readonly ports: RuntimePorts;
  readonly #find: FindWorkflow;
  readonly #options: DriverOptions;
  readonly #drivers = new Map<string, Driver>();
  /** Executions being opened: two drivers of one would refuse each other. */
  readonly #opening = new Map<string, Promise<Driver | undefined>>();

  constructor(ports: Omit<RuntimePorts, 'workflows'>, find: FindWorkflow, options: DriverOptions = {}) {
    this.ports = { events: this, ...ports, workflows: this };
    this.#find = find;
    this.#options = options;
  }

  /** Executions that are driven here. */
  get drivers(): readonly Driver[] {
    return [...this.#drivers.values()];
  }

  /** As `Driver.start`. */
  begin(plan: Plan, request?: StartRequest): Promise<Driver> {
    return this.launch(plan, request);
  }

  /** Starts an execution, whether or not it was to wait for that. */
  protected async launch(plan: Plan, request?: StartRequest): Promise<Driver> {
    const driver = this.#keep(await Driver.start(this.ports, plan, request, this.#options));
    // It may have been given up while it was being found.
    const parent = parentOf(driver.state.trigger);
    const known = parent && this.#drivers.get(parent.executionId);
    if (parent !== undefined && (known === undefined || !awaits(known.state, driver)))
      await cancelOrphan(this.ports.store, driver, this.ports.functions);
    return driver;
  }

  /** Sees to it that a child starts, now or when its turn has come. */
  protected launchChild(plan: Plan, request: StartRequest & { readonly executionId: string }): Promise<unknown> {
    return this.launch(plan, request);
  }

  /** As `Driver.open`; an execution that is driven here already is given as it is. */
  async open(id: string): Promise<Driver | undefined> {
    const known = this.#drivers.get(id) ?? this.#opening.get(id);
    if (known !== undefined) return known;
    const opening = Driver.open(this.ports, id, this.#options).then(async (driver) => {
      if (driver === undefined) return undefined;
      // Kept at once: its own children may report to it from here on.
      this.#keep(driver);
      await cancelOrphan(this.ports.store, driver, this.ports.functions);
      return driver;
    });
    this.#opening.set(id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(id);
    }
  }

  /** Resolves when no execution here can go on before a deadline or a signal. See `Driver.idle`. */
  async idle(parked?: () => number): Promise<void> {
    for (let before = ''; before !== this.#progress(); ) {
      before = this.#progress();
      await Promise.all(this.drivers.map((driver) => driver.idle(parked)));
    }
  }

  /** Lets go of all of them. See `Driver.stop`. */
  stop(reason?: unknown): void {
    for (const driver of this.drivers) driver.stop(reason);
  }

  async start(request: ChildRequest): Promise<void> {
    const { executionId, workflow, version, input, organization, threadId, trigger } = request;
    if ((await this.open(executionId)) !== undefined) return;
    const plan = await this.#find(workflow, version, organization);
    if (plan === undefined) throw childNotFound(workflow, version);
    try {
      await this.launchChild(plan, {
        executionId,
        input,
        trigger,
        ...(organization === undefined ? {} : { organizationId: organization }),
        ...(threadId === undefined ? {} : { threadId }),
      });
    } catch (error) {
      const exists = error instanceof ConflictError && error.code === 'EXECUTION_EXISTS';
      if (!exists) throw childStartError(error, workflow);
      await this.open(executionId);
    }
  }

  async cancel(executionId: string, reason: string): Promise<void> {
    const driver = await this.open(executionId);
    if (driver === undefined || isFinal(driver.state.status)) return;
    try {
      await driver.cancel(reason);
    } catch (error) {
      if (!isOver(error)) throw error;
    }
  }

  async outcome(executionId: string): Promise<ChildOutcome | undefined> {
    const driven = this.#drivers.get(executionId);
    if (driven !== undefined) return outcomeOf(driven.state);
    const read = await readExecution(this.ports.store, executionId, this.ports.functions);
    // One that nobody drives is taken up, so that there is an end to wait for.
    if (read !== undefined && !isFinal(read.state.status)) await this.open(executionId);
    return read && outcomeOf(read.state);
  }

  report(parent: Parent, outcome: ChildOutcome): void {
    this.#report(parent, outcome).catch((error: unknown) => {
      const what = messageOf(error);
      this.ports.logger?.log('error', `Execution ${parent.executionId} did not take the end of its child: ${what}`);
    });
  }

  async #report({ executionId, activation }: Parent, outcome: ChildOutcome): Promise<void> {
    // One that is being opened may have asked after its child a moment too early.
    const driver = this.#drivers.get(executionId) ?? (await this.#opening.get(executionId));
    await driver?.childEnded(activation, outcome);
  }

  /** Wakes the executions of the organisation that are driven here and wait for the event. */
  async emit({ id, name, data, organization }: EmittedEvent): Promise<void> {
    const waiting = this.drivers.filter(
      ({ state: { organizationId, activations } }) =>
        (organizationId ?? undefined) === organization && activations.some(({ event }) => event === name),
    );
    await Promise.all(waiting.map((driver) => this.#wake(driver, { id: `event:${id}`, name, data })));
  }

  async #wake(driver: Driver, signal: Parameters<Driver['signal']>[0]): Promise<void> {
    try {
      await driver.signal(signal);
    } catch (error) {
      // It ended in the same moment, or takes no more: who emits is not to blame.
      this.ports.logger?.log(
        'warn',
        `Event '${signal.name}' did not reach execution ${driver.id}: ${messageOf(error)}`,
      );
    }
  }

  #keep(driver: Driver): Driver {
    this.#drivers.set(driver.id, driver);
    const forget = (): void => {
      if (this.#drivers.get(driver.id) === driver) this.#drivers.delete(driver.id);
      if (driver.plan.order.some(({ type }) => type === 'workflow')) void this.#cancelOrphansOf(driver.id);
    };
    driver.settled().then(forget, forget);
    return driver;
  }

  /** A driver that was stopped as the answer of its last write was lost has told its children nothing. */
  async #cancelOrphansOf(id: string): Promise<void> {
    for (const child of this.drivers) {
      if (parentOf(child.state.trigger)?.executionId !== id) continue;
      try {
        await cancelOrphan(this.ports.store, child, this.ports.functions);
      } catch (error) {
        this.ports.logger?.log('error', `Cancelling ${child.id} failed: ${messageOf(error)}`);
      }
    }
  }

  /** Changes whenever one of the executions goes on. */
  #progress(): string {
    return this.drivers.map((driver) => `${driver.id}:${driver.state.seq}`).join();
  }
}

/**
 * Cancels an execution whose parent, of the same store, waits for it no more: it was cancelled while it started its child,
 * or its host went before the child could be told.
 */
export async function cancelOrphan(
  store: ExecutionStore,
  child: Driver,
  functions?: RuntimePorts['functions'],
): Promise<void> {
  const parent = parentOf(child.state.trigger);
  if (parent === undefined || isFinal(child.state.status)) return;
  const read = await readExecution(store, parent.executionId, functions);
  if (read === undefined || awaits(read.state, child)) return;
  try {
    await child.cancel('The step that started it waits no more');
  } catch (error) {
    if (!isOver(error)) throw error;
  }
}

function awaits({ activations }: ExecutionState, child: Driver): boolean {
  const parent = parentOf(child.state.trigger);
  return parent === undefined || findById(activations, parent.activation) !== undefined;
}

function isOver(error: unknown): boolean {
  return error instanceof ConflictError && error.code === 'EXECUTION_FINISHED';
}
