import { ActionError } from './errors.js';
import type { Json } from './json.js';

/** The largest value that one step may hand over, in UTF-16 units of its JSON text. */
export const MAX_PAYLOAD = 16 * 1024 * 1024;

/**
 * Copies what an action returned into plain JSON, with the rules of `JSON.stringify`; undefined becomes null.
 * Also returns about the length of the text, for those who weigh what they keep.
 * @throws ActionError `OUTPUT_NOT_JSON` for cycles, bigints and the like, `PAYLOAD_LIMIT` above {@link MAX_PAYLOAD}.
 */
export function toJson(value: unknown): { readonly json: Json; readonly size: number } {
  return copied(value) ?? rewritten(value);
}

/** Undefined where the value is not plain data, or will not be read. */
function copied(value: unknown): { readonly json: Json; readonly size: number } | undefined {
  const copier = new Copier();
  try {
    const json = copier.copy(value, 0);
    return copier.plain && json !== undefined ? { json, size: copier.size } : undefined;
  } catch {
    return undefined;
  }
}

function rewritten(value: unknown): { readonly json: Json; readonly size: number } {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ActionError(`The result cannot be written as JSON: ${why}`, {
      code: 'OUTPUT_NOT_JSON',
      retryable: false,
      cause,
    });
  }
  if (text === undefined) return { json: null, size: 4 };
  if (text.length > MAX_PAYLOAD) {
    throw new ActionError(`The result is ${text.length} characters of JSON; at most ${MAX_PAYLOAD} are kept`, {
      code: 'PAYLOAD_LIMIT',
      retryable: false,
    });
  }
  const json: Json = JSON.parse(text);
  return { json, size: text.length };
}

const MAX_PLAIN_DEPTH = 100;
/** One UTF-16 unit takes at most six characters of JSON, as in `\u0000`: below this, no text is over the limit. */
const MAX_PLAIN_SIZE = MAX_PAYLOAD / 6;
const USUAL_NUMBER = 4;

/**
 * Copies plain data as `JSON.stringify` and `JSON.parse` would, at a fraction of their cost. Whatever has rules of its
 * own (a `toJSON`, a class, a bigint, a cycle, a member left out) is left to them: `plain` is false then.
 */
class Copier {
  plain = true;
  size = 0;

  /** Undefined for what JSON leaves out. */
  copy(value: unknown, depth: number): Json | undefined {
    switch (typeof value) {
      case 'string':
        this.#weigh(value.length + 2);
        return value;
      case 'number':
        this.#weigh(USUAL_NUMBER);
        return Number.isFinite(value) ? value + 0 : null;
      case 'boolean':
        this.#weigh(USUAL_NUMBER);
        return value;
      case 'bigint':
        return this.#giveUp();
      case 'object':
        if (value === null) {
          this.#weigh(USUAL_NUMBER);
          return null;
        }
        if (depth > MAX_PLAIN_DEPTH || 'toJSON' in value) return this.#giveUp();
        return Array.isArray(value) ? this.#list(value, depth) : this.#record(value, depth);
      default:
        return undefined;
    }
  }

  #list(list: readonly Json[], depth: number): Json | undefined {
    if (Object.getPrototypeOf(list) !== Array.prototype) return this.#giveUp();
    const copy = list.slice();
    this.#weigh(copy.length + 2);
    for (let index = 0; index < copy.length; index++) {
      const member = copy[index];
      const copied = this.copy(member, depth + 1) ?? null;
      if (!this.plain) return undefined;
      if (!Object.is(copied, member)) copy[index] = copied;
    }
    return copy;
  }

  #record(record: object, depth: number): Json | undefined {
    const prototype: unknown = Object.getPrototypeOf(record);
    if (prototype !== Object.prototype && prototype !== null) return this.#giveUp();
    const copy: Record<string, Json> = { ...record };
    for (const key of Object.keys(copy)) {
      const member = copy[key];
      const copied = this.copy(member, depth + 1);
      if (copied === undefined) return this.#giveUp();
      this.#weigh(key.length + 4);
      if (!Object.is(copied, member)) copy[key] = copied;
    }
    return copy;
  }

  #weigh(size: number): void {
    this.size += size;
    if (this.size > MAX_PLAIN_SIZE) this.#giveUp();
  }

  #giveUp(): undefined {
    this.plain = false;
    return undefined;
  }
}
