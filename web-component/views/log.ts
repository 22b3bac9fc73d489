import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { JournalEvent, Json } from '../../runtime/ports.js';
import { cssProperties } from '../css-properties.js';
import { isObject } from '../form-fields.js';
import { type IconName, icon, stepIcon } from '../icons.js';
import { duration, type Translate } from '../messages.js';
import type { ViewContext } from './view.js';

/** Height of a line in pixels, as `styles.ts` sets it. */
export const LINE = 30;
const SPARE = 8;

export interface LogState {
  readonly query: string;
  /** Pixels scrolled, and pixels seen. */
  readonly top: number;
  readonly height: number;
  /** The line that Tab reaches. */
  readonly cursor: number;
  readonly follow: boolean;
}
export interface LogRequests {
  select(slug: string, activation: number): void;
  /** `end`: whether the last line that is drawn is in sight. */
  scroll(top: number, height: number, end: boolean): void;
  search(query: string): void;
  moveTo(line: number): void;
  follow(): void;
}

/** Every event of the history. Only the lines in sight are in the page. */
export function logView(
  context: ViewContext,
  state: LogState,
  lines: readonly JournalEvent[],
  requests: LogRequests,
): TemplateResult {
  const { run, t } = context;
  const total = run.events.length;
  const count = state.query === '' ? t('log.total', { total }) : t('log.count', { shown: lines.length, total });
  return html`<section class="panel log-panel" part="log" aria-label=${context.region(t('log.title'))}>
    <div class="panel-head">
      <h3 class="panel-title">${t('log.title')}</h3>
      ${total === 0 ? nothing : html`<span class="quiet number" role="status">${count}</span>${searchView(context, state, requests)}`}
    </div>
    ${total === 0 ? html`<p class="quiet">${t('log.empty')}</p>` : windowView(context, state, lines, requests)}
  </section>`;
}

function searchView({ t }: ViewContext, state: LogState, requests: LogRequests): TemplateResult {
  const type = (event: Event): void => {
    if (event.target instanceof HTMLInputElement) requests.search(event.target.value);
  };
  return html`<label class="search">${icon('search')}<input type="search" aria-label=${t('log.search')}
    placeholder=${t('log.searchShort')} .value=${state.query} @input=${type} /></label>`;
}

function windowView(
  context: ViewContext,
  state: LogState,
  lines: readonly JournalEvent[],
  requests: LogRequests,
): TemplateResult {
  const { t } = context;
  const from = Math.max(0, Math.floor(state.top / LINE) - SPARE);
  const to = Math.min(lines.length, Math.ceil((state.top + state.height) / LINE) + SPARE);
  const shown = lines.slice(from, to);
  const entry = state.cursor >= from && state.cursor < to ? state.cursor : from;
  const scrolled = (event: Event): void => {
    if (event.currentTarget instanceof HTMLElement) {
      const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
      requests.scroll(scrollTop, clientHeight, scrollTop + clientHeight >= scrollHeight - LINE / 2);
    }
  };
  return html`<div class="log-frame">
    <div class="log-scroll" @scroll=${scrolled} @keydown=${(event: KeyboardEvent) => moveLine(event, entry, lines.length, requests)}>
      <ol class="log" aria-label=${t('log.label')} ${cssProperties({ 'block-size': `${lines.length * LINE}px` })}>
        ${repeat(
          shown,
          (event) => event.seq,
          (event, index) => lineView(context, event, { line: from + index, entry, size: lines.length }, requests),
        )}
      </ol>
    </div>
    ${
      state.follow
        ? nothing
        : html`<button type="button" class="button follow" @click=${requests.follow}>${icon('down')}${t('log.follow')}</button>`
    }
  </div>`;
}

