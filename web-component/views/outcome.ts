import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons.js';
import { duration } from '../messages.js';
import type { RunModel } from '../run-model.js';
import { type CopyRequests, jsonBlock } from './json.js';
import { errorView, type ProblemRequests } from './problem.js';
import type { ViewContext } from './view.js';

/** How the run ended: its output, its error, or why it was cancelled; or what keeps it from going on. */
export function outcomeView(
  context: ViewContext,
  requests: ProblemRequests & CopyRequests,
): TemplateResult | typeof nothing {
  const { run, t } = context;
  if (run.error === null || run.phase !== 'ready') return runOutcome(context, requests);
  // A request that was refused changes nothing about how the run stands.
  return html`<section class="outcome">${errorView(context, t('error.title'), run.error, requests)}</section>
    ${runOutcome(context, requests)}`;
}

function runOutcome(context: ViewContext, requests: ProblemRequests & CopyRequests): TemplateResult | typeof nothing {
  const { run, t } = context;
  const { model, handle } = run;
  if (handle?.problem !== undefined) {
    return html`<section class="outcome">${errorView(context, t('error.problem'), handle.problem, requests)}</section>`;
  }
  if (model === null) return nothing;
  if (model.endedAt === null) return model.undoing === null ? nothing : undoingView(context, model.undoing, requests);
  if (model.status === 'transferred') {
    return html`<section class="outcome" part="result">
      <div class="notice tone-calm">${icon('back')}<p>${t('result.transferred')}</p></div>
    </section>`;
  }
  const took = t('result.took', { duration: duration(model.endedAt - model.startedAt) });
  if (model.status === 'failed' && model.error !== null) {
    return html`<section class="outcome" part="result">${errorView(context, t('error.runFailed'), model.error, requests)}${undoneView(context, model)}</section>`;
  }
  if (model.status === 'cancelled') {
    return html`<section class="outcome" part="result">
      <div class="notice tone-calm">${icon('stop')}<p>${t('result.cancelled', { reason: model.cancelReason ?? '' })}</p></div>
      ${undoneView(context, model)}
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

/** The run has failed or is cancelled, and what it did is being undone. */
function undoingView(
  context: ViewContext,
  { status, error }: NonNullable<RunModel['undoing']>,
  requests: ProblemRequests,
): TemplateResult {
  const { t } = context;
  const text = t(status === 'failed' ? 'result.undoingFailed' : 'result.undoingCancelled');
  return html`<section class="outcome" part="result">
    <div class="notice tone-wait" part="undoing">${icon('undo')}<p>${text}</p></div>
    ${status === 'failed' ? errorView(context, t('error.runFailed'), error, requests) : nothing}
  </section>`;
}

/** What became of what the run had done before it failed or was cancelled. */
function undoneView({ run, t }: ViewContext, { undone }: RunModel): TemplateResult | typeof nothing {
  if (undone === null) return nothing;
  const names = (slugs: readonly string[]): string => slugs.map((slug) => run.nameOf(slug)).join(', ');
  const { done, failed } = undone;
  return html`<div class="notice ${failed.length > 0 ? 'tone-fail' : 'tone-calm'}" part="undone">${icon('undo')}<div class="notice-body">
    ${done.length === 0 ? nothing : html`<p>${t('result.undone', { names: names(done) })}</p>`}
    ${failed.length === 0 ? nothing : html`<p>${t('result.notUndone', { names: names(failed) })}</p>`}
  </div></div>`;
}
