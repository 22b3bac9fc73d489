import {
  ConflictError,
  cancelOrphan,
  compile,
  createActionRegistry,
  Driver,
  type GivenFunctions,
  isFinal,
  MemoryBreakers,
  MemoryStore,
  type Plan,
  readExecution,
  registryOf,
  type StartRequest,
  StorageError,
  ValidationError,
} from '../runtime/index.js';
import {
  type BoundRequest,
  confirmTransfer,
  exportExecution,
  type ImportOptions,
  importExecution,
  MemoryAdmissionStore,
  retryFrom,
  type TransferReceipt,
  Turns,
  unfinished,
} from '../runtime/operations.js';
import type {
  Action,
  ActionRegistry,
  BreakerStore,
  ChildRequest,
  ChildWorkflows,
  Clock,
  ExecutionStore,
  ExecutionSummary,
  JournalEvent,
  JsonObject,
  LanguageModel,
  ListPage,
  ListQuery,
  Logger,
  Random,
  RuntimePorts,
  SecretStore,
} from '../runtime/ports.js';
import { BrowserClock, browserRandom } from './browser-clock.js';
import { BrowserRun } from './browser-run.js';
import { ChildRuns, type Workflows } from './child-runs.js';
import { closedError, recordOf } from './followed-run.js';
import { IndexedDbStore } from './indexeddb-store.js';
import { Leader, type LeaderOptions, type Lease } from './leader.js';
import { PageEvents } from './page-events.js';
import { PageLifecycle } from './page-lifecycle.js';
import type { ImportedRun, RetryOptions, RunHandle, RunSource, StartOptions } from './run-source.js';
import { type RunAnswer, type RunRequest, TabChannel } from './tab-channel.js';

export interface BrowserHostOptions {
  /** `indexeddb` when absent; where the browser refuses it, memory, and {@link RunSource.storageReason} says why. */
  readonly store?: 'indexeddb' | 'memory';
  /** Keeps the runs of one page or product apart from those of another on the same origin. */
  readonly namespace?: string;
  /** What workflows may do. A registry is asked anew for each step, so it may grow. Built-in actions are added to a list. */
  readonly actions?: ActionRegistry | readonly Action[];
  /**
   * What expressions may call beside the language's own functions. Read anew at each use; runs under way are compiled with
   * them each time they are taken up.
   */
  readonly functions?: GivenFunctions | undefined;
  readonly model?: LanguageModel;
  readonly secrets?: SecretStore;
  /** The workflows that `workflow` steps start, by slug, or a function that gives their documents. */
  readonly workflows?: Workflows;
  /** What actions reach the network by; the page's own when absent. */
  readonly fetch?: RuntimePorts['fetch'];
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** How tabs tell a frozen one from a living one. */
  readonly leader?: LeaderOptions;
}

/** What the browser grants this site. */
export interface StorageState {
  /** False: the browser may clear it when space is short, or after weeks without a visit. */
  readonly persisted: boolean;
  /** Bytes, as the browser estimates them. */
  readonly usage?: number;
  readonly quota?: number;
}

/**
 * Runs workflows in this browser. Each run is driven by one tab at a time and seen by all. Takes part in driving from
 * the moment a run is started, opened or resumed here, until {@link close}.
 */
export interface BrowserHost extends RunSource {
  readonly place: 'browser';
  /** Undefined where the browser does not say, or nothing is stored. */
  storageState(): Promise<StorageState | undefined>;
}

/** Milliseconds to wait for the tab that drives a run to do what was asked. */
const ANSWER_TIME = 2_000;

/** @throws StorageError never for want of IndexedDB: then runs are kept in memory, and `storageReason` says why. */
export async function createBrowserHost(options: BrowserHostOptions = {}): Promise<BrowserHost> {
  if (options.store === 'memory') return new LocalHost(options, new MemoryStore());
  try {
    const { namespace } = options;
    return new LocalHost(options, await IndexedDbStore.open(namespace === undefined ? {} : { namespace }));
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const reason = `Runs are kept only until this page closes. ${error.message}`;
    return new LocalHost(options, new MemoryStore(), reason);
  }
}

