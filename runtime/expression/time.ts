/**
 * Times as texts, the same on every host: no time zone but UTC, no locale, and no `Date.parse`, which reads a text
 * without a zone in the machine's own and each engine's way.
 */

const isoPattern =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?)?$/i;
const mailPattern =
  /^(?:[a-z]{3}, ?)?(\d{1,2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2})(?::(\d{2}))? ?(GMT|UTC?|Z|[+-]\d{4})?(?: \([a-z]{1,5}\))?$/i;
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const longestTime = 64;
/** Furthest time that a Date can hold, in milliseconds on both sides of 1970. */
const furthest = 8.64e15;
/** A number below this counts seconds: as milliseconds it would lie before March 1973. */
const leastMilliseconds = 1e11;

/**
 * Milliseconds since 1970 of an ISO 8601 or mail (RFC 5322) text, taken as UTC where it names no zone, or of a number
 * of milliseconds or seconds; NaN of anything else.
 */
export function parseTime(value: unknown): number {
  if (typeof value === 'number') {
    const time = value > 0 && value < leastMilliseconds ? value * 1000 : value;
    return Math.abs(time) <= furthest ? Math.trunc(time) : Number.NaN;
  }
  if (typeof value !== 'string' || value.length > longestTime) return Number.NaN;
  return parseIso(value.trim()) ?? parseMail(value.trim()) ?? Number.NaN;
}

function parseIso(text: string): number | undefined {
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day = '1', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'));
  return fromParts([year, month, day, hour, minute, second].map(Number), millisecond, zone);
}

function parseMail(text: string): number | undefined {
  const match = mailPattern.exec(text);
  if (match === null) return undefined;
  const [, day, name = '', year, hour, minute, second = '0', zone = 'Z'] = match;
  const month = 1 + months.findIndex((candidate) => candidate.slice(0, 3).toLowerCase() === name.toLowerCase());
  return fromParts([Number(year), month, Number(day), Number(hour), Number(minute), Number(second)], 0, zone);
}

/** Undefined where the parts name no time, such as a 30th of February. */
function fromParts(parts: readonly number[], millisecond: number, zone: string): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  date.setUTCHours(hour, minute, second, millisecond);
  return date.getTime() - zoneOffset(zone);
}

function zoneOffset(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}

const pad = (number: number, length = 2) => String(number).padStart(length, '0');

/** What is written in one digit or two, as many as the letter stands there. */
const numbers: ReadonlyMap<string, (date: Date) => number> = new Map([
  ['M', (date: Date) => date.getUTCMonth() + 1],
  ['D', (date: Date) => date.getUTCDate()],
  ['H', (date: Date) => date.getUTCHours()],
  ['h', (date: Date) => date.getUTCHours() % 12 || 12],
  ['m', (date: Date) => date.getUTCMinutes()],
  ['s', (date: Date) => date.getUTCSeconds()],
]);

const words: ReadonlyMap<string, (date: Date) => string> = new Map([
  ['YYYY', (date: Date) => pad(date.getUTCFullYear(), 4)],
  ['YY', (date: Date) => pad(Math.abs(date.getUTCFullYear()) % 100)],
  ['MMMM', (date: Date) => months[date.getUTCMonth()] ?? ''],
  ['MMM', (date: Date) => months[date.getUTCMonth()]?.slice(0, 3) ?? ''],
  ['dddd', (date: Date) => weekdays[date.getUTCDay()] ?? ''],
  ['ddd', (date: Date) => weekdays[date.getUTCDay()]?.slice(0, 3) ?? ''],
  ['SSS', (date: Date) => pad(date.getUTCMilliseconds(), 3)],
  ['A', (date: Date) => (date.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['a', (date: Date) => (date.getUTCHours() < 12 ? 'am' : 'pm')],
]);

const fieldPattern = /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a/g;

/** The time in UTC, its month and weekday in English. */
export function formatTime(time: number, pattern: string): string {
  const date = new Date(time);
  return pattern.replaceAll(fieldPattern, (field, verbatim: string | undefined) => {
    const number = numbers.get(field.charAt(0));
    return verbatim ?? words.get(field)?.(date) ?? (number === undefined ? field : pad(number(date), field.length));
  });
}
