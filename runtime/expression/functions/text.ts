import type { Meter } from '../limits.js';
import { boundedText, chargeSearch, endsWith, includes, startsWith } from '../operators.js';
import { defineFunction } from '../registry.js';
import { append, readElement } from '../values.js';
import { joinBounded, textArgument, wholeArgument } from './support.js';

/** A function of the value's text. */
function ofText(name: string, description: string, map: (text: string) => string) {
  return defineFunction({
    name,
    description,
    signature: `string|${name}: string`,
    call(value, _args, _environment, meter) {
      const text = boundedText(value, meter);
      meter.spendText(text.length);
      return map(text);
    },
  });
}

function occurrences(text: string, sought: string, meter: Meter): number {
  chargeSearch(text, sought, meter);
  let count = 0;
  for (let at = text.indexOf(sought); at !== -1; at = text.indexOf(sought, at + sought.length)) count++;
  return count;
}

function replaceAll(text: string, sought: string, replacement: string, meter: Meter): string {
  if (sought === '') return text;
  const count = occurrences(text, sought, meter);
  const length = text.length + count * (replacement.length - sought.length);
  meter.checkString(length);
  meter.spendText(text.length + length);
  return text.replaceAll(sought, () => replacement);
}

function split(text: string, separator: string, meter: Meter): string[] {
  const parts = separator === '' ? text.length : occurrences(text, separator, meter) + 1;
  meter.checkArray(parts);
  meter.spend(parts);
  return separator === '' ? [...text] : text.split(separator);
}

function pad(text: string, length: number, filler: string, meter: Meter): string {
  if (filler === '' || length <= text.length) return '';
  meter.checkString(length);
  meter.spendText(length);
  const missing = length - text.length;
  return filler.repeat(Math.ceil(missing / filler.length)).slice(0, missing);
}

function repeat(text: string, count: number, meter: Meter): string {
  if (count <= 0 || text === '') return '';
  meter.checkString(text.length * count);
  meter.spendText(text.length * count);
  return text.repeat(count);
}

function texts(value: unknown, meter: Meter): string[] {
  const pieces: string[] = [];
  if (!Array.isArray(value)) return pieces;
  meter.spend(value.length);
  for (let index = 0; index < value.length; index++) append(pieces, boundedText(readElement(value, index), meter));
  return pieces;
}

function truncate(text: string, length: number, ending: string): string {
  if (text.length <= length) return text;
  return text.slice(0, Math.max(0, length - ending.length)) + ending.slice(0, Math.max(0, length));
}

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

function urlEncode(text: string, meter: Meter): string {
  meter.spendText(text.length * 3);
  const encoded = encodeURIComponent(text.replaceAll(loneSurrogate, '\uFFFD'));
  meter.checkString(encoded.length);
  return encoded;
}

export const textFunctions = [
  ofText('upper', 'The text in capitals.', (text) => text.toUpperCase()),
  ofText('lower', 'The text in small letters.', (text) => text.toLowerCase()),
  ofText('trim', 'The text without the space around it.', (text) => text.trim()),
  ofText(
    'capitalize',
    'The text with its first letter in capitals.',
    (text) => text.slice(0, 1).toUpperCase() + text.slice(1),
  ),
  defineFunction({
    name: 'contains',
    description: 'Whether a text contains another, a list holds a value, or an object has a key.',
    signature: 'string|list|object|contains(value: any): boolean',
    call: (value, [sought], _environment, meter) => includes(value, sought, meter),
  }),
  defineFunction({
    name: 'includes',
    description: 'Whether a list holds a value, a text contains another, or an object has a key.',
    signature: 'list|string|object|includes(value: any): boolean',
    call: (value, [sought], _environment, meter) => includes(value, sought, meter),
  }),
  defineFunction({
    name: 'startsWith',
    description: 'Whether a text begins with another.',
    signature: 'string|startsWith(start: string): boolean',
    call: (value, [part], _environment, meter) => startsWith(value, part, meter),
  }),
  defineFunction({
    name: 'endsWith',
    description: 'Whether a text ends with another.',
    signature: 'string|endsWith(end: string): boolean',
    call: (value, [part], _environment, meter) => endsWith(value, part, meter),
  }),
  defineFunction({
    name: 'replace',
    description: 'The text with every occurrence of one text replaced by another, both taken literally.',
    signature: 'string|replace(text: string, replacement?: string): string',
    call: (value, [sought, replacement], _environment, meter) =>
      replaceAll(
        boundedText(value, meter),
        textArgument(sought, '', meter),
        textArgument(replacement, '', meter),
        meter,
      ),
  }),
  defineFunction({
    name: 'split',
    description: 'The parts of a text between separators.',
    signature: 'string|split(separator?: string): string[]',
    call: (value, [separator], _environment, meter) =>
      value === undefined || value === null
        ? []
        : split(boundedText(value, meter), textArgument(separator, ',', meter), meter),
  }),
  defineFunction({
    name: 'join',
    description: 'The elements of a list as one text, a separator between them.',
    signature: 'list|join(separator?: string): string',
    call: (value, [separator], _environment, meter) => {
      const pieces = texts(value, meter);
      return joinBounded(pieces, textArgument(separator, ',', meter), meter);
    },
  }),
  defineFunction({
    name: 'padStart',
    description: 'The text made as long as asked by a filler before it.',
    signature: 'string|padStart(length: number, filler?: string): string',
    call: (value, [length, filler], _environment, meter) => {
      const text = boundedText(value, meter);
      return pad(text, wholeArgument(length, 0), textArgument(filler, ' ', meter), meter) + text;
    },
  }),
  defineFunction({
    name: 'padEnd',
    description: 'The text made as long as asked by a filler after it.',
    signature: 'string|padEnd(length: number, filler?: string): string',
    call: (value, [length, filler], _environment, meter) => {
      const text = boundedText(value, meter);
      return text + pad(text, wholeArgument(length, 0), textArgument(filler, ' ', meter), meter);
    },
  }),
  defineFunction({
    name: 'repeat',
    description: 'The text as many times as asked.',
    signature: 'string|repeat(times: number): string',
    call: (value, [times], _environment, meter) => repeat(boundedText(value, meter), wholeArgument(times, 0), meter),
  }),
  defineFunction({
    name: 'truncate',
    description: 'The text cut to a length, an ending in place of what is cut.',
    signature: 'string|truncate(length: number, ending?: string): string',
    call: (value, [length, ending], _environment, meter) =>
      truncate(boundedText(value, meter), wholeArgument(length, 0), textArgument(ending, '…', meter)),
  }),
  defineFunction({
    name: 'urlEncode',
    description: 'The text as it may stand in a part of a URL.',
    signature: 'string|urlEncode: string',
    call: (value, _args, _environment, meter) => urlEncode(boundedText(value, meter), meter),
  }),
];
