import type { ErrorRecord } from '../errors.js';
import type { Json } from '../json.js';
import { secretMask } from './scope.js';

/** Secrets shorter than this would blot out ordinary text, and protect nothing. */
const SHORTEST = 4;

/** Takes the values of secrets out of whatever an effect brings back. */
export class Scrubber {
  readonly #masks: readonly (readonly [value: string, mask: string])[];

  /** @param secrets values by name */
  constructor(secrets: ReadonlyMap<string, string> = new Map()) {
    this.#masks = [...secrets]
      .filter(([, value]) => value.length >= SHORTEST)
      // The longest first: of two where one begins with the other, nothing must be left over.
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([name, value]) => [value, secretMask(name)]);
  }

  text(text: string): string {
    return this.#masks.reduce((clean, [value, mask]) => clean.replaceAll(value, () => mask), text);
  }

  json(value: Json): Json {
    if (this.#masks.length === 0) return value;
    const clean: Json = JSON.parse(JSON.stringify(value), (_key, part: unknown) => this.#part(part));
    return clean;
  }

  error(record: ErrorRecord): ErrorRecord {
    const { code, message, details } = record;
    const clean = { ...record, code: this.text(code), message: this.text(message) };
    return details === undefined ? clean : { ...clean, details: this.json(details) };
  }

  /** Names of members give a secret away as well as values do, and so does a number that is one. */
  #part(part: unknown): unknown {
    if (typeof part === 'string') return this.text(part);
    if (typeof part === 'number') return this.#masks.find(([value]) => value === String(part))?.[1] ?? part;
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [this.text(key), value]));
  }
}
