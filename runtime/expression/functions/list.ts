import { charactersPerUnit, type Meter } from '../limits.js';
import { boundedText, strictEqual } from '../operators.js';
import { type Call, type Functions, isItemProgram, ofItems } from '../registry.js';
import { append, isObject, isRecord, LazyRecord, owns, readElement, readOwn, setOwn } from '../values.js';
import { elements, identityKey, itemPath, joinBounded, textArgument, wholeArgument } from './support.js';

/** The first or last element, or character. */
function edge(value: unknown, last: boolean): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) return undefined;
  return readOwn(value, String(last ? value.length - 1 : 0));
}

/** Whether an element's member at a path is the value, or holds at all where no value is given. */
function matcher(args: readonly unknown[], meter: Meter): (element: unknown) => boolean {
  const [path, sought] = args;
  const at = itemPath(path, meter);
  if (args.length < 2) return (element) => Boolean(at.read(element, meter));
  return (element) => isObject(element) && strictEqual(at.read(element, meter), sought, meter);
}

const find: Call = (value, args, _environment, meter) => {
  if (!Array.isArray(value)) return undefined;
  meter.spend(value.length);
  const [path, sought] = args;
  const [key, further] = itemPath(path, meter).keys;
  if (key !== undefined && further === undefined && sought !== undefined && !isObject(sought)) {
    return findByKey(value, key, sought, meter);
  }
  const matches = matcher(args, meter);
  for (let index = 0; index < value.length; index++) {
    const element = readElement(value, index);
    if (matches(element)) return element;
  }
  return undefined;
};

/**
 * Most searches are for a text or a number in one member. Here the member is read in place and not by `readOwn`: V8
 * learns the key and the shapes at this place alone, and an element takes 14 ns instead of 24.
 */
function findByKey(list: readonly unknown[], key: string, sought: unknown, meter: Meter): unknown {
  let index = 0;
  let found: unknown;
  for (; index < list.length && found === undefined; index++) {
    const element = readElement(list, index);
    if (!isObject(element)) continue;
    const member =
      element instanceof LazyRecord ? readOwn(element, key) : owns(element, key) ? element[key] : undefined;
    if (member === sought) found = element;
  }
  // What was looked at is paid for as a whole; there are no more than the elements paid for before.
  meter.spend(index);
  return found;
}

const map: Call = (value, [path], _environment, meter) => {
  const members: unknown[] = [];
  if (!Array.isArray(value)) return members;
  const at = itemPath(path, meter);
  meter.spend(value.length);
  for (let index = 0; index < value.length; index++) {
    const member = at.read(readElement(value, index), meter);
    if (member !== undefined) append(members, member);
  }
  return members;
};

const filter: Call = (value, [condition], _environment, meter) => {
  if (condition === undefined) return elements(value, meter).filter(Boolean);
  if (!isItemProgram(condition)) return meter.fail('The condition of filter must be a text written in the expression');
  return elements(value, meter).filter((element) => condition(element));
};

const flatten: Call = (value, _args, _environment, meter) => {
  const flat: unknown[] = [];
  for (const element of elements(value, meter)) {
    if (Array.isArray(element)) for (const inner of elements(element, meter)) append(flat, inner);
    else append(flat, element);
    meter.checkArray(flat.length);
  }
  return flat;
};

const unique: Call = (value, [path], _environment, meter) => {
  const at = itemPath(path, meter);
  const seen = new Set<string>();
  return elements(value, meter).filter((element) => {
    const key = identityKey(at.read(element, meter), meter);
    return !seen.has(key) && seen.add(key);
  });
};

const concat: Call = (value, args, _environment, meter) => {
  if (typeof value === 'string') return joinBounded([value, ...args.map((arg) => boundedText(arg, meter))], '', meter);
  const list: unknown[] = [];
  for (const part of [value, ...args]) {
    if (Array.isArray(part)) for (const element of elements(part, meter)) append(list, element);
    else if (part !== undefined && part !== null) append(list, part);
    meter.checkArray(list.length);
  }
  return list;
};

/** Where values of each type stand in a sorted list; what is missing stands last. */
const ranks: readonly string[] = ['number', 'string', 'boolean', 'object', 'null', 'undefined'];
const MISSING = 4;
const rankOf = (value: unknown) => ranks.indexOf(value === null ? 'null' : typeof value);

