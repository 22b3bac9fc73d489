import {
  ConflictError,
  compileStored,
  type Driver,
  type FunctionRegistry,
  isFinal,
  NotFoundError,
  type Plan,
  type readExecution,
} from '../../runtime/index.js';
import {
  canMoveTo,
  concurrencyOf,
  confirmTransfer,
  type ExecutionBundle,
  exportExecution,
  type ImportResult,
  importExecution,
  type MoveCheck,
  planRetry,
  type RetryRequest,
  readBundle,
  type TransferReceipt,
} from '../../runtime/operations.js';
import type { Json, JsonObject, NewExecution, RuntimePorts } from '../../runtime/ports.js';
import { directoryStub, executionStub } from './addresses.js';
import { type DecideCommand, mayDecide, type PendingApproval, requirePending } from './approvals.js';
import { isObject } from './body.js';
import type { WorkerEnv } from './options.js';
import { HttpProblem } from './problem.js';
import type { SqliteStore } from './sqlite-store.js';

export type ReadExecution = NonNullable<Awaited<ReturnType<typeof readExecution>>>;

/** An approval that waits, or that this very decision was taken already. */
export type ApprovalView = PendingApproval | { readonly decided: true };

/** What a client asks to be made anew: the body of `POST /v1/executions/:id/retry`, checked. */
export interface RetryCommand {
  /** Of the new execution. */
  readonly executionId: string;
  readonly step?: string;
  readonly activation?: number;
  readonly input?: Json;
  /** The old one's, the active version's, or that of this number. */
  readonly definition: 'same' | 'current' | number;
}

export interface RetryAnswer {
  readonly id: string;
  readonly origin: Json;
  readonly effectsRepeated: readonly string[];
}

/** What the operations need of the object they work in. */
interface Surroundings {
  readonly env: WorkerEnv;
  readonly store: SqliteStore;
  readonly functions: FunctionRegistry | undefined;
  ports(): RuntimePorts;
  organization(): string;
  /** What there is, taken up again where its driver was lost. @throws NotFoundError, or ConflictError where it has not begun */
  current(): Promise<ReadExecution>;
  driving(id: string): Promise<Driver>;
  /** Runs work whose commit makes the execution this organisation's, and has it driven then. */
  takingOver<T>(organization: string, work: () => Promise<T>): Promise<T>;
}

/** What can be done to one execution, beside starting and reading it. */
export class ExecutionControl {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Whether it ends as cancelled by this; what is over stays as it is, and what has failed is undone to its end. */
  async cancel(reason: string | undefined): Promise<boolean> {
    const { state } = await this.#around.current();
    if (isFinal(state.status)) return false;
    const driver = await this.#around.driving(state.executionId);
    try {
      return await driver.cancel(reason);
    } catch (error) {
      if (error instanceof ConflictError && error.code === 'EXECUTION_FINISHED') return false;
      throw error;
    }
  }

