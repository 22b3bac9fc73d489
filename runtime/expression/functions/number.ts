import type { Meter } from '../limits.js';
import { toNumber } from '../operators.js';
import type { Call, Functions } from '../registry.js';
import { append } from '../values.js';
import { elements, itemPath, wholeArgument } from './support.js';

/** Rounds in decimal: 1.005 to two digits is 1.01, though the nearest binary number lies below it. */
function round(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  const shifted = Number(`${value}e${digits}`);
  const rounded = Number(`${Math.round(shifted)}e${-digits}`);
  return Number.isNaN(rounded) ? value : rounded;
}

const digitsOf = (argument: unknown) => Math.min(15, Math.max(-15, wholeArgument(argument, 0)));

/** The numbers meant by `list|f`, `list|f('path')` and `f(a, b, …)`; what is no number is left out. */
function numbers(value: unknown, args: readonly unknown[], meter: Meter): number[] {
  const found: number[] = [];
  const add = (candidate: unknown) => {
    if (candidate === null || candidate === undefined || candidate === '' || typeof candidate === 'boolean') return;
    const number = toNumber(candidate);
    if (!Number.isNaN(number)) append(found, number);
  };
  if (!Array.isArray(value)) {
    for (const candidate of [value, ...args]) add(candidate);
    return found;
  }
  const [path] = args;
  const at = itemPath(path, meter);
  for (const element of elements(value, meter)) add(at.read(element, meter));
  return found;
}

function ofNumbers(reduce: (values: readonly number[]) => number | undefined): Call {
  return (value, args, _environment, meter) => reduce(numbers(value, args, meter));
}

function ofNumber(map: (value: number, argument: unknown) => number): Call {
  return (value, [argument]) => map(toNumber(value), argument);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const extreme = (pick: (a: number, b: number) => number) => (values: readonly number[]) => {
  const [first, ...rest] = values;
  return first === undefined ? undefined : rest.reduce((best, value) => pick(best, value), first);
};

export const numberFunctions: Functions = {
  round: ofNumber((value, digits) => round(value, digitsOf(digits))),
  floor: ofNumber((value) => Math.floor(value)),
  ceil: ofNumber((value) => Math.ceil(value)),
  abs: ofNumber((value) => Math.abs(value)),
  min: ofNumbers(extreme(Math.min)),
  max: ofNumbers(extreme(Math.max)),
  sum: ofNumbers(sum),
  avg: ofNumbers((values) => (values.length === 0 ? undefined : sum(values) / values.length)),
  range: (value, [to, step], _environment, meter) => {
    if (to === undefined) return range(0, toNumber(value), 1, meter);
    return range(toNumber(value), toNumber(to), step === undefined ? 1 : toNumber(step), meter);
  },
};

function range(from: number, to: number, step: number, meter: Meter): number[] {
  if (!(Number.isFinite(from) && Number.isFinite(step)) || Number.isNaN(to) || step === 0) return [];
  const count = Math.max(0, Math.ceil((to - from) / step));
  meter.checkArray(count);
  meter.spend(count);
  const list: number[] = [];
  for (let index = 0; index < count; index++) append(list, from + index * step);
  return list;
}
