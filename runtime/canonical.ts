import type { Json, JsonObject } from './json.js';

/** A list or an object that is being written. */
interface Open {
  readonly values: readonly Json[];
  /** As written, commas and colons included; null for a list. */
  readonly prefixes: readonly string[] | null;
  next: number;
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
  const stack: Open[] = [open(value, quoted)];
  let text = isList(value) ? '[' : '{';
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const at = top.next;
    if (at === top.values.length) {
      text += top.prefixes === null ? ']' : '}';
      stack.pop();
      continue;
    }
    top.next = at + 1;
    if (top.prefixes !== null) text += top.prefixes[at];
    else if (at > 0) text += ',';
    const child = top.values[at] ?? null;
    if (child === null || typeof child !== 'object') {
      text += JSON.stringify(child);
    } else {
      stack.push(open(child, quoted));
      text += isList(child) ? '[' : '{';
    }
  }
  return text;
}

function isList(value: JsonObject | readonly Json[]): value is readonly Json[] {
  return Array.isArray(value);
}

function open(value: JsonObject | readonly Json[], quoted: Map<string, string>): Open {
  if (isList(value)) return { values: value, prefixes: null, next: 0 };
  const values: Json[] = [];
  const prefixes: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const entry = value[key];
    if (entry === undefined) continue;
    const prefix = quoted.get(key) ?? quote(key, quoted);
    prefixes.push(values.length === 0 ? prefix.slice(1) : prefix);
    values.push(entry);
  }
  return { values, prefixes, next: 0 };
}

function quote(key: string, quoted: Map<string, string>): string {
  const prefix = `,${JSON.stringify(key)}:`;
  quoted.set(key, prefix);
  return prefix;
}
