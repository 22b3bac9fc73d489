import { html, raw } from 'hono/html';
import type { Parameter } from '../../runtime/index.js';
import type { PendingApproval } from './approvals.js';
import { choicesOf, kindOfField } from './form-fields.js';
import type { LinkGrant } from './link-token.js';

type Markup = ReturnType<typeof html>;

/** A page that asks for a decision, without a script. Every value of the workflow stands in it as text. */
export function approvalPage(approval: PendingApproval, grant: LinkGrant): string {
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
      <form method="post">
        ${decision === 'rejected' ? '' : fields.map(fieldMarkup)}
        <p><label>Comment<br /><textarea name="comment" rows="3" maxlength="10000"></textarea></label></p>
        <p>${button('approved', 'Approve')} ${button('rejected', 'Reject')}</p>
      </form>
      ${due}
      <p><small>Asked by the workflow ${workflow}, of ${grant.holder}. This page decides nothing until a button is pressed.</small></p>`,
  );
}

/** A page that says one thing. */
export function messagePage(title: string, text: string, details: readonly string[] = []): string {
  const list = details.length === 0 ? '' : html`<ul>${details.map((detail) => html`<li>${detail}</li>`)}</ul>`;
  return whole(title, html`<h1>${title}</h1><p>${text}</p>${list}`);
}

function whole(title: string, body: Markup): string {
  return String(
    html`<!doctype html><html lang="en"><head><meta charset="utf-8" /><meta name="viewport"
      content="width=device-width, initial-scale=1" /><meta name="color-scheme" content="light dark" /><title>${title}</title><link
      rel="stylesheet" href="/styles.css" /></head><body><main>${body}</main></body></html>`,
  );
}

function fieldMarkup(field: Parameter): Markup {
  const label = html`${field.label ?? field.name}${field.required === true ? ' (required)' : ''}`;
  const help = field.help === undefined ? '' : html`<br /><small>${field.help}</small>`;
  return html`<p><label>${label}<br />${control(field)}</label>${help}</p>`;
}

function control(field: Parameter): Markup {
  const name = `field.${field.name}`;
  const required = raw(field.required === true ? ' required' : '');
  const preset = field.default ?? '';
  const value = typeof preset === 'string' ? preset : JSON.stringify(preset);
  switch (kindOfField(field)) {
    case 'boolean':
      return html`<input type="checkbox" name="${name}" value="true"${raw(field.default === true ? ' checked' : '')} />`;
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
