import { ExpressionError } from '../errors.js';
import { owns } from '../json.js';

export { owns };

/**
 * The only thing other than plain objects and arrays that an expression may walk: a host-side view whose members are
 * made when they are read (engine scopes: `steps`, the scope itself). What `get` gives is data or another view.
 */
export abstract class LazyRecord {
  /** The member, or undefined. Only asked for keys that {@link has} owns. */
  abstract get(key: string): unknown;
  abstract has(key: string): boolean;
  abstract keys(): string[];

  /** How expressions read a member. A view whose `get` gives undefined for all that is not its own may use it alone. */
  read(key: string): unknown {
    return this.has(key) ? this.get(key) : undefined;
  }

  /** A plain copy, views within it included. */
  toJSON(): unknown {
    return settle(this, () => undefined);
  }
}

/** Where the names of an expression are looked up, own members only. */
export type Scope = LazyRecord | Readonly<Record<string, unknown>>;

/** Deepest value that is written, compared or copied; a cycle is found by reaching it. */
export const maxValueDepth = 1000;

/** Functions, symbols and big integers are not data: an expression sees nothing in their place. */
export function asData(value: unknown): unknown {
  return typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint' ? undefined : value;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An object that is no array: a plain record or a view. */
export function isRecord(value: unknown): value is object {
  return isObject(value) && !Array.isArray(value);
}

/**
 * The own data member, or undefined: nothing is inherited, whatever a page has put on `Object.prototype`. An accessor
 * that a host has defined on the very object is run; JSON holds none, and no expression can make one. To ask first and
 * read then takes 15 ns, to read through a property's descriptor 24: it is what most of an expression's time goes into.
 */
export function readOwn(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object') return typeof value === 'string' ? readText(value, key) : undefined;
  if (value === null) return undefined;
  if (value instanceof LazyRecord) return asData(value.read(typeof key === 'string' ? key : String(key)));
  return owns(value, key) ? asData(value[key]) : undefined;
}

/** An empty list owns no element: what it has at an index all the same, a page has put on a prototype. */
const noElements: readonly unknown[] = [];

/** The own element at an index within the list. Asking what all lists have there takes a tenth of asking this one. */
export function readElement(list: readonly unknown[], index: number): unknown {
  return index in noElements ? readOwn(list, index) : asData(list[index]);
}

/** A text owns its length and its characters. */
function readText(text: string, key: string | number): unknown {
  return key === 'length' ? text.length : dataOf(Object.getOwnPropertyDescriptor(text, key));
}

/**
 * `value.key`. As in JEXL, a name asked of an array that the array does not own is asked of its first element;
 * `length` is always the array's.
 */
export function readMember(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || value instanceof LazyRecord) return readOwn(value, key);
  if (owns(value, key)) {
    const found = value[key];
    if (typeof found === 'object' || typeof found === 'string') return found;
    const data = asData(found);
    if (data !== undefined) return data;
  }
  return Array.isArray(value) && value.length > 0 ? readOwn(readElement(value, 0), key) : undefined;
}

/** The own data member of what is no view, read so that no accessor runs: for what leaves, and what is written as text. */
function readPlain(value: object, key: string | number): unknown {
  return value instanceof LazyRecord
    ? asData(value.read(String(key)))
    : dataOf(Object.getOwnPropertyDescriptor(value, key));
}

const basePrototype = Object.prototype;

/** What a data property holds; undefined for an accessor, whose descriptor must not inherit a `value` either. */
function dataOf(property: PropertyDescriptor | undefined): unknown {
  if (property === undefined) return undefined;
  if ('value' in basePrototype && !owns(property, 'value')) return undefined;
  return asData(property.value);
}

/** Own keys that hold data, in insertion order. */
export function ownKeys(value: object): string[] {
  return value instanceof LazyRecord ? value.keys() : Object.keys(value);
}

/** Defines `key` as own data, also where the key is `__proto__` or a page has put a setter of that name in the way. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key in target) {
    Object.defineProperty(target, key, ownDescriptor(value));
    return;
  }
  target[key] = value;
}

/** Appends as own data, also where a page has put an index on `Array.prototype`. */
export function append(list: unknown[], value: unknown): void {
  const index = list.length;
  if (index in list) {
    Object.defineProperty(list, index, ownDescriptor(value));
    return;
  }
  list[index] = value;
}

