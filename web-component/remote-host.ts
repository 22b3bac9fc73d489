import {
  BundleError,
  ConflictError,
  compile,
  type Decision,
  type GivenFunctions,
  isFinal,
  registryOf,
  TransferredError,
} from '../runtime/index.js';
import type { ImportOptions, TransferReceipt } from '../runtime/operations.js';
import type {
  ErrorRecord,
  ExecutionSummary,
  JournalEvent,
  Json,
  JsonObject,
  ListPage,
  ListQuery,
} from '../runtime/ports.js';
import { browserRandom } from './browser-clock.js';
import { closedError, FollowedRun, finishedError, recordOf } from './followed-run.js';
import { RemoteApi, type RemoteApiOptions, type RemoteWorkflow } from './remote-api.js';
import { RemoteError } from './remote-error.js';
import type { ImportedRun, RetryOptions, RunHandle, RunSource, StartOptions } from './run-source.js';

export interface RemoteHostOptions extends RemoteApiOptions {
  /** Those of the Worker that the definitions started from here call. Read anew at each use. */
  readonly functions?: GivenFunctions | undefined;
}

/** Runs workflows on a Worker. Nothing is sent before the first call. */
export function createRemoteHost(options: RemoteHostOptions): RunSource {
  return new RemoteHost(new RemoteApi(options), options);
}

class RemoteHost implements RunSource {
  readonly place = 'edge';
  readonly storage = 'edge';
  readonly #api: RemoteApi;
  readonly #options: Pick<RemoteHostOptions, 'functions'>;
  readonly #runs = new Set<RemoteRun>();
  #closed = false;

  constructor(api: RemoteApi, options: Pick<RemoteHostOptions, 'functions'>) {
    this.#api = api;
    this.#options = options;
  }

