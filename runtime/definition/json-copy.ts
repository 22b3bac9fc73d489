import { append, setOwn } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { child } from './issues.js';

/** No definition nests deeper: everything after this check may recurse. */
export const MAX_DEPTH = 128;
/** No definition has more values: a document that names one object many times cannot swell without bound. */
const MAX_VALUES = 2_000_000;

export class NotJson extends Error {
  readonly code: 'NOT_JSON' | 'NESTING_LIMIT' | 'SIZE_LIMIT' | 'FORBIDDEN_NAME';
  readonly pointer: string;
  constructor(code: NotJson['code'], pointer: string, message: string) {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}

/**
 * A frozen deep copy of a value that must be JSON, so that what was checked cannot change afterwards.
 * @throws NotJson where it is not JSON, nests deeper than {@link MAX_DEPTH}, or names a property `__proto__`
 */
export function copyJson(value: unknown): Json {
  return new Copy().copy(value, 0);
}

class Copy {
  #count = 0;
  readonly #keys: (string | number)[] = [];

  copy(value: unknown, depth: number): Json {
    this.#count += 1;
    if (this.#count > MAX_VALUES) this.#refuse('SIZE_LIMIT', `There are more than ${MAX_VALUES} values in this.`);
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number') {
      return Number.isFinite(value) ? value : this.#refuse('NOT_JSON', `${value} is no JSON number.`);
    }
    if (typeof value !== 'object') return this.#refuse('NOT_JSON', `A ${typeof value} is not JSON.`);
    if (depth >= MAX_DEPTH) this.#refuse('NESTING_LIMIT', `This nests deeper than ${MAX_DEPTH} levels.`);
    return Array.isArray(value) ? this.#list(value, depth) : this.#object(value, depth);
  }

  #list(value: readonly unknown[], depth: number): Json {
    const copy: Json[] = [];
    for (let index = 0; index < value.length; index++) {
      this.#keys.push(index);
      append(copy, this.copy(value[index], depth + 1));
      this.#keys.pop();
    }
    return Object.freeze(copy);
  }

  #object(value: object, depth: number): Json {
    const prototype: unknown = Object.getPrototypeOf(value);
    // An object of another realm has another Object.prototype, whose own prototype is null as well.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      this.#refuse('NOT_JSON', 'An object of a class is not JSON.');
    }
    const copy: Record<string, Json> = {};
    const given: Readonly<Record<string, unknown>> = Object(value);
    for (const key of Object.keys(given)) {
      const entry = given[key];
      if (entry === undefined) continue;
      this.#keys.push(key);
      if (key === '__proto__') this.#refuse('FORBIDDEN_NAME', '`__proto__` cannot be a name.');
      setOwn(copy, key, this.copy(entry, depth + 1));
      this.#keys.pop();
    }
    return Object.freeze(copy);
  }

  #refuse(code: NotJson['code'], message: string): never {
    throw new NotJson(
      code,
      this.#keys.reduce<string>((path, key) => child(path, key), ''),
      message,
    );
  }
}

/** Freezes a value and all in it. What is frozen already is taken to be frozen throughout, as copies are. */
export function freeze<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (isList(value)) for (const entry of value) freeze(entry);
  else if (isObject(value)) for (const key of Object.keys(value)) freeze(value[key] ?? null);
  return Object.freeze(value);
}

/** The own member: nothing is inherited, so `constructor` is absent unless somebody put it there. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}
