import { LitElement, type PropertyValues, type TemplateResult } from 'lit';
import {
  type Decision,
  type GivenFunctions,
  type Issue,
  type Json,
  type JsonObject,
  type LanguageModel,
  type ListPage,
  type ListQuery,
  ValidationError,
} from '../runtime/index.js';
import type { ImportOptions, ImportResult, TransferReceipt } from '../runtime/operations.js';
import type { PendingApproval } from './approvals.js';
import type { Workflows } from './child-runs.js';
import type { Actions, ModelFunction, SecretFunction } from './effects.js';
import type { DataProvider } from './form-state.js';
import { type Messages, type Translate, translator } from './messages.js';
import { RegionNames } from './region-names.js';
import { RunController, type RunnerStatus, type RunOptions } from './run-controller.js';
import type { RetryOptions } from './run-source.js';
import { describeRun, type RunView } from './run-view.js';
import type { TokenFunction } from './source.js';
import { styles } from './styles.js';
import { ViewState } from './view-state.js';
import { PARTS, type Part, pageView } from './views/page.js';
import type { ViewContext } from './views/view.js';

/**
 * Runs a workflow and shows it: a form made from its parameters, its graph lighting up, a timeline, a log, the result.
 *
 * @slot toolbar - Beside the badges.
 * @slot form-end - In the form, above the button.
 * @slot result - In place of the output of a completed run.
 * @slot empty - In place of the notice that there is no workflow.
 * @slot footer - Beneath everything.
 * @csspart toolbar - Name, status, badges, cancel.
 * @csspart name - The workflow's name. @csspart description - What it is for.
 * @csspart status - The status of the run.
 * @csspart badges - The list of badges. @csspart badge - One of them.
 * @csspart form - The form. @csspart field - One field of it. @csspart error-summary - What is wrong with the input.
 * @csspart pause-button, resume-button, retry-button - What their names say. @csspart parent-button, child-button - Lead to another run.
 * @csspart approval - What waits for a decision. @csspart approve-button, reject-button - Decide it.
 * @csspart run-button - Starts a run. @csspart cancel-button - Cancels it.
 * @csspart graph - The graph. @csspart zoom - Its buttons. @csspart inspector - Details of the step selected.
 * @csspart timeline - The timeline. @csspart log - The log.
 * @csspart result - How the run ended. @csspart error - Any error.
 * @csspart diagnostics - What is wrong with the definition. @csspart warnings - What is worth a look in it.
 * @cssproperty --wf-accent - Colour of the button, the focus and the selection.
 * @cssproperty --wf-graph-height - The graph scrolls beyond it; 680px.
 * @cssstate running, waiting, paused, transferred, completed, failed, cancelled, loading, invalid, idle
 */
export class WorkflowRunner extends LitElement {
  static readonly formAssociated = true;
  static override styles = styles;
  static override properties = {
    src: { reflect: true },
    endpoint: { reflect: true },
    runid: { reflect: true },
    autorun: { type: Boolean, reflect: true },
    view: { reflect: true },
    readonly: { type: Boolean, reflect: true },
    disabled: { type: Boolean, reflect: true },
    name: { reflect: true },
    store: { reflect: true },
    namespace: { reflect: true },
    workflow: { attribute: false },
    input: { attribute: false },
    actions: { attribute: false },
    functions: { attribute: false },
    llm: { attribute: false },
    getToken: { attribute: false },
    getSecret: { attribute: false },
    workflows: { attribute: false },
    decider: { attribute: false },
    fetch: { attribute: false },
    messages: { attribute: false },
    dataProviders: { attribute: false },
  };

