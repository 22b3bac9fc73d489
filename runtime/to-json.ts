import { ActionError } from './errors.js';
import type { Json } from './json.js';

/** The largest value that one step may hand over, in UTF-16 units of its JSON text. */
export const MAX_PAYLOAD = 16 * 1024 * 1024;

/**
 * Copies what an action returned into plain JSON, with the rules of `JSON.stringify`; undefined becomes null.
 * Also returns the length of the text, for those who weigh what they keep.
 * @throws ActionError `OUTPUT_NOT_JSON` for cycles, bigints and the like, `PAYLOAD_LIMIT` above {@link MAX_PAYLOAD}.
 */
export function toJson(value: unknown): { readonly json: Json; readonly size: number } {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ActionError(`The result cannot be written as JSON: ${why}`, {
      code: 'OUTPUT_NOT_JSON',
      retryable: false,
      cause,
    });
  }
  if (text === undefined) return { json: null, size: 4 };
  if (text.length > MAX_PAYLOAD) {
    throw new ActionError(`The result is ${text.length} characters of JSON; at most ${MAX_PAYLOAD} are kept`, {
      code: 'PAYLOAD_LIMIT',
      retryable: false,
    });
  }
  const json: Json = JSON.parse(text);
  return { json, size: text.length };
}
