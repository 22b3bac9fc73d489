import type { Json } from '../json.js';
import { isObject } from './json-copy.js';
import { compilePattern, type Matching, MOST_MATCHED, SURELY_SHORT } from './pattern-cost.js';
import type { Parameter } from './schema.js';
import { describe, quote } from './structure.js';

export interface ParameterProblem {
  readonly code: string;
  readonly message: string;
}

/** What is wrong with the value of a parameter, as its type and its limits see it; `null` counts as no value, and so does no text. */
export function parameterProblems(parameter: Parameter, value: Json, matching: Matching): ParameterProblem[] {
  const wanted = KINDS[parameter.type];
  if (value === null || (value === '' && !NEVER_TEXT.includes(wanted))) return [];
  const label = parameter.label ?? parameter.name;
  if (!wanted.fits(value)) {
    return [{ code: 'WRONG_TYPE', message: `${label} must be ${wanted.words}, not ${describe(value)}.` }];
  }
  return [...choiceProblems(parameter, value), ...limitProblems(parameter, value, matching)].map((text) => ({
    code: 'BAD_VALUE',
    message: `${label} ${text}.`,
  }));
}

// --- Types -----------------------------------------------------------------------------------------------------------

interface Kind {
  readonly words: string;
  readonly fits: (value: Json) => boolean;
}

const isText = (value: Json): value is string => typeof value === 'string';
const TEXT: Kind = { words: 'text', fits: isText };
const NUMBER: Kind = { words: 'a number', fits: (value) => typeof value === 'number' };
const INTEGER: Kind = { words: 'a whole number', fits: (value) => Number.isSafeInteger(value) };
const BOOLEAN: Kind = { words: 'true or false', fits: (value) => typeof value === 'boolean' };
const LIST: Kind = { words: 'a list', fits: (value) => Array.isArray(value) };
const OBJECT: Kind = { words: 'an object', fits: isObject };
const CHOICE: Kind = { words: 'one of the choices', fits: (value) => typeof value !== 'object' };
const FILE: Kind = { words: 'a file', fits: (value) => isText(value) || isObject(value) };

/** No text at all is no value of these, where it leaves others open. */
const NEVER_TEXT: readonly Kind[] = [NUMBER, INTEGER, BOOLEAN, LIST, OBJECT];

function matching(words: string, pattern: RegExp, isValid: (text: string) => boolean = () => true): Kind {
  return { words, fits: (value) => isText(value) && value.length <= 4096 && pattern.test(value) && isValid(value) };
}

const EMAIL = matching('an e-mail address', /^[^\s@"(),:;<>[\\\]]+@[^\s@.]+(?:\.[^\s@.]+)+$/);
const WEB_ADDRESS = matching('a web address such as https://example.com', /^https?:\/\/[^\s/?#]+(?:[/?#]\S*)?$/i);
const DATE = matching('a date such as 2026-01-31', /^\d{4}-\d\d-\d\d$/, isCalendarDate);
const DATE_TIME = matching(
  'a time such as 2026-01-31T09:00:00Z',
  /^\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/,
  (text) => isCalendarDate(text.slice(0, 10)),
);
const TIME = matching('a time of day such as 09:30', /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/);

function isCalendarDate(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

const KINDS: Readonly<Record<Parameter['type'], Kind>> = {
  string: TEXT,
  text: TEXT,
  textarea: TEXT,
  password: TEXT,
  secret: TEXT,
  email: EMAIL,
  url: WEB_ADDRESS,
  date: DATE,
  datetime: DATE_TIME,
  time: TIME,
  number: NUMBER,
  float: NUMBER,
  integer: INTEGER,
  int: INTEGER,
  boolean: BOOLEAN,
  bool: BOOLEAN,
  checkbox: BOOLEAN,
  select: CHOICE,
  enum: CHOICE,
  multiselect: LIST,
  array: LIST,
  list: LIST,
  object: OBJECT,
  json: { words: 'JSON', fits: () => true },
  file: FILE,
};

// --- Limits ----------------------------------------------------------------------------------------------------------

function choiceProblems(parameter: Parameter, value: Json): string[] {
  const choices = choicesOf(parameter);
  if (choices === undefined) return [];
  const given = parameter.type === 'multiselect' && Array.isArray(value) ? value : [value];
  // As texts, which are looked up: there may be as many of the one as of the other.
  const known = new Set(choices.map((choice) => JSON.stringify(choice)));
  const wrong = given.find((one: Json) => !known.has(JSON.stringify(one)));
  if (wrong === undefined) return [];
  const shown = choices.slice(0, 10).map((choice) => (isText(choice) ? choice : JSON.stringify(choice)));
  return [`must be one of ${shown.join(', ')}${choices.length > 10 ? ', …' : ''}, not ${describe(wrong)}`];
}

/** The values that may be chosen from; undefined where every value may be, or where only a data provider knows. */
export function choicesOf({ validation, options }: Parameter): readonly Json[] | undefined {
  if (validation?.enum !== undefined) return validation.enum;
  return options?.map((option) => (isObject(option) && option.value !== undefined ? option.value : option));
}

function limitProblems({ validation }: Parameter, value: Json, matching: Matching): string[] {
  if (validation === undefined) return [];
  const { min, max, minItems, maxItems } = validation;
  if (typeof value === 'number') return bounds(value, min, max, '');
  if (Array.isArray(value)) return bounds(value.length, minItems, maxItems, ' entries').map(haveInstead);
  if (!isText(value)) return [];
  const { minLength, maxLength, pattern } = validation;
  const length = bounds([...value].length, minLength, maxLength, ' characters').map(haveInstead);
  return pattern === undefined ? length : [...length, ...patternProblems(pattern, value, matching)];
}

function bounds(value: number, min: number | undefined, max: number | undefined, unit: string): string[] {
  if (min !== undefined && value < min) return [`must be at least ${min}${unit}`];
  return max !== undefined && value > max ? [`must be at most ${max}${unit}`] : [];
}

function haveInstead(problem: string): string {
  return problem.replace('must be', 'must have');
}

function patternProblems(pattern: string, value: string, matching: Matching): string[] {
  if (value.length > SURELY_SHORT) {
    const most = matching.longest(pattern);
    if (value.length > most) return [`must have at most ${most} characters`];
    matching.shares += (value.length / most) ** 3;
    if (matching.shares > MOST_MATCHED) return ['is too long for its pattern'];
  }
  return compilePattern(pattern)?.test(value) === false ? [`does not have the form ${quote(pattern)}`] : [];
}
