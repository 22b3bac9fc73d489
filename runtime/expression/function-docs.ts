import { builtinFunctions } from './functions.js';
import { defineFunction, type FunctionDefinition } from './registry.js';

/**
 * What the editor and the documentation say of each function. In a module of its own: no evaluation needs it, and a page
 * that only runs workflows does not load it.
 */
const texts: readonly (readonly [name: string, signature: string, description: string])[] = [
  ['default', 'any|default(otherwise: any): any', 'The value, or another where it is missing or null.'],
  [
    'length',
    'string|list|object|length: number',
    'How many characters, elements or members there are; 0 for anything else.',
  ],
  ['string', 'any|string: string', 'The value as text; lists and objects as JSON, nothing for null.'],
  ['number', 'any|number: number | null', 'The value as a number; null where it is none.'],
  [
    'boolean',
    'any|boolean: boolean',
    'False for a missing value, null, false, 0 and an empty text; true for anything else.',
  ],
  ['type', 'any|type: string', 'What kind of value it is: null, boolean, number, string, list or object.'],
  ['json', 'any|json(indent?: number): string', 'The value as JSON, on one line or indented by some spaces.'],
  ['parseJSON', 'string|parseJSON: any', 'What a JSON text says; null where it is no JSON.'],
  ['uuid', 'uuid(): string', 'A new random UUID, recorded, so that a replay sees the same.'],
  [
    'random',
    'random(): number',
    'A random number from 0 up to but not including 1, recorded, so that a replay sees the same.',
  ],
  ['upper', 'string|upper: string', 'The text in capitals.'],
  ['lower', 'string|lower: string', 'The text in small letters.'],
  ['trim', 'string|trim: string', 'The text without the space around it.'],
  ['capitalize', 'string|capitalize: string', 'The text with its first letter in capitals.'],
  [
    'contains',
    'string|list|object|contains(value: any): boolean',
    'Whether a text contains another, a list holds a value, or an object has a key.',
  ],
  [
    'includes',
    'list|string|object|includes(value: any): boolean',
    'Whether a list holds a value, a text contains another, or an object has a key.',
  ],
  ['startsWith', 'string|startsWith(start: string): boolean', 'Whether a text begins with another.'],
  ['endsWith', 'string|endsWith(end: string): boolean', 'Whether a text ends with another.'],
  [
    'replace',
    'string|replace(text: string, replacement?: string): string',
    'The text with every occurrence of one text replaced by another, both taken literally.',
  ],
  ['split', 'string|split(separator?: string): string[]', 'The parts of a text between separators.'],
  ['join', 'list|join(separator?: string): string', 'The elements of a list as one text, a separator between them.'],
  [
    'padStart',
    'string|padStart(length: number, filler?: string): string',
    'The text made as long as asked by a filler before it.',
  ],
  [
    'padEnd',
    'string|padEnd(length: number, filler?: string): string',
    'The text made as long as asked by a filler after it.',
  ],
  ['repeat', 'string|repeat(times: number): string', 'The text as many times as asked.'],
  [
    'truncate',
    'string|truncate(length: number, ending?: string): string',
    'The text cut to a length, an ending in place of what is cut.',
  ],
  ['urlEncode', 'string|urlEncode: string', 'The text as it may stand in a part of a URL.'],
  [
    'round',
    'number|round(decimals?: number): number',
    'The nearest whole number, or the nearest with so many decimals.',
  ],
  ['floor', 'number|floor: number', 'The next whole number below.'],
  ['ceil', 'number|ceil: number', 'The next whole number above.'],
  ['abs', 'number|abs: number', 'The number without its sign.'],
  [
    'min',
    'list|min(path?: string): number, min(...numbers: number): number',
    'The least of the numbers; nothing where there are none.',
  ],
  [
    'max',
    'list|max(path?: string): number, max(...numbers: number): number',
    'The greatest of the numbers; nothing where there are none.',
  ],
  ['sum', 'list|sum(path?: string): number, sum(...numbers: number): number', 'All numbers added up.'],
  [
    'avg',
    'list|avg(path?: string): number, avg(...numbers: number): number',
    'The mean of the numbers; nothing where there are none.',
  ],
  [
    'range',
    'number|range: number[], range(from: number, to: number, step?: number): number[]',
    'The whole numbers from one up to but not including another; from 0 where one is given.',
  ],
  ['first', 'list|string|first: any', 'The first element of a list, or character of a text.'],
  ['last', 'list|string|last: any', 'The last element of a list, or character of a text.'],
  [
    'map',
    'list|map(path: string): list',
    'What each element has at a path; elements that have nothing there are left out.',
  ],
  [
    'filter',
    'list|filter(condition?: string): list',
    'The elements for which a condition over their members holds, such as "price > 10"; without one, those that are not empty.',
  ],
  ['filterBy', 'list|filterBy(path: string, value?: any): list', 'The elements whose member at a path is the value.'],
  ['find', 'list|find(path: string, value?: any): any', 'The first element whose member at a path is the value.'],
  ['flatten', 'list|flatten: list', 'The list with the lists in it opened, one level deep.'],
  [
    'unique',
    'list|unique(path?: string): list',
    'The list without repetitions, of the elements or of their members at a path.',
  ],
  [
    'concat',
    'list|concat(...lists: list): list, string|concat(...texts: string): string',
    'One list of several, or one text of several; what is missing is left out.',
  ],
  [
    'hasOverlap',
    'list|hasOverlap(other: list): boolean',
    'Whether two lists have an element in common, compared by their text.',
  ],
  [
    'sort',
    "list|sort(path?: string, direction?: 'asc' | 'desc'): list",
    'The list in order, of the elements or of their members at a path; what is missing comes last.',
  ],
  ['reverse', 'list|string|reverse: list | string', 'The list, or the text, from its end to its beginning.'],
  [
    'slice',
    'list|string|slice(start: number, end?: number): list | string',
    'A part of a list or text, from one position up to but not including another; negative ones count from the end.',
  ],
  ['chunk', 'list|chunk(size: number): list[]', 'The list cut into lists of at most so many elements.'],
  ['compact', 'list|compact: list', 'The list without what is missing or null.'],
  ['groupBy', 'list|groupBy(path: string): object', 'An object of lists, by what the elements have at a path.'],
  [
    'formatList',
    'list|formatList(format: string, separator?: string): string',
    'Each element written by a format such as "{name}: {price}", a separator between them; empty ones are left out.',
  ],
  ['keys', 'object|keys: string[]', 'The keys of an object.'],
  ['values', 'object|values: list', 'The values of an object.'],
  [
    'entries',
    'object|entries: { key: string, value: any }[]',
    'The members of an object as a list of objects with key and value.',
  ],
  ['fromEntries', 'list|fromEntries: object', 'The object of a list of objects with key and value, or of pairs.'],
  [
    'merge',
    'object|merge(...others: object): object',
    'One object with the members of several; of members with one key the last counts.',
  ],
  ['pick', 'object|pick(...keys: string): object', 'The object with the named members only.'],
  ['omit', 'object|omit(...keys: string): object', 'The object without the named members.'],
  ['get', 'any|get(path: string): any', 'What a value has at a path such as "a.b[0]".'],
  ['daysAgo', 'time|daysAgo: number', 'How many whole days ago a time was; -1 where it is no time.'],
  ['hoursAgo', 'time|hoursAgo: number', 'How many whole hours ago a time was; -1 where it is no time.'],
  ['minutesAgo', 'time|minutesAgo: number', 'How many whole minutes ago a time was; -1 where it is no time.'],
  [
    'addDays',
    'time|addDays(days: number): time | null',
    'The time so many days later, or earlier for a negative number; in milliseconds where it was given so.',
  ],
  [
    'addHours',
    'time|addHours(hours: number): time | null',
    'The time so many hours later, or earlier for a negative number; in milliseconds where it was given so.',
  ],
  [
    'addMinutes',
    'time|addMinutes(minutes: number): time | null',
    'The time so many minutes later, or earlier for a negative number; in milliseconds where it was given so.',
  ],
  [
    'isBefore',
    'time|isBefore(other: time): boolean',
    'Whether a time lies before another; false where one of them is no time.',
  ],
  [
    'isAfter',
    'time|isAfter(other: time): boolean',
    'Whether a time lies after another; false where one of them is no time.',
  ],
  ['now', 'now(): string', 'The time of this step, as ISO 8601 in UTC.'],
  ['parseDate', 'time|parseDate: number | null', 'A time in milliseconds since 1970; null where it is no time.'],
  ['epochSeconds', 'time|epochSeconds: number | null', 'A time in whole seconds since 1970; null where it is no time.'],
  [
    'isoDate',
    'time|isoDate: string | null',
    'A time as ISO 8601 in UTC, such as 2026-01-31T09:00:00.000Z; null where it is no time.',
  ],
  ['date', 'time|date: string | null', 'The day of a time in UTC, such as 2026-01-31; null where it is no time.'],
  [
    'formatDate',
    'time|formatDate(pattern?: string): string',
    'A time in UTC by a pattern of YYYY, MM, DD, HH, mm, ss, SSS, MMM, MMMM, ddd, dddd, h and A; [text] stands as it is.',
  ],
];

/** Every function of the language with its description and signature. */
export const describedFunctions: readonly FunctionDefinition[] = texts.flatMap(([name, signature, description]) => {
  const builtin = builtinFunctions.get(name);
  return builtin === undefined ? [] : [defineFunction({ ...builtin, signature, description })];
});
