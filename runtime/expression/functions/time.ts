import { toNumber } from '../operators.js';
import { defineFunction, type FunctionDefinition } from '../registry.js';
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

function ago(name: string, unit: number, words: string): FunctionDefinition {
  return defineFunction({
    name,
    description: `How many whole ${words} ago a time was; -1 where it is no time.`,
    signature: `time|${name}: number`,
    call: (value, _args, environment) => {
      const time = parseTime(value);
      return Number.isNaN(time) ? -1 : Math.floor((environment.now - time) / unit);
    },
  });
}

function add(name: string, unit: number, words: string): FunctionDefinition {
  return defineFunction({
    name,
    description: `The time so many ${words} later, or earlier for a negative number; in milliseconds where it was given so.`,
    signature: `time|${name}(${words}: number): time | null`,
    call: (value, [amount]) => {
      const time = parseTime(parseTime(value) + toNumber(amount) * unit);
      return typeof value === 'number' ? orNull(time) : iso(time);
    },
  });
}

function order(name: string, words: string, holds: (left: number, right: number) => boolean): FunctionDefinition {
  return defineFunction({
    name,
    description: `Whether a time lies ${words} another; false where one of them is no time.`,
    signature: `time|${name}(other: time): boolean`,
    call: (value, [other]) => holds(parseTime(value), parseTime(other)),
  });
}

export const timeFunctions = [
  ago('daysAgo', day, 'days'),
  ago('hoursAgo', hour, 'hours'),
  ago('minutesAgo', minute, 'minutes'),
  add('addDays', day, 'days'),
  add('addHours', hour, 'hours'),
  add('addMinutes', minute, 'minutes'),
  order('isBefore', 'before', (left, right) => left < right),
  order('isAfter', 'after', (left, right) => left > right),
  defineFunction({
    name: 'now',
    description: 'The time of this step, as ISO 8601 in UTC.',
    signature: 'now(): string',
    call: (_value, _args, environment) => iso(environment.now),
  }),
  defineFunction({
    name: 'parseDate',
    description: 'A time in milliseconds since 1970; null where it is no time.',
    signature: 'time|parseDate: number | null',
    call: (value) => orNull(parseTime(value)),
  }),
  defineFunction({
    name: 'epochSeconds',
    description: 'A time in whole seconds since 1970; null where it is no time.',
    signature: 'time|epochSeconds: number | null',
    call: (value) => orNull(Math.floor(parseTime(value) / 1000)),
  }),
  defineFunction({
    name: 'isoDate',
    description: 'A time as ISO 8601 in UTC, such as 2026-01-31T09:00:00.000Z; null where it is no time.',
    signature: 'time|isoDate: string | null',
    call: (value) => iso(parseTime(value)),
  }),
  defineFunction({
    name: 'date',
    description: 'The day of a time in UTC, such as 2026-01-31; null where it is no time.',
    signature: 'time|date: string | null',
    call: (value) => iso(parseTime(value))?.replace(/T.*$/, '') ?? null,
  }),
  defineFunction({
    name: 'formatDate',
    description:
      'A time in UTC by a pattern of YYYY, MM, DD, HH, mm, ss, SSS, MMM, MMMM, ddd, dddd, h and A; [text] stands as it is.',
    signature: 'time|formatDate(pattern?: string): string',
    call: (value, [pattern], _environment, meter) => {
      const time = parseTime(value);
      const text = textArgument(pattern, 'YYYY-MM-DD', meter);
      meter.spend(text.length);
      meter.checkString(text.length * 5);
      return Number.isNaN(time) ? '' : formatTime(time, text);
    },
  }),
];
