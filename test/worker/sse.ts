import { expect } from 'vitest';
import type { Json } from '../../runtime/ports.js';
import { send } from './client.js';

export interface Message {
  readonly id?: string;
  readonly event: string;
  readonly data: Json;
}

/** Reads an event stream message by message. Comments are counted, not returned. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #buffer = '';
  comments = 0;

  private constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async open(key: string, path: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const response = await send('GET', path, { key, headers: { accept: 'text/event-stream', ...headers } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    if (!response.body) throw new Error('There is no stream.');
    return new EventReader(response.body);
  }

  /** The next message; undefined at the end of the stream. */
  async next(): Promise<Message | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) return undefined;
        this.#buffer += value;
        continue;
      }
      const message = parse(this.#buffer.slice(0, end));
      this.#buffer = this.#buffer.slice(end + 2);
      if (message) return message;
      this.comments += 1;
    }
  }

  /** Reads on until a message satisfies `enough`, or the end; returns all that came. */
  async until(enough: (message: Message) => boolean): Promise<Message[]> {
    const seen: Message[] = [];
    for (let message = await this.next(); message; message = await this.next()) {
      seen.push(message);
      if (enough(message)) break;
    }
    return seen;
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}

/** The numbers of the journal's events among the messages. */
export function numbersIn(messages: readonly Message[]): number[] {
  return messages.filter((message) => message.id !== undefined).map((message) => Number(message.id));
}

function parse(block: string): Message | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
  }
  const data = fields.get('data');
  if (data === undefined) return undefined;
  const id = fields.get('id');
  return { event: fields.get('event') ?? 'message', data: JSON.parse(data), ...(id === undefined ? {} : { id }) };
}
