import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Decision } from '../../runtime/index.js';
import type { PendingApproval } from '../approvals.js';
import { icon } from '../icons.js';
import { duration } from '../messages.js';
import { errorSummary, fieldView } from './form.js';
import type { ViewContext } from './view.js';

export interface ApprovalRequests {
  answer(approval: PendingApproval, decision: Decision['decision']): void;
  focusField(id: string): void;
  select(slug: string): void;
}

/** What waits for a person's decision: a panel for each, which goes when it is decided. */
export function approvalsView(context: ViewContext, requests: ApprovalRequests): TemplateResult | typeof nothing {
  const shown = context.run.approvals.pending.filter((approval) => approval.shown);
  if (shown.length === 0) return nothing;
  return html`${repeat(
    shown,
    ({ view }) => view.activation,
    (approval) => approvalView(context, approval, shown, requests),
  )}`;
}

function approvalView(
  outer: ViewContext,
  approval: PendingApproval,
  all: readonly PendingApproval[],
  requests: ApprovalRequests,
): TemplateResult {
  const { t, run, now } = outer;
  const { title, description, approvers, activation, step, dueAt } = approval.view;
  // The fields of several approvals, and those of the input, may share their names.
  const context = { ...outer, id: (name: string) => outer.id(`approval-${activation}-${name}`) };
  const alike = all.filter(({ view }) => view.title === title);
  const number = alike.length > 1 ? ` ${alike.indexOf(approval) + 1}` : '';
  const facts = [
    html`<button type="button" class="link" @click=${() => requests.select(step)}>${run.nameOf(step)}</button>`,
    ...(approvers === undefined ? [] : [t('approval.approvers', { names: approvers.join(', ') })]),
    ...(dueAt === null
      ? []
      : [html`<span class="number">${t('approval.due', { duration: duration(dueAt - now) })}</span>`]),
  ];
  return html`<section class="panel approval tone-wait" part="approval" data-activation=${activation}
      aria-label=${context.region(`${t('type.approval')}${number}: ${title}`)}>
    <h3 class="panel-title">${icon('approval')}<span>${title === '' ? run.nameOf(step) : title}</span></h3>
    ${description === undefined ? nothing : html`<p class="approval-text">${description}</p>`}
    <p class="approval-facts quiet">${facts.map((fact, index) => html`${index === 0 ? nothing : ' · '}${fact}`)}</p>
    ${context.readonly ? html`<p class="quiet">${t('approval.readonly')}</p>` : answerView(context, approval, requests)}
  </section>`;
}

function answerView(context: ViewContext, approval: PendingApproval, requests: ApprovalRequests): TemplateResult {
  const { t, disabled } = context;
  const { form, sending, error } = approval;
  const off = disabled || sending !== null;
  const id = context.id('comment');
  const type = (event: Event): void => {
    if (event.target instanceof HTMLTextAreaElement) approval.comment = event.target.value;
  };
  const answer = (decision: Decision['decision']) => (): void => requests.answer(approval, decision);
  // Enter in a field decides nothing: that takes a button.
  return html`<form novalidate @submit=${(event: Event) => event.preventDefault()}>
    ${errorSummary(context, form, requests)}
    ${form.fields.map((field) => fieldView(context, form, field))}
    <div class="field"><label class="label" for=${id}>${t('approval.comment')}</label>
      <textarea id=${id} rows="2" .value=${live(approval.comment)} ?disabled=${off} @input=${type}></textarea></div>
    ${error === null ? nothing : html`<p class="note error" role="alert">${icon('alert')}<span>${error.message} <code class="code-chip">${error.code}</code></span></p>`}
    <div class="decide">
      <button type="button" class="button primary" part="approve-button" ?disabled=${off} @click=${answer('approved')}>
        ${icon('check')}${t(sending === 'approved' ? 'approval.sending' : 'approval.approve')}</button>
      <button type="button" class="button" part="reject-button" ?disabled=${off} @click=${answer('rejected')}>
        ${icon('cross')}${t(sending === 'rejected' ? 'approval.sending' : 'approval.reject')}</button>
    </div>
  </form>`;
}
