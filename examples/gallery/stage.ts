import { html, nothing, render, type TemplateResult } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import type { Json, JsonObject } from '../../runtime/index.js';
import type { RunHandle, WorkflowRunner } from '../../web-component/index.js';
import { createDemoActions } from './actions.js';
import { copyButton } from './copy.js';
import { demoSecrets } from './data.js';
import { abortableDelay } from './delay.js';
import { type Comparison, compareHistories } from './histories.js';
import { icon } from './icons.js';
import { ledgerView } from './ledger.js';
import { createDemoModel } from './model.js';
import { type Runs, stageHash } from './route.js';
import { type Story, stories } from './stories.js';
import { code } from './use-it.js';
import { chips } from './welcome.js';

type Place = 'page' | 'edge';
const places = ['page', 'edge'] as const;

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
  readonly #runs: Partial<Record<Place, RunHandle>> = {};
  readonly #unsubscribe: Partial<Record<Place, () => void>> = {};
  readonly #remembered: Runs;
  #source = '';
  #problem = '';
  #drawing = false;
  #closed = false;

  /** `runs` are taken up again where they are. */
  constructor(root: HTMLElement, story: Story, runs: Runs) {
    this.#root = root;
    this.#story = story;
    this.#remembered = runs;
    this.#draw();
    void this.#loadSource();
  }

  close(): void {
    this.#closed = true;
    for (const place of places) this.#unsubscribe[place]?.();
  }

  async #loadSource(): Promise<void> {
    try {
      const response = await fetch(this.#address);
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      this.#source = (await response.text()).trimEnd();
    } catch (error) {
      this.#problem = `The workflow could not be loaded. ${messageOf(error)}`;
    }
    this.#schedule();
  }

  get #address(): string {
    return `/workflows/${this.#story.slug}.json`;
  }

  // --- Running -------------------------------------------------------------------------------------------------------

  /** Both start from the very same input; one that cannot start does not keep the other from it. */
  async #start(input: unknown): Promise<void> {
    this.#problem = '';
    for (const place of places) this.#forget(place);
    history.replaceState(null, '', stageHash(this.#story.slug));
    this.#schedule();
    const threadId = `digest-${crypto.randomUUID()}`;
    await this.#both((runner) => runner.start(input, { threadId }));
  }

  async #send(name: string, data: Json): Promise<void> {
    const id = crypto.randomUUID();
    await this.#both((runner) => runner.sendEvent(name, data, id));
  }

  async #both(ask: (runner: WorkflowRunner) => Promise<unknown>): Promise<void> {
    const runners = places.flatMap((place) => this.#runners[place].value ?? []);
    const outcomes = await Promise.allSettled(runners.map(ask));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) this.#problem = messageOf(failed.reason);
    this.#schedule();
  }

  /** A run began on that side, or was taken up again. */
  #follow(place: Place): void {
    const run = this.#runners[place].value?.run;
    if (!run || run === this.#runs[place]) return;
    this.#forget(place);
    this.#runs[place] = run;
    this.#unsubscribe[place] = run.subscribe(() => this.#schedule());
    const ids = Object.fromEntries(places.flatMap((each) => (this.#runs[each] ? [[each, this.#runs[each].id]] : [])));
    history.replaceState(null, '', stageHash(this.#story.slug, { ...this.#keptIds(), ...ids }));
    this.#schedule();
  }

  /** Ids from the address that are not taken up yet: they stay in it. */
  #keptIds(): Runs {
    return this.#runs.page === undefined || this.#runs.edge === undefined ? readIds(location.hash) : {};
  }

  #forget(place: Place): void {
    this.#unsubscribe[place]?.();
    delete this.#runs[place];
    delete this.#unsubscribe[place];
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
    const comparison = compareHistories(this.#runs.page?.events ?? [], this.#runs.edge?.events ?? []);
    render(this.#view(comparison), this.#root);
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
        </header>
        <div class="bench">
          <section class="control" aria-labelledby="control-title">
            <h2 id="control-title">One input for both</h2>
            <workflow-runner
              class="form-only"
              view="form"
              src=${this.#address}
              store="memory"
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
    const live = places.some((place) => isLive(this.#runs[place]));
    const { event } = this.#story;
    return html`
      <div class="controls">
        ${
          event === undefined
            ? nothing
            : html`<button type="button" class="button" ?disabled=${!this.#isAwaited()} @click=${() => this.#send(event.name, event.data(this.#input()))}>
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

  #input(): JsonObject {
    const first = this.#runs.page?.events[0] ?? this.#runs.edge?.events[0];
    const input = first?.type === 'execution_started' ? first.input : {};
    return isObject(input) ? input : {};
  }

  /** Whether a run has come to the step that waits for the event, and is still there. */
  #isAwaited(): boolean {
    return places.some((place) => {
      const run = this.#runs[place];
      return run !== undefined && run.summary.status === 'waiting' && run.summary.currentSteps.length > 0;
    });
  }

  #sideView(place: Place): TemplateResult {
    const edge = place === 'edge';
    const run = this.#runs[place];
    return html`
      <section
        class="side"
        aria-labelledby="side-${place}"
        data-place=${place}
        data-status=${run?.summary.status ?? 'idle'}
        data-steps=${run?.summary.currentSteps.join(' ') ?? ''}
      >
        <h2 id="side-${place}">${icon(place)} ${edge ? 'On the edge' : 'In this page'}</h2>
        <p class="side-note">${edge ? 'A Durable Object of the Worker that serves this page' : 'IndexedDB, no server involved'}</p>
        <workflow-runner
          ${ref(this.#runners[place])}
          view="graph timeline log"
          src=${this.#address}
          runid=${this.#remembered[place] ?? nothing}
          endpoint=${edge ? location.origin : nothing}
          .actions=${edge ? undefined : actions}
          .llm=${edge ? undefined : model}
          .getSecret=${edge ? undefined : getSecret}
          .getToken=${edge ? getToken : undefined}
          @runstart=${() => this.#follow(place)}
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

function isLive(run: RunHandle | undefined): boolean {
  return run !== undefined && (run.summary.status === 'running' || run.summary.status === 'waiting');
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readIds(hash: string): Runs {
  const query = new URLSearchParams(hash.split('?')[1] ?? '');
  return Object.fromEntries(places.flatMap((place) => (query.has(place) ? [[place, query.get(place) ?? '']] : [])));
}

async function getSecret(name: string): Promise<string | undefined> {
  return demoSecrets[name];
}

/** The key of local development, which the Worker gives to its own page alone. */
async function getToken(): Promise<string> {
  const response = await fetch('/dev/key');
  if (!response.ok) throw new Error(`The Worker gave no key (${response.status}). Is it the one of npm start?`);
  const body: unknown = await response.json();
  if (typeof body === 'object' && body !== null && 'key' in body && typeof body.key === 'string') return body.key;
  throw new Error('The Worker gave no key.');
}
