import { html, nothing, type TemplateResult } from 'lit';
import { isFinal } from '../../runtime/index.js';
import { icon, stepIcon } from '../icons.js';
import { duration } from '../messages.js';
import { currentVisit, type Place, type Span, type Visit } from '../visit.js';
import { typeName } from './graph.js';
import { type CopyRequests, jsonBlock } from './json.js';
import { errorView, type ProblemRequests } from './problem.js';
import { runStatus, stepStatus } from './status.js';
import type { ViewContext } from './view.js';

export interface InspectorRequests extends ProblemRequests, CopyRequests {
  close(): void;
  visit(activation: number): void;
  /** Shows the run of that id. */
  show(id: string): void;
  /** Begins a new run from the visit of that activation. */
  retry(from: number): void;
}

/** All that is known of the step selected: of each visit its parameters, output, error and attempts. */
export function inspectorView(context: ViewContext, requests: InspectorRequests): TemplateResult | typeof nothing {
  const { run, t } = context;
  const { selection, drawing } = run;
  if (selection === null || drawing === null) return nothing;
  const step = drawing.plan.steps.get(selection.slug);
  if (step === undefined) return nothing;
  const view = run.model?.step(selection.slug);
  const chosen = view?.visits.find((visit) => visit.activation === selection.activation);
  const visit = chosen ?? currentVisit(view);
  const close = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    requests.close();
  };
  return html`<aside class="inspector" part="inspector" aria-label=${context.region(step.name)} @keydown=${close}>
    <div class="inspector-head type-${step.type}">
      <span class="tile">${icon(stepIcon(step.type), 'type-icon')}</span>
      <div class="inspector-name">
        <h3>${step.name}</h3>
        <p class="quiet">${typeName(context, step.type)} · <code>${step.slug}</code></p>
      </div>
      <button type="button" class="icon-button" aria-label=${t('inspector.close')} @click=${requests.close}>${icon('cross')}</button>
    </div>
    ${visit === undefined || view === undefined ? html`<p class="quiet">${t('inspector.notReached')}</p>` : visitView(context, view.visits, visit, requests)}
  </aside>`;
}

function visitView(
  context: ViewContext,
  visits: readonly Visit[],
  visit: Visit,
  requests: InspectorRequests,
): TemplateResult {
  const { t, now } = context;
  const took = duration((visit.endedAt ?? Math.max(now, visit.startedAt)) - visit.startedAt);
  return html`<div class="facts">${stepStatus(visit.status, t)}
      <span class="quiet">${t('inspector.duration')} <span class="number">${took}</span></span>
      ${visit.port === null ? nothing : html`<span class="quiet">${t('inspector.port')} <code>${visit.port}</code></span>`}
      ${visit.undo === null ? nothing : stepStatus(visit.undo, t)}
      ${dueView(context, visit)}
    </div>
    ${visits.length > 1 ? picker(context, visits, visit, requests) : nothing}
    ${errorOf(context, visit, requests)}
    ${visit.branches.length === 0 ? nothing : branchesView(context, visit)}
    ${visit.roundsFailed === 0 ? nothing : failedRounds(context, visit)}
    ${visit.child === null ? nothing : childView(context, visit.child, requests)}
    ${visit.parameters === undefined ? nothing : jsonBlock(context, t('inspector.parameters'), visit.parameters, requests)}
    ${visit.output === undefined ? nothing : jsonBlock(context, t('inspector.output'), visit.output, requests)}
    ${visit.spans.length > 1 ? attempts(context, visit.spans) : nothing}
    ${visit.log.length === 0 ? nothing : messages(context, visit)}
    ${retryButton(context, visit, requests)}`;
}

/** A run that has ended is begun anew from any of its visits, those apart that undid another. */
function retryButton(
  { run, t, readonly, disabled }: ViewContext,
  { activation, compensates }: Visit,
  requests: InspectorRequests,
): TemplateResult | typeof nothing {
  const ended = run.summary !== null && isFinal(run.summary.status) && run.summary.status !== 'transferred';
  if (!ended || readonly || compensates !== null) return nothing;
  const undone = run.model?.firstUndone ?? null;
  if (undone !== null && undone.activation < activation) {
    return html`<p class="note">${t('inspector.retryUndone', { name: run.nameOf(undone.slug) })}</p>`;
  }
  return html`<div class="stack"><button type="button" class="button" part="retry-button"
      ?disabled=${disabled || run.busy !== null} @click=${() => requests.retry(activation)}>
      ${icon('resume')}${t(run.busy === 'retrying' ? 'toolbar.retrying' : 'inspector.retry')}</button>
    <p class="note">${t('inspector.retryHelp')}</p></div>`;
}

/** Of a visit that succeeded all the same, the parts that failed are named below. */
function errorOf(context: ViewContext, visit: Visit, requests: InspectorRequests): TemplateResult | typeof nothing {
  if (visit.error === null) return nothing;
  if (visit.status !== 'succeeded') return errorView(context, context.t('inspector.error'), without(visit), requests);
  return html`<div class="notice tone-wait">${icon('alert')}<p>${visit.error.message}</p></div>`;
}

const branchLooks = {
  running: ['run', 'spinner'],
  succeeded: ['ok', 'check'],
  failed: ['fail', 'cross'],
  cancelled: ['calm', 'stop'],
} as const;

function branchesView({ t }: ViewContext, { branches }: Visit): TemplateResult {
  return html`<div><h4>${t('inspector.branches')}</h4><ul class="attempts">${branches.map(({ port, status, error }) => {
    const [look, name] = branchLooks[status];
    return html`<li class="tone-${look}">${icon(name, name)}
      <span>${t('inspector.branchStatus', { port, status: t(`visit.${status}`) })}
        ${error === null ? nothing : html`<span class="quiet">${error.message}</span>`}</span></li>`;
  })}</ul></div>`;
}

