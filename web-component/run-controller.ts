import type { ReactiveController, ReactiveControllerHost } from 'lit';
import {
  ConflictError,
  checkInput,
  compileStored,
  type Decision,
  type Issue,
  isFinal,
  NotFoundError,
  type Plan,
  parametersOf,
  registryOf,
  ValidationError,
  validate,
} from '../runtime/index.js';
import type { ImportOptions, ImportResult, TransferReceipt } from '../runtime/operations.js';
import type {
  ErrorRecord,
  ExecutionStatus,
  ExecutionSummary,
  JournalEvent,
  Json,
  JsonObject,
  ListPage,
  ListQuery,
} from '../runtime/ports.js';
import { Approvals, type PendingApproval } from './approvals.js';
import { errorRecord, loadDocument } from './definition-loader.js';
import { type Drawing, draw } from './drawing.js';
import { canGoOn, type EffectSettings, pageActions } from './effects.js';
import { announceEvents } from './event-announcer.js';
import { emit } from './events.js';
import { type DataProvider, type FormHost, FormState } from './form-state.js';
import { LiveRegion } from './live-region.js';
import type { Translate } from './messages.js';
import { pageReady } from './page-ready.js';
import { PressWatch } from './press-watch.js';
import { RemoteError } from './remote-error.js';
import { recall, remember } from './run-memory.js';
import { RunModel } from './run-model.js';
import type { RetryOptions, RunHandle, RunSource, RunUpdate, StartOptions } from './run-source.js';
import { openSource, type SourceSettings } from './source.js';

/** What the controller reads of its element. The page sets these; the controller never does. */
export interface RunnerElement extends ReactiveControllerHost, HTMLElement, EffectSettings, SourceSettings {
  readonly workflow: unknown;
  readonly src: string | undefined;
  readonly runid: string | undefined;
  readonly autorun: boolean;
  readonly readonly: boolean;
  readonly input: unknown;
  readonly dataProviders: Readonly<Record<string, DataProvider>> | undefined;
  readonly decider: string | undefined;
  readonly texts: Translate;
}

/** `empty`: no definition was given. `broken`: it could not be loaded. */
export type DefinitionPhase = 'empty' | 'loading' | 'invalid' | 'broken' | 'ready';
/** `queued`: the run waits for others before it begins. */
export type RunnerStatus = 'idle' | 'loading' | 'invalid' | 'queued' | ExecutionStatus;

export interface Selection {
  readonly slug: string;
  /** The visit looked at; null follows the newest. */
  readonly activation: number | null;
}

/** What a start may say beside its input. */
export type RunOptions = Pick<StartOptions, 'threadId'>;

/** Events from which on a history counts as long, and the milliseconds between two updates then. */
const LONG_HISTORY = 1000;
const LONG_PAUSE = 125;

/** Owns the state of one element: requests come in as method calls, the views read what stands here. */
export class RunController implements ReactiveController {
  phase: DefinitionPhase = 'empty';
  issues: readonly Issue[] = [];
  /** Why the definition or the run could not be had, or a start was refused. */
  error: ErrorRecord | null = null;
  drawing: Drawing | null = null;
  form: FormState | null = null;
  source: RunSource | null = null;
  handle: RunHandle | null = null;
  model: RunModel | null = null;
  summary: ExecutionSummary | null = null;
  resumed = false;
  busy: 'starting' | 'queued' | 'cancelling' | 'pausing' | 'resuming' | 'retrying' | null = null;
  selection: Selection | null = null;
  online = navigator.onLine;
  readonly live: LiveRegion;
  readonly approvals: Approvals;
  /** The load under way, or the last one; never rejects. */
  loading: Promise<void> = Promise.resolve();

  readonly #element: RunnerElement;
  readonly #presses: PressWatch;
  readonly #formHost: FormHost;
  #own: Drawing | null = null;
  #document: unknown;
  #load = new AbortController();
  #sourceOpening: Promise<RunSource> | null = null;
  #detach: (() => void) | null = null;
  #release: ReturnType<typeof setTimeout> | null = null;
  #ticker: ReturnType<typeof setInterval> | null = null;
  /** Whether an update of the views is on its way. */
  #painting = false;
  #painted = 0;
  #ready = deferred();
  #started = false;

