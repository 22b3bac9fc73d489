import { lacksFunctions } from '../definition/missing-functions.js';
import type { Plan } from '../definition/plan.js';
import { ConflictError, StorageError } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import type { AdmissionRow, AdmissionStore, ExecutionStore, ExecutionSummary, RuntimePorts } from '../ports.js';
import { Admissions, boundOf, concurrencyOf } from './admission.js';
import type { StartRequest } from './driver.js';
import { messageOf } from './failure.js';
import { type ExecutionState, isFinal } from './state.js';
import { compileStored } from './stored-plan.js';

/** What a start needs that is under a bound. */
export type BoundRequest = StartRequest & { readonly executionId: string };

export interface TurnsHost {
  readonly ports: Pick<RuntimePorts, 'clock' | 'logger' | 'functions'>;
  readonly store: ExecutionStore;
  /** @throws ConflictError where another process begins the execution, or has */
  begin(plan: Plan, request: BoundRequest): Promise<unknown>;
}

/**
 * Holds the starts of a host to `config.concurrency`: who may begin, and who waits for whom, kept in rows that processes
 * may share. What waits is no execution yet: it has its id and its place, and is begun by whichever process sees a place
 * become free, also after all of them were gone in between.
 */
export class Turns {
  readonly #host: TurnsHost;
  readonly #rows: AdmissionStore;
  readonly #admissions: Admissions;
  /** What this process is about to begin, until that has come to something. */
  readonly #beginning = new Map<string, Promise<unknown>>();
  readonly #waiting = new Map<string, Waiting>();
  /** Why something was called off that may be about to begin all the same. */
  readonly #withdrawn = new Map<string, Withdrawal>();
  #closed: { readonly reason: unknown } | undefined;

  constructor(host: TurnsHost, rows: AdmissionStore) {
    this.#host = host;
    this.#rows = rows;
    this.#admissions = new Admissions(rows);
  }

  /**
   * Begins an execution at once, or has it wait for its turn.
   * @returns what `begin` made, or undefined where the execution waits: {@link begun} tells when it has begun
   * @throws ConflictError `CONCURRENCY_LIMIT`, LimitError `QUEUE_LIMIT`, ValidationError `INVALID_INPUT` or
   * `CONCURRENCY_KEY_INVALID`, and the reason why it was {@link withdraw withdrawn} meanwhile
   */
  async start<T>(plan: Plan, request: BoundRequest, begin: () => Promise<T>): Promise<T | undefined> {
    const { executionId: id, input, organizationId } = request;
    const now = this.#host.ports.clock.now();
    const bound = boundOf(plan, input, { executionId: id, now, ...inOrganization(organizationId) });
    if (bound === undefined) return begin();
    this.#withdrawn.delete(id);
    // The end of one may have been missed, as by a process that was gone in that moment.
    await this.#reconcile(bound.key);
    const { status } = await this.#admissions.enter(bound, id, requestJson(plan, request));
    const withdrawn = this.#withdrawn.get(id);
    if (withdrawn !== undefined) {
      withdrawn.heeded = true;
      await this.#leave(bound.key, id);
      throw withdrawn.reason;
    }
    // It is begun by whoever takes the rows up next.
    if (this.#closed !== undefined) throw this.#closed.reason;
    return status === 'queued' ? undefined : this.#begin(bound.key, id, begin);
  }

  /** Resolves once an execution that waits is stored, whoever began it; rejects with why it never will be. */
  async begun(id: string): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed.reason;
    const waiting = this.#waiting.get(id) ?? deferred();
    this.#waiting.set(id, waiting);
    // It may have begun before anybody listened.
    const stored = await this.#host.store.read(id);
    if (stored !== undefined) this.heard(stored.summary);
    await waiting.promise;
  }

  /** An execution is in the store; where it is over, its place is given on. */
  heard(summary: ExecutionSummary, definition?: JsonObject): void {
    this.#waiting.get(summary.id)?.resolve();
    this.#waiting.delete(summary.id);
    if (definition === undefined || !isFinal(summary.status) || !isBounded(definition)) return;
    void this.leave(summary.id);
  }

  /** An execution is over: its place is given on. Never rejects: what fails is made good when the next one starts. */
  async leave(id: string): Promise<void> {
    await this.#quietly(() => this.callOff(id));
  }

