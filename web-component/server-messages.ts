/** One message of an event stream. */
export interface ServerMessage {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Milliseconds without a byte after which a connection counts as dead; the Worker sends a comment every 15 seconds. */
const SILENCE = 45_000;

/**
 * Reads `text/event-stream` as the HTML standard says. `EventSource` cannot be used: it sends no Authorization header.
 * Ends when the stream does; throws when it breaks or falls silent.
 */
export async function* serverMessages(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  silence = SILENCE,
): AsyncGenerator<ServerMessage> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let endedInReturn = false;
  try {
    for (;;) {
      const { done, value } = await withinTime(reader.read(), silence);
      if (done) return;
      // CR, LF and CRLF each end a line; a CRLF may be cut in two.
      const fresh = endedInReturn && value.startsWith('\n') ? value.slice(1) : value;
      endedInReturn = value.endsWith('\r');
      const blocks = (text + fresh.replace(/\r\n?/g, '\n')).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const message = parseBlock(block);
        if (message !== undefined) yield message;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parseBlock(block: string): ServerMessage | undefined {
  let event = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n'), id };
}

async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing was heard for ${ms} milliseconds`)), ms);
  });
  try {
    return await Promise.race([work, silent]);
  } finally {
    clearTimeout(timer);
  }
}
