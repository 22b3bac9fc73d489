import { ActionError, CancelledError } from '../../errors.js';
import type { CancellationSignal, FetchResponse } from '../../ports.js';

/** Bytes of a response that are read at most, where the host says nothing else. */
export const MAX_RESPONSE = 4 * 1024 * 1024;
/** UTF-16 units of a response that an error quotes. */
const QUOTED = 1000;

/**
 * The text of a response, read piece by piece, so that one without end is given up.
 * @throws ActionError `RESPONSE_LIMIT`, or `NETWORK_ERROR` where it breaks off
 */
export async function readText(response: FetchResponse, limit: number, signal: CancellationSignal): Promise<string> {
  const { bytes, whole } = await read(response, limit, signal);
  if (whole) return new TextDecoder().decode(bytes);
  throw new ActionError(`The response is larger than the ${limit} bytes that are read`, {
    code: 'RESPONSE_LIMIT',
    retryable: false,
  });
}

/** How the text of a failed response begins. However long it is, and if it breaks off: its status counts for more. */
export async function readExcerpt(response: FetchResponse, signal: CancellationSignal): Promise<string> {
  try {
    // A unit of UTF-16 takes three bytes of UTF-8 at most.
    const { bytes } = await read(response, QUOTED * 3, signal);
    const text = new TextDecoder().decode(bytes).slice(0, QUOTED);
    // Half a character is no text.
    return text.replace(/[\uD800-\uDBFF]$/, '');
  } catch {
    return '';
  }
}

/** Lets go of a response that nobody reads, so that its connection is free again. */
export function discard(response: FetchResponse): void {
  if (response.body !== null) cancel(response.body.getReader());
}

type Reader = ReturnType<NonNullable<FetchResponse['body']>['getReader']>;

/** A body that cannot be cancelled has ended or is broken: either way there is nothing to wait for. */
function cancel(reader: Reader): void {
  reader.cancel().catch(() => undefined);
}

/** The first `limit` bytes, and whether that is all of them. */
async function read(
  response: FetchResponse,
  limit: number,
  signal: CancellationSignal,
): Promise<{ readonly bytes: Uint8Array; readonly whole: boolean }> {
  if (response.body === null) return { bytes: new Uint8Array(), whole: true };
  const reader = response.body.getReader();
  const pieces: Uint8Array[] = [];
  let left = limit;
  for (;;) {
    const { done, value } = await next(reader, signal);
    if (done) return { bytes: joined(pieces), whole: true };
    if (value === undefined) continue;
    pieces.push(value.subarray(0, left));
    if (value.length > left) {
      cancel(reader);
      return { bytes: joined(pieces), whole: false };
    }
    left -= value.length;
  }
}

async function next(reader: Reader, signal: CancellationSignal): ReturnType<Reader['read']> {
  if (signal.aborted) {
    cancel(reader);
    throw new CancelledError('The request was given up while its response was read');
  }
  try {
    return await reader.read();
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ActionError('The response broke off', { code: 'NETWORK_ERROR', retryable: true, cause });
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
