import { type Issue, ValidationError } from '../errors.js';
import { owns, setOwn } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { child, lastSegment } from '../pointer.js';
import { copyJson, isObject, NotJson } from './json-copy.js';

/** Makes of what a stored plan says what a plan holds. @throws ValidationError `PLAN_INVALID` where it cannot */
export type Read<T> = (value: unknown, reading: Reading) => T;

/** Reads what nobody is trusted to have made: whatever is not asked for by name is refused. */
export class Reading {
  /** The way to the value at hand. */
  readonly #keys: (string | number)[] = [];

  readonly #prototype: object | null = Object.getPrototypeOf(copyJson({}));

  /** An object that inherits no more than all objects should, whatever a page has put there. */
  empty(): Record<string, unknown> {
    return Object.create(this.#prototype);
  }

  /** Reads what stands at a key of the value at hand. */
  at<T>(key: string | number, value: unknown, read: Read<T>): T {
    this.#keys.push(key);
    const made = read(value, this);
    this.#keys.pop();
    return made;
  }

  /** Reads an own member: nothing is inherited. */
  field<T>(object: object, key: string, read: Read<T>): T {
    return this.at(key, owns(object, key) ? object[key] : undefined, read);
  }

  object(value: unknown): object {
    return isObject(value) ? value : this.fail('There must be an object here.');
  }

  list(value: unknown): readonly unknown[] {
    return Array.isArray(value) ? value : this.fail('There must be a list here.');
  }

  /** A frozen copy, no deeper than a definition may be. */
  json(value: unknown): Json {
    const copy = copyJson(value);
    if (!(copy instanceof NotJson)) return copy;
    throw this.#refused(copy.message, copy.pointer);
  }

  /** @throws ValidationError `PLAN_INVALID` */
  fail(message: string): never {
    throw this.#refused(message, '');
  }

  #refused(problem: string, below: string): ValidationError {
    const path = this.#keys.reduce<string>(child, '') + below;
    const issue: Issue = {
      code: 'PLAN_INVALID',
      severity: 'error',
      path,
      field: lastSegment(path),
      message: problem,
      hint: 'Store the plan again: `storePlan` of what `compile` makes of its definition.',
    };
    const where = path === '' ? '' : ` (${path})`;
    return new ValidationError(`This is no plan that can be run: ${problem}${where} ${issue.hint}`, [issue], {
      code: 'PLAN_INVALID',
      field: path,
    });
  }
}

export const text: Read<string> = (value, reading) =>
  typeof value === 'string' ? value : reading.fail('There must be a text here.');

/** A text that is part of another, of so many characters. */
export function upTo(length: number): Read<string> {
  return checked(text, (made) => (made.length > length ? 'This is longer than the text that it is of.' : undefined));
}

/** What may name a member of an object. */
export const key: Read<string> = (value, reading) =>
  typeof value === 'string' && value !== '' && value !== '__proto__'
    ? value
    : reading.fail('There must be a name here.');

export const flag: Read<boolean> = (value, reading) =>
  typeof value === 'boolean' ? value : reading.fail('There must be true or false here.');

export const json: Read<Json> = (value, reading) => reading.json(value);

export const jsonObject: Read<JsonObject> = (value, reading) => {
  const copy = reading.json(value);
  return isObject(copy) ? copy : reading.fail('There must be an object here.');
};

export function number(least: number, most = Number.MAX_VALUE): Read<number> {
  return (value, reading) =>
    typeof value === 'number' && value >= least && value <= most
      ? value
      : reading.fail(`There must be a number from ${least} to ${most} here.`);
}

export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Read<number> {
  const read = number(least, most);
  return (value, reading) => {
    const made = read(value, reading);
    return Number.isSafeInteger(made) ? made : reading.fail('There must be a whole number here.');
  };
}

export function oneOf<const T extends string>(...values: readonly T[]): Read<T> {
  return (value, reading) =>
    values.find((one) => one === value) ?? reading.fail(`There must be one of ${values.join(', ')} here.`);
}

export function maybe<T>(read: Read<T>): Read<T | undefined> {
  return (value, reading) => (value === undefined ? undefined : read(value, reading));
}

export function list<T>(read: Read<T>): Read<readonly T[]> {
  return (value, reading) => Array.from(reading.list(value), (entry, index) => reading.at(index, entry, read));
}

export function record<T>(read: Read<T>): Read<Readonly<Record<string, T>>> {
  return (value, reading) => {
    const made: Record<string, T> = {};
    const given = reading.object(value);
    for (const name of Object.keys(given)) {
      if (name === '__proto__') reading.fail('This cannot be a name.');
      setOwn(made, name, reading.field(given, name, read));
    }
    return Object.freeze(made);
  };
}

/** How each field of an object is read. */
export type Fields<T> = { readonly [K in keyof T]-?: Read<T[K]> };

/** An object of these fields and no others. */
export function object<T>(fields: Fields<T>): Read<T>;
export function object(fields: Readonly<Record<string, Read<unknown>>>): Read<unknown> {
  return (value, reading) => {
    const given = reading.object(value);
    for (const name of Object.keys(given)) {
      if (!owns(fields, name)) reading.at(name, value, () => reading.fail('Nothing of this name is known here.'));
    }
    const made = reading.empty();
    for (const [name, read] of Object.entries(fields)) {
      const member = reading.field(given, name, read);
      if (member !== undefined) setOwn(made, name, member);
    }
    return made;
  };
}

type Typed = { readonly type: string };
/** Each type of a union, with the fields that it has beside `type`. */
export type Variants<T extends Typed> = {
  readonly [K in T['type']]: Fields<Omit<Extract<T, { readonly type: K }>, 'type'>>;
};

/** An object of one of these types. */
export function variant<T extends Typed>(variants: Variants<T>): Read<T>;
export function variant(variants: Readonly<Record<string, Fields<object>>>): Read<unknown> {
  const reads = new Map(Object.entries(variants).map(([type, fields]) => [type, object({ ...fields, type: text })]));
  return (value, reading) => {
    const read = reads.get(reading.field(reading.object(value), 'type', text));
    return read === undefined ? reading.fail('There is nothing of this type.') : read(value, reading);
  };
}

/** What is read so, where nothing is wrong with it as a whole. */
export function checked<T>(read: Read<T>, fault: (made: T) => string | undefined): Read<T> {
  return (value, reading) => {
    const made = read(value, reading);
    const found = fault(made);
    return found === undefined ? made : reading.fail(found);
  };
}