  /** Address of the workflow's JSON. */
  declare src: string | undefined;
  /** Address of the Worker to run on; absent: runs here. */
  declare endpoint: string | undefined;
  /** The run to show and go on with; absent: the last one of this workflow that has not ended. */
  declare runid: string | undefined;
  /** Starts a run at once, unless one is under way. */
  declare autorun: boolean;
  /** Which of `form graph timeline log` to show; all when absent. */
  declare view: string | undefined;
  /** Shows runs, and starts or cancels none. */
  declare readonly: boolean;
  declare disabled: boolean;
  /** Under which the output of a completed run is submitted with a form around. */
  declare name: string | undefined;
  /** `indexeddb` (when absent) or `memory`. */
  declare store: string | undefined;
  /** Keeps the runs of this page apart from those of others on the same origin. */
  declare namespace: string | undefined;
  /** The definition, as an object or as JSON text; goes before an inline script and `src`. */
  declare workflow: unknown;
  /** Fills the form, or is the input where the workflow has no parameters. */
  declare input: unknown;
  declare actions: Actions | undefined;
  /** What expressions may call beside the language's own functions: a list of definitions, or a registry. */
  declare functions: GivenFunctions | undefined;
  declare llm: LanguageModel | ModelFunction | undefined;
  declare getToken: TokenFunction | undefined;
  declare getSecret: SecretFunction | undefined;
  /** The workflows that `workflow` steps start, by slug, or a function that gives their documents; for runs in this page. */
  declare workflows: Workflows | undefined;
  /** Who decides approvals in this page, as `by` of the decision; on a Worker the token says so. */
  declare decider: string | undefined;
  declare fetch: typeof globalThis.fetch | undefined;
  declare messages: Messages | undefined;
  /** Options of form fields, by the name of their provider. */
  declare dataProviders: Readonly<Record<string, DataProvider>> | undefined;

  /** @internal What to say, and how. */
  texts: Translate = translator(undefined);
  readonly #controller = new RunController(this);
  readonly #views = new ViewState(this, this.#controller);
  readonly #regions = new RegionNames(this);
  readonly #internals = this.attachInternals();
  readonly #children = new MutationObserver(() => this.#inlineChanged());
  #inline: string | undefined;
  #wanted = false;
  #shownStatus: RunnerStatus | undefined;
  #formDisabled = false;

