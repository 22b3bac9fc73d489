import { ActionError } from './errors.js';
import { type Json, owns } from './json.js';

/** The largest value that one step may hand over, in UTF-16 units of its JSON text. */
export const MAX_PAYLOAD = 16 * 1024 * 1024;

/**
 * Copies what an action returned into plain JSON, with the rules of `JSON.stringify`; undefined becomes null.
 * Also returns about the length of the text, for those who weigh what they keep.
 * @throws ActionError `OUTPUT_NOT_JSON` for cycles, bigints and the like, `PAYLOAD_LIMIT` above {@link MAX_PAYLOAD}.
 */
export function toJson(value: unknown): Weighed {
  return copied(value) ?? rewritten(value);
}

/** In UTF-16 units of JSON, of what is plain data. */
export function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}

/** As {@link toJson}, of what nobody will change: where it is plain JSON already it is given as it is, not copied. */
export function asJson(value: unknown): Json {
  return (weighed(value, false) ?? toJson(value)).json;
}

export interface Weighed {
  readonly json: Json;
  /** In UTF-16 units of JSON, about. */
  readonly size: number;
}

/** Undefined where the value is not plain data, or will not be read. */
function copied(value: unknown): Weighed | undefined {
  try {
    return weighed(value, true);
  } catch {
    return undefined;
  }
}

/** Undefined where the value is not plain data, or is large. */
function weighed(value: unknown, copies: boolean): Weighed | undefined {
  const meter = { size: 0, copies };
  const json = plain(value, meter, 0);
  return json === undefined || meter.size > MAX_PLAIN_SIZE ? undefined : { json, size: meter.size };
}

function rewritten(value: unknown): Weighed {
  let text: string | undefined;
  let least = 0;
  try {
    // Before it is written: a few large values that stand in many places would take all memory.
    least = leastSize(value, 0, 0);
    if (least <= MAX_PAYLOAD) text = JSON.stringify(value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ActionError(`The result cannot be written as JSON: ${why}`, {
      code: 'OUTPUT_NOT_JSON',
      retryable: false,
      cause,
    });
  }
  if (least > MAX_PAYLOAD) throw tooLarge(`more than ${MAX_PAYLOAD}`);
  if (text === undefined) return { json: null, size: 4 };
  if (text.length > MAX_PAYLOAD) throw tooLarge(text.length);
  const json: Json = JSON.parse(text);
  return { json, size: text.length };
}

function tooLarge(length: number | string): ActionError {
  return new ActionError(`The result is ${length} characters of JSON; at most ${MAX_PAYLOAD} are kept`, {
    code: 'PAYLOAD_LIMIT',
    retryable: false,
  });
}

/** Deeper than this, a value is left to `JSON.stringify`, which knows a cycle when it meets one. */
const MAX_COUNTED_DEPTH = 1000;

/** The length that its JSON has at least, or one over the limit. What has rules of its own counts for next to nothing. */
function leastSize(value: unknown, before: number, depth: number): number {
  if (typeof value === 'string') return before + value.length;
  let size = before + 1;
  if (typeof value !== 'object' || value === null || 'toJSON' in value || depth > MAX_COUNTED_DEPTH) return size;
  const names = Array.isArray(value) ? undefined : Object.keys(value);
  const members: readonly unknown[] = names === undefined ? Object(value) : Object.values(value);
  for (let index = 0; index < members.length && size <= MAX_PAYLOAD; index++) {
    const member = members[index];
    if (member === undefined || typeof member === 'function') continue;
    size = leastSize(member, size + (names?.[index]?.length ?? 0), depth + 1);
  }
  return size;
}

const MAX_PLAIN_DEPTH = 100;
/** One UTF-16 unit takes at most six characters of JSON, as in `\u0000`: below this, no text is over the limit. */
const MAX_PLAIN_SIZE = MAX_PAYLOAD / 6;
const USUAL_NUMBER = 4;

interface Meter {
  size: number;
  /** Whether lists and records are copied; else they are given as they are, if a copy would be equal throughout. */
  readonly copies: boolean;
}

/**
 * Plain data as `JSON.stringify` and `JSON.parse` would give it back, at a fraction of their cost. Undefined for whatever
 * has rules of its own (a `toJSON`, a class, a bigint, a cycle, a member left out), and for what is large: that is left to
 * them.
 */
function plain(value: unknown, meter: Meter, depth: number): Json | undefined {
  // Not a switch, for which V8 would make the name of the type each time.
  if (typeof value === 'string') {
    meter.size += value.length + 2;
    return value;
  }
  meter.size += USUAL_NUMBER;
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || depth > MAX_PLAIN_DEPTH || meter.size > MAX_PLAIN_SIZE) return undefined;
  return Array.isArray(value) ? plainList(value, meter, depth + 1) : plainRecord(value, meter, depth + 1);
}

function plainList(given: Json[], meter: Meter, depth: number): Json | undefined {
  if (Object.getPrototypeOf(given) !== Array.prototype || 'toJSON' in given) return undefined;
  const list = meter.copies ? given.slice() : given;
  for (let index = 0; index < list.length; index++) {
    const member = list[index];
    const made = plain(member, meter, depth);
    if (made === undefined) return undefined;
    if (Object.is(made, member)) continue;
    if (!meter.copies) return undefined;
    list[index] = made;
  }
  return list;
}

function plainRecord(given: object, meter: Meter, depth: number): Json | undefined {
  const prototype: unknown = Object.getPrototypeOf(given);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in given) return undefined;
  const record: Record<string, Json> = meter.copies ? { ...given } : Object(given);
  // Not by a list of the keys, which would be made for each record.
  for (const key in record) {
    if (!owns(record, key)) continue;
    const member = record[key];
    const made = plain(member, meter, depth);
    if (made === undefined) return undefined;
    meter.size += key.length;
    if (Object.is(made, member)) continue;
    if (!meter.copies) return undefined;
    record[key] = made;
  }
  return record;
}
