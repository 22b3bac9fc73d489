import { append, owns, setOwn } from '../expression/values.js';
import { isList, isJsonObject as isObject, type Json, type JsonObject } from '../json.js';
import { child } from './issues.js';

/** No definition nests deeper: everything after this check may recurse. */
export const MAX_DEPTH = 128;
/** No definition has more values: a document that names one object many times cannot swell without bound. */
const MAX_VALUES = 2_000_000;

export { isList, isObject };

/** Why a value is not taken. */
export class NotJson extends Error {
  readonly code: 'NOT_JSON' | 'NESTING_LIMIT' | 'SIZE_LIMIT' | 'FORBIDDEN_NAME';
  readonly pointer: string;
  constructor(code: NotJson['code'], pointer: string, message: string) {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}

/** What every object has; more is what a page has put there. */
const INHERITED: ReadonlySet<string> = new Set([
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
]);

/** A plain object: the shape of instances of a class is forgotten with the last of them, and compiled code with it. */
interface Copying {
  count: number;
  /** Objects without a prototype are slower to make and to read: only where they are needed. */
  readonly bare: boolean;
  /** The way to the value at hand; what is deeper is left over. */
  readonly keys: (string | number)[];
}

/**
 * A frozen deep copy of a value that must be JSON, so that what was checked cannot change afterwards. Its objects have no
 * prototype where a page has put names on the one that all objects have: a field that is absent is then absent.
 * @returns NotJson where it is not JSON, nests deeper than {@link MAX_DEPTH}, names a property `__proto__`, or throws when read
 */
export function copyJson(value: unknown): Json | NotJson {
  const bare = Object.getOwnPropertyNames(Object.prototype).some((name) => !INHERITED.has(name));
  try {
    return copyValue(value, 0, { count: 0, bare, keys: [] });
  } catch (error) {
    return error instanceof NotJson ? error : new NotJson('NOT_JSON', '', 'This cannot be read.');
  }
}

function copyValue(value: unknown, depth: number, copying: Copying): Json {
  copying.count += 1;
  if (copying.count > MAX_VALUES) {
    refuse('SIZE_LIMIT', `There are more than ${MAX_VALUES} values in this.`, depth, copying);
  }
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : refuse('NOT_JSON', `${value} is no JSON number.`, depth, copying);
  }
  if (typeof value !== 'object') return refuse('NOT_JSON', `A ${typeof value} is not JSON.`, depth, copying);
  if (depth >= MAX_DEPTH) refuse('NESTING_LIMIT', `This nests deeper than ${MAX_DEPTH} levels.`, depth, copying);
  return Array.isArray(value) ? copyList(value, depth, copying) : copyObject(value, depth, copying);
}

function copyList(value: readonly unknown[], depth: number, copying: Copying): Json {
  const copy: Json[] = [];
  for (let index = 0; index < value.length; index++) {
    copying.keys[depth] = index;
    append(copy, copyValue(value[index], depth + 1, copying));
  }
  return Object.freeze(copy);
}

function copyObject(value: object, depth: number, copying: Copying): Json {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has another Object.prototype, whose own prototype is null as well.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    refuse('NOT_JSON', 'An object of a class is not JSON.', depth, copying);
  }
  const copy: Record<string, Json> = copying.bare ? Object.create(null) : {};
  const given: Readonly<Record<string, unknown>> = Object(value);
  for (const key in given) {
    if (!owns(given, key)) continue;
    const entry = given[key];
    if (entry === undefined) continue;
    copying.keys[depth] = key;
    if (key === '__proto__') refuse('FORBIDDEN_NAME', '`__proto__` cannot be a name.', depth + 1, copying);
    setOwn(copy, key, copyValue(entry, depth + 1, copying));
  }
  return Object.freeze(copy);
}

function refuse(code: NotJson['code'], message: string, depth: number, { keys }: Copying): never {
  throw new NotJson(code, keys.slice(0, depth).reduce<string>(child, ''), message);
}

/** An object with no members yet that inherits no more than another does, which came of {@link copyJson}. */
export function emptyLike(other: object): Record<string, Json> {
  return Object.getPrototypeOf(other) === null ? Object.create(null) : {};
}

/** The same members in an object that may be changed, and that inherits no more. */
export function draftOf(source: JsonObject): Record<string, Json> {
  return Object.getPrototypeOf(source) === null ? Object.assign(emptyLike(source), source) : { ...source };
}

/** The object with a member set: itself where it has that already, else a copy, unless it is a draft still. */
export function withMember(object: JsonObject, key: string, value: Json): JsonObject {
  if (object[key] === value) return object;
  const draft: Record<string, Json> = Object.isFrozen(object) ? draftOf(object) : object;
  draft[key] = value;
  return draft;
}

/** As {@link withMember}, of a member that is to be absent. */
export function withoutMember(object: JsonObject, key: string): JsonObject {
  if (!owns(object, key)) return object;
  const draft: Record<string, Json> = Object.isFrozen(object) ? draftOf(object) : object;
  delete draft[key];
  return draft;
}

/** Takes from what is made of a definition, and from the entries of its lists, what they would inherit; as {@link emptyLike}. */
export function shieldLike<T extends object>(made: T, other: object): T {
  if (Object.getPrototypeOf(other) !== null) return made;
  for (const member of Object.values(made)) {
    for (const entry of Array.isArray(member) ? member : []) {
      if (isObject(entry) && Object.getPrototypeOf(entry) === Object.prototype) Object.setPrototypeOf(entry, null);
    }
  }
  return Object.setPrototypeOf(made, null);
}

/** Freezes a value and all in it. What is frozen already is taken to be frozen throughout, as copies are. */
export function freeze<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

/** The own member: nothing is inherited, so `constructor` is absent unless somebody put it there. */
export function own(object: JsonObject, key: string): Json | undefined {
  return owns(object, key) ? object[key] : undefined;
}
