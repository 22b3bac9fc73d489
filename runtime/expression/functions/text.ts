import type { Meter } from '../limits.js';
import { boundedText, chargeSearch, endsWith, includes, startsWith } from '../operators.js';
import type { Call, Functions } from '../registry.js';
import { append, readElement } from '../values.js';
import { joinBounded, textArgument, wholeArgument } from './support.js';

/** A function of the value's text. */
function ofText(map: (text: string) => string): Call {
  return (value, _args, _environment, meter) => {
    const text = boundedText(value, meter);
    meter.spendText(text.length);
    const made = map(text);
    // In capitals, some letters are three.
    meter.checkString(made.length);
    return made;
  };
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

export const textFunctions: Functions = {
  upper: ofText((text) => text.toUpperCase()),
  lower: ofText((text) => text.toLowerCase()),
  trim: ofText((text) => text.trim()),
  capitalize: ofText((text) => text.slice(0, 1).toUpperCase() + text.slice(1)),
  contains: (value, [sought], _environment, meter) => includes(value, sought, meter),
  includes: (value, [sought], _environment, meter) => includes(value, sought, meter),
  startsWith: (value, [part], _environment, meter) => startsWith(value, part, meter),
  endsWith: (value, [part], _environment, meter) => endsWith(value, part, meter),
  replace: (value, [sought, replacement], _environment, meter) =>
    replaceAll(boundedText(value, meter), textArgument(sought, '', meter), textArgument(replacement, '', meter), meter),
  split: (value, [separator], _environment, meter) =>
    value === undefined || value === null
      ? []
      : split(boundedText(value, meter), textArgument(separator, ',', meter), meter),
  join: (value, [separator], _environment, meter) => {
    const pieces = texts(value, meter);
    return joinBounded(pieces, textArgument(separator, ',', meter), meter);
  },
  padStart: (value, [length, filler], _environment, meter) => {
    const text = boundedText(value, meter);
    return pad(text, wholeArgument(length, 0), textArgument(filler, ' ', meter), meter) + text;
  },
  padEnd: (value, [length, filler], _environment, meter) => {
    const text = boundedText(value, meter);
    return text + pad(text, wholeArgument(length, 0), textArgument(filler, ' ', meter), meter);
  },
  repeat: (value, [times], _environment, meter) => repeat(boundedText(value, meter), wholeArgument(times, 0), meter),
  truncate: (value, [length, ending], _environment, meter) =>
    truncate(boundedText(value, meter), wholeArgument(length, 0), textArgument(ending, '…', meter)),
  urlEncode: (value, _args, _environment, meter) => urlEncode(boundedText(value, meter), meter),
};
