import { toNumber } from '../operators.js';
import type { BuiltinFunction } from '../registry.js';
import { formatTime, parseTime } from '../time.js';
import { textArgument } from './support.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** ISO 8601 in UTC with milliseconds; null where there is no such time. */
function iso(time: number): string | null {
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

const orNull = (number: number) => (Number.isNaN(number) ? null : number);

function ago(name: string, unit: number): BuiltinFunction {
  return {
    name,
    call: (value, _args, environment) => {
      const time = parseTime(value);
      return Number.isNaN(time) ? -1 : Math.floor((environment.now - time) / unit);
    },
  };
}

function add(name: string, unit: number): BuiltinFunction {
  return {
    name,
    call: (value, [amount]) => {
      const time = parseTime(parseTime(value) + toNumber(amount) * unit);
      return typeof value === 'number' ? orNull(time) : iso(time);
    },
  };
}

function order(name: string, holds: (left: number, right: number) => boolean): BuiltinFunction {
  return {
    name,
    call: (value, [other]) => holds(parseTime(value), parseTime(other)),
  };
}

export const timeFunctions: readonly BuiltinFunction[] = [
  ago('daysAgo', day),
  ago('hoursAgo', hour),
  ago('minutesAgo', minute),
  add('addDays', day),
  add('addHours', hour),
  add('addMinutes', minute),
  order('isBefore', (left, right) => left < right),
  order('isAfter', (left, right) => left > right),
  {
    name: 'now',
    call: (_value, _args, environment) => iso(environment.now),
  },
  {
    name: 'parseDate',
    call: (value) => orNull(parseTime(value)),
  },
  {
    name: 'epochSeconds',
    call: (value) => orNull(Math.floor(parseTime(value) / 1000)),
  },
  {
    name: 'isoDate',
    call: (value) => iso(parseTime(value)),
  },
  {
    name: 'date',
    call: (value) => iso(parseTime(value))?.replace(/T.*$/, '') ?? null,
  },
  {
    name: 'formatDate',
    call: (value, [pattern], _environment, meter) => {
      const time = parseTime(value);
      const text = textArgument(pattern, 'YYYY-MM-DD', meter);
      meter.spend(text.length);
      meter.checkString(text.length * 5);
      return Number.isNaN(time) ? '' : formatTime(time, text);
    },
  },
];
