import { ActionError } from '../../errors.js';
import type { Json } from '../../json.js';

/** What is sent, and the headers that say what it is. */
export interface Body {
  readonly text: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws ActionError `BODY_INVALID` where a form is asked for of what is no object */
export function bodyOf(value: Json | undefined, type: Json | undefined): Body {
  if (value === undefined || value === null) return { text: undefined, headers: {} };
  const kind = type ?? (typeof value === 'string' ? 'text' : 'json');
  if (kind === 'form') return { text: formOf(value), headers: typed('application/x-www-form-urlencoded') };
  if (kind === 'json') return { text: JSON.stringify(value), headers: typed('application/json') };
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { text, headers: typed('text/plain;charset=UTF-8') };
}

const typed = (type: string) => ({ 'content-type': type });

function formOf(value: Json): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ActionError('A form is made from an object', { code: 'BODY_INVALID', retryable: false, field: 'body' });
  }
  const form = new URLSearchParams();
  for (const [name, entry] of Object.entries(value)) {
    for (const one of Array.isArray(entry) ? entry : [entry]) {
      if (one !== null) form.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
    }
  }
  return form.toString();
}
