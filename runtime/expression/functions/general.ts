import { hexOf } from '../../hex.js';
import { charactersPerUnit, type Meter } from '../limits.js';
import { boundedJson, boundedText, toNumber } from '../operators.js';
import type { Call, Functions } from '../registry.js';
import { isObject, LazyRecord, ownKeys, readOwn } from '../values.js';
import { wholeArgument } from './support.js';

const lengthOf: Call = (value, _args, _environment, meter) => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (!isObject(value)) return 0;
  const { length } = ownKeys(value);
  meter.spend(length);
  return length;
};

/** How many characters more the JSON of plain data takes where it is indented, each member on a line of its own. */
function indentation(value: unknown, indent: number, depth = 1): number {
  if (!isObject(value)) return 0;
  const line = 1 + indent * depth;
  return ownKeys(value).reduce((sum, key) => sum + line + indentation(readOwn(value, key), indent, depth + 1), 0);
}

function jsonOf(value: unknown, indent: number, meter: Meter): string {
  const line = boundedJson(value, meter);
  if (indent === 0) return line;
  // Deep down, few values make many lines of spaces: they are counted, and not made to be counted.
  meter.checkString(line.length + indentation(JSON.parse(line), indent));
  return boundedJson(value, meter, indent);
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

/** A version 4 UUID (RFC 9562) of the environment's random numbers. */
function uuid(random: () => number): string {
  const bytes = Array.from({ length: 16 }, () => Math.floor(random() * 256) % 256);
  bytes[6] = ((bytes[6] ?? 0) % 16) + 0x40;
  bytes[8] = ((bytes[8] ?? 0) % 64) + 0x80;
  const text = hexOf(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

export const generalFunctions: Functions = {
  default: (value, [otherwise]) => value ?? otherwise,
  length: lengthOf,
  string: (value, _args, _environment, meter) => boundedText(value, meter),
  number: (value) => toNumber(value),
  boolean: (value) => Boolean(value),
  type: typeOf,
  json: (value, [indent], _environment, meter) =>
    jsonOf(value, Math.min(10, Math.max(0, wholeArgument(indent, 0))), meter),
  parseJSON: (value, _args, _environment, meter) => parseJson(value, meter),
  uuid: (_value, _args, environment) => uuid(() => environment.random()),
  random: (_value, _args, environment) => environment.random(),
};
