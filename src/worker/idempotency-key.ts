import { invalidRequest } from './problem.js';

/** @throws HttpProblem 400 for a key of other than 1 to 255 visible ASCII characters */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw invalidRequest('/Idempotency-Key', 'An idempotency key is 1 to 255 visible ASCII characters.');
}
