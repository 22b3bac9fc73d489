import { html, raw } from 'hono/html';
import type { Parameter } from '../../runtime/index.js';
import type { JsonObject } from '../../runtime/ports.js';
import type { PendingApproval } from './approvals.js';
import { choicesOf, kindOfField } from './form-fields.js';
import type { LinkGrant } from './link-token.js';

type Markup = ReturnType<typeof html>;

/** What was sent and did not fit. */
export interface Refused {
  readonly problems: readonly { readonly path: string; readonly message: string }[];
  readonly fields: JsonObject;
  readonly comment: string;
}

/**
 * A page that asks for a decision, without a script. Every value of the workflow stands in it as text. With `refused` it
 * asks again, and says what was wrong.
 */
export function approvalPage(approval: PendingApproval, grant: LinkGrant, refused?: Refused): string {
  const { title, description, fields, dueAt, workflow } = approval;
  const { decision } = grant;
  const button = (value: string, label: string): Markup | string =>
    decision === undefined || decision === value
      ? html`<button name="decision" value="${value}"${raw(value === 'rejected' ? ' formnovalidate' : '')}>${label}</button>`
      : '';
  const due = dueAt === null ? '' : html`<p>It can be decided until ${new Date(dueAt).toUTCString()}.</p>`;
  return whole(
    title,
    html`<h1>${title}</h1>
      ${description === undefined ? '' : html`<p class="text">${description}</p>`}
      ${refused === undefined ? '' : refusal(refused)}
      <form method="post">
        ${decision === 'rejected' ? '' : fields.map((field) => fieldMarkup(field, refused))}
        <p><label>Comment<br /><textarea name="comment" rows="3" maxlength="10000">${refused?.comment ?? ''}</textarea></label></p>
        <p>${button('approved', 'Approve')} ${button('rejected', 'Reject')}</p>
      </form>
      ${due}
      <p><small>Asked by the workflow ${workflow}, of ${grant.holder}. This page decides nothing until a button is pressed.</small></p>`,
  );
}

/** A page that says one thing. */
export function messagePage(title: string, text: string): string {
  return whole(title, html`<h1>${title}</h1><p>${text}</p>`);
}

function refusal({ problems }: Refused): Markup {
  return html`<div class="refused" role="alert"><p>Nothing was decided yet:</p>
        <ul>${problems.map(({ message }) => html`<li>${message}</li>`)}</ul></div>`;
}

function whole(title: string, body: Markup): string {
  return String(
    html`<!doctype html><html lang="en"><head><meta charset="utf-8" /><meta name="viewport"
      content="width=device-width, initial-scale=1" /><meta name="color-scheme" content="light dark" /><title>${title}</title><link
      rel="stylesheet" href="/approvals/page.css" /></head><body><main>${body}</main></body></html>`,
  );
}

function fieldMarkup(field: Parameter, refused: Refused | undefined): Markup {
  const label = html`${field.label ?? field.name}${field.required === true ? ' (required)' : ''}`;
  const help = field.help === undefined ? '' : html`<br /><small>${field.help}</small>`;
  return html`<p><label>${label}<br />${control(field, refused)}</label>${help}</p>`;
}

function control(field: Parameter, refused: Refused | undefined): Markup {
  const name = `field.${field.name}`;
  const isWrong = refused?.problems.some(({ path }) => path.split('/')[1] === field.name) === true;
  const required = raw(`${field.required === true ? ' required' : ''}${isWrong ? ' aria-invalid="true"' : ''}`);
  const preset = (refused === undefined ? field.default : refused.fields[field.name]) ?? '';
  const value = typeof preset === 'string' ? preset : JSON.stringify(preset);
  switch (kindOfField(field)) {
    case 'boolean':
      return html`<input type="checkbox" name="${name}" value="true"${raw(preset === true ? ' checked' : '')} />`;
    case 'number':
      return html`<input type="number" step="any" name="${name}" value="${value}"${required} />`;
    case 'choice':
      return html`<select name="${name}"${required}><option value=""></option>${choicesOf(field).map(
        ({ text: choice, label }) =>
          html`<option value="${choice}"${raw(choice === value ? ' selected' : '')}>${label}</option>`,
      )}</select>`;
    case 'json':
      return html`<textarea name="${name}" rows="3" placeholder="JSON"${required}>${value}</textarea>`;
    case 'text':
      return html`<input type="text" name="${name}" value="${value}"${required} />`;
  }
}