class LocalHost implements BrowserHost {
  readonly place = 'browser';
  readonly storage: 'indexeddb' | 'memory';
  readonly storageReason?: string;
  readonly #store: ExecutionStore;
  readonly #ports: RuntimePorts;
  readonly #channel: TabChannel;
  readonly #leader: Leader;
  readonly #turns: Turns;
  readonly #runs = new Map<string, BrowserRun>();
  readonly #hasWorkflows: boolean;
  readonly #page = new PageLifecycle({
    hidden: () => {
      for (const run of this.#runs.values()) run.letGoOfDriver('The page is being left.');
    },
    cutOff: (id) => this.#runs.get(id)?.letGoOfDriver('Requests were cut off when the page was about to be left.'),
  });
  readonly #ending = new AbortController();
  readonly #asked = new Map<string, (answer: RunAnswer) => void>();

  constructor(options: BrowserHostOptions, store: IndexedDbStore | MemoryStore, storageReason?: string) {
    const shared = store instanceof IndexedDbStore;
    this.storage = shared ? 'indexeddb' : 'memory';
    if (storageReason !== undefined) this.storageReason = storageReason;
    this.#store = store;
    this.#hasWorkflows = options.workflows !== undefined;
    const children = new ChildRuns(
      {
        ...{ store, logger: options.logger, functions: () => this.#ports.functions },
        load: (id) => this.#load(id),
        begin: (plan, request) => this.#beginChild(plan, request),
        callOff: (id) => this.#turns.callOff(id),
      },
      options.workflows,
    );
    const events = new PageEvents({
      ...{ store, logger: options.logger, functions: () => this.#ports.functions },
      unfinished: () => unfinished(this.#store),
      load: (id) => this.#load(id),
    });
    this.#ports = portsOf(options, this.#page, {
      ...{ store, workflows: children, events },
      breakers: shared ? store.breakers : new MemoryBreakers(),
      sink: { publish: (_, events, summary) => this.#committed(events, summary) },
    });
    this.#turns = new Turns(
      { ports: this.#ports, store, begin: (plan, request) => this.#beginWhenFree(plan, request) },
      shared ? store.admissions : new MemoryAdmissionStore(),
    );
    const scope = `newtflow:${options.namespace ?? 'default'}`;
    this.#channel = new TabChannel(shared ? scope : `${scope}:${this.#ports.random.id()}`);
    this.#leader = new Leader(`${scope}:`, this.#channel, { ...options.leader, alone: !shared });
    this.#channel.on('committed', ({ summary }) => {
      this.#turns.heard(summary);
      this.#runs.get(summary.id)?.hear(summary);
    });
    this.#channel.on('ask', ({ ask, run, request }) => void this.#answer(ask, run, request));
    this.#channel.on('answer', (answer) => this.#asked.get(answer.ask)?.(answer));
    globalThis.document?.addEventListener('visibilitychange', this.#wakeUp);
  }

  async start(document: unknown, options: StartOptions = {}): Promise<RunHandle> {
    this.#refuseWhenClosed();
    const plan = compile(document, { functions: this.#ports.functions });
    const { idempotencyKey: key } = options;
    if (key === undefined) return this.#startNew(plan, this.#ports.random.id(), options);
    const id = idOfKey(plan.slug, key);
    return this.#leader.exclusively(`start:${id}`, async () => {
      const run = await this.#load(id);
      if (run === undefined) return this.#startNew(plan, id, options);
      if (run.summary.planHash !== plan.hash) {
        throw new ConflictError(`The key "${key}" was used to start another version of "${plan.slug}".`, {
          code: 'IDEMPOTENCY_KEY_REUSED',
        });
      }
      return this.#take(run);
    });
  }

  async open(id: string): Promise<RunHandle | undefined> {
    this.#refuseWhenClosed();
    const run = await this.#load(id);
    return run && this.#take(run);
  }

  async list(query?: ListQuery): Promise<ListPage> {
    this.#refuseWhenClosed();
    return this.#store.list(query);
  }

  async retry(id: string, { from, input }: RetryOptions = {}): Promise<RunHandle> {
    this.#refuseWhenClosed();
    const { id: retried } = await retryFrom(this.#ports, id, {
      ...(typeof from === 'string' ? { step: from } : {}),
      ...(typeof from === 'number' ? { activation: from } : {}),
      ...(input === undefined ? {} : { input }),
    });
    return this.#openTaken(retried);
  }

  async exportRun(id: string): Promise<JsonObject> {
    this.#refuseWhenClosed();
    const run = await this.#load(id);
    // Where a tab drives it, that tab has to let go of it; else the store alone is asked.
    const driven = run !== undefined && (run.drivenHere || run.driver === 'elsewhere');
    const bundle = await exportExecution(this.#ports, id, driven ? { driver: run } : {});
    if (!driven) await this.#tellStored(id);
    return bundle;
  }

  async importRun(bundle: unknown, options?: ImportOptions): Promise<ImportedRun> {
    this.#refuseWhenClosed();
    const result = await importExecution(this.#ports, bundle, options);
    // It may be one that was given away from here and has come back.
    await this.#tellStored(result.id);
    return { ...result, run: await this.#openTaken(result.id) };
  }

  async confirmTransfer(receipt: TransferReceipt): Promise<void> {
    this.#refuseWhenClosed();
    await confirmTransfer(this.#store, receipt.executionId, receipt, this.#ports.functions);
    await this.#tellStored(receipt.executionId);
  }

  /** Tells this tab and the others what was written without a driver. */
  async #tellStored(id: string): Promise<void> {
    const stored = await this.#store.read(id);
    if (stored === undefined) return;
    this.#runs.get(id)?.announce(stored.summary);
    this.#channel.send({ type: 'committed', summary: stored.summary });
  }

  /** What was retried or carried here counts like what was started. */
  async #openTaken(id: string): Promise<RunHandle> {
    const read = await readExecution(this.#store, id, this.#ports.functions);
    if (read !== undefined && !isFinal(read.state.status)) await this.#turns.occupy(read.plan, read.state);
    return this.#openKnown(id);
  }

  async #openKnown(id: string): Promise<RunHandle> {
    const run = await this.open(id);
    if (run === undefined)
      throw new StorageError(`The run "${id}" was stored, and is gone.`, { code: 'EXECUTION_GONE' });
    return run;
  }

  async resumeAll(fits: (definition: JsonObject) => boolean = () => true): Promise<readonly string[]> {
    this.#refuseWhenClosed();
    const resume = async (id: string): Promise<readonly string[]> => {
      const run = await this.#load(id);
      return run !== undefined && fits(run.definition) && (await run.standInLine()) ? [id] : [];
    };
    const resumed = (await Promise.all((await unfinished(this.#store)).map(resume))).flat();
    await this.#turns.takeUp(fits);
    return resumed;
  }

  async storageState(): Promise<StorageState | undefined> {
    const storage = globalThis.navigator?.storage;
    if (this.storage === 'memory' || storage === undefined) return undefined;
    const [persisted, { usage, quota }] = await Promise.all([storage.persisted(), storage.estimate()]);
    return { persisted, ...(usage === undefined ? {} : { usage }), ...(quota === undefined ? {} : { quota }) };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#ending.abort();
    this.#turns.close(closedError());
    globalThis.document?.removeEventListener('visibilitychange', this.#wakeUp);
    this.#page.close();
    await Promise.all([...this.#runs.values()].map((run) => run.leave()));
    this.#runs.clear();
    this.#leader.close();
    this.#channel.close();
    if (this.#store instanceof IndexedDbStore) this.#store.close();
  }

  // --- Runs ----------------------------------------------------------------------------------------------------------

  get #closed(): boolean {
    return this.#ending.signal.aborted;
  }

  async #startNew(plan: Plan, id: string, { input, threadId, queued }: StartOptions): Promise<RunHandle> {
    const request = { executionId: id, input, ...(threadId === undefined ? {} : { threadId }) };
    const run = await this.#turns.start(plan, request, () => this.#beginWhenFree(plan, request));
    if (run === undefined) {
      queued?.();
      await this.#turns.begun(id);
      return this.#openKnown(id);
    }
    await run.follow();
    return run;
  }

  /** @throws ConflictError where another tab begins it */
  async #beginWhenFree(plan: Plan, request: BoundRequest): Promise<BrowserRun> {
    return this.#begin(plan, await this.#leader.tryAcquire(request.executionId), request);
  }

  /** A tab that was about to start the same child may have frozen: its lease is waited for. */
  async #beginChild(plan: Plan, { executionId, input, trigger, organization, threadId }: ChildRequest): Promise<void> {
    this.#refuseWhenClosed();
    const request = {
      ...{ executionId, input, trigger },
      ...(organization === undefined ? {} : { organizationId: organization }),
      ...(threadId === undefined ? {} : { threadId }),
    };
    // Where it waits for its turn, whoever gives it that begins it, and its end is told as ever.
    await this.#turns.start(plan, request, async () => {
      const lease =
        (await this.#leader.tryAcquire(executionId)) ?? (await this.#leader.acquire(executionId, this.#ending.signal));
      await this.#begin(plan, lease, request);
    });
  }

  async #begin(plan: Plan, lease: Lease | undefined, request: StartRequest): Promise<BrowserRun> {
    if (lease === undefined) throw new ConflictError(`Another tab is starting the run "${request.executionId}".`);
    try {
      const driver = await Driver.start(this.#ports, plan, request);
      await cancelOrphan(this.#store, driver, this.#ports.functions);
      if (this.#closed) {
        driver.stop(closedError());
        throw closedError();
      }
      const run = this.#add(driver.summary, plan.definition);
      run.driveOn(driver, lease);
      return run;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  async #take(run: BrowserRun): Promise<RunHandle> {
    await Promise.all([run.follow(), run.standInLine()]);
    return run;
  }

  async #load(id: string): Promise<BrowserRun | undefined> {
    const known = this.#runs.get(id);
    if (known !== undefined) return known;
    const stored = await this.#store.read(id);
    return stored && (this.#runs.get(id) ?? this.#add(stored.summary, stored.definition));
  }

  #add(summary: ExecutionSummary, definition: BrowserRun['definition']): BrowserRun {
    const run = new BrowserRun(
      {
        ...{ ports: this.#ports, leader: this.#leader, page: this.#page, hasWorkflows: this.#hasWorkflows },
        ask: (id, request) => this.#ask(id, request),
      },
      summary,
      definition,
    );
    // What is over never changes again, so that the store can answer for it.
    for (const [id, other] of this.#runs) if (other.finished && !other.attended) this.#runs.delete(id);
    this.#runs.set(summary.id, run);
    return run;
  }

  // --- Tabs ----------------------------------------------------------------------------------------------------------

  #committed(events: readonly JournalEvent[], summary: ExecutionSummary): void {
    const run = this.#runs.get(summary.id);
    if (run !== undefined && !run.accept(events, summary)) run.announce(summary);
    this.#turns.heard(summary, run?.definition);
    this.#channel.send({ type: 'committed', summary });
  }

  #ask(run: string, request: RunRequest): Promise<RunAnswer | undefined> {
    return new Promise((resolve) => {
      const ask = this.#ports.random.id();
      const settle = (answer: RunAnswer | undefined): void => {
        clearTimeout(timer);
        this.#asked.delete(ask);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(undefined), ANSWER_TIME);
      this.#asked.set(ask, settle);
      this.#channel.send({ type: 'ask', ask, run, request });
    });
  }

  /** Only the tab that drives answers. */
  async #answer(ask: string, id: string, request: RunRequest): Promise<void> {
    const run = this.#runs.get(id);
    if (run?.drivenHere !== true) return;
    const answer = await run.perform(request).catch((error: unknown) => ({ error: recordOf(error) }));
    if (answer !== undefined) this.#channel.send({ type: 'answer', ask, ...answer });
  }

  /** A tab that was frozen or throttled may have missed what others said, and what was due. */
  readonly #wakeUp = (): void => {
    if (document.visibilityState !== 'visible') return;
    for (const run of this.#runs.values()) {
      if (!run.finished) run.refresh().catch((error: unknown) => run.stand(run.driver, recordOf(error)));
    }
  };

  #refuseWhenClosed(): void {
    if (this.#closed) throw closedError();
  }
}

function portsOf(
  options: BrowserHostOptions,
  page: PageLifecycle,
  own: { readonly store: ExecutionStore; readonly workflows: ChildWorkflows; readonly breakers: BreakerStore } & Pick<
    RuntimePorts,
    'events' | 'sink'
  >,
): RuntimePorts {
  const { actions = [], clock, random, model, secrets, logger } = options;
  return {
    ...own,
    fetch: options.fetch ?? ((...request: Parameters<typeof fetch>) => fetch(...request)),
    clock: clock ?? new BrowserClock(),
    random: random ?? browserRandom,
    actions: page.watchActions('find' in actions && 'list' in actions ? actions : createActionRegistry(actions)),
    get functions() {
      return registryOf(options.functions);
    },
    ...(model === undefined ? {} : { model: page.watchModel(model) }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(logger === undefined ? {} : { logger }),
  };
}

/** As the Worker's `Idempotency-Key`: visible ASCII. */
const validKey = /^[\x21-\x7e]{1,255}$/;

/** One key of one workflow is one id, so that the store itself refuses the second start. */
function idOfKey(slug: string, key: string): string {
  if (!validKey.test(key)) {
    const message = 'An idempotency key is 1 to 255 visible ASCII characters.';
    throw new ValidationError(
      message,
      [{ code: 'INVALID_REQUEST', severity: 'error', path: '/idempotencyKey', message }],
      { code: 'INVALID_REQUEST' },
    );
  }
  return `key_${encodeURIComponent(slug)}_${encodeURIComponent(key)}`;
}