  async start(document: unknown, options: StartOptions = {}): Promise<RunHandle> {
    this.#refuseWhenClosed();
    const plan = compile(document, { functions: registryOf(this.#options.functions) });
    const { number, definition = plan.definition } = await this.#versionOf(plan.slug, plan.hash, document);
    const { input, threadId, idempotencyKey = browserRandom.id() } = options;
    const body = {
      version: number,
      ...(input === undefined ? {} : { input: asJson(input) }),
      ...(threadId ? { threadId } : {}),
    };
    return this.#add(await this.#api.startExecution(plan.slug, body, idempotencyKey), definition);
  }

  async open(id: string): Promise<RunHandle | undefined> {
    this.#refuseWhenClosed();
    const execution = await this.#api.execution(id);
    if (execution === undefined) return undefined;
    const run = this.#add(summaryOf(execution), execution.definition);
    await run.readHistory();
    return run;
  }

  async list(query: ListQuery = {}): Promise<ListPage> {
    this.#refuseWhenClosed();
    return this.#api.executions(query);
  }

  async retry(id: string, { from, input }: RetryOptions = {}): Promise<RunHandle> {
    this.#refuseWhenClosed();
    const body = {
      ...(from === undefined ? {} : { from }),
      ...(input === undefined ? {} : { input: asJson(input) }),
    };
    return this.#openKnown((await this.#api.retry(id, body, browserRandom.id())).id);
  }

  async exportRun(id: string): Promise<JsonObject> {
    this.#refuseWhenClosed();
    return this.#api.exportExecution(id);
  }

  async importRun(bundle: unknown, { digest }: ImportOptions = {}): Promise<ImportedRun> {
    this.#refuseWhenClosed();
    const value: unknown = typeof bundle === 'string' ? readText(bundle) : bundle;
    const { id, duplicate, receipt, secrets } = await this.#api.importExecution(value, digest);
    return { id, duplicate, receipt, secrets, run: await this.#openKnown(id) };
  }

  async confirmTransfer(receipt: TransferReceipt): Promise<void> {
    this.#refuseWhenClosed();
    await this.#api.confirmTransfer(receipt);
  }

  async #openKnown(id: string): Promise<RunHandle> {
    const run = await this.open(id);
    if (run === undefined) throw new RemoteError(`The Worker does not know the run "${id}".`, { code: 'NOT_FOUND' });
    return run;
  }

  async resumeAll(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const run of this.#runs) run.leave();
    this.#runs.clear();
  }

  /**
   * The number under which the Worker keeps this document; put there where it is not. A key that may only start runs
   * gets the version that is active.
   */
  async #versionOf(
    slug: string,
    hash: string,
    document: unknown,
  ): Promise<Pick<RemoteWorkflow, 'number' | 'definition'>> {
    const active = await this.#api.workflow(slug);
    if (active?.hash === hash) return active;
    if (active !== undefined) {
      const same = (await this.#api.versions(slug)).find((version) => version.hash === hash);
      if (same !== undefined) return { number: same.number };
    }
    try {
      const { number } = await this.#api.putWorkflow(slug, document);
      return { number };
    } catch (error) {
      if (active !== undefined && error instanceof RemoteError && error.status === 403) return active;
      throw error;
    }
  }

  #add(summary: ExecutionSummary, definition: JsonObject): RemoteRun {
    const run = new RemoteRun(this.#api, summary, definition);
    for (const other of this.#runs) if (other.finished) this.#runs.delete(other);
    if (!run.finished) this.#runs.add(run);
    return run;
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw closedError();
  }
}

const conflicts: ReadonlySet<string> = new Set(['EXECUTION_FINISHED', 'NOT_WAITING']);

/** Milliseconds before a lost connection is made again: doubled from the first to the last. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** One run on a Worker, followed by one event stream for as long as anyone here listens or waits. */
class RemoteRun extends FollowedRun {
  readonly #api: RemoteApi;
  #streaming: AbortController | undefined;

  constructor(api: RemoteApi, summary: ExecutionSummary, definition: JsonObject) {
    super(summary, definition);
    this.#api = api;
    this.stand('server');
  }

  async readHistory(): Promise<void> {
    const { summary } = this;
    const events: JournalEvent[] = [];
    for (let after = 0; after < summary.seq; ) {
      const page = await this.#api.events(this.id, after);
      if (page.items.length === 0) break;
      events.push(...page.items);
      after = page.last;
    }
    this.accept(
      events.filter((event) => event.seq <= summary.seq),
      summary,
    );
  }

  async cancel(reason?: string): Promise<boolean> {
    const { changed, summary } = await this.#api.cancel(this.id, reason);
    if (!changed && isFinal(summary.status)) throw finishedError(summary);
    return changed;
  }

  async pause(reason?: string): Promise<void> {
    await this.#asked(this.#api.pause(this.id, reason));
  }

  async resume(): Promise<void> {
    await this.#asked(this.#api.resume(this.id));
  }

  async signal(name: string, data: Json = null, id = browserRandom.id()): Promise<void> {
    await this.#asked(this.#api.signal(this.id, { id, name, data }));
  }

  async decide(activation: number, decision: Decision, id = browserRandom.id()): Promise<void> {
    await this.#asked(this.#api.decide(this.id, activation, decision, id));
  }

  /** What conflicts with how the run stands is the same error as of a run in this page. */
  async #asked(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      if (error.code === 'TRANSFERRED') throw new TransferredError(error.message, { cause: error });
      if (!conflicts.has(error.code)) throw error;
      throw new ConflictError(error.message, { code: error.code, cause: error });
    }
  }

  leave(): void {
    this.letGo();
    this.#streaming?.abort();
  }

  protected override attentionChanged(): void {
    if (!this.attended) {
      this.#streaming?.abort();
      this.#streaming = undefined;
    } else if (this.#streaming === undefined && !(this.finished && this.known >= this.summary.seq)) {
      this.#streaming = new AbortController();
      void this.#follow(this.#streaming.signal);
    }
  }

  /** Follows until the run is over, making lost connections again. Never rejects. */
  async #follow(signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      const before = this.known;
      const problem = await this.#followOnce(signal);
      if (signal.aborted || problem === 'over') break;
      if (problem !== undefined) this.stand('server', recordOf(problem));
      if (problem !== undefined && !problem.passing) break;
      pause = this.known > before ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
      await sleepUnlessOnline(pause, signal);
    }
    if (this.#streaming?.signal === signal) this.#streaming = undefined;
  }

  /** One connection, to its end: `over` when nothing more can come, else what broke it, or undefined when it just ended. */
  async #followOnce(signal: AbortSignal): Promise<RemoteError | 'over' | undefined> {
    try {
      const messages = await this.#api.stream(this.id, this.known, signal);
      this.stand('server');
      if (messages === undefined) {
        await this.#readSummary();
        return 'over';
      }
      let batch: JournalEvent[] = [];
      for await (const { event, data } of messages) {
        if (event === 'message') batch.push(JSON.parse(data));
        else if (event === 'summary') {
          // A gap can only be the fault of what stands between: begin again after what is known.
          if (!this.accept(batch, JSON.parse(data))) return undefined;
          batch = [];
        } else if (event === 'end') return 'over';
      }
      return undefined;
    } catch (error) {
      return error instanceof RemoteError ? error : lostConnection(error);
    }
  }

  async #readSummary(): Promise<void> {
    const execution = await this.#api.execution(this.id);
    if (execution !== undefined) this.accept([], summaryOf(execution));
  }
}

function lostConnection(cause: unknown): RemoteError {
  return new RemoteError('The connection to the server was lost; it is being made again.', {
    code: 'NETWORK_ERROR',
    cause,
  });
}

function summaryOf(execution: ExecutionSummary): ExecutionSummary {
  const { id, workflow, workflowName, planHash, status, seq, startedAt, updatedAt, wakeAt, currentSteps, error } =
    execution;
  const known: ErrorRecord | undefined = error ?? undefined;
  return {
    id,
    workflow,
    workflowName,
    planHash,
    status,
    seq,
    startedAt,
    updatedAt,
    wakeAt,
    currentSteps,
    ...(known === undefined ? {} : { error: known }),
  };
}

/** @throws BundleError `BUNDLE_NOT_JSON` */
function readText(bundle: string): unknown {
  try {
    return JSON.parse(bundle);
  } catch (cause) {
    throw new BundleError('The bundle is not JSON.', { code: 'BUNDLE_NOT_JSON', cause });
  }
}

/** As it will be sent: what JSON cannot carry is left out or refused here, and not half-way. */
function asJson(input: unknown): Json {
  return JSON.parse(JSON.stringify(input));
}

/** Waits, but not beyond the moment at which the browser says that it is online again. */
function sleepUnlessOnline(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      // Not every place that can fetch says when it is online.
      globalThis.removeEventListener?.('online', wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    globalThis.addEventListener?.('online', wake);
    signal.addEventListener('abort', wake);
  });
}
