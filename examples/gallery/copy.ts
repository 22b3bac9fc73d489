import { html, type TemplateResult } from 'lit';
import { icon } from './icons.js';

/** A button that copies a text and says for a moment that it did. */
export function copyButton(source: string, what: string): TemplateResult {
  return html`<button class="quiet" type="button" aria-label="Copy: ${what}" @click=${(event: Event) => copy(event, source)}>
    ${icon('copy')}<span>Copy</span>
  </button>`;
}

async function copy(event: Event, source: string): Promise<void> {
  const button = event.currentTarget;
  const label = button instanceof HTMLElement ? button.querySelector('span') : null;
  if (label === null) return;
  try {
    await navigator.clipboard.writeText(source);
    label.textContent = 'Copied';
  } catch {
    label.textContent = 'Select it by hand: this browser keeps the clipboard closed';
  }
  setTimeout(() => {
    label.textContent = 'Copy';
  }, 2000);
}
