import { charactersPerUnit, type Meter } from '../limits.js';
import { boundedText, toNumber } from '../operators.js';
import { defineFunction } from '../registry.js';
import { isObject, LazyRecord, ownKeys, toJsonText } from '../values.js';
import { wholeArgument } from './support.js';

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return isObject(value) ? ownKeys(value).length : 0;
}

function jsonOf(value: unknown, indent: number, meter: Meter): string {
  const maxLength = meter.limits.stringLength;
  const tooLong = (): never => {
    meter.checkString(maxLength + 1);
    return meter.fail('The text is too long');
  };
  const text = toJsonText(value, { maxLength, tooLong, indent });
  meter.spendText(text.length);
  return text;
}

/** JSON as data; null where the text is none. */
function parseJson(value: unknown, meter: Meter): unknown {
  if (isObject(value)) return value;
  const text = boundedText(value, meter);
  meter.spend(Math.ceil(text.length / (charactersPerUnit / 8)));
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return null;
  }
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  return value instanceof LazyRecord ? 'object' : typeof value;
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0');

/** A version 4 UUID (RFC 9562) of the environment's random numbers. */
function uuid(random: () => number): string {
  const bytes = Array.from({ length: 16 }, () => Math.floor(random() * 256) % 256);
  bytes[6] = ((bytes[6] ?? 0) % 16) + 0x40;
  bytes[8] = ((bytes[8] ?? 0) % 64) + 0x80;
  const text = bytes.map(hex).join('');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

export const generalFunctions = [
  defineFunction({
    name: 'default',
    description: 'The value, or another where it is missing or null.',
    signature: 'any|default(otherwise: any): any',
    call: (value, [otherwise]) => value ?? otherwise,
  }),
  defineFunction({
    name: 'length',
    description: 'How many characters, elements or members there are; 0 for anything else.',
    signature: 'string|list|object|length: number',
    call: lengthOf,
  }),
  defineFunction({
    name: 'string',
    description: 'The value as text; lists and objects as JSON, nothing for null.',
    signature: 'any|string: string',
    call: (value, _args, _environment, meter) => boundedText(value, meter),
  }),
  defineFunction({
    name: 'number',
    description: 'The value as a number; null where it is none.',
    signature: 'any|number: number | null',
    call: (value) => toNumber(value),
  }),
  defineFunction({
    name: 'boolean',
    description: 'False for a missing value, null, false, 0 and an empty text; true for anything else.',
    signature: 'any|boolean: boolean',
    call: (value) => Boolean(value),
  }),
  defineFunction({
    name: 'type',
    description: 'What kind of value it is: null, boolean, number, string, list or object.',
    signature: 'any|type: string',
    call: typeOf,
  }),
  defineFunction({
    name: 'json',
    description: 'The value as JSON, on one line or indented by some spaces.',
    signature: 'any|json(indent?: number): string',
    call: (value, [indent], _environment, meter) =>
      jsonOf(value, Math.min(10, Math.max(0, wholeArgument(indent, 0))), meter),
  }),
  defineFunction({
    name: 'parseJSON',
    description: 'What a JSON text says; null where it is no JSON.',
    signature: 'string|parseJSON: any',
    call: (value, _args, _environment, meter) => parseJson(value, meter),
  }),
  defineFunction({
    name: 'uuid',
    description: 'A new random UUID, recorded, so that a replay sees the same.',
    signature: 'uuid(): string',
    call: (_value, _args, environment) => uuid(() => environment.random()),
  }),
  defineFunction({
    name: 'random',
    description: 'A random number from 0 up to but not including 1, recorded, so that a replay sees the same.',
    signature: 'random(): number',
    call: (_value, _args, environment) => environment.random(),
  }),
];