function lineView(
  context: ViewContext,
  event: JournalEvent,
  { line, entry, size }: { readonly line: number; readonly entry: number; readonly size: number },
  requests: LogRequests,
): TemplateResult {
  const { run, t } = context;
  const slug = 'step' in event ? event.step : undefined;
  const step = slug === undefined ? undefined : run.drawing?.plan.steps.get(slug);
  const selected = slug !== undefined && run.selection?.slug === slug;
  const choose = (): void => {
    if (slug !== undefined) requests.select(slug, 'activation' in event ? (event.activation ?? 0) : 0);
  };
  const after = duration(event.at - (run.model?.startedAt ?? event.at));
  return html`<li aria-posinset=${line + 1} aria-setsize=${size} ${cssProperties({ 'inset-block-start': `${line * LINE}px` })}>
    <button type="button" class="line ${look(event)} ${selected ? 'selected' : ''}" data-line=${line}
      tabindex=${line === entry ? '0' : '-1'} @click=${choose}>
      <span class="line-time number">+${after}</span>
      ${icon(eventIcon(event), 'line-icon')}
      ${
        slug === undefined
          ? nothing
          : html`<span class="line-step type-${step?.type ?? 'action'}">${icon(stepIcon(step?.type ?? 'action'), 'type-icon')}<span>${step?.name ?? slug}</span></span>`
      }
      <span class="line-text">${describe(event, t)}</span>
    </button>
  </li>`;
}

function moveLine(event: KeyboardEvent, entry: number, size: number, requests: LogRequests): void {
  const steps: Readonly<Record<string, number>> = {
    ...{ ArrowDown: entry + 1, ArrowUp: entry - 1, PageDown: entry + 10, PageUp: entry - 10 },
    ...{ Home: 0, End: size - 1 },
  };
  const to = steps[event.key];
  if (to === undefined || size === 0) return;
  event.preventDefault();
  requests.moveTo(Math.min(size - 1, Math.max(0, to)));
}

function look(event: JournalEvent): string {
  switch (event.type) {
    case 'execution_completed':
    case 'step_succeeded':
      return 'tone-ok';
    case 'execution_failed':
    case 'step_failed':
      return 'tone-fail';
    case 'iteration_failed':
      return 'tone-fail';
    case 'branch_ended':
    case 'child_ended':
      return event.status === 'failed' ? 'tone-fail' : event.status === 'cancelled' ? 'tone-calm' : 'tone-ok';
    case 'step_interrupted':
    case 'timer_set':
    case 'approval_requested':
    case 'compensation_started':
      return 'tone-wait';
    case 'log':
      return event.level === 'error' ? 'tone-fail' : event.level === 'warn' ? 'tone-wait' : 'tone-calm';
    case 'step_started':
      return 'tone-run';
    default:
      return 'tone-calm';
  }
}

function eventIcon(event: JournalEvent): IconName {
  if ('compensates' in event && event.compensates !== undefined && event.type !== 'step_failed') return 'undo';
  const icons: Partial<Record<JournalEvent['type'], IconName>> = {
    ...{ execution_started: 'play', step_started: 'dot', step_succeeded: 'check', step_failed: 'cross' },
    ...{ step_interrupted: 'offline', iteration_started: 'loop', timer_set: 'clock', timer_fired: 'clock' },
    ...{ iteration_failed: 'cross', branch_started: 'parallel', branch_ended: 'parallel', step_cancelled: 'stop' },
    ...{ approval_requested: 'approval', child_started: 'workflow', child_ended: 'workflow' },
    ...{ execution_paused: 'pause', execution_resumed: 'play', execution_forked: 'resume' },
    ...{ compensation_started: 'undo', cancellation_requested: 'stop' },
    ...{ signal_received: 'wait_for_event', variables_set: 'set_variables', log: 'info', checkpoint: 'check' },
    ...{ execution_completed: 'check', execution_failed: 'alert', execution_cancelled: 'stop' },
  };
  return icons[event.type] ?? 'dot';
}