  /** The run shown, as it stands; null when there is none. */
  get run(): RunView | null {
    return describeRun(this.#controller);
  }

  get status(): RunnerStatus {
    return this.#controller.status;
  }

  /** All that is wrong, or worth a look, in the definition. */
  get diagnostics(): readonly Issue[] {
    return this.#controller.issues;
  }

  /** Resolves once a definition was loaded, or refused, for the first time, and a run under way was found again. */
  get ready(): Promise<void> {
    return this.#controller.ready;
  }

  /**
   * Starts a run with the input given, else with what stands in the form. `threadId` names the conversation that the
   * model steps of the run share; without it each stands alone.
   * @returns the id of the run; undefined when a `beforerun` listener prevented it
   * @throws ValidationError `INVALID_DEFINITION` or `INVALID_INPUT` with every issue, ConflictError `RUN_IN_PROGRESS`,
   * StorageError
   */
  async start(input?: unknown, options?: RunOptions): Promise<string | undefined> {
    await this.#settled();
    return this.#controller.start(input, options?.threadId === undefined ? {} : { threadId: options.threadId });
  }

  /**
   * Cancels the run; resolves once that is recorded, with false when it has failed already and is only undoing what it did.
   * @throws NotFoundError when there is no run, ConflictError `EXECUTION_FINISHED` when it is over,
   * TransferredError when it was given away
   */
  cancel(reason?: string): Promise<boolean> {
    return this.#controller.cancel(reason);
  }

  /**
   * Holds the run until {@link resume}: nothing begins, and what is under way may end. Resolves once that is recorded.
   * @throws NotFoundError when there is no run, ConflictError `EXECUTION_FINISHED` when it is over,
   * TransferredError when it was given away
   */
  pause(reason?: string): Promise<void> {
    return this.#controller.pause(reason);
  }

  /** Goes on after {@link pause}. @throws as pause */
  resume(): Promise<void> {
    return this.#controller.resume();
  }

  /**
   * Begins a new run from a step of the one shown, which must have ended and stays as it was, and shows the new one.
   * `from` is the slug of a step (its last visit) or the activation of a visit; absent, the step that failed. `input`
   * replaces the input from there on.
   * @returns the id of the new run
   * @throws NotFoundError `STEP_NOT_VISITED`, ConflictError `EXECUTION_NOT_FINISHED` or `NO_FAILED_STEP`,
   * ValidationError `INVALID_INPUT`; of a Worker a RemoteError with the same code
   */
  retry(options: RetryOptions = {}): Promise<string> {
    return this.#controller.retry(options);
  }

  /**
   * Gives the run away: resolves to its bundle, plain JSON, once it can never go on here. The same bundle again until
   * {@link confirmTransfer}.
   * @throws NotFoundError when there is no run, ConflictError `EXECUTION_FINISHED` when it is over, TransferredError
   * `TRANSFER_CONFIRMED`
   */
  exportRun(): Promise<JsonObject> {
    return this.#controller.exportRun();
  }

  /**
   * Takes a run over from its bundle (a value, or its text), goes on with it and shows it.
   * `digest` is that of the bundle where the source gave it by another way: another bundle is refused then.
   * @returns its id, whether it had arrived before, the receipt for {@link confirmTransfer} at its source, and the names
   * of the secrets that it reads
   * @throws BundleError when that is not what a bundle must be, ConflictError `EXECUTION_EXISTS` or `TRANSFER_SOURCE`
   */
  async importRun(bundle: unknown, options?: ImportOptions): Promise<ImportResult> {
    await this.#settled();
    return this.#controller.importRun(bundle, options);
  }

  /**
   * Takes the receipt that the target's import gave for a run that was given away here, shown or not: its bundle cannot
   * be had any more. Twice is the same as once.
   * @throws NotFoundError, ConflictError `NOT_TRANSFERRED` or `WRONG_RECEIPT`; of a Worker a RemoteError with the same code
   */
  async confirmTransfer(receipt: TransferReceipt): Promise<void> {
    await this.#settled();
    await this.#controller.confirmTransfer(receipt);
  }

  /**
   * Sends an event the run may wait for; resolves once it is recorded.
   * @throws NotFoundError when there is no run, ConflictError `EXECUTION_FINISHED` when it is over,
   * TransferredError when it was given away
   */
  sendEvent(name: string, data?: Json): Promise<void> {
    return this.#controller.signal(name, data);
  }

  /**
   * Decides an approval that waits; resolves once that is recorded. `named` is its activation, or the slug of its step.
   * @throws NotFoundError when there is no run; ConflictError `NOT_WAITING`, `AMBIGUOUS_STEP` or `EXECUTION_FINISHED`;
   * TransferredError when the run was given away; ValidationError `INVALID_FIELDS` with every problem (of a Worker, a RemoteError), the approval waiting on
   */
  decide(named: number | string, decision: Decision): Promise<void> {
    return this.#controller.decide(named, decision);
  }

  /** Checks the definition as it stands now, and resolves to all issues; none has the severity `error` when it can run. */
  async validate(): Promise<readonly Issue[]> {
    await this.#settled();
    return this.#controller.issues;
  }

  /** Runs kept where this element runs, newest first; those of this workflow, unless the query says otherwise. */
  async runs(query?: ListQuery): Promise<ListPage> {
    await this.#settled();
    return this.#controller.runs(query);
  }

  /** Whether the form's input would be accepted; shows what is wrong with it. */
  checkValidity(): boolean {
    return this.#controller.form?.submit() ?? this.#controller.phase === 'ready';
  }

  get form(): HTMLFormElement | null {
    return this.#internals.form;
  }

  formDisabledCallback(disabled: boolean): void {
    this.#formDisabled = disabled;
    this.requestUpdate();
  }

  formResetCallback(): void {
    this.#controller.form?.reset();
  }

  constructor() {
    super();
    this.autorun = false;
    this.readonly = false;
    this.disabled = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#children.observe(this, { childList: true, characterData: true, subtree: true });
    // While the page is being parsed the children may be still to come.
    if (document.readyState === 'loading') {
      document.addEventListener('DOMContentLoaded', () => this.#begin(), { once: true });
    } else this.#begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#children.disconnect();
  }

  #begin(): void {
    if (!this.isConnected || this.#controller.begun) return;
    this.#inline = this.#readInline();
    this.#want();
  }

  #readInline(): string | undefined {
    const script = this.querySelector(':scope > script[type="application/json"]');
    return script?.textContent ?? undefined;
  }

  #inlineChanged(): void {
    const inline = this.#readInline();
    if (inline === this.#inline || document.readyState === 'loading') return;
    this.#inline = inline;
    this.#want();
  }

  /** Loads anew, once, after all properties of this turn are set. */
  #want(): void {
    this.#wanted = true;
    this.requestUpdate();
  }

