import { ConflictError, compile, isFinal, type Plan, type StartRequest, StorageError } from '../runtime/index.js';
import { Admissions, boundOf } from '../runtime/operations.js';
import type {
  AdmissionStore,
  ExecutionStore,
  ExecutionSummary,
  Json,
  JsonObject,
  RuntimePorts,
} from '../runtime/ports.js';
import { closedError } from './followed-run.js';

/** What a start needs that is under a bound. */
export type BoundRequest = StartRequest & { readonly executionId: string };

export interface TurnsHost {
  readonly ports: Pick<RuntimePorts, 'clock' | 'logger'>;
  readonly store: ExecutionStore;
  /** @throws ConflictError where another tab begins the run, or has */
  begin(plan: Plan, request: BoundRequest): Promise<unknown>;
}

/**
 * Holds the starts of a browser to `config.concurrency`: who may begin, and who waits for whom, kept for all tabs of a
 * namespace. A run that waits is no run yet: it has its id and its place, and is begun by whichever tab sees a place
 * become free, also after all pages were closed in between.
 */
export class Turns {
  readonly #host: TurnsHost;
  readonly #rows: AdmissionStore;
  readonly #admissions: Admissions;
  /** Runs that this tab is about to begin. */
  readonly #beginning = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(host: TurnsHost, rows: AdmissionStore) {
    this.#host = host;
    this.#rows = rows;
    this.#admissions = new Admissions(rows);
  }

  /**
   * Begins a run at once, or has it wait for its turn.
   * @returns what `begin` made, or undefined where the run waits: {@link begun} tells when it has begun
   * @throws ConflictError `CONCURRENCY_LIMIT`, LimitError `QUEUE_LIMIT`, ValidationError `INVALID_INPUT` or
   * `CONCURRENCY_KEY_INVALID`
   */
  async start<T>(plan: Plan, request: BoundRequest, begin: () => Promise<T>): Promise<T | undefined> {
    const { executionId: id, input, organizationId } = request;
    const now = this.#host.ports.clock.now();
    const where = organizationId === undefined ? {} : { organizationId };
    const bound = boundOf(plan, input, { executionId: id, now, ...where });
    if (bound === undefined) return begin();
    // The end of one may have been missed, as by a page that was closed in that moment.
    await this.#reconcile(bound.key);
    const { status } = await this.#admissions.enter(bound, id, requestJson(plan, request));
    return status === 'queued' ? undefined : this.#begin(bound.key, id, begin);
  }

  /** Resolves once a run that waits is stored, whichever tab began it. */
  async begun(id: string): Promise<void> {
    const waiting = this.#waiting.get(id) ?? deferred();
    this.#waiting.set(id, waiting);
    // It may have begun before anybody listened.
    const stored = await this.#host.store.read(id);
    if (stored !== undefined) this.heard(stored.summary);
    await waiting.promise;
  }

  /** A run is in the store; where it is over, its place is given on. */
  heard(summary: ExecutionSummary, definition?: JsonObject): void {
    this.#waiting.get(summary.id)?.resolve();
    this.#waiting.delete(summary.id);
    if (definition === undefined || !isFinal(summary.status) || !isBounded(definition)) return;
    void this.#quietly(() => this.callOff(summary.id));
  }

  /** Takes a run from where it runs or waits. */
  async callOff(id: string): Promise<void> {
    for (const key of await this.#rows.keys()) await this.#leave(key, id);
  }

  /** Gives on the places of runs whose end nobody saw, and begins those whose turn has come. */
  async takeUp(fits: (definition: JsonObject) => boolean): Promise<void> {
    for (const key of await this.#rows.keys()) await this.#reconcile(key, fits);
  }

  close(): void {
    for (const { reject } of this.#waiting.values()) reject(closedError());
    this.#waiting.clear();
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

  /** Begins those who have been given a place. Another tab may do the same: the store lets one of the two. */
  async #callUp(key: string, fits: (definition: JsonObject) => boolean = () => true): Promise<void> {
    for (const { id, request } of await this.#admissions.unstarted(key)) {
      const { definition, start } = readRequest(id, request);
      if (fits(definition))
        await this.#quietly(() => this.#begin(key, id, () => this.#host.begin(compile(definition), start)));
    }
  }

  /** @returns undefined where another begins it */
  async #begin<T>(key: string, id: string, begin: () => Promise<T>): Promise<T | undefined> {
    if (this.#beginning.has(id)) return undefined;
    this.#beginning.add(id);
    try {
      const begun = await begin();
      await this.#quietly(async () => {
        await this.#admissions.started(key, id);
        // It may be over already, as one that does nothing outside.
        await this.#reconcile(key);
      });
      return begun;
    } catch (error) {
      if (error instanceof ConflictError) return undefined;
      // What could not be stored now can be later.
      if (!(error instanceof StorageError)) await this.#leave(key, id);
      this.#waiting.get(id)?.reject(error);
      this.#waiting.delete(id);
      throw error;
    } finally {
      this.#beginning.delete(id);
    }
  }

  /** What fails here is tried again when a run is next started, or a page opened. */
  async #quietly(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      this.#host.ports.logger?.log('warn', `The next run did not get its turn: ${what}`);
    }
  }
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
  // Whoever began the run need not wait for it.
  promise.catch(() => undefined);
  return { promise, ...settle };
}

function isBounded({ config }: JsonObject): boolean {
  return typeof config === 'object' && config !== null && 'concurrency' in config;
}

function requestJson(plan: Plan, request: BoundRequest): Json {
  const plain: Json = JSON.parse(JSON.stringify({ definition: plan.definition, start: request }));
  return plain;
}

/** As {@link requestJson} wrote it: nobody else writes into the namespace's database. */
function readRequest(id: string, request: Json): { readonly definition: JsonObject; readonly start: BoundRequest } {
  const { definition, start }: { definition: JsonObject; start: StartRequest } = Object(request);
  return { definition, start: { ...start, executionId: id } };
}
