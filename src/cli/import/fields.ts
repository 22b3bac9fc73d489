import { childPointer } from '../../../runtime/index.js';
import type { Json, JsonObject } from '../../../runtime/ports.js';
import type { Notes } from './notes.js';

/** A mapping of the YAML that knows which of its members were read, so that none is left out in silence. */
export class Fields {
  readonly path: string;
  readonly #members: JsonObject;
  readonly #notes: Notes;
  readonly #read = new Set<string>();
  readonly #inner = new Map<string, Fields>();

  constructor(members: JsonObject, path: string, notes: Notes) {
    this.#members = members;
    this.path = path;
    this.#notes = notes;
  }

  at(key: string | number): string {
    return childPointer(this.path, key);
  }

  /** The first of the keys that is there, whatever its value; it counts as read. */
  take(...keys: string[]): Json | undefined {
    return this.#first(keys, (value) => value);
  }

  /** A number or a boolean is taken as its text. */
  text(...keys: string[]): string | undefined {
    return this.#first(keys, (value) => (typeof value === 'object' ? undefined : String(value)));
  }

  /** The text of a number is one too, as it is where the workflow comes from. */
  number(...keys: string[]): number | undefined {
    return this.#first(keys, (value) => {
      if (typeof value !== 'string') return typeof value === 'number' ? value : undefined;
      return /^-?\d+(?:\.\d+)?$/u.test(value.trim()) ? Number(value) : undefined;
    });
  }

  /** So is that of a boolean. */
  flag(...keys: string[]): boolean | undefined {
    return this.#first(keys, (value) => FLAGS.get(String(value).trim().toLowerCase()));
  }

  texts(...keys: string[]): readonly string[] | undefined {
    return this.#first(keys, (value) => {
      if (!isList(value)) return undefined;
      return value.every((one) => typeof one === 'string') ? value.map(String) : undefined;
    });
  }

  /** A mapping inside, whose members are watched like these. */
  fields(...keys: string[]): Fields | undefined {
    return this.#first(keys, (value, key) => (isObject(value) ? this.#watch(value, this.at(key)) : undefined));
  }

  /** The mappings of a list inside; undefined where it is no list of mappings. */
  list(key: string): readonly Fields[] | undefined {
    return this.#first([key], (value) => {
      if (!isList(value)) return undefined;
      const mappings = value.filter(isObject);
      if (mappings.length < value.length) return undefined;
      return mappings.map((one, index) => this.#watch(one, `${this.at(key)}/${index}`));
    });
  }

  /** Whether one of the keys is there. */
  has(...keys: string[]): boolean {
    return keys.some((key) => Object.hasOwn(this.#members, key));
  }

  /** All members as they are; they count as read. */
  takeAll(): JsonObject {
    for (const key of Object.keys(this.#members)) this.#read.add(key);
    return this.#members;
  }

  /** Notes every member that nobody read. */
  noteRest(): void {
    for (const key of Object.keys(this.#members)) {
      if (this.#read.has(key) || this.#members[key] === null) continue;
      this.#notes.note('NOT_CARRIED', this.at(key), `\`${key}\` has no counterpart here and is not carried over.`);
    }
    for (const fields of this.#inner.values()) fields.noteRest();
  }

  #first<T>(keys: readonly string[], read: (value: Json, key: string) => T | undefined): T | undefined {
    for (const key of keys) {
      const value = Object.hasOwn(this.#members, key) ? (this.#members[key] ?? null) : null;
      const found = value === null ? undefined : read(value, key);
      if (found === undefined) continue;
      this.#read.add(key);
      return found;
    }
    return undefined;
  }

  #watch(members: JsonObject, path: string): Fields {
    const known = this.#inner.get(path);
    if (known !== undefined) return known;
    const fields = new Fields(members, path, this.#notes);
    this.#inner.set(path, fields);
    return fields;
  }
}

/** What Python's YAML, and pydantic behind it, take for a boolean. */
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['no', false],
  ['off', false],
]);

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
