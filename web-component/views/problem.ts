import { html, nothing, type TemplateResult } from 'lit';
import type { ErrorRecord, Issue } from '../../runtime/index.js';
import { icon } from '../icons.js';
import { isMessageKey } from '../messages.js';
import { jsonText } from './json.js';
import type { ViewContext } from './view.js';

export interface ProblemRequests {
  select(slug: string): void;
  reload(): void;
}

/** What to do about an error, by its code. */
export function helpFor({ run, t }: ViewContext, error: ErrorRecord): string {
  const key = `help.${error.code}`;
  if (isMessageKey(key)) return t(key);
  if (error.retryable === true) return t('help.retryable');
  if (error.stepSlug === undefined) return '';
  // Such a step is there to fail: what to do is for its own message to say.
  return run.drawing?.plan.steps.get(error.stepSlug)?.type === 'fail' ? t('help.fail') : t('help.port');
}

/** An error in words that help: what, where, and what to do. */
export function errorView(
  context: ViewContext,
  title: string,
  error: ErrorRecord,
  requests: ProblemRequests,
): TemplateResult {
  const { run, t } = context;
  const { stepSlug: slug, attempts } = error;
  const help = helpFor(context, error);
  const known = slug !== undefined && run.drawing?.plan.steps.has(slug) === true;
  return html`<div class="notice tone-fail" role="alert" part="error">
    ${icon('alert')}
    <div class="notice-body">
      <p class="notice-title">${title} <code class="code-chip">${error.code}</code></p>
      <p>${error.message}</p>
      ${
        slug === undefined
          ? nothing
          : html`<p class="where">${t('error.at')}
              ${
                known
                  ? html`<button type="button" class="link" @click=${() => requests.select(slug)}>${run.nameOf(slug)}</button>`
                  : html`<strong>${slug}</strong>`
              }${attempts !== undefined && attempts > 1 ? html` · ${t('error.attempts', { count: attempts })}` : nothing}</p>`
      }
      ${help === '' ? nothing : html`<p class="help">${help}</p>`}
      ${
        error.details === undefined
          ? nothing
          : html`<details><summary>${t('error.details')}</summary>${jsonText(context, error.details)}</details>`
      }
    </div>
  </div>`;
}

/** Why the definition could not be had, with a way to try again. */
export function brokenView(context: ViewContext, error: ErrorRecord, requests: ProblemRequests): TemplateResult {
  const { t } = context;
  return html`<div class="stack">${errorView(context, t('diagnostics.broken'), error, requests)}
    <button type="button" class="button" @click=${requests.reload}>${icon('resume')}${t('error.reload')}</button></div>`;
}

/** All that is wrong with a definition: where, what, and what to do. */
export function diagnosticsView(context: ViewContext): TemplateResult | typeof nothing {
  const { run, t } = context;
  if (run.phase !== 'invalid') return nothing;
  const errors = run.issues.filter((issue) => issue.severity === 'error');
  const title = errors.length === 1 ? t('diagnostics.errorsOne') : t('diagnostics.errors', { count: errors.length });
  return html`<section class="panel diagnostics" part="diagnostics" role="alert" aria-labelledby=${context.id('issues-title')}>
    <h3 class="panel-title" id=${context.id('issues-title')}>${t('diagnostics.title')}</h3>
    <p class="quiet">${title}</p>
    ${issueList(context, run.issues)}
  </section>`;
}

/** Warnings do not hinder a run; they are folded away. */
export function warningsView(context: ViewContext): TemplateResult | typeof nothing {
  const { run, t } = context;
  if (run.phase !== 'ready' || run.issues.length === 0) return nothing;
  return html`<details class="panel warnings" part="warnings">
    <summary>${icon('info')}${t('diagnostics.warnings')} <span class="count">${run.issues.length}</span></summary>
    ${issueList(context, run.issues)}
  </details>`;
}

function issueList({ t }: ViewContext, issues: readonly Issue[]): TemplateResult {
  return html`<ul class="issues">
    ${issues.map(
      (issue) => html`<li class=${issue.severity === 'error' ? 'tone-fail' : 'tone-wait'}>
        ${icon(issue.severity === 'error' ? 'cross' : 'alert')}
        <div>
          <p class="issue-message">${issue.message}</p>
          <p class="issue-where"><code>${issue.path === '' ? t('diagnostics.root') : issue.path}</code>
            <code class="code-chip">${issue.code}</code></p>
          ${issue.hint === undefined ? nothing : html`<p class="help">${t('diagnostics.hint', { hint: issue.hint })}</p>`}
        </div>
      </li>`,
    )}
  </ul>`;
}
