import { sortedKeys } from '../canonical.js';
import { newHash } from '../digest.js';
import { hexOf } from '../hex.js';
import type { Json } from '../json.js';
import { isList } from './json-copy.js';

/** Bytes gathered before they are hashed: a multiple of the block of SHA-256, so that it need not put any aside. */
const BUFFER_SIZE = 16_384;

const code = { quote: 34, comma: 44, colon: 58, open: 91, backslash: 92, close: 93, begin: 123, end: 125, delete: 127 };

/**
 * SHA-256, in hex, of the UTF-8 bytes of `canonicalJson(value)`. The text itself is never made: to join it and encode it
 * takes as long as to hash it. Recurses, so the value must not nest deeper than documents may.
 */
export function contentHash(value: Json): string {
  const writer: Writer = { hash: newHash(), bytes: new Uint8Array(BUFFER_SIZE), length: 0 };
  write(writer, value);
  flush(writer);
  return hexOf(writer.hash.digest());
}

interface Writer {
  readonly hash: ReturnType<typeof newHash>;
  readonly bytes: Uint8Array;
  /** How many of the bytes are waiting. */
  length: number;
}

function write(writer: Writer, value: Json): void {
  if (typeof value === 'string') writeText(writer, value);
  else if (typeof value !== 'object' || value === null) writeJson(writer, JSON.stringify(value));
  else if (isList(value)) writeList(writer, value);
  else writeObject(writer, value);
}

function writeList(writer: Writer, list: readonly Json[]): void {
  writeByte(writer, code.open);
  for (let index = 0; index < list.length; index++) {
    if (index > 0) writeByte(writer, code.comma);
    write(writer, list[index] ?? null);
  }
  writeByte(writer, code.close);
}

function writeObject(writer: Writer, object: Readonly<Record<string, Json>>): void {
  let before = code.begin;
  for (const key of sortedKeys(object)) {
    const member = object[key];
    if (member === undefined) continue;
    writeByte(writer, before);
    writeText(writer, key);
    writeByte(writer, code.colon);
    write(writer, member);
    before = code.comma;
  }
  if (before === code.begin) writeByte(writer, before);
  writeByte(writer, code.end);
}

/** Mostly each character of a text is one byte and means itself. */
function writeText(writer: Writer, text: string): void {
  if (!makeRoom(writer, text.length + 2)) return writeJson(writer, JSON.stringify(text));
  const { bytes } = writer;
  let at = writer.length;
  bytes[at++] = code.quote;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character < 32 || character >= code.delete || character === code.quote || character === code.backslash) {
      return writeJson(writer, JSON.stringify(text));
    }
    bytes[at++] = character;
  }
  bytes[at++] = code.quote;
  writer.length = at;
}

function writeJson(writer: Writer, json: string): void {
  if (!makeRoom(writer, json.length)) return writeEncoded(writer, json);
  const { bytes } = writer;
  let at = writer.length;
  for (let index = 0; index < json.length; index++) {
    const character = json.charCodeAt(index);
    if (character > code.delete) return writeEncoded(writer, json);
    bytes[at++] = character;
  }
  writer.length = at;
}

function writeEncoded(writer: Writer, json: string): void {
  flush(writer);
  writer.hash.update(new TextEncoder().encode(json));
}

function writeByte(writer: Writer, byte: number): void {
  makeRoom(writer, 1);
  writer.bytes[writer.length++] = byte;
}

/** Whether there is room for so many bytes, when those that wait are hashed if need be. */
function makeRoom(writer: Writer, size: number): boolean {
  if (size > BUFFER_SIZE - writer.length) flush(writer);
  return size <= BUFFER_SIZE;
}

function flush(writer: Writer): void {
  writer.hash.update(writer.bytes.subarray(0, writer.length));
  writer.length = 0;
}
