import type { BinaryOperator } from './ast.js';
import { deepEqual, identical } from './equality.js';
import type { Meter } from './limits.js';
import type { Run } from './run.js';
import { isObject, isRecord, LazyRecord, ownKeys, readOwn, toJsonText, toText } from './values.js';

export type Step = (run: Run) => unknown;

/** Text of more characters than this is paid for when it is compared. */
const freeLength = 1024;

/** Text of more characters than this is no number: to read it would take long, and is not paid for. */
const longestNumber = 1024;

/** A number as JavaScript would make it of a primitive; objects are asked nothing and are not numbers. */
export function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return value.length > longestNumber ? Number.NaN : Number(value);
  if (typeof value === 'boolean' || value === null) return Number(value);
  return Number.NaN;
}

/** As `==` in JavaScript on primitives; objects are equal when they hold the same. */
export function looseEqual(left: unknown, right: unknown, run: Meter): boolean {
  if (typeof left === 'string' && typeof right === 'string') return identical(left, right, run);
  if (left === right) return true;
  if (left === null || left === undefined) return right === null || right === undefined;
  if (right === null || right === undefined) return false;
  const objects = isObject(left);
  if (objects !== isObject(right)) return false;
  if (objects) return strictEqual(left, right, run);
  if (typeof left === typeof right) return false;
  return toNumber(left) === toNumber(right);
}

/** As `===` on primitives; objects are equal when they hold the same. */
export function strictEqual(left: unknown, right: unknown, run: Meter): boolean {
  return isObject(left) ? deepEqual(left, right, run) : identical(left, right, run);
}

/** Negative, zero or positive as `left` stands before, with or after `right`; NaN where they have no order. */
export function compare(left: unknown, right: unknown, run: Meter): number {
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length > freeLength) run.spendText(left.length);
    if (left === right) return 0;
    return left < right ? -1 : 1;
  }
  const a = toNumber(left);
  const b = toNumber(right);
  return a === b ? 0 : a - b;
}

/** A sum of numbers, or one text of both where one of them is text, a list or an object. */
export function add(left: unknown, right: unknown, run: Meter): unknown {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (typeof left === 'string' || typeof right === 'string' || isObject(left) || isObject(right)) {
    const a = typeof left === 'string' ? left : boundedText(left, run);
    const b = typeof right === 'string' ? right : boundedText(right, run);
    const length = a.length + b.length;
    run.checkString(length);
    run.spendText(length);
    return a + b;
  }
  return toNumber(left) + toNumber(right);
}

/** {@link toText}, paid for and no longer than a string may be. */
export function boundedText(value: unknown, run: Meter): string {
  return isObject(value) ? boundedJson(value, run) : toText(value);
}

/** JSON on one line or indented by some spaces, paid for and no longer than a string may be. */
export function boundedJson(value: unknown, run: Meter, indent = 0): string {
  const maxLength = run.limits.stringLength;
  const text = toJsonText(value, {
    indent,
    maxLength,
    tooLong: () => {
      run.checkString(maxLength + 1);
      throw new Error('unreachable');
    },
  });
  run.spendText(text.length);
  return text;
}

/** Whether a list holds the value, a text contains its text, or an object owns it as a key. */
export function includes(container: unknown, value: unknown, run: Meter): boolean {
  if (typeof container === 'string') return textIncludes(container, value, run);
  if (Array.isArray(container)) return listIncludes(container, value, run);
  if (!isRecord(container) || (typeof value !== 'string' && typeof value !== 'number')) return false;
  return container instanceof LazyRecord
    ? container.has(String(value))
    : readOwn(container, String(value)) !== undefined;
}

function textIncludes(container: string, value: unknown, run: Meter): boolean {
  if (value === null || value === undefined || isObject(value)) return false;
  const sought = toText(value);
  chargeSearch(container, sought, run);
  return container.includes(sought);
}

/** Searching may cost the product of both lengths. */
export function chargeSearch(text: string, sought: string, meter: Meter): void {
  const work = text.length * (1 + Math.min(sought.length, text.length));
  if (work > freeLength * freeLength) meter.spend(Math.ceil(work / 10_000));
}