/** What it may take to compare it once. */
const workOf = (key: unknown) => (typeof key === 'string' ? Math.ceil((key.length + 1) / charactersPerUnit) : 1);

function order(left: unknown, right: unknown): number {
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return Number(left === true) - Number(right === true);
}

const sort: Call = (value, [path, direction], _environment, meter) => {
  const at = itemPath(path, meter);
  const sign = direction === 'desc' ? -1 : 1;
  const rows = elements(value, meter).map((element) => ({ element, key: at.read(element, meter) }));
  const work = rows.reduce((sum, { key }) => sum + workOf(key), 0);
  meter.spend(work * Math.ceil(Math.log2(rows.length + 1)));
  rows.sort((a, b) => {
    const [first, second] = [rankOf(a.key), rankOf(b.key)];
    if (first !== second) return first >= MISSING || second >= MISSING ? first - second : sign * (first - second);
    return sign * order(a.key, b.key);
  });
  return rows.map((row) => row.element);
};

const reverse: Call = (value, _args, _environment, meter) => {
  if (typeof value !== 'string') return elements(value, meter).reverse();
  meter.spend(value.length);
  return [...value].reverse().join('');
};

const slice: Call = (value, [start, end], _environment, meter) => {
  const [from, to] = [wholeArgument(start, 0), wholeArgument(end, Number.POSITIVE_INFINITY)];
  return typeof value === 'string' ? value.slice(from, to) : elements(value, meter).slice(from, to);
};

const chunk: Call = (value, [length], _environment, meter) => {
  const size = wholeArgument(length, 0);
  if (size < 1) return meter.fail('The size of a chunk must be at least 1');
  const list = elements(value, meter);
  const chunks: unknown[][] = [];
  for (let start = 0; start < list.length; start += size) append(chunks, list.slice(start, start + size));
  return chunks;
};

const hasOverlap: Call = (value, [other], _environment, meter) => {
  const texts = new Set(elements(value, meter).map((element) => boundedText(element, meter)));
  return elements(other, meter).some((element) => texts.has(boundedText(element, meter)));
};

const groupBy: Call = (value, [path], _environment, meter) => {
  const at = itemPath(path, meter);
  const groups = new Map<string, unknown[]>();
  for (const element of elements(value, meter)) {
    const key = boundedText(at.read(element, meter), meter);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [element]);
    else append(group, element);
  }
  const object: Record<string, unknown> = {};
  for (const [key, group] of groups) setOwn(object, key, group);
  return object;
};

/** A format from the data may name members, nothing more: data is never evaluated. */
function fillPlain(format: string, element: unknown, meter: Meter): string {
  const pieces: string[] = [];
  let copied = 0;
  for (const match of format.matchAll(/(?<!\{)\{([\w$]+(?:\.[\w$]+)*)\}(?!\})/g)) {
    append(pieces, format.slice(copied, match.index));
    append(pieces, boundedText(itemPath(match[1], meter).read(element, meter), meter));
    copied = match.index + match[0].length;
  }
  append(pieces, format.slice(copied));
  return joinBounded(pieces, '', meter);
}

function formatElement(element: unknown, format: unknown, meter: Meter): string {
  if (!isRecord(element)) return boundedText(element, meter);
  if (isItemProgram(format)) return boundedText(format(element), meter);
  const text = boundedText(format, meter);
  meter.spendText(text.length);
  return fillPlain(text, element, meter);
}

export const listFunctions: Functions = {
  first: (value) => edge(value, false),
  last: (value) => edge(value, true),
  map: ofItems('keys', map),
  filter: ofItems('condition', filter),
  filterBy: ofItems('keys', (value, args, _environment, meter) => elements(value, meter).filter(matcher(args, meter))),
  find: ofItems('keys', find),
  flatten,
  unique: ofItems('keys', unique),
  concat,
  hasOverlap,
  sort: ofItems('keys', sort),
  reverse,
  slice,
  chunk,
  compact: (value, _args, _environment, meter) =>
    elements(value, meter).filter((element) => element !== undefined && element !== null),
  groupBy: ofItems('keys', groupBy),
  formatList: ofItems('format', (value, [format, separator], _environment, meter) => {
    const lines = elements(value, meter).map((element) => formatElement(element, format, meter));
    const kept = lines.filter((line) => line.trim() !== '');
    return joinBounded(kept, textArgument(separator, '\n', meter), meter);
  }),
};
