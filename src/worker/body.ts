import { childPointer, type JsonObject } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import { type ParsedDocument, parseDocument } from '../../runtime/tooling.js';
import { HttpProblem, invalidRequest, locatedIssue } from './problem.js';

export const DEFAULT_BODY_BYTES = 4 * 1024 * 1024;

/** Deeper than any real document, and shallow enough for every recursive reader behind. */
const MAX_DEPTH = 200;

/**
 * Bytes beyond the limit that are read and thrown away before the answer. A client that is answered while it still sends
 * may see a broken connection in place of the answer, and a proxy between may take that for a fault of this server.
 */
const MAX_DRAINED = 32 * 1024 * 1024;

/**
 * Reads a body as text, and keeps no more of it than the limit.
 * @throws HttpProblem 413, 415, or 400 for what is not UTF-8
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  return readLimited(request, maxBytes, checkMediaType);
}

/** The same whatever the media type, but for what `check` refuses of a body that is not empty. */
export async function readLimited(
  request: Request,
  maxBytes: number,
  check: (request: Request) => void = () => undefined,
): Promise<string> {
  const declared = Number(request.headers.get('content-length') ?? '0');
  if (declared > maxBytes + MAX_DRAINED) throw tooLarge(maxBytes);
  let chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size <= maxBytes) chunks.push(chunk);
    else if (size <= maxBytes + MAX_DRAINED) chunks = [];
    else throw tooLarge(maxBytes);
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  if (size > 0) check(request);
  return decode(chunks, size);
}

/**
 * Reads a body as JSON; undefined where there is none.
 * @throws HttpProblem as {@link readText} does, and 400 `MALFORMED_JSON` saying where
 */
export async function readJson(request: Request, maxBytes: number): Promise<Json | undefined> {
  const text = await readText(request, maxBytes);
  return text.trim() === '' ? undefined : parseJson(text);
}

/** A body that is an object or absent, with no fields but `fields`. @throws HttpProblem 400 otherwise */
export async function readObject(request: Request, maxBytes: number, fields: readonly string[]): Promise<JsonObject> {
  const read = await readJson(request, maxBytes);
  const body = read === undefined ? {} : read;
  if (!isObject(body)) throw invalidRequest('', `The body must be a JSON object, not ${kindOf(body)}.`);
  for (const name of Object.keys(body)) {
    if (!fields.includes(name)) {
      throw invalidRequest(childPointer('', name), `There is no field "${name}" here.`, `Known: ${fields.join(', ')}.`);
    }
  }
  return body;
}

/** Text at a field of a body. @throws HttpProblem 400 for any other type, and for text that is too long */
export function optionalText(body: JsonObject, name: string, maxLength = 1000): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string')
    throw invalidRequest(childPointer('', name), `"${name}" must be text, not ${kindOf(value)}.`);
  if (value.length === 0 || value.length > maxLength) {
    throw invalidRequest(childPointer('', name), `"${name}" must have 1 to ${maxLength} characters.`);
  }
  return value;
}

/** A whole number in a query. @throws HttpProblem 400 otherwise */
export function wholeNumber(
  text: string | undefined,
  name: string,
  range: { min: number; max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw invalidRequest(`/${name}`, `"${name}" must be a whole number from ${range.min} to ${range.max}.`);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws HttpProblem 400 saying where it is not JSON, or that it nests too deep */
export function parseJson(text: string): Json {
  return readParsed(text).document;
}

/** The same with the places in the text. */
export function readParsed(text: string): Extract<ParsedDocument, { ok: true }> {
  checkDepth(text);
  const parsed = parseDocument(text);
  if (parsed.ok) return parsed;
  const [issue] = parsed.issues;
  throw new HttpProblem(400, 'MALFORMED_JSON', issue.message, { issues: [locatedIssue(issue)] });
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(413, 'PAYLOAD_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`);
}

function checkMediaType(request: Request): void {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'))) return;
  throw new HttpProblem(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    `Send the body as application/json${type ? `, not ${type}` : ''}.`,
    { headers: { accept: 'application/json' } },
  );
}

function decode(chunks: readonly Uint8Array[], size: number): string {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(whole);
  } catch (error) {
    const problem = new HttpProblem(400, 'MALFORMED_JSON', 'The body is not UTF-8 text.');
    problem.cause = error;
    throw problem;
  }
}

/** Counts brackets outside strings; what is not JSON is found by the parser after it. */
function checkDepth(text: string): void {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (inText) {
      if (unit === 0x5c) index += 1;
      else if (unit === 0x22) inText = false;
    } else if (unit === 0x22) inText = true;
    else if (unit === 0x5b || unit === 0x7b) depth += 1;
    else if (unit === 0x5d || unit === 0x7d) depth -= 1;
    if (depth > MAX_DEPTH) throw invalidRequest('', `The body is nested deeper than ${MAX_DEPTH} levels.`);
  }
}
