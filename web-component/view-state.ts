import type { ReactiveControllerHost } from 'lit';
import type { JournalEvent } from '../runtime/ports.js';
import type { Translate } from './messages.js';
import type { RunController } from './run-controller.js';
import type { GraphRequests, GraphState } from './views/graph.js';
import type { InspectorRequests } from './views/inspector.js';
import { LINE, type LogRequests, type LogState, searchEvents } from './views/log.js';

/** Milliseconds that a copy button says it has copied. */
const COPIED_TIME = 1500;
/** Pixels that are left around a step that is brought into sight. */
const SIGHT = 12;

interface ViewHost extends ReactiveControllerHost {
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly texts: Translate;
}

/** What belongs to the eye and the hand alone: places of focus and scrolling, zoom, the filter of the log. */
export class ViewState {
  graph: GraphState = { focused: null, zoom: null };
  log: LogState = { query: '', top: 0, height: 300, cursor: -1, follow: true };
  copied: string | null = null;
  readonly #host: ViewHost;
  readonly #run: RunController;
  /** What to focus once it is in the page, as a selector. */
  #focus: string | null = null;
  /** Where the focus was before the inspector took it. */
  #cameFrom: Element | null = null;
  #found: { readonly key: string; readonly lines: readonly JournalEvent[] } = { key: '', lines: [] };
  #inspecting: string | null = null;
  /** The run in whose graph a person has looked around, and the step that was last brought into sight, with its run. */
  #moved: string | null = null;
  #revealed = '';

  constructor(host: ViewHost, run: RunController) {
    this.#host = host;
    this.#run = run;
  }

  /** The lines of the log that the filter leaves. */
  get lines(): readonly JournalEvent[] {
    const { events, handle } = this.#run;
    const { query } = this.log;
    if (query === '') return events;
    const key = `${handle?.id} ${events.length} ${query}`;
    if (this.#found.key !== key) {
      const nameOf = (slug: string): string => this.#run.nameOf(slug);
      this.#found = { key, lines: searchEvents(events, query, this.#host.texts, nameOf) };
    }
    return this.#found.lines;
  }

  readonly graphRequests: GraphRequests = {
    select: (slug) => this.select(slug),
    focus: (slug) => {
      if (this.graph.focused === slug) return;
      this.#set({ graph: { ...this.graph, focused: slug } });
      this.#focusLater(`[data-step="${CSS.escape(slug)}"]`);
    },
    zoom: (zoom) => this.#set({ graph: { ...this.graph, zoom } }),
    moved: () => {
      this.#moved = this.#run.handle?.id ?? null;
    },
  };

  readonly logRequests: LogRequests = {
    select: (slug, activation) => this.#run.select(slug, activation),
    scroll: (top, height, follow) => {
      if (top !== this.log.top || height !== this.log.height || follow !== this.log.follow) {
        this.#set({ log: { ...this.log, top, height, follow } });
      }
    },
    search: (query) => this.#set({ log: { ...this.log, query, cursor: -1 } }),
    moveTo: (line) => {
      const { top, height } = this.log;
      const least = (line + 1) * LINE - height;
      const to = Math.min(Math.max(top, least), line * LINE);
      this.#set({ log: { ...this.log, cursor: line, top: to, follow: false } });
      const list = this.#host.renderRoot.querySelector('.log-scroll');
      if (list !== null) list.scrollTop = to;
      this.#focusLater(`[data-line="${line}"]`);
    },
    follow: () => this.#set({ log: { ...this.log, follow: true } }),
  };

  inspectorRequests({ reload, show, retry }: Pick<InspectorRequests, 'reload' | 'show' | 'retry'>): InspectorRequests {
    return {
      close: () => this.close(),
      visit: (activation) => this.#run.select(this.#run.selection?.slug ?? null, activation),
      select: (slug) => this.select(slug),
      reload,
      show,
      retry,
      copied: this.copied,
      copy: (key, text) => this.#copy(key, text),
    };
  }

  /** A step chosen again is let go. */
  select(slug: string): void {
    const same = this.#run.selection?.slug === slug;
    if (same) return this.close();
    this.#cameFrom = this.#active();
    this.#run.select(slug);
  }

  close(): void {
    this.#run.select(null);
    const back = this.#cameFrom;
    this.#cameFrom = null;
    if (back instanceof HTMLElement || back instanceof SVGElement) back.focus();
  }

  /** By the id of its control. */
  focusField(id: string): void {
    this.#focusNow(`#${CSS.escape(id)}`);
  }

  focusSummary(): void {
    this.#focusLater('[part="error-summary"]');
  }

  focusApprovalSummary(activation: number): void {
    this.#focusLater(`[data-activation="${activation}"] [part="error-summary"]`);
  }

  /** After what was decided is gone: to how the run stands now. */
  focusStatus(): void {
    this.#focusLater('[part="status"]');
  }

  /** To be called after each update of the page. */
  updated(): void {
    const list = this.#host.renderRoot.querySelector('.log-scroll');
    if (list !== null && this.log.follow) list.scrollTop = list.scrollHeight;
    const slug = this.#run.selection?.slug ?? null;
    if (slug !== this.#inspecting) this.#host.renderRoot.querySelector('.inspector')?.scrollTo(0, 0);
    this.#inspecting = slug;
    this.#reveal();
    const focus = this.#focus;
    this.#focus = null;
    if (focus !== null) this.#focusNow(focus);
  }

  /** Keeps the step that a run has come to in sight, until a person looks around in the graph. */
  #reveal(): void {
    const { handle, events, model } = this.#run;
    // What ended the run says more than what was undone after it.
    const slug = model?.failedStep ?? events.findLast((event) => event.type === 'step_started')?.step;
    if (handle === null || slug === undefined || this.#moved === handle.id) return;
    const key = `${handle.id} ${slug}`;
    const root = this.#host.renderRoot;
    const step = this.#revealed === key ? null : root.querySelector(`[data-step="${CSS.escape(slug)}"]`);
    const scroller = root.querySelector('.graph-scroll');
    if (step === null || scroller === null) return;
    this.#revealed = key;
    const [inner, outer] = [step.getBoundingClientRect(), scroller.getBoundingClientRect()];
    scroller.scrollLeft += beyond(inner.left, inner.right, outer.left, outer.right);
    scroller.scrollTop += beyond(inner.top, inner.bottom, outer.top, outer.bottom);
  }

  #focusLater(selector: string): void {
    this.#focus = selector;
    this.#host.requestUpdate();
  }

  #focusNow(selector: string): void {
    const found = this.#host.renderRoot.querySelector(selector);
    if (found !== this.#active() && (found instanceof HTMLElement || found instanceof SVGElement)) found.focus();
  }

  #active(): Element | null {
    const { renderRoot } = this.#host;
    return renderRoot instanceof ShadowRoot ? renderRoot.activeElement : null;
  }

  #copy(key: string, text: string): void {
    const show = (copied: string | null): void => this.#set({ copied });
    navigator.clipboard.writeText(text).then(
      () => {
        show(key);
        setTimeout(() => show(null), COPIED_TIME);
      },
      // The page may not write to the clipboard; the text stays selectable.
      () => show(null),
    );
  }

  #set(part: Partial<Pick<ViewState, 'graph' | 'log' | 'copied'>>): void {
    Object.assign(this, part);
    this.#host.requestUpdate();
  }
}

/** How far to scroll so that what lies from `from` to `to` is within `low` and `high`, with some room around it. */
function beyond(from: number, to: number, low: number, high: number): number {
  if (from - SIGHT < low) return from - SIGHT - low;
  return to + SIGHT > high ? to + SIGHT - high : 0;
}
