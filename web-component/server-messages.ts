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
  try {
    for (;;) {
      const { done, value } = await withinTime(reader.read(), silence);
      if (done) return;
      text += value;
      // A lone CR may be the first half of a line's end.
      const complete = text.endsWith('\r') ? text.length - 1 : text.length;
      const blocks = text.slice(0, complete).split(/\r\n\r\n|\n\n|\r\r/);
      const rest = blocks.pop() ?? '';
      text = rest + text.slice(complete);
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
  for (const line of block.split(/\r\n|\n|\r/)) {
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
