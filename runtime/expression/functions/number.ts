import type { Meter } from '../limits.js';
import { toNumber } from '../operators.js';
import { defineFunction } from '../registry.js';
import { append } from '../values.js';
import { elements, pathReader, wholeArgument } from './support.js';

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
  const read = pathReader(args[0], meter);
  for (const element of elements(value, meter)) add(read(element));
  return found;
}

function ofNumbers(name: string, description: string, reduce: (values: readonly number[]) => number | undefined) {
  return defineFunction({
    name,
    description,
    signature: `list|${name}(path?: string): number, ${name}(...numbers: number): number`,
    call: (value, args, _environment, meter) => reduce(numbers(value, args, meter)),
  });
}

function ofNumber(
  name: string,
  description: string,
  map: (value: number, argument: unknown) => number,
  parameters = '',
) {
  return defineFunction({
    name,
    description,
    signature: `number|${name}${parameters}: number`,
    call: (value, [argument]) => map(toNumber(value), argument),
  });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const extreme = (pick: (a: number, b: number) => number) => (values: readonly number[]) => {
  const [first, ...rest] = values;
  return first === undefined ? undefined : rest.reduce((best, value) => pick(best, value), first);
};

export const numberFunctions = [
  ofNumber(
    'round',
    'The nearest whole number, or the nearest with so many decimals.',
    (value, digits) => round(value, digitsOf(digits)),
    '(decimals?: number)',
  ),
  ofNumber('floor', 'The next whole number below.', (value) => Math.floor(value)),
  ofNumber('ceil', 'The next whole number above.', (value) => Math.ceil(value)),
  ofNumber('abs', 'The number without its sign.', (value) => Math.abs(value)),
  ofNumbers('min', 'The least of the numbers; nothing where there are none.', extreme(Math.min)),
  ofNumbers('max', 'The greatest of the numbers; nothing where there are none.', extreme(Math.max)),
  ofNumbers('sum', 'All numbers added up.', sum),
  ofNumbers('avg', 'The mean of the numbers; nothing where there are none.', (values) =>
    values.length === 0 ? undefined : sum(values) / values.length,
  ),
  defineFunction({
    name: 'range',
    description: 'The whole numbers from one up to but not including another; from 0 where one is given.',
    signature: 'number|range: number[], range(from: number, to: number, step?: number): number[]',
    call: (value, [to, step], _environment, meter) => {
      if (to === undefined) return range(0, toNumber(value), 1, meter);
      return range(toNumber(value), toNumber(to), step === undefined ? 1 : toNumber(step), meter);
    },
  }),
];

function range(from: number, to: number, step: number, meter: Meter): number[] {
  if (!(Number.isFinite(from) && Number.isFinite(step)) || Number.isNaN(to) || step === 0) return [];
  const count = Math.max(0, Math.ceil((to - from) / step));
  meter.checkArray(count);
  meter.spend(count);
  const list: number[] = [];
  for (let index = 0; index < count; index++) append(list, from + index * step);
  return list;
}