function listIncludes(list: readonly unknown[], value: unknown, run: Meter): boolean {
  for (let index = 0; index < list.length; index++) {
    run.spend(1);
    if (strictEqual(readOwn(list, index), value, run)) return true;
  }
  return false;
}

function startsOrEnds(run: Meter, text: unknown, part: unknown, end: boolean): boolean {
  if (typeof text !== 'string' || part === null || part === undefined || isObject(part)) return false;
  const sought = toText(part);
  run.spendText(sought.length);
  return end ? text.endsWith(sought) : text.startsWith(sought);
}

export const startsWith = (text: unknown, part: unknown, run: Meter) => startsOrEnds(run, text, part, false);
export const endsWith = (text: unknown, part: unknown, run: Meter) => startsOrEnds(run, text, part, true);

type Factory = (left: Step, right: Step) => Step;

const less = (left: unknown, right: unknown, run: Meter) =>
  typeof left === 'number' && typeof right === 'number' ? left < right : compare(left, right, run) < 0;
const atMost = (left: unknown, right: unknown, run: Meter) =>
  typeof left === 'number' && typeof right === 'number' ? left <= right : compare(left, right, run) <= 0;

/** One closure per operator, so that running one looks nothing up. */
const factories: { readonly [operator in BinaryOperator]: Factory } = {
  '||': (left, right) => (run) => left(run) || right(run),
  '??': (left, right) => (run) => left(run) ?? right(run),
  '&&': (left, right) => (run) => left(run) && right(run),
  '==': (left, right) => (run) => looseEqual(left(run), right(run), run),
  '!=': (left, right) => (run) => !looseEqual(left(run), right(run), run),
  '===': (left, right) => (run) => strictEqual(left(run), right(run), run),
  '!==': (left, right) => (run) => !strictEqual(left(run), right(run), run),
  '<': (left, right) => (run) => less(left(run), right(run), run),
  '<=': (left, right) => (run) => atMost(left(run), right(run), run),
  '>': (left, right) => (run) => {
    const first = left(run);
    return less(right(run), first, run);
  },
  '>=': (left, right) => (run) => {
    const first = left(run);
    return atMost(right(run), first, run);
  },
  in: (left, right) => (run) => {
    const value = left(run);
    return includes(right(run), value, run);
  },
  includes: (left, right) => (run) => includes(left(run), right(run), run),
  contains: (left, right) => (run) => includes(left(run), right(run), run),
  startsWith: (left, right) => (run) => startsWith(left(run), right(run), run),
  endsWith: (left, right) => (run) => endsWith(left(run), right(run), run),
  '+': (left, right) => (run) => add(left(run), right(run), run),
  '-': (left, right) => (run) => toNumber(left(run)) - toNumber(right(run)),
  '*': (left, right) => (run) => toNumber(left(run)) * toNumber(right(run)),
  '/': (left, right) => (run) => toNumber(left(run)) / toNumber(right(run)),
  '//': (left, right) => (run) => Math.floor(toNumber(left(run)) / toNumber(right(run))),
  '%': (left, right) => (run) => toNumber(left(run)) % toNumber(right(run)),
  '^': (left, right) => (run) => toNumber(left(run)) ** toNumber(right(run)),
};

export function binaryStep(operator: BinaryOperator, left: Step, right: Step): Step {
  return factories[operator](left, right);
}

const operand: Step = (run) => run.operand;

/** A long chain runs in a loop: what is on the left of an operator waits in the run, and no stack is used for it. */
export function chainStep(first: Step, rest: readonly { operator: BinaryOperator; right: Step }[]): Step {
  const steps = rest.map(({ operator, right }) => factories[operator](operand, right));
  return (run) => {
    let value = first(run);
    for (const step of steps) {
      run.operand = value;
      value = step(run);
    }
    return value;
  };
}

/** Keys that an object owns; none of anything else. */
export function keysOf(value: unknown): string[] {
  return isRecord(value) ? ownKeys(value) : [];
}