/** Rounds listed; the rest is only counted. */
const MOST_ROUNDS = 20;

function failedRounds({ t }: ViewContext, { failedRounds: rounds, roundsFailed }: Visit): TemplateResult {
  const shown = rounds.slice(0, MOST_ROUNDS);
  const more = roundsFailed - shown.length;
  return html`<div><h4>${t('inspector.failedRounds')}</h4><ul class="attempts">
    ${shown.map(
      ({ number, error }) => html`<li class="tone-fail">${icon('cross')}
        <span>${t('inspector.failedRound', { number, message: error.message })}</span></li>`,
    )}
    ${more === 0 ? nothing : html`<li class="quiet">${t('inspector.moreFailed', { count: more })}</li>`}
  </ul></div>`;
}

function childView(
  { t }: ViewContext,
  { id, status }: NonNullable<Visit['child']>,
  requests: InspectorRequests,
): TemplateResult {
  return html`<div class="child"><h4>${t('inspector.child')}</h4>
    <p>${runStatus(status, t)} <code>${id}</code></p>
    <button type="button" class="button" part="child-button" @click=${() => requests.show(id)}>
      ${icon('workflow')}${t('inspector.showChild')}</button></div>`;
}

/** The error without its step: the panel names that already. */
function without(visit: Visit): NonNullable<Visit['error']> {
  const { stepSlug: _, ...error } = visit.error ?? { code: '', message: '' };
  return error;
}

function dueView({ t, now }: ViewContext, visit: Visit): TemplateResult | typeof nothing {
  if (visit.endedAt !== null) return nothing;
  if (visit.dueAt === null) {
    const key =
      visit.child !== null
        ? 'inspector.waitsForChild'
        : visit.question !== null
          ? 'inspector.waitsForDecision'
          : 'inspector.waitsFor';
    return visit.status === 'waiting' ? html`<span class="quiet">${t(key)}</span>` : nothing;
  }
  const left = duration(visit.dueAt - now);
  const text = t(visit.status === 'retrying' ? 'inspector.retryIn' : 'inspector.dueIn', { duration: left });
  return html`<span class="quiet number">${text}</span>`;
}

function picker(
  context: ViewContext,
  visits: readonly Visit[],
  visit: Visit,
  requests: InspectorRequests,
): TemplateResult {
  const { run, t } = context;
  const change = (event: Event): void => {
    if (event.target instanceof HTMLSelectElement) requests.visit(Number(event.target.value));
  };
  const label = (each: Visit, index: number): string => {
    const places = run.model?.places(each) ?? [];
    const values = {
      number: index + 1,
      count: visits.length,
      status: t(`visit.${each.status}`),
      place: places.map((place, at) => placeText(context, place, places[at - 1])).join(' › '),
    };
    if (each.compensates !== null) return t('inspector.visitUndo', values);
    return t(places.length === 0 ? 'inspector.visitOption' : 'inspector.visitIteration', values);
  };
  const id = context.id('visit');
  return html`<div class="field"><label class="label" for=${id}>${t('inspector.visit')}</label>
    <select id=${id} @change=${change}>
      ${visits.map(
        (each, index) =>
          html`<option value=${each.activation} .selected=${each === visit}>${label(each, index)}</option>`,
      )}
    </select></div>`;
}

/** Of rounds in one another only the outermost is called so: `round 2 of 2 › 2 of 3`. */
function placeText({ t }: ViewContext, place: Place, around: Place | undefined): string {
  if (place.kind === 'branch') return t('inspector.branch', { port: place.port });
  const { number, count, failed } = place;
  const inner = count === null ? String(number) : t('graph.roundOf', { number, count });
  const outer = count === null ? t('inspector.round', { number }) : t('inspector.roundOf', { number, count });
  const text = around?.kind === 'round' ? inner : outer;
  return failed ? t('inspector.roundFailed', { round: text }) : text;
}

function attempts({ t, now }: ViewContext, spans: readonly Span[]): TemplateResult {
  const row = (span: Span): TemplateResult => {
    const took = duration((span.to ?? Math.max(now, span.from)) - span.from);
    if (span.kind !== 'attempt' && span.kind !== 'undo') {
      const text = t(span.kind === 'retry' ? 'timeline.spanRetry' : 'timeline.spanWait', { duration: took });
      return html`<li class="tone-wait">${icon('clock')}<span>${text}</span></li>`;
    }
    const failed = span.outcome === 'failed' || span.outcome === 'interrupted';
    const look = failed ? 'fail' : span.outcome === 'running' ? 'run' : 'ok';
    return html`<li class="tone-${look}">${icon(failed ? 'cross' : span.outcome === 'running' ? 'spinner' : 'check', span.outcome === 'running' ? 'spinner' : '')}
      <span>${t(span.kind === 'undo' ? 'timeline.spanUndo' : 'timeline.spanAttempt', { attempt: span.attempt, status: t(`visit.${span.outcome}`), duration: took })}
        ${span.error === null ? nothing : html`<span class="quiet">${span.error.message}</span>`}</span></li>`;
  };
  return html`<div><h4>${t('inspector.attempts')}</h4><ol class="attempts">${spans.map(row)}</ol></div>`;
}

function messages({ t }: ViewContext, visit: Visit): TemplateResult {
  return html`<div><h4>${t('inspector.logs')}</h4>
    <ul class="attempts">${visit.log.map((line) => html`<li class="tone-calm">${icon('info')}<span>${line.message}</span></li>`)}</ul></div>`;
}
