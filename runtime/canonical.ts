import { isList, type Json, type JsonObject } from './json.js';

/** A list or an object that is being written. */
interface Open {
  readonly value: JsonObject | readonly Json[];
  /** Sorted; null for a list. */
  readonly keys: readonly string[] | null;
  readonly length: number;
  next: number;
  /** Whether something stands in it already, and the next needs a comma. */
  begun: boolean;
}

/**
 * The one text of a JSON value: keys sorted by UTF-16 code units, no white space, numbers and strings as JSON.stringify
 * writes them (so that -0 is 0). Equal values give equal text on every host. Walks with a stack of its own: depth is
 * bounded by memory, not by the host's call stack. Properties that are undefined are left out.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  // The same few keys come again and again; each is quoted once.
  const quoted = new Map<string, string>();
  const stack: Open[] = [];
  let top: Open | undefined = open(value);
  let text = top.keys === null ? '[' : '{';
  while (top !== undefined) {
    const { keys } = top;
    const at: number = top.next;
    if (at === top.length) {
      text += keys === null ? ']' : '}';
      top = stack.pop();
      continue;
    }
    top.next = at + 1;
    const child = entryAt(top, at);
    if (child === undefined) continue;
    if (top.begun) text += ',';
    top.begun = true;
    if (keys !== null) text += quotedKey(keys[at] ?? '', quoted);
    if (child === null || typeof child !== 'object') {
      text += JSON.stringify(child);
    } else {
      stack.push(top);
      top = open(child);
      text += top.keys === null ? '[' : '{';
    }
  }
  return text;
}

function open(value: JsonObject | readonly Json[]): Open {
  if (isList(value)) return { value, keys: null, length: value.length, next: 0, begun: false };
  const keys = sortedKeys(value);
  return { value, keys, length: keys.length, next: 0, begun: false };
}

/**
 * The names of an object by UTF-16 code units. By insertion while there are few, as there mostly are: that is several times
 * faster than calling the host's sort.
 */
export function sortedKeys(value: JsonObject): readonly string[] {
  const keys = Object.keys(value);
  if (keys.length > 16) return keys.sort();
  for (let end = 1; end < keys.length; end++) {
    const key = keys[end] ?? '';
    let at = end;
    for (; at > 0 && (keys[at - 1] ?? '') > key; at--) keys[at] = keys[at - 1] ?? '';
    keys[at] = key;
  }
  return keys;
}

function entryAt({ value, keys }: Open, at: number): Json | undefined {
  return isList(value) ? (value[at] ?? null) : value[keys?.[at] ?? ''];
}

function quotedKey(key: string, quoted: Map<string, string>): string {
  const known = quoted.get(key);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(key)}:`;
  quoted.set(key, text);
  return text;
}
