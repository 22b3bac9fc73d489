import { ActionError } from '../../errors.js';
import type { ActionContext, FetchResponse } from '../../ports.js';

/** Bytes of a response that are read at most, where the host says nothing else. */
export const MAX_RESPONSE = 4 * 1024 * 1024;

/**
 * The text of a response, read piece by piece, so that one without end is given up.
 * @throws ActionError `RESPONSE_LIMIT`
 */
export async function readText(response: FetchResponse, limit: number, context: ActionContext): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (value === undefined) continue;
    length += value.length;
    if (length > limit || context.signal.aborted) {
      await reader.cancel();
      throw new ActionError(`The response is larger than the ${limit} bytes that are read`, {
        code: 'RESPONSE_LIMIT',
        retryable: false,
      });
    }
    pieces.push(value);
  }
  return new TextDecoder().decode(joined(pieces, length));
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
