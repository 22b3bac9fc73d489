import type { Json, JsonObject } from './json.js';

interface Frame {
  readonly value: JsonObject | readonly Json[];
  /** Sorted; null for a list. */
  readonly keys: readonly string[] | null;
  readonly length: number;
  next: number;
}

/**
 * The one text of a JSON value: keys sorted by UTF-16 code units, no white space, numbers and strings as JSON.stringify
 * writes them (so that -0 is 0). Equal values give equal text on every host. Walks with a stack of its own: depth is
 * bounded by memory, not by the host's call stack. Properties that are undefined are left out.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return scalar(value);
  const first = open(value);
  const stack: Frame[] = [first];
  let text = first.keys === null ? '[' : '{';
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    if (frame.next === frame.length) {
      text += frame.keys === null ? ']' : '}';
      stack.pop();
      continue;
    }
    const [prefix, child] = step(frame);
    text += prefix;
    if (child === null || typeof child !== 'object') {
      text += scalar(child);
    } else {
      const inner = open(child);
      text += inner.keys === null ? '[' : '{';
      stack.push(inner);
    }
  }
  return text;
}

function scalar(value: null | boolean | number | string): string {
  return JSON.stringify(value);
}

function isList(value: JsonObject | readonly Json[]): value is readonly Json[] {
  return Array.isArray(value);
}

function open(value: JsonObject | readonly Json[]): Frame {
  if (isList(value)) return { value, keys: null, length: value.length, next: 0 };
  let keys = Object.keys(value);
  if (keys.some((key) => value[key] === undefined)) keys = keys.filter((key) => value[key] !== undefined);
  keys.sort();
  return { value, keys, length: keys.length, next: 0 };
}

/** The text before the next child, and that child. */
function step(frame: Frame): [string, Json] {
  const at = frame.next;
  frame.next = at + 1;
  const comma = at === 0 ? '' : ',';
  if (isList(frame.value)) return [comma, frame.value[at] ?? null];
  const key = frame.keys?.[at] ?? '';
  return [`${comma}${JSON.stringify(key)}:`, frame.value[key] ?? null];
}
