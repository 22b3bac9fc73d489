import { html, nothing, render, type TemplateResult } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import type { Decision, JournalEvent, Json, JsonObject } from '../../runtime/index.js';
import type { RunView, WorkflowRunner } from '../../web-component/index.js';
import { createDemoActions } from './actions.js';
import { copyButton } from './copy.js';
import { demoSecrets } from './data.js';
import { abortableDelay } from './delay.js';
import { type Comparison, compareHistories } from './histories.js';
import { icon } from './icons.js';
import { ledgerView, verdictBadge } from './ledger.js';
import { createDemoModel } from './model.js';
import { type Runs, stageHash } from './route.js';
import { type Story, stories } from './stories.js';
import { code } from './use-it.js';
import { chips } from './welcome.js';

type Place = 'page' | 'edge';
const places = ['page', 'edge'] as const;
/** What the element says when its history has grown. */
const progress = [
  ...(['stepstart', 'stepfinish', 'stepfail', 'approvalrequest'] as const),
  ...(['runwait', 'runpause', 'runresume', 'runtransfer', 'runfinish', 'runfail', 'runcancel'] as const),
];

/** Who decides at the edge, by the key of local development; the page says the same. */
const KEY_NAME = 'development';

const actions = createDemoActions(abortableDelay);
const model = createDemoModel(abortableDelay);

/**
 * One workflow, run in the page and on the edge at once. The form is a third element of the same kind: it makes the
 * form and checks the input, and its run is handed to the other two.
 */
export class Stage {
  readonly #root: HTMLElement;
  readonly #story: Story;
  readonly #runners = { page: createRef<WorkflowRunner>(), edge: createRef<WorkflowRunner>() };
  readonly #runs: Runs;
  /** Decisions that were told to the other side, by that and their activation. */
  readonly #passedOn = new Set<string>();
  /** The workflow is on the Worker, or what keeps it from there is told; never rejects. */
  readonly #deployed: Promise<void>;
  #source = '';
  #problem = '';
  #drawing = false;
  #closed = false;

  /** `runs` are taken up again where they are. */
  constructor(root: HTMLElement, story: Story, runs: Runs) {
    this.#root = root;
    this.#story = story;
    this.#runs = runs;
    this.#draw();
    this.#deployed = this.#loadSource();
    for (const place of places) void this.#takeUp(place);
  }

  /** A run named in the address may be over already: then the element shows it without a word. */
  async #takeUp(place: Place): Promise<void> {
    const runner = this.#runners[place].value;
    runner?.addEventListener('runstart', () => this.#noteRuns());
    for (const name of progress) runner?.addEventListener(name, () => this.#schedule());
    await runner?.ready;
    this.#noteRuns();
  }

  close(): void {
    this.#closed = true;
  }

  async #loadSource(): Promise<void> {
    try {
      const response = await fetch(this.#address);
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      this.#source = (await response.text()).trimEnd();
      await deploy(this.#story.slug, this.#source);
    } catch (error) {
      this.#problem = `The workflow could not be set up. ${messageOf(error)}`;
    }
    this.#schedule();
  }

  get #address(): string {
    return `/workflows/${this.#story.slug}.json`;
  }

  // --- Running -------------------------------------------------------------------------------------------------------

  /**
   * Both start from the very same input; one that cannot start does not keep the other from it. Before the workflow is
   * on the Worker, its element would ask for it in vain, and put it there a second time.
   */
  async #start(input: unknown): Promise<void> {
    this.#problem = '';
    await this.#deployed;
    if (this.#closed) return;
    this.#passedOn.clear();
    history.replaceState(null, '', stageHash(this.#story.slug));
    const options = this.#story.conversation ? { threadId: `digest-${crypto.randomUUID()}` } : {};
    await this.#both((runner) => runner.start(input, options));
  }

  async #both(ask: (runner: WorkflowRunner) => Promise<unknown>): Promise<void> {
    const runners = places.flatMap((place) => this.#runners[place].value ?? []);
    const outcomes = await Promise.allSettled(runners.map(ask));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) this.#problem = messageOf(failed.reason);
    this.#noteRuns();
  }

  /** What was decided on one side is told to the other, so that both go the same way. */
  #passOnDecisions(): void {
    for (const place of places) {
      const events = this.#run(place === 'page' ? 'edge' : 'page')?.events ?? [];
      for (const { activation } of this.#run(place)?.approvals ?? []) {
        const decision = decisionIn(events, activation);
        const key = `${place} ${activation}`;
        if (decision === undefined || this.#passedOn.has(key)) continue;
        this.#passedOn.add(key);
        this.#runners[place].value?.decide(activation, decision).catch((error: unknown) => {
          this.#problem = messageOf(error);
          this.#schedule();
        });
      }
    }
  }