/** Without a prototype: an inherited `get` would make it a contradiction. */
function ownDescriptor(value: unknown): PropertyDescriptor {
  const descriptor: PropertyDescriptor = Object.create(null);
  descriptor.value = value;
  descriptor.writable = true;
  descriptor.enumerable = true;
  descriptor.configurable = true;
  return descriptor;
}

/** How a value shows in text: nothing for undefined and null, JSON for objects and arrays. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return isObject(value) ? toJsonText(value) : '';
}

export interface JsonTextOptions {
  /** Longest text, in UTF-16 units. `tooLong` is called, and must throw, when it is passed. */
  readonly maxLength?: number;
  readonly tooLong?: () => never;
  /** Spaces by which a level is indented; absent or 0 writes one line. */
  readonly indent?: number;
}

/** `JSON.stringify` for data and views: own data only, and never a `toJSON` that data or a page's prototypes carry. */
export function toJsonText(value: unknown, options: JsonTextOptions = {}): string {
  const { maxLength = Number.POSITIVE_INFINITY, tooLong = tooDeep, indent = 0 } = options;
  let least = 0;
  const data = settle(value, (part) => {
    least += typeof part === 'string' ? part.length + 2 : 1;
    if (least > maxLength) tooLong();
  });
  const text = JSON.stringify(inheritsToJson() ? withoutPrototypes(data) : data, null, indent) ?? 'null';
  if (text.length > maxLength) tooLong();
  return text;
}

/** Whether a page has given objects or lists a `toJSON`, which `JSON.stringify` would call. */
function inheritsToJson(): boolean {
  return 'toJSON' in Object.prototype || 'toJSON' in Array.prototype;
}

/** A copy of what {@link settle} gives, which inherits nothing that `JSON.stringify` could call. */
function withoutPrototypes(data: unknown): unknown {
  if (!isObject(data)) return data;
  const copy = Array.isArray(data)
    ? data.map((element) => withoutPrototypes(element))
    : Object.fromEntries(Object.entries(data).map(([key, member]) => [key, withoutPrototypes(member)]));
  return Object.setPrototypeOf(copy, null);
}

export function tooDeep(): never {
  throw new ExpressionError(
    `A value is nested more than ${maxValueDepth} levels deep, or contains itself`,
    { source: '' },
    { code: 'EXPRESSION_LIMIT' },
  );
}

/**
 * The value as JSON, or undefined: views become plain copies, what is no data disappears, a number that JSON cannot
 * carry is null. Data that is JSON already is given back as it is, not copied. `visit` is called with each value, before
 * what it holds, and with the name of each member where that is long: shorter ones are little beside their values.
 */
export function settle(value: unknown, visit: (value: unknown) => void, depth = 0): unknown {
  visit(value);
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object') return undefined;
  if (depth >= maxValueDepth) tooDeep();
  return Array.isArray(value) ? settleArray(value, visit, depth) : settleRecord(value, visit, depth);
}

function settleArray(list: readonly unknown[], visit: (value: unknown) => void, depth: number): unknown {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const value = readPlain(list, index);
    const settled = settle(value, visit, depth + 1) ?? null;
    if (copy === undefined && !Object.is(settled, value)) copy = list.slice(0, index);
    if (copy !== undefined) append(copy, settled);
  }
  return copy ?? list;
}

/** What makes a name a long one, in UTF-16 units. */
const LONG_NAME = 15;

function settleRecord(record: object, visit: (value: unknown) => void, depth: number): unknown {
  const keys = ownKeys(record);
  let copy: Record<string, unknown> | undefined = record instanceof LazyRecord ? {} : undefined;
  for (const key of keys) {
    const value = readPlain(record, key);
    if (key.length > LONG_NAME) visit(key);
    const settled = settle(value, visit, depth + 1);
    if (copy === undefined && (settled === undefined || !Object.is(settled, value))) {
      copy = {};
      for (const earlier of keys.slice(0, keys.indexOf(key))) setOwn(copy, earlier, readPlain(record, earlier));
    }
    if (copy !== undefined && settled !== undefined) setOwn(copy, key, settled);
  }
  return copy ?? record;
}
