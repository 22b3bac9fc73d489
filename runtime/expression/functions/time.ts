import { toNumber } from '../operators.js';
import type { Call, Functions } from '../registry.js';
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

function ago(unit: number): Call {
  return (value, _args, environment) => {
    const time = parseTime(value);
    return Number.isNaN(time) ? -1 : Math.floor((environment.now - time) / unit);
  };
}

function add(unit: number): Call {
  return (value, [amount]) => {
    const time = parseTime(parseTime(value) + toNumber(amount) * unit);
    return typeof value === 'number' ? orNull(time) : iso(time);
  };
}

function order(holds: (left: number, right: number) => boolean): Call {
  return (value, [other]) => holds(parseTime(value), parseTime(other));
}

export const timeFunctions: Functions = {
  daysAgo: ago(day),
  hoursAgo: ago(hour),
  minutesAgo: ago(minute),
  addDays: add(day),
  addHours: add(hour),
  addMinutes: add(minute),
  isBefore: order((left, right) => left < right),
  isAfter: order((left, right) => left > right),
  now: (_value, _args, environment) => iso(environment.now),
  parseDate: (value) => orNull(parseTime(value)),
  epochSeconds: (value) => orNull(Math.floor(parseTime(value) / 1000)),
  isoDate: (value) => iso(parseTime(value)),
  date: (value) => iso(parseTime(value))?.replace(/T.*$/, '') ?? null,
  formatDate: (value, [pattern], _environment, meter) => {
    const time = parseTime(value);
    const text = textArgument(pattern, 'YYYY-MM-DD', meter);
    // For each bracket that is never closed, the rest of the pattern is searched.
    meter.spend(text.length * (1 + text.length / 1000));
    meter.checkString(text.length * 5);
    return Number.isNaN(time) ? '' : formatTime(time, text);
  },
};