  async #settled(): Promise<void> {
    await this.updateComplete;
    if (!this.#controller.begun) await this.ready;
    await this.#controller.loading;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('messages')) this.texts = translator(this.messages);
    if (!this.#controller.begun && !this.#wanted) return;
    const moved = ['endpoint', 'store', 'namespace'].some((name) => changed.has(name));
    // A page that writes down the run it sees changes nothing.
    const elsewhere = changed.has('runid') && this.runid && this.runid !== this.run?.id;
    // What could not be understood without a function may be now.
    const understood = changed.has('functions') && this.#controller.phase === 'invalid';
    const other = elsewhere || understood || changed.has('workflow') || changed.has('src');
    if (this.#wanted || moved || other) {
      this.#wanted = false;
      this.#controller.reload(this.#inline, moved);
    } else {
      if (changed.has('input')) this.#controller.form?.prefill(this.input);
      if (['actions', 'functions', 'llm', 'getSecret', 'workflows'].some((name) => changed.has(name)))
        this.#controller.resumeOthers();
    }
  }

  protected override updated(): void {
    this.#showState();
    this.#views.updated();
  }

  #showState(): void {
    const { status, model, form } = this.#controller;
    if (status !== this.#shownStatus) {
      if (this.#shownStatus !== undefined) this.#internals.states.delete(this.#shownStatus);
      this.#internals.states.add(status);
      this.#shownStatus = status;
      this.#internals.setFormValue(status === 'completed' ? JSON.stringify(model?.output ?? null) : null);
    }
    const wrong = form?.fields.find((field) => field.error !== null);
    if (wrong?.error) this.#internals.setValidity({ customError: true }, `${wrong.label}: ${wrong.error}`);
    else this.#internals.setValidity({});
  }

  protected override render(): TemplateResult {
    const context: ViewContext = {
      run: this.#controller,
      t: this.texts,
      now: Date.now(),
      readonly: this.readonly,
      disabled: this.disabled || this.#formDisabled,
      id: (name) => `wf-${name}`,
      region: this.#regionNamer(),
    };
    return pageView(context, this.#views, this.#parts(), {
      start: () => this.#try(this.#controller.start(undefined)),
      cancel: () => this.#try(this.#controller.cancel(undefined)),
      pause: () => this.#try(this.#controller.pause(undefined)),
      resume: () => this.#try(this.#controller.resume()),
      retry: (from) => this.#try(this.#controller.retry(from === undefined ? {} : { from })),
      reload: () => this.#want(),
      show: (id) => this.#try(this.#controller.showRun(id)),
      answer: (approval, decision) => this.#try(this.#answer(approval, decision)),
    });
  }

  /** The panel goes with the question: what had the focus in it is gone then. */
  async #answer(approval: PendingApproval, decision: Decision['decision']): Promise<void> {
    await this.#controller.answer(approval, decision);
    if (approval.form.summary) this.#views.focusApprovalSummary(approval.view.activation);
    else if (approval.error === null) this.#views.focusStatus();
  }

  #regionNamer(): (title: string) => string {
    const name = this.#controller.name ?? this.texts('element.unnamed');
    const place = this.texts(this.endpoint ? 'region.edge' : 'region.browser');
    const number = this.#regions.number(`${name}, ${place}`);
    const key = number === 1 ? 'region.label' : 'region.labelAgain';
    return (title) => this.texts(key, { title, name, place, number });
  }

  #parts(): ReadonlySet<Part> {
    const words = this.view?.split(/\s+/);
    return new Set(words === undefined ? PARTS : PARTS.filter((part) => words.includes(part)));
  }

  /** A person's request: what goes wrong is shown in the element. */
  #try(request: Promise<unknown>): void {
    request.catch((error: unknown) => {
      if (error instanceof ValidationError && this.#controller.form?.summary) this.#views.focusSummary();
      else this.#controller.show(error);
    });
  }
}