  /** Takes an execution from where it runs or waits. */
  async callOff(id: string): Promise<void> {
    for (const key of await this.#rows.keys()) await this.#leave(key, id);
  }

  /**
   * Calls an execution off that has not begun; whoever waits for {@link begun} is told the reason.
   * @returns what would have been begun, or undefined where it has begun or never was to
   */
  async withdraw(id: string, reason: unknown): Promise<BoundRequest | undefined> {
    const withdrawal: Withdrawal = { reason, heeded: false };
    this.#withdrawn.set(id, withdrawal);
    let request: BoundRequest | undefined;
    try {
      for (const key of await this.#rows.keys()) request ??= await this.#withdrawFrom(key, id);
    } finally {
      if (request !== undefined) this.#reject(id, reason);
      else if (!withdrawal.heeded) this.#withdrawn.delete(id);
    }
    return request;
  }

  async #withdrawFrom(key: string, id: string): Promise<BoundRequest | undefined> {
    const found = await this.#rows.update(key, (row) => ({
      row,
      result: [...(row?.queued ?? []), ...(row?.running ?? [])].find((entry) => entry.id === id),
    }));
    if (found?.request === undefined) return undefined;
    // What has begun, or is beginning, cannot be held back any more.
    await this.#beginning.get(id)?.catch(() => undefined);
    if ((await this.#host.store.read(id)) !== undefined) return undefined;
    await this.#admissions.left(key, id);
    await this.#quietly(() => this.#callUp(key));
    return readRequest(id, found.request).start;
  }

  /** Counts an execution that is under way by whatever admission, such as one that was carried here; beyond the limit too. */
  async occupy(plan: Plan, { executionId, input, organizationId, startedAt }: ExecutionState): Promise<void> {
    const where = { executionId, now: startedAt, ...inOrganization(organizationId ?? undefined) };
    await this.#quietly(async () => {
      const bound = (await this.#isRunning(executionId)) ? undefined : concurrencyOf(plan, input, where);
      if (bound !== undefined) await this.#admissions.occupy(bound, executionId);
    });
  }

  /** Gives on the places of those whose end nobody saw, and begins those whose turn has come. */
  async takeUp(fits: (definition: JsonObject) => boolean = () => true): Promise<void> {
    for (const key of await this.#rows.keys()) await this.#reconcile(key, fits);
  }

  /** Begins nothing more here; what waits keeps its place. */
  close(reason: unknown): void {
    this.#closed = { reason };
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  /** Under whatever key: one that names the time makes another text by now. */
  async #isRunning(id: string): Promise<boolean> {
    for (const key of await this.#rows.keys()) {
      const has = (row: AdmissionRow | undefined) => row?.running.some((entry) => entry.id === id) === true;
      if (await this.#rows.update(key, (row) => ({ row, result: has(row) }))) return true;
    }
    return false;
  }

  async #reconcile(key: string, fits?: (definition: JsonObject) => boolean): Promise<void> {
    await this.#admissions.reconcile(key, async (id) => {
      const stored = await this.#host.store.read(id);
      return stored === undefined || isFinal(stored.summary.status);
    });
    await this.#callUp(key, fits);
  }

  async #leave(key: string, id: string): Promise<void> {
    await this.#admissions.left(key, id);
    await this.#callUp(key);
  }

  /** Begins those who have been given a place. Another process may do the same: the store lets one of the two. */
  async #callUp(key: string, fits: (definition: JsonObject) => boolean = () => true): Promise<void> {
    for (const { id, request } of await this.#admissions.unstarted(key)) {
      if (this.#closed !== undefined) return;
      if (this.#withdrawn.has(id)) continue;
      const { definition, start } = readRequest(id, request);
      if (!fits(definition)) continue;
      const begin = async () => this.#host.begin(compileStored(definition, this.#host.ports.functions), start);
      await this.#quietly(() => this.#begin(key, id, begin));
    }
  }

  /** @returns undefined where another begins it */
  async #begin<T>(key: string, id: string, begin: () => Promise<T>): Promise<T | undefined> {
    if (this.#beginning.has(id)) return undefined;
    const beginning = this.#beginOnce(key, id, begin);
    this.#beginning.set(id, beginning);
    try {
      return await beginning;
    } finally {
      this.#beginning.delete(id);
    }
  }

  async #beginOnce<T>(key: string, id: string, begin: () => Promise<T>): Promise<T | undefined> {
    try {
      const begun = await begin();
      await this.#started(key, id);
      return begun;
    } catch (error) {
      if (error instanceof ConflictError) {
        // It began before, and whoever began it was gone before that was said here; else another is about to.
        if ((await this.#host.store.read(id)) !== undefined) await this.#started(key, id);
        return undefined;
      }
      // What could not be stored now can be later, and what needs functions that this process lacks can be elsewhere.
      if (!(error instanceof StorageError) && !lacksFunctions(error)) await this.#leave(key, id);
      this.#reject(id, error);
      throw error;
    }
  }

  async #started(key: string, id: string): Promise<void> {
    await this.#quietly(async () => {
      await this.#admissions.started(key, id);
      // It may be over already, as one that does nothing outside.
      await this.#reconcile(key);
    });
  }

  #reject(id: string, reason: unknown): void {
    this.#waiting.get(id)?.reject(reason);
    this.#waiting.delete(id);
  }

  /** What fails here is tried again when the next one starts, or those that wait are taken up. */
  async #quietly(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#host.ports.logger?.log('warn', `The next execution did not get its turn: ${messageOf(error)}`);
    }
  }
}

interface Withdrawal {
  readonly reason: unknown;
  /** Whether a start that was about to begin has given up for it. */
  heeded: boolean;
}

interface Waiting {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function deferred(): Waiting {
  let settle: Pick<Waiting, 'resolve' | 'reject'> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever began it need not wait for it.
  promise.catch(() => undefined);
  return { promise, ...settle };
}

function inOrganization(organizationId: string | undefined): { readonly organizationId?: string } {
  return organizationId === undefined ? {} : { organizationId };
}

function isBounded({ config }: JsonObject): boolean {
  return typeof config === 'object' && config !== null && 'concurrency' in config;
}

function requestJson(plan: Plan, request: BoundRequest): Json {
  const plain: Json = JSON.parse(JSON.stringify({ definition: plan.definition, start: request }));
  return plain;
}

/** As {@link requestJson} wrote it: nobody else writes into the rows. */
function readRequest(id: string, request: Json): { readonly definition: JsonObject; readonly start: BoundRequest } {
  const { definition, start }: { definition: JsonObject; start: StartRequest } = Object(request);
  return { definition, start: { ...start, executionId: id } };
}