  constructor(element: RunnerElement) {
    this.#element = element;
    this.#presses = new PressWatch(element);
    this.live = new LiveRegion(() => this.#element.requestUpdate());
    this.#formHost = {
      get texts() {
        return element.texts;
      },
      get dataProviders() {
        return element.dataProviders;
      },
      changed: () => element.requestUpdate(),
      afterPress: (work) => this.#presses.afterPress(work),
    };
    this.approvals = new Approvals(this.#formHost);
    element.addController(this);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get status(): RunnerStatus {
    if (this.busy === 'queued') return 'queued';
    if (this.summary !== null) return this.summary.status;
    if (this.phase === 'ready') return 'idle';
    return this.phase === 'empty' ? 'idle' : this.phase === 'loading' ? 'loading' : 'invalid';
  }

  /** Whether a run is under way. */
  get active(): boolean {
    return this.summary !== null && !isFinal(this.summary.status);
  }

  /** Of the workflow, also of one that is not valid; undefined where it bears none. */
  get name(): string | undefined {
    if (this.drawing !== null) return this.drawing.plan.name;
    const document: unknown = this.#document;
    const named = typeof document === 'object' && document !== null && 'name' in document ? document.name : undefined;
    return typeof named === 'string' && this.phase === 'invalid' ? named : undefined;
  }

  /** Whether the run shown is of another workflow than the element's own, such as one that a run of it started. */
  get foreign(): boolean {
    const own = this.#own?.plan.slug;
    return own !== undefined && this.drawing !== null && this.drawing.plan.slug !== own;
  }

  get endpoint(): string {
    return this.#element.endpoint ?? '';
  }

  get events(): readonly JournalEvent[] {
    return this.handle?.events ?? [];
  }

  // --- Life ----------------------------------------------------------------------------------------------------------

  hostConnected(): void {
    window.addEventListener('online', this.#onNetwork);
    window.addEventListener('offline', this.#onNetwork);
    if (this.#release !== null) {
      // Moved within the page: whatever runs goes on.
      clearTimeout(this.#release);
      this.#release = null;
    }
    this.#watchTime();
  }

  hostDisconnected(): void {
    window.removeEventListener('online', this.#onNetwork);
    window.removeEventListener('offline', this.#onNetwork);
    this.#stopTime();
    this.#release = setTimeout(() => {
      this.#release = null;
      this.close();
    }, 0);
  }

  /** Lets go of the run and of the store; the run goes on when it is next opened. */
  close(): void {
    this.#load.abort();
    this.#leaveRun();
    this.form?.close();
    this.live.clear();
    const opening = this.#sourceOpening;
    this.#sourceOpening = null;
    this.source = null;
    this.phase = 'empty';
    this.#started = false;
    opening?.then((source) => source.close()).catch((error: unknown) => this.show(error));
  }

  /** Whether anything was loaded since the element came into the page. */
  get begun(): boolean {
    return this.#started;
  }

  /** Loads anew; `moved` says that the runs now live elsewhere. What goes wrong is shown. */
  reload(inline: string | undefined, moved: boolean): void {
    this.#started = true;
    const go = async (): Promise<void> => {
      if (moved) await this.replaceSource();
      await this.load(inline);
    };
    this.loading = go().catch((error: unknown) => this.show(error));
  }

  /** Loads the definition, takes up the run that is under way, or starts one where the element says so. */
  async load(inline: string | undefined): Promise<void> {
    this.#started = true;
    this.#load.abort();
    const load = new AbortController();
    this.#load = load;
    this.#leaveRun();
    Object.assign(this, { phase: 'loading', issues: [], error: null, drawing: null, selection: null, resumed: false });
    this.form?.close();
    this.form = null;
    this.#own = null;
    this.#document = undefined;
    this.#element.requestUpdate();
    try {
      await this.#loadDefinition(inline, load.signal);
      if (!load.signal.aborted && this.phase === 'ready') await this.#takeUp(load.signal);
    } catch (error) {
      if (load.signal.aborted) return;
      this.show(error);
    }
    if (load.signal.aborted) return;
    this.#element.requestUpdate();
    if (this.phase !== 'empty') this.#ready.resolve();
  }

  async #loadDefinition(inline: string | undefined, signal: AbortSignal): Promise<void> {
    const { workflow, src, baseURI: base } = this.#element;
    const fetch = this.#element.fetch ?? globalThis.fetch.bind(globalThis);
    try {
      const loaded = await loadDocument({ workflow, inline, src, base, fetch, signal });
      if (signal.aborted) return;
      if (loaded.kind === 'none') this.phase = 'empty';
      else if (loaded.kind === 'malformed') this.#reject(loaded.issues);
      else this.#accept(loaded.document);
    } catch (error) {
      if (signal.aborted) return;
      this.phase = 'broken';
      this.error = errorRecord(error);
      emit(this.#element, 'workflowinvalid', { issues: [], error: this.error });
    }
  }

  #accept(document: unknown): void {
    this.#document = document;
    const element = this.#element;
    const result = validate(document, { actions: pageActions(element), functions: registryOf(element.functions) });
    if (!result.ok) return this.#reject(result.issues);
    const { plan } = result;
    this.#own = draw(plan);
    this.drawing = this.#own;
    this.issues = result.issues;
    this.form = new FormState(
      {
        parameters: parametersOf(plan),
        check: (input) => checkInput(plan, input),
        draftKey: `newtflow:${element.namespace ?? 'default'}:draft:${plan.slug}`,
      },
      this.#formHost,
    );
    this.form.prefill(element.input);
    this.phase = 'ready';
    emit(element, 'workflowload', { name: plan.name, slug: plan.slug, warnings: result.issues });
  }

  #reject(issues: readonly Issue[]): void {
    this.phase = 'invalid';
    this.issues = issues;
    emit(this.#element, 'workflowinvalid', { issues });
  }

  /** Goes on with the run named by `runid`, else with the last one of this workflow that has not ended. */
  async #takeUp(signal: AbortSignal): Promise<void> {
    const source = await this.openSource();
    await pageReady();
    const { runid, autorun } = this.#element;
    const id = runid || (await this.#unfinished(source));
    const handle = id === undefined ? undefined : await source.open(id);
    if (signal.aborted) return;
    this.resumeOthers();
    // A run that is over shows again only where the page asks for it by name.
    if (handle !== undefined && (runid || !isFinal(handle.summary.status))) return this.#attach(handle, true);
    if (runid) throw new NotFoundError(`There is no run “${runid}” here.`, { code: 'NOT_FOUND', field: 'runid' });
    if (autorun) await this.start(undefined);
  }

  /** Goes on with runs that a page left behind and that are not shown here, as far as this element can perform them. */
  resumeOthers(): void {
    const { source } = this;
    const slug = this.#own?.plan.slug;
    if (source === null || slug === undefined || this.#element.readonly) return;
    source
      .resumeAll((definition) => canGoOn(this.#element, slug, definition))
      .catch((error: unknown) => {
        // A source let go of meanwhile has nothing to go on with.
        if (this.source === source) this.show(error);
      });
  }

  async #unfinished(source: RunSource): Promise<string | undefined> {
    const slug = this.#own?.plan.slug ?? '';
    if (source.place === 'edge') return recall(this.#runKey(slug));
    const found: string[] = [];
    for (const status of ['running', 'waiting', 'paused'] as const) {
      const { items } = await source.list({ workflow: slug, status });
      found.push(...items.map((item) => item.id));
    }
    // Of a workflow that starts itself, the run that began it all.
    return found.find((id) => !found.some((other) => id.startsWith(`${other}.`)));
  }

  #runKey(slug: string): string {
    return `newtflow:${this.#element.namespace ?? 'default'}:run:${this.#element.endpoint ?? ''}:${slug}`;
  }

  openSource(): Promise<RunSource> {
    this.#sourceOpening ??= openSource(this.#element).then((source) => {
      this.source = source;
      const { place, storage, storageReason: reason } = source;
      emit(this.#element, 'storechange', { place, storage, ...(reason === undefined ? {} : { reason }) });
      return source;
    });
    return this.#sourceOpening;
  }

  /** The element now runs elsewhere, or keeps its runs elsewhere. */
  async replaceSource(): Promise<void> {
    this.#leaveRun();
    const before = this.#sourceOpening;
    this.#sourceOpening = null;
    this.source = null;
    if (before !== null) await (await before).close();
  }

  // --- Requests ------------------------------------------------------------------------------------------------------

  /**
   * @returns the id of the run; undefined when a `beforerun` listener prevented it.
   * @throws ValidationError, ConflictError `RUN_IN_PROGRESS`, and what the source throws.
   */
  async start(given: unknown, options: RunOptions = {}): Promise<string | undefined> {
    const { plan } = this.#own ?? {};
    if (plan === undefined) throw new ValidationError('There is no valid workflow to run.', this.issues);
    if (this.active || this.busy === 'starting' || this.busy === 'queued') {
      throw new ConflictError('A run is under way already.', { code: 'RUN_IN_PROGRESS' });
    }
    const input = given === undefined ? this.#formInput(plan) : given;
    if (!emit(this.#element, 'beforerun', { input })) return undefined;
    this.busy = 'starting';
    this.error = null;
    this.#element.requestUpdate();
    try {
      const source = await this.openSource();
      const handle = await source.start(this.#document, { ...options, input, queued: () => this.#queued() });
      if (source.place === 'edge') remember(this.#runKey(plan.slug), handle.id);
      this.#attach(handle, false);
      return handle.id;
    } catch (error) {
      if (error instanceof ValidationError || error instanceof RemoteError) this.form?.mark(error.issues);
      this.show(error);
      throw error;
    } finally {
      this.busy = null;
      this.#element.requestUpdate();
    }
  }

  #queued(): void {
    this.busy = 'queued';
    this.#element.requestUpdate();
  }

  #formInput(plan: Plan): unknown {
    const { form } = this;
    if (form === null || form.fields.length === 0) return this.#element.input ?? {};
    if (form.submit()) return form.input;
    const result = checkInput(plan, form.input);
    throw new ValidationError('The input is not complete.', result.ok ? [] : result.issues, { code: 'INVALID_INPUT' });
  }

  async cancel(reason: string | undefined): Promise<boolean> {
    return this.#while('cancelling', (run) => run.cancel(reason));
  }

  async pause(reason: string | undefined): Promise<void> {
    await this.#while('pausing', (run) => run.pause(reason));
  }

  async resume(): Promise<void> {
    await this.#while('resuming', (run) => run.resume());
  }

  /** Begins a new run from a step of the one shown, and shows that. @returns its id */
  async retry(options: RetryOptions): Promise<string> {
    return this.#while('retrying', async (run) => {
      const source = await this.openSource();
      const handle = await source.retry(run.id, options);
      if (source.place === 'edge') remember(this.#runKey(handle.summary.workflow), handle.id);
      this.selection = null;
      this.#attach(handle, false);
      return handle.id;
    });
  }

  async exportRun(): Promise<JsonObject> {
    return (await this.openSource()).exportRun(this.#shown().id);
  }

  /** Takes a run over and shows it. */
  async importRun(bundle: unknown, options: ImportOptions | undefined): Promise<ImportResult> {
    const source = await this.openSource();
    const { run, ...result } = await source.importRun(bundle, options);
    if (source.place === 'edge') remember(this.#runKey(run.summary.workflow), run.id);
    this.selection = null;
    this.#attach(run, false);
    return result;
  }

  async confirmTransfer(receipt: TransferReceipt): Promise<void> {
    await (await this.openSource()).confirmTransfer(receipt);
    emit(this.#element, 'transferconfirm', { id: receipt.executionId, receipt });
  }

  async #while<T>(busy: NonNullable<RunController['busy']>, ask: (run: RunHandle) => Promise<T>): Promise<T> {
    const run = this.#shown();
    this.busy = busy;
    this.#element.requestUpdate();
    try {
      return await ask(run);
    } finally {
      this.busy = null;
      this.#element.requestUpdate();
    }
  }

  #shown(): RunHandle {
    if (this.handle === null) throw new NotFoundError('There is no run.', { code: 'NOT_FOUND' });
    return this.handle;
  }

  async signal(name: string, data: Json | undefined): Promise<void> {
    await this.#shown().signal(name, data);
  }

  /** As {@link RunHandle.decide}; a slug names the approval that waits at that step. */
  async decide(named: number | string, decision: Decision): Promise<void> {
    await this.#shown().decide(this.approvals.activationOf(named), { ...this.#decider(), ...decision });
  }

  /** What a person decided in the element. */
  async answer(approval: PendingApproval, decision: Decision['decision']): Promise<void> {
    if (this.handle !== null) await this.approvals.decide(approval, { ...this.#decider(), decision }, this.handle);
  }

  #decider(): Pick<Decision, 'by'> {
    const { decider } = this.#element;
    return decider === undefined ? {} : { by: decider };
  }

  /** Shows another run of the same place, such as one that this one started. */
  async showRun(id: string): Promise<void> {
    const parent = this.handle?.id;
    if (parent !== undefined && !emit(this.#element, 'runopen', { id, from: parent })) return;
    const source = await this.openSource();
    const handle = await source.open(id);
    if (handle === undefined) throw new NotFoundError(`There is no run “${id}” here.`, { code: 'NOT_FOUND' });
    this.selection = null;
    this.#attach(handle, true);
  }

  async runs(query: ListQuery | undefined): Promise<ListPage> {
    const slug = this.#own?.plan.slug;
    const source = await this.openSource();
    return source.list(query ?? (slug === undefined ? {} : { workflow: slug }));
  }

  select(slug: string | null, activation: number | null = null): void {
    this.selection = slug === null ? null : { slug, activation };
    this.#element.requestUpdate();
  }

  /** Shows an error that a request of the page or the person ended with. */
  show(error: unknown): void {
    this.error = errorRecord(error);
    this.#element.requestUpdate();
  }

  // --- The run -------------------------------------------------------------------------------------------------------

  #attach(handle: RunHandle, resumed: boolean): void {
    this.#leaveRun();
    const own = this.#own;
    // A run is pinned to its definition: it is drawn as it was when it began.
    const same = own !== null && handle.summary.planHash === own.plan.hash;
    const drawing = same ? own : draw(compileStored(handle.definition, registryOf(this.#element.functions)));
    const model = new RunModel((slug) => drawing.plan.steps.get(slug));
    Object.assign(this, { handle, model, drawing, resumed, summary: handle.summary, error: null });
    this.live.clear();
    this.approvals.clear();
    let first = true;
    const endUpdates = handle.subscribe((update) => {
      this.#take(handle, model, update, { resumed, first });
      first = false;
    });
    const endDriver = handle.onDriverChange(() => {
      emit(this.#element, 'leaderchange', { id: handle.id, driver: handle.driver });
      this.#paint();
    });
    this.#detach = () => {
      endUpdates();
      endDriver();
    };
    this.#watchTime();
    this.#element.requestUpdate();
  }

  #take(handle: RunHandle, model: RunModel, update: RunUpdate, how: { resumed: boolean; first: boolean }): void {
    const before = how.first && !how.resumed ? null : (this.summary?.status ?? null);
    model.append(update.events);
    this.summary = update.summary;
    if (how.first && how.resumed) {
      if (this.active) emit(this.#element, 'runstart', { id: handle.id, input: model.input, resumed: true });
    } else {
      announceEvents(this.#element, handle.id, how.first ? this.#begunHere(handle, model, update) : update, before);
      this.live.tell(this.#element.texts, update, model, (slug) => this.nameOf(slug));
    }
    this.#followApprovals(handle, model);
    if (!this.active) this.#stopTime();
    this.#paint();
  }

  /** What came with a run from another one, or from another host, happened there: only what follows is news. */
  #begunHere({ id }: RunHandle, { input }: RunModel, update: RunUpdate): RunUpdate {
    const { events } = update;
    const at = events.findLastIndex(({ type }) => type === 'execution_forked' || type === 'execution_imported');
    if (at < 0) return update;
    this.resumed = events[at]?.type === 'execution_imported';
    emit(this.#element, 'runstart', { id, input, resumed: this.resumed });
    return { ...update, events: events.slice(at + 1) };
  }

  #followApprovals(handle: RunHandle, model: RunModel): void {
    const { plan } = this.drawing ?? {};
    if (plan === undefined) return;
    const fresh = this.approvals.follow(model, plan);
    if (fresh.length === 0) return;
    this.live.ask(this.#element.texts, fresh);
    if (this.#element.readonly) return;
    for (const approval of fresh) {
      approval.shown = emit(this.#element, 'approvalrequest', { id: handle.id, ...approval.view });
    }
  }

  nameOf(slug: string): string {
    return this.drawing?.plan.steps.get(slug)?.name ?? slug;
  }

  #leaveRun(): void {
    this.#detach?.();
    this.#detach = null;
    this.#stopTime();
    this.approvals.clear();
    Object.assign(this, { handle: null, model: null, summary: null });
  }

  // --- Painting ------------------------------------------------------------------------------------------------------

  /** At most one update of the views a frame, however fast events come; of a long history, eight a second. */
  #paint(): void {
    if (this.#painting) return;
    const rest = this.events.length < LONG_HISTORY ? 0 : LONG_PAUSE - (performance.now() - this.#painted);
    const paint = (): void => {
      this.#painting = false;
      this.#painted = performance.now();
      this.#element.requestUpdate();
    };
    this.#painting = true;
    if (rest <= 0 || !this.active) requestAnimationFrame(paint);
    else setTimeout(() => requestAnimationFrame(paint), rest);
  }

  /** Bars and countdowns move while a run is under way and the page is looked at. */
  #watchTime(): void {
    if (!this.active || this.#ticker !== null) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#ticker = setInterval(() => this.#paint(), calm ? 1000 : 200);
  }

  #stopTime(): void {
    if (this.#ticker !== null) clearInterval(this.#ticker);
    this.#ticker = null;
  }

  readonly #onNetwork = (): void => {
    this.online = navigator.onLine;
    this.#element.requestUpdate();
  };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