/** What an event says, in words. */
export function describe(event: JournalEvent, t: Translate): string {
  const undo = 'compensates' in event && event.compensates !== undefined ? describeUndo(event, t) : undefined;
  if (undo !== undefined) return undo;
  switch (event.type) {
    case 'step_started':
      return event.attempt > 1 ? t('event.step_startedAgain', { attempt: event.attempt }) : t('event.step_started');
    case 'step_succeeded':
      if (event.error === undefined) return t('event.step_succeeded', { port: event.port });
      return t('event.step_succeededBut', { port: event.port, message: event.error.message });
    case 'step_failed': {
      const { code, message } = event.error;
      if (event.retryAt === undefined) return t('event.step_failed', { code, message });
      return t('event.step_failedRetry', { code, message, duration: duration(event.retryAt - event.at) });
    }
    case 'step_interrupted':
      return t('event.step_interrupted', { attempt: event.attempt });
    case 'model_turn': {
      const names = event.toolCalls?.map(({ name }) => name).join(', ');
      if (names !== undefined) return t('event.model_turnTools', { names });
      return event.correction === undefined ? t('event.model_turn') : t('event.model_turnAgain');
    }
    case 'tool_result':
      return t(event.isError === true ? 'event.tool_resultError' : 'event.tool_result', { name: event.name });
    case 'iteration_started': {
      const number = event.index + 1;
      if (event.count === undefined) return t('event.iteration_started', { number });
      return t('event.iteration_startedOf', { number, count: event.count });
    }
    case 'timer_set':
      return t('event.timer_set', { duration: duration(event.dueAt - event.at) });
    case 'signal_received':
      return event.name.startsWith('approval:')
        ? t('event.decision_received', { decision: decisionIn(event.data, t) })
        : t('event.signal_received', { name: event.name });
    case 'variables_set':
      return t('event.variables_set', { names: Object.keys(event.variables).join(', ') });
    case 'log':
      return event.message;
    case 'checkpoint':
      return t('event.checkpoint', { name: event.name });
    case 'iteration_failed':
      return t('event.iteration_failed', { number: event.index + 1, code: event.error.code });
    case 'branch_started':
      return t('event.branch_started', { port: event.port });
    case 'branch_ended':
      if (event.error !== undefined) return t('event.branch_failed', { port: event.port, code: event.error.code });
      return t('event.branch_ended', { port: event.port, status: t(`visit.${event.status}`) });
    case 'approval_requested':
      return t('event.approval_requested', { title: event.title });
    case 'child_started':
      return t('event.child_started', { executionId: event.executionId });
    case 'child_ended':
      if (event.status === 'cancelled') return t('event.child_cancelled');
      return t('event.child_ended', { status: t(`status.${event.status}`).toLowerCase() });
    case 'cancellation_requested':
      return t('event.cancellation_requested', { reason: event.reason });
    case 'execution_failed':
      return t('event.execution_failed', { code: event.error.code });
    case 'execution_cancelled':
      return t('event.execution_cancelled', { reason: event.reason });
    default:
      return t(`event.${event.type}`);
  }
}

/** What an event says of a visit that undoes another. */
function describeUndo(event: JournalEvent, t: Translate): string | undefined {
  switch (event.type) {
    case 'step_started':
      return event.attempt > 1 ? t('event.undo_startedAgain', { attempt: event.attempt }) : t('event.undo_started');
    case 'step_succeeded':
      return t('event.undo_succeeded');
    case 'step_failed': {
      const { code, message } = event.error;
      return event.retryAt === undefined
        ? t('event.undo_failed', { code, message })
        : t('event.step_failedRetry', { code, message, duration: duration(event.retryAt - event.at) });
    }
    default:
      return undefined;
  }
}

function decisionIn(data: Json, t: Translate): string {
  const approved = isObject(data) && data.decision === 'approved';
  return t(approved ? 'approval.approved' : 'approval.rejected');
}

/** The events whose words, step or data hold the text. */
export function searchEvents(
  events: readonly JournalEvent[],
  query: string,
  t: Translate,
  nameOf: (slug: string) => string,
): readonly JournalEvent[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return events;
  return events.filter((event) => {
    const step = 'step' in event && event.step !== undefined ? `${event.step} ${nameOf(event.step)}` : '';
    return `${step} ${describe(event, t)} ${event.type}`.toLowerCase().includes(wanted);
  });
}
