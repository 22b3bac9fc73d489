import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Json } from '../../runtime/ports.js';
import { icon } from '../icons.js';
import type { ViewContext } from './view.js';

/** Characters shown at most; the whole can be copied. */
const MOST = 8000;
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export interface CopyRequests {
  copy(key: string, text: string): void;
  readonly copied: string | null;
}

/** A titled block of JSON that can be copied. */
export function jsonBlock(context: ViewContext, title: string, value: Json, requests: CopyRequests): TemplateResult {
  const { t } = context;
  const copied = requests.copied === title;
  const copy = (): void => requests.copy(title, JSON.stringify(value, null, 2));
  return html`<div class="json-block">
    <div class="json-head"><h4>${title}</h4>
      <button type="button" class="icon-button" aria-label=${t('json.copyLabel', { what: title })} title=${t(copied ? 'json.copied' : 'json.copy')}
        @click=${copy}>${icon(copied ? 'check' : 'copy')}</button></div>
    ${guard([value, t], () => jsonText(context, value))}
  </div>`;
}

/** Text as it is, anything else as indented JSON with its kinds of values told apart. */
export function jsonText({ t }: ViewContext, value: Json): TemplateResult {
  const whole = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const text = whole.slice(0, MOST);
  const rest =
    whole.length > MOST
      ? html`<p class="note">${t('inspector.truncated', { size: bytes(whole.length) })}</p>`
      : nothing;
  if (typeof value === 'string') return html`<div class="json prose" tabindex="0">${text}</div>${rest}`;
  return html`<pre class="json" tabindex="0">${colour(text)}</pre>${rest}`;
}

function colour(text: string): (string | TemplateResult)[] {
  const parts: (string | TemplateResult)[] = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(last, match.index));
    const [token, string, colon] = match;
    if (string === undefined) parts.push(html`<span class="json-atom">${token}</span>`);
    else if (colon === undefined) parts.push(html`<span class="json-string">${token}</span>`);
    else parts.push(html`<span class="json-key">${string}</span>`, colon);
    last = match.index + token.length;
  }
  parts.push(text.slice(last));
  return parts;
}

function bytes(length: number): string {
  return length < 1024 * 1024 ? `${Math.round(length / 1024)} kB` : `${(length / 1024 / 1024).toFixed(1)} MB`;
}