  /** Whether this changed anything. @throws ConflictError `EXECUTION_FINISHED` */
  async pause(reason: string | undefined): Promise<boolean> {
    return (await this.#driver()).pause(reason);
  }

  /** As {@link pause}. */
  async resume(): Promise<boolean> {
    return (await this.#driver()).resume();
  }

  /** `duplicate` when this very signal was taken before. @throws ConflictError `EXECUTION_FINISHED` */
  async signal(signal: { name: string; data?: Json; id?: string }): Promise<{ duplicate: boolean }> {
    const { state } = await this.#around.current();
    // What was asked again, as its answer was lost, may have been what ended the execution.
    if (signal.id !== undefined && state.signalIds.includes(signal.id)) return { duplicate: true };
    return (await this.#driverOf(state)).signal(signal);
  }

  /** An approval that waits. @throws ConflictError `NOT_WAITING`; TransferredError */
  async approval(activation: number, decisionId?: string): Promise<ApprovalView> {
    const { plan, state } = await this.#around.current();
    // Whoever decided already is told so, be it that the execution went on or ended since.
    if (decisionId !== undefined && state.signalIds.includes(decisionId)) return { decided: true };
    return requirePending(plan, state, activation);
  }

  /**
   * Decides an approval. `duplicate` when this very decision was taken before.
   * @throws ConflictError `NOT_WAITING`; TransferredError
   * @throws ValidationError `INVALID_FIELDS`
   * @throws HttpProblem 403 for whoever is none of the approvers
   */
  async decide({ activation, id, decider, ...decision }: DecideCommand): Promise<{ duplicate: boolean }> {
    const { plan, state } = await this.#around.current();
    if (state.signalIds.includes(id)) return { duplicate: true };
    const { approvers } = requirePending(plan, state, activation);
    if (!mayDecide(approvers, decider)) {
      throw new HttpProblem(403, 'FORBIDDEN', `"${decider.name}" is not among those who may decide this.`);
    }
    const driver = await this.#around.driving(state.executionId);
    return driver.decide(activation, { ...decision, by: decider.name }, id);
  }

  /** Makes a new execution in an object of its own, which begins where this one is to be retried from. */
  async retry({ executionId, definition, ...command }: RetryCommand): Promise<RetryAnswer> {
    const { env } = this.#around;
    const { plan, state } = await this.#around.current();
    const request: RetryRequest = {
      ...command,
      executionId,
      ...(definition === 'same' ? {} : { definition: this.#compiled(await this.#definition(plan.slug, definition)) }),
    };
    const { execution, origin, effectsRepeated } = await planRetry(this.#around.ports(), state.executionId, request);
    const stub = executionStub(env, this.#around.organization(), executionId);
    const body = JSON.stringify({ organization: this.#around.organization(), execution });
    const response = await stub.fetch('https://object/internal/adopt', { method: 'POST', body });
    if (!response.ok) throw new HttpProblem(503, 'UNAVAILABLE', 'The new execution could not be stored; try again.');
    return { id: executionId, origin, effectsRepeated };
  }

  /** Stores an execution that was made elsewhere, and goes on with it; the same id again changes nothing. */
  async adopt(organization: string, execution: NewExecution): Promise<void> {
    const { store } = this.#around;
    await this.#around.takingOver(organization, async () => {
      if (store.readSummary(execution.summary.id) === undefined) store.create(execution);
    });
    await this.#occupy(organization);
  }

  /** Gives the execution away; asked again, it answers the same bundle until the receipt comes. */
  async export(): Promise<ExecutionBundle> {
    const { state } = await this.#around.current();
    const id = state.executionId;
    const options = isFinal(state.status) ? {} : { driver: await this.#around.driving(id) };
    return exportExecution(this.#around.ports(), id, options);
  }

  async bundle(): Promise<ExecutionBundle> {
    return readBundle(this.#around.store, (await this.#around.current()).state.executionId, this.#around.functions);
  }

  async receipt(receipt: TransferReceipt): Promise<void> {
    const { state } = await this.#around.current();
    await confirmTransfer(this.#around.store, state.executionId, receipt, this.#around.functions);
  }

  /**
   * Takes over what was given away elsewhere. It may come from a host without organisations, and not from another one's.
   * @throws BundleError, ConflictError as `importExecution` does
   * @throws HttpProblem 403 `FOREIGN_BUNDLE`
   */
  async import(organization: string, bundle: Json, digest: string | undefined): Promise<ImportResult> {
    const from = organizationIn(bundle);
    if (from !== undefined && from !== organization) {
      throw new HttpProblem(403, 'FOREIGN_BUNDLE', 'This execution belongs to another organisation.');
    }
    const imported = await this.#around.takingOver(organization, () =>
      importExecution(this.#around.ports(), bundle, digest === undefined ? {} : { digest }),
    );
    await this.#occupy(organization);
    return imported;
  }

  /** Whether it could go on under another definition. */
  async compatibility(definition: JsonObject): Promise<MoveCheck> {
    const { plan, state } = await this.#around.current();
    return canMoveTo(plan, state, this.#compiled(definition));
  }

  /** What was retried or carried here counts under its key like what was started, though it did not ask for room. */
  async #occupy(organization: string): Promise<void> {
    const { plan, state } = await this.#around.current();
    const { executionId, input, startedAt, status } = state;
    if (isFinal(status)) return;
    try {
      const bound = concurrencyOf(plan, input, { executionId, organizationId: organization, now: startedAt });
      if (bound === undefined) return;
      const entry = JSON.stringify({ bound, id: executionId });
      await directoryStub(this.#around.env, organization).occupy(organization, entry);
    } catch (error) {
      const data = { error: String(error) };
      this.#around.ports().logger?.log('warn', 'An execution that was taken over is not counted under its key.', data);
    }
  }

  async #driver(): Promise<Driver> {
    return this.#driverOf((await this.#around.current()).state);
  }

  async #driverOf(state: ReadExecution['state']): Promise<Driver> {
    if (state.status === 'transferred') {
      throw new ConflictError('The execution was carried to another host; ask there.', { code: 'TRANSFERRED' });
    }
    if (isFinal(state.status)) {
      throw new ConflictError(`The execution is over (${state.status}).`, { code: 'EXECUTION_FINISHED' });
    }
    return this.#around.driving(state.executionId);
  }

  #compiled(definition: JsonObject): Plan {
    return compileStored(definition, this.#around.functions);
  }

  async #definition(slug: string, which: 'current' | number): Promise<JsonObject> {
    const directory = directoryStub(this.#around.env, this.#around.organization());
    const found = await directory.definition(slug, which === 'current' ? undefined : which);
    if (found) return JSON.parse(found.definition);
    const version = which === 'current' ? '' : ` with a version ${which}`;
    throw new NotFoundError(`There is no workflow "${slug}"${version}.`, { code: 'WORKFLOW_NOT_FOUND' });
  }
}

/** Whose execution a bundle says it is; what is wrong with it otherwise is for its import to say. */
function organizationIn(bundle: Json): string | undefined {
  const journal = isObject(bundle) ? bundle.journal : undefined;
  const first: Json | undefined = Array.isArray(journal) ? journal[0] : undefined;
  const organization = isObject(first) ? first.organizationId : undefined;
  return typeof organization === 'string' ? organization : undefined;
}