  /** Keeps the runs in the address, so that a reload finds them again. */
  #noteRuns(): void {
    if (this.#closed) return;
    const runs = Object.fromEntries(
      places.flatMap((place) => entryOf(place, this.#run(place)?.id ?? this.#runs[place])),
    );
    history.replaceState(null, '', stageHash(this.#story.slug, runs));
    this.#schedule();
  }

  #run(place: Place): RunView | null {
    return this.#runners[place].value?.run ?? null;
  }

  // --- Showing -------------------------------------------------------------------------------------------------------

  #schedule(): void {
    if (this.#drawing || this.#closed) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      if (!this.#closed) this.#draw();
    });
  }

  #draw(): void {
    if (this.#story.decides) this.#passOnDecisions();
    const comparison = compareHistories(this.#run('page')?.events ?? [], this.#run('edge')?.events ?? []);
    const atEnd = isAtEnd(this.#rows);
    render(this.#view(comparison), this.#root);
    const rows = this.#rows;
    if (atEnd && rows !== null) rows.scrollTop = rows.scrollHeight;
  }

  get #rows(): Element | null {
    return this.#root.querySelector('.rows');
  }

  #view(comparison: Comparison): TemplateResult {
    const { name, category, tryThis, features, line } = this.#story;
    return html`
      <article class="stage">
        <header class="stage-head">
          <p class="crumbs"><a href="#/">${icon('back')} All workflows</a> <span>${category}</span></p>
          <h1>${name}</h1>
          <p class="lead">${line}</p>
          ${chips(features)}
          <p class="verdict" role="status">${verdictBadge(comparison)} <a href="#histories" @click=${toHistories}>See the histories</a></p>
        </header>
        <div class="bench">
          <section class="control" aria-labelledby="control-title">
            <h2 id="control-title">One input for both</h2>
            <workflow-runner
              class="form-only"
              view="form"
              src=${this.#address}
              store="memory"
              ?disabled=${this.#isLive}
              .actions=${actions}
              .llm=${model}
              .getSecret=${getSecret}
              @beforerun=${(event: CustomEvent<{ input: unknown }>) => this.#onRun(event)}
            ></workflow-runner>
            ${this.#controls()}
            <p class="try"><b>Try this.</b> ${tryThis}</p>
          </section>
          ${this.#sideView('page')} ${this.#sideView('edge')}
        </div>
        ${ledgerView(comparison)} ${this.#papers()} ${nextStory(this.#story)}
      </article>
    `;
  }

  #onRun(event: CustomEvent<{ input: unknown }>): void {
    event.preventDefault();
    void this.#start(event.detail.input);
  }

  #controls(): TemplateResult {
    const live = this.#isLive;
    const { event } = this.#story;
    return html`
      <div class="controls">
        ${
          event === undefined
            ? nothing
            : html`<button type="button" class="button" ?disabled=${!this.#isAwaited()} @click=${() => this.#both((runner) => runner.sendEvent(event.name, event.data(this.#input())))}>
                ${icon('event')} ${event.label}
              </button>`
        }
        <button type="button" class="button" ?disabled=${!live} @click=${() => location.reload()}>
          ${icon('reload')} Reload mid-run
        </button>
      </div>
      <p class="problem" role="alert">${this.#problem}</p>
    `;
  }

  get #isLive(): boolean {
    return places.some((place) => isLive(this.#run(place)));
  }

  #input(): JsonObject {
    const input = (this.#run('page') ?? this.#run('edge'))?.input ?? {};
    return isObject(input) ? input : {};
  }

  /** Whether a run has come to a step that sleeps, where the event would be told from a step of its own. */
  /** Both are told at once: where one was still on its way to the wait, the event would stand elsewhere in its history. */
  #isAwaited(): boolean {
    const statuses = places.map((place) => this.#run(place)?.status);
    const coming = statuses.some((status) => status === 'running' || (status === undefined && this.#problem === ''));
    return statuses.includes('waiting') && !coming;
  }

  #sideView(place: Place): TemplateResult {
    const edge = place === 'edge';
    const run = this.#run(place);
    return html`
      <section
        class="side"
        aria-labelledby="side-${place}"
        data-place=${place}
        data-status=${run?.status ?? 'idle'}
        data-steps=${openSteps(run?.events ?? []).join(' ')}
      >
        <h2 id="side-${place}">${icon(place)} ${edge ? 'On the edge' : 'In this page'}</h2>
        <workflow-runner
          ${ref(this.#runners[place])}
          view="graph timeline"
          src=${this.#address}
          runid=${this.#runs[place] ?? nothing}
          endpoint=${edge ? location.origin : nothing}
          .actions=${edge ? undefined : actions}
          .llm=${edge ? undefined : model}
          .getSecret=${edge ? undefined : getSecret}
          .decider=${edge ? undefined : KEY_NAME}
          .getToken=${edge ? getToken : undefined}
        ></workflow-runner>
      </section>
    `;
  }

  #papers(): TemplateResult {
    const snippet = `<script type="module" src="/element.min.js"></script>\n<workflow-runner src="${this.#address}"></workflow-runner>\n<script type="module" src="/your-actions.js"></script>`;
    return html`
      <div class="papers">
        <details class="paper">
          <summary>${icon('variables')} The workflow: ${this.#source === '' ? 'JSON' : `${this.#source.split('\n').length} lines of JSON`}</summary>
          <figure class="code">
            <figcaption><span>${this.#story.slug}.json</span>${copyButton(this.#source, 'the workflow')}</figcaption>
            <pre tabindex="0" aria-label="The workflow's JSON"><code>${this.#source}</code></pre>
          </figure>
        </details>
        <details class="paper" open>
          <summary>${icon('page')} Embed this</summary>
          ${code('Three lines of HTML', snippet)}
          <p class="links"><a href="#/start">Actions, the edge, the terminal ${icon('arrow')}</a></p>
        </details>
      </div>
    `;
  }
}

function nextStory(story: Story): TemplateResult {
  const next = stories[(stories.indexOf(story) + 1) % stories.length] ?? story;
  return html`<p class="next"><a class="button" href=${stageHash(next.slug)}>Next: ${next.name} ${icon('arrow')}</a></p>`;
}

/** The address names the workflow and its runs, so this moves there without changing it. */
function toHistories(event: Event): void {
  event.preventDefault();
  const title = document.querySelector<HTMLElement>('#histories');
  title?.scrollIntoView({ block: 'start' });
  title?.focus({ preventScroll: true });
}

/** Whether a list shows its end, so that it should go on doing so as it grows. */
function isAtEnd(list: Element | null): boolean {
  return list === null || list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
}

function isLive(run: RunView | null): boolean {
  return run !== null && ['running', 'waiting', 'paused'].includes(run.status);
}

/** The steps begun and not ended, loops apart. */
function openSteps(events: readonly JournalEvent[]): readonly string[] {
  const open = new Map<number, string>();
  for (const event of events) {
    if (event.type === 'step_started') open.set(event.activation, event.step);
    if (event.type === 'step_succeeded' || event.type === 'step_failed') open.delete(event.activation);
  }
  return [...open.values()];
}

/** What was decided at an approval, as its step's output keeps it. */
function decisionIn(events: readonly JournalEvent[], activation: number): Decision | undefined {
  for (const event of events) {
    if (event.type !== 'step_succeeded' || event.activation !== activation || !isObject(event.output)) continue;
    const { decision, fields, comment } = event.output;
    if (decision !== 'approved' && decision !== 'rejected') return undefined;
    return {
      decision,
      ...(fields !== undefined && isObject(fields) ? { fields } : {}),
      ...(typeof comment === 'string' ? { comment } : {}),
    };
  }
  return undefined;
}

function entryOf(place: Place, id: string | undefined): [Place, string][] {
  return id === undefined ? [] : [[place, id]];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function getSecret(name: string): Promise<string | undefined> {
  return demoSecrets[name];
}

/** Puts the workflow on the Worker; where it is there already, nothing changes. */
async function deploy(slug: string, source: string): Promise<void> {
  const response = await fetch(`/v1/workflows/${slug}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${await getToken()}`, 'Content-Type': 'application/json' },
    body: source,
  });
  if (!response.ok) throw new Error(`The Worker refused it (${response.status}): ${await response.text()}`);
}

/** The key of local development, which the Worker gives to its own page alone. */
async function getToken(): Promise<string> {
  const response = await fetch('/dev/key');
  if (!response.ok) throw new Error(`The Worker gave no key (${response.status}). Is it the one of npm start?`);
  const body: unknown = await response.json();
  if (typeof body === 'object' && body !== null && 'key' in body && typeof body.key === 'string') return body.key;
  throw new Error('The Worker gave no key.');
}
