import { ActionError } from '../../errors.js';
import type { Json } from '../../json.js';
import type { FetchResponse } from '../../ports.js';

/** Headers by their names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** Set by the network; a definition that sets them means to confuse somebody. */
const FORBIDDEN: readonly string[] = ['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade'];
/** RFC 9110, 5.6.2, in lower case. */
const NAME = /^[!#$%&'*+\-.^_`|~\da-z]+$/;
/** A line of its own, or a character that no header can carry. */
const NO_VALUE = /[\0\r\n]|[^\0-\xff]/;

export function lowercase(headers: Json | undefined): Headers {
  const entries = Object.entries(Object(headers ?? {})).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return Object.fromEntries(entries);
}

/** @throws ActionError `HTTP_HEADER_REFUSED`; says the name alone, as the value may be a secret */
export function refuseBadHeaders(headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) {
    if (FORBIDDEN.includes(name) || !NAME.test(name)) throw refusedHeader(`Header '${name}' cannot be set`);
    if (NO_VALUE.test(value))
      throw refusedHeader(`The value of header '${name}' has characters that no header can carry`);
  }
}

function refusedHeader(message: string): ActionError {
  return new ActionError(message, { code: 'HTTP_HEADER_REFUSED', retryable: false, field: 'headers' });
}

export function headersOf(response: FetchResponse): Headers {
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    // A cookie of the other side is a secret of this host's.
    if (name.toLowerCase() !== 'set-cookie') headers[name.toLowerCase()] = value;
  });
  return headers;
}

/**
 * `Retry-After` (RFC 9110, 10.2.3): seconds, or a date; in milliseconds. A date is reckoned from that of the response, so
 * that the clocks of both sides need not agree, and from `now` where it has none.
 */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const until = dateOf(text);
  return until === undefined ? undefined : Math.max(0, until - (dateOf(headers.date ?? '') ?? now));
}

/** One of the three forms of a date of HTTP, all of them in GMT: anything else would be read in the machine's time zone. */
function dateOf(text: string): number | undefined {
  const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/.test(text);
  if (!asctime && !/^[A-Z][a-z]+, .* GMT$/.test(text)) return undefined;
  const date = Date.parse(asctime ? `${text} GMT` : text);
  return Number.isNaN(date) ? undefined : date;
}
