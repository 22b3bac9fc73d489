import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { cssProperties } from '../css-properties.js';
import { icon, stepIcon } from '../icons.js';
import { duration } from '../messages.js';
import type { RunModel } from '../run-model.js';
import { type Stretch, type TimeScale, timeScale } from '../time-scale.js';
import { currentVisit, type Span, type StepView } from '../visit.js';
import { countOf } from './graph.js';
import type { ViewContext } from './view.js';

export interface TimelineRequests {
  select(slug: string): void;
}

interface Bar {
  from: number;
  to: number;
  readonly look: string;
  readonly title: string;
  /** Which of the strips that its row is divided into. */
  readonly strip: number;
}

/** Visits that overlap are drawn beneath each other, in so many strips at most. */
const STRIPS = 3;
/** Bars nearer than this part of the width are drawn as one, so that a long loop stays light. */
const NEAR = 0.004;

/** One row a step, one bar an attempt or a wait, on a common scale of time. */
export function timelineView(context: ViewContext, requests: TimelineRequests): TemplateResult {
  const { run, t } = context;
  const { model } = run;
  const end = model === null ? 0 : Math.max(model.lastAt, model.endedAt ?? context.now);
  return html`<section class="panel timeline-panel" part="timeline" aria-label=${context.region(t('timeline.title'))}>
    <div class="panel-head">
      <h3 class="panel-title">${t('timeline.title')}</h3>
      ${model === null ? nothing : html`<span class="quiet number">${duration(end - model.startedAt)}</span>`}
    </div>
    ${model === null || model.steps.size === 0 ? html`<p class="quiet">${t('timeline.empty')}</p>` : rows(context, model, end, requests)}
  </section>`;
}

function rows(context: ViewContext, model: RunModel, end: number, requests: TimelineRequests): TemplateResult {
  const { t } = context;
  const isLoop = (step: StepView): boolean => {
    const type = context.run.drawing?.plan.steps.get(step.slug)?.type;
    return type === 'loop' || type === 'parallel';
  };
  const steps = [...model.steps.values()];
  const busy = steps.filter((step) => !isLoop(step)).flatMap((step) => step.visits.flatMap((visit) => visit.spans));
  const stretches = busy
    .filter((span) => span.kind === 'attempt' || span.kind === 'undo')
    .map((span) => stretch(span, end));
  const scale = timeScale(stretches, model.startedAt, end);
  return html`<ol class="timeline">
      ${repeat(
        steps,
        (step) => step.slug,
        (step) => row(context, step, isLoop(step), scale, end, requests),
      )}
    </ol>
    <p class="legend" aria-hidden="true">
      <span class="key ok"></span>${t('visit.succeeded')}<span class="key run"></span>${t('timeline.legendRunning')}
      <span class="key wait"></span>${t('timeline.legendWaiting')}<span class="key fail"></span>${t('timeline.legendFailed')}
      ${model.undoing === null ? nothing : html`<span class="legend-part"><span class="key undo"></span>${t('timeline.legendUndo')}</span>`}
    </p>`;
}

const stretch = (span: Span, end: number): Stretch => ({ from: span.from, to: span.to ?? end });

function row(
  context: ViewContext,
  step: StepView,
  loop: boolean,
  scale: TimeScale,
  end: number,
  requests: TimelineRequests,
): TemplateResult {
  const { run, t } = context;
  const known = run.drawing?.plan.steps.get(step.slug);
  const name = known?.name ?? step.slug;
  const visit = currentVisit(step);
  const drawn = bars(context, step, scale, end);
  const strips = 1 + Math.max(0, ...drawn.map((bar) => bar.strip));
  const far = loop ? countOf(context, step.visits.at(-1)) : '';
  const took = step.visits.reduce((sum, each) => sum + (each.endedAt ?? end) - each.startedAt, 0);
  const status = t(`visit.${visit?.status ?? 'pending'}`);
  const selected = run.selection?.slug === step.slug;
  return html`<li>
    <button type="button" class="row ${selected ? 'selected' : ''}" aria-pressed=${selected ? 'true' : 'false'} @click=${() => requests.select(step.slug)}>
      <span class="row-name type-${known?.type ?? 'action'}">${icon(stepIcon(known?.type ?? 'action'), 'type-icon')}<span>${name}</span>${
        far === '' ? nothing : html`<span class="row-count number">${far}</span>`
      }</span>
      <span class="track">
        ${scale.gaps.map(
          (gap) => html`<span class="gap" title=${t('timeline.gap', { duration: duration(gap.to - gap.from) })}
            ${cssProperties(between(scale.at(gap.from), scale.at(gap.to)))}></span>`,
        )}
        ${drawn.map(
          (bar) => html`<span class="bar ${loop ? 'loop' : ''} ${bar.look}" title=${bar.title}
            ${cssProperties({ ...between(bar.from, bar.to), ...strip(bar.strip, strips) })}></span>`,
        )}
      </span>
      <span class="hidden">${status}</span>
      <span class="row-time number">${duration(took)}</span>
    </button>
  </li>`;
}

function bars(context: ViewContext, step: StepView, scale: TimeScale, end: number): readonly Bar[] {
  const merged: Bar[] = [];
  /** Where each strip is taken until. */
  const taken: number[] = [];
  for (const visit of step.visits) {
    const begin = scale.at(visit.startedAt);
    const free = taken.findIndex((until) => until <= begin);
    const strip = free >= 0 ? free : taken.length < STRIPS ? taken.length : STRIPS - 1;
    taken[strip] = scale.at(visit.endedAt ?? end);
    for (const span of visit.spans) {
      const from = scale.at(span.from);
      const to = scale.at(span.to ?? end);
      const look = lookOf(span);
      const last = merged.findLast((bar) => bar.strip === strip);
      if (last !== undefined && last.look === look && from - last.to < NEAR && step.visits.length > 20) last.to = to;
      else merged.push({ from, to, look, title: titleOf(context, span, end), strip });
    }
  }
  return merged;
}

function lookOf(span: Span): string {
  if (span.kind === 'undo') return span.outcome === 'failed' ? 'fail' : span.to === null ? 'undo live' : 'undo';
  if (span.kind !== 'attempt') return span.to === null ? 'wait live' : 'wait';
  const looks = { running: 'run live', succeeded: 'ok', failed: 'fail', interrupted: 'cut', cancelled: 'cut' };
  return looks[span.outcome];
}

function titleOf({ t }: ViewContext, span: Span, end: number): string {
  const took = duration((span.to ?? end) - span.from);
  if (span.kind === 'wait') return t('timeline.spanWait', { duration: took });
  if (span.kind === 'retry') return t('timeline.spanRetry', { duration: took });
  const key = span.kind === 'undo' ? 'timeline.spanUndo' : 'timeline.spanAttempt';
  return t(key, { attempt: span.attempt, status: t(`visit.${span.outcome}`), duration: took });
}

/** Where a bar stands in a row whose height is shared. */
function strip(number: number, count: number): Readonly<Record<string, string>> {
  if (count === 1) return {};
  const part = 100 / count;
  return { 'inset-block': `calc(${number * part}% + 0.5px) calc(${(count - 1 - number) * part}% + 0.5px)` };
}

function between(from: number, to: number): Readonly<Record<string, string>> {
  const percent = (part: number): string => `${Math.round(part * 100_000) / 1000}%`;
  // A moment at the very end stays in sight.
  return { 'inset-inline-start': `min(${percent(from)}, 100% - 3px)`, 'inline-size': percent(Math.max(0, to - from)) };
}
