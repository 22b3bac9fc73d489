import { ItemPath } from '../item-path.js';
import type { Meter } from '../limits.js';
import { boundedText, toNumber } from '../operators.js';
import { append, isObject, readElement } from '../values.js';

/** A copy of a list's elements, paid for; no elements of anything else. */
export function elements(value: unknown, meter: Meter): unknown[] {
  const copy: unknown[] = [];
  if (!Array.isArray(value)) return copy;
  meter.spend(value.length);
  for (let index = 0; index < value.length; index++) append(copy, readElement(value, index));
  return copy;
}

/** A text argument, or its default where it is left out. */
export function textArgument(value: unknown, fallback: string, meter: Meter): string {
  return value === undefined ? fallback : boundedText(value, meter);
}

/** A whole number argument, cut towards zero, or its default where it is left out or is no number. */
export function wholeArgument(value: unknown, fallback: number): number {
  const number = value === undefined || value === null ? Number.NaN : Math.trunc(toNumber(value));
  return Number.isNaN(number) ? fallback : number;
}

const itself = new ItemPath('');

/** The path that an argument says: compiled where the expression says it, made here where it is data or left out. */
export function itemPath(argument: unknown, meter: Meter): ItemPath {
  if (argument instanceof ItemPath) return argument;
  if (argument === undefined || argument === null) return itself;
  const path = boundedText(argument, meter);
  meter.spendText(path.length);
  return new ItemPath(path);
}

/** Joins pieces, refusing before a text too long is made. */
export function joinBounded(pieces: readonly string[], separator: string, meter: Meter): string {
  let length = separator.length * Math.max(0, pieces.length - 1);
  for (const piece of pieces) length += piece.length;
  meter.checkString(length);
  meter.spendText(length);
  return pieces.join(separator);
}

/** A key by which equal values meet: values that differ in type or in what they hold have different keys. */
export function identityKey(value: unknown, meter: Meter): string {
  const text = boundedText(value, meter);
  meter.spendText(text.length);
  return `${value === null ? 'null' : typeof value}:${isObject(value) || value !== null ? text : ''}`;
}
