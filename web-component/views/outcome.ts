import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons.js';
import { duration } from '../messages.js';
import { type CopyRequests, jsonBlock } from './json.js';
import { errorView, type ProblemRequests } from './problem.js';
import type { ViewContext } from './view.js';

/** How the run ended: its output, its error, or why it was cancelled; or what keeps it from going on. */
export function outcomeView(
  context: ViewContext,
  requests: ProblemRequests & CopyRequests,
): TemplateResult | typeof nothing {
  const { run, t } = context;
  const { model, handle } = run;
  if (run.error !== null && run.phase === 'ready') {
    return html`<section class="outcome">${errorView(context, t('error.title'), run.error, requests)}</section>`;
  }
  if (handle?.problem !== undefined) {
    return html`<section class="outcome">${errorView(context, t('error.problem'), handle.problem, requests)}</section>`;
  }
  if (model === null || model.endedAt === null) return nothing;
  const took = t('result.took', { duration: duration(model.endedAt - model.startedAt) });
  if (model.status === 'failed' && model.error !== null) {
    return html`<section class="outcome" part="result">${errorView(context, t('error.runFailed'), model.error, requests)}</section>`;
  }
  if (model.status === 'cancelled') {
    return html`<section class="outcome" part="result">
      <div class="notice tone-calm">${icon('stop')}<p>${t('result.cancelled', { reason: model.cancelReason ?? '' })}</p></div>
    </section>`;
  }
  return html`<section class="panel outcome done tone-ok" part="result" aria-label=${context.region(t('status.completed'))}>
    <div class="panel-head">
      <h3 class="panel-title">${icon('check')}${t('status.completed')}</h3>
      <span class="quiet number">${took}</span>
    </div>
    <slot name="result">
      ${model.output === null ? html`<p class="quiet">${t('result.none')}</p>` : jsonBlock(context, t('result.title'), model.output, requests)}
    </slot>
  </section>`;
}
