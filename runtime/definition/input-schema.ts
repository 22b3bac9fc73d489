import {
  dereference,
  ignoredKeyword,
  type OutputUnit,
  type Schema,
  schemaArrayKeyword,
  schemaKeyword,
  schemaMapKeyword,
  validate,
} from '@cfworker/json-schema';
import { owns } from '../expression/values.js';
import type { Json } from '../json.js';
import { MORE_NAMES } from './declared-inputs.js';
import { below, child } from './issues.js';
import { isList, isObject, own } from './json-copy.js';
import { Matching, MOST_MATCHED, SURELY_SHORT } from './pattern-cost.js';
import { describe, JSON_TYPES, quote, type Target, typeInWords } from './structure.js';

export interface SchemaProblem {
  /** JSON pointer into the value. */
  readonly pointer: string;
  readonly message: string;
  /** Whether something is missing there. */
  readonly isMissing?: true;
}

/** Keywords whose failure only says that something below or beside them failed. */
const ECHOES: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'additionalProperties',
  'items',
  'prefixItems',
  'allOf',
  '$ref',
  '$dynamicRef',
  'if',
  'then',
  'else',
  'dependentSchemas',
]);

/**
 * Checks a value against a JSON Schema (2020-12), without generating code.
 * @returns all that is wrong, or of a large value what is found first; a problem of the schema itself as one at the root
 */
export function schemaProblems(schema: Json, value: Json): SchemaProblem[] {
  if (typeof schema === 'boolean') return schema ? [] : [{ pointer: '', message: 'No input is accepted.' }];
  // The validator writes notes of its own into the schema.
  const copy: Schema = JSON.parse(JSON.stringify(schema));
  if (!isObject(copy)) return [{ pointer: '', message: 'The schema is not an object.' }];
  const long = tooLongFor(schema, value);
  if (long !== undefined) return [long];
  try {
    const known = dereference(copy);
    const size = sizeOf(value);
    count(copy, { left: MOST_VISITS + VISITS_PER_VALUE * size });
    const isLarge = size * sizeOf(schema) > MOST_TOLD;
    const { valid, errors } = validate(value, copy, '2020-12', known, isLarge);
    return valid ? [] : readable(errors);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'it is malformed';
    return [{ pointer: '', message: `The schema cannot be used: ${reason}` }];
  }
}

/** Every pattern that a value may come to be matched against. */
export function patternsIn(schema: Json): string[] {
  const patterns: string[] = [];
  visitParts(schema, [], (part, keys) => {
    for (const [pattern] of patternsOf(part, keys)) patterns.push(pattern);
  });
  return patterns;
}

/** Where none of these is, what looks like a part of a schema is none. */
const KEYWORDS = ['type', 'properties', 'items', 'enum', 'const', 'not', ...MORE_NAMES];

/** Reports what is wrong with a schema, at the part of it that is. */
export function checkSchema(schema: Json, pointer: string, { issues, step }: Target): void {
  let ok = true;
  const report = (code: string, keys: Keys, message: string, hint?: string): void => {
    ok = false;
    issues.error(code, below(pointer, keys), message, { step, hint });
  };
  visitParts(schema, [], (part, keys, isPart) => {
    for (const [pattern, at] of patternsOf(part, keys)) {
      const fault = issues.patterns.faultOf(pattern);
      if (fault !== undefined) report(fault.code, at, `${quote(pattern)} ${fault.text}.`, fault.hint);
    }
    const fault = isPart && faultOf(part);
    if (fault) report('BAD_SCHEMA', keys, fault);
  });
  if (!ok) return;
  if (
    isObject(schema) &&
    !KEYWORDS.some((word) => owns(schema, word)) &&
    Object.values(schema).some((one) => isObject(one) || JSON_TYPES.includes(String(one)))
  ) {
    const message = 'This takes anything: write `{"type": "object", "properties": {…}}`.';
    issues.warning('NO_EFFECT', pointer, message, { step });
  }
  const fault = schemaProblems(schema, {}).find(({ message }) => message.startsWith('The schema '))?.message;
  if (fault === undefined || fault.includes('Unresolved')) checkReferences(schema, report);
  if (ok && fault !== undefined) report('BAD_SCHEMA', [], fault);
}

/** What the validator would take for something else, or stumble over with the first input that comes to it. */
function faultOf(part: Json): string | undefined {
  if (!isObject(part)) return typeof part === 'boolean' ? undefined : `${describe(part)} is no schema.`;
  const { type = [] } = part;
  const strange = (isList(type) ? type : [type]).find((one) => !JSON_TYPES.some((known) => known === one));
  return strange === undefined ? undefined : `${describe(strange)} is none of the types ${JSON_TYPES.join(', ')}.`;
}

/** Whether the validator knows what each `$ref` leads to. */
function checkReferences(schema: Json, report: (code: string, keys: Keys, message: string) => void): void {
  const copy: Schema & Json = JSON.parse(JSON.stringify(schema));
  const known = dereference(copy);
  visitParts(copy, [], (part, keys) => {
    const address: unknown = isObject(part) && Reflect.get(part, '__absolute_ref__');
    if (typeof address !== 'string' || known[address] !== undefined) return;
    report('BAD_SCHEMA', [...keys, '$ref'], 'Nothing has that address.');
  });
}

// --- Bounds ----------------------------------------------------------------------------------------------------------

/** How often parts of a schema are looked at in one check: definitions that name each other can multiply without end. */
const MOST_VISITS = 100_000;
const VISITS_PER_VALUE = 50;
/** What a part lists counts as visits: names and values that are compared one after the other, so many in the time of one. */
const LISTED_PER_VISIT = 32;
/** Of more values times parts of the schema not all that is wrong is told: it would take all memory. */
const MOST_TOLD = 500_000;
/** Work of telling apart the entries of lists, each from each, that counts as much as matching a longest text. */
const COMPARED = 25_000_000;

interface Budget {
  left: number;
}

/** Has each visit of the validator to a part of the schema be counted: it reads `$ref` of each, and asks for nothing else. */
function count(part: unknown, budget: Budget): void {
  if (isList(part)) for (const entry of part) count(entry, budget);
  if (!isObject(part)) return;
  const given = own(part, '$ref');
  const cost = 1 + sizeOf(part) / LISTED_PER_VISIT;
  for (const key of Object.keys(part)) count(part[key], budget);
  Object.defineProperty(part, '$ref', {
    enumerable: given !== undefined,
    get: () => {
      budget.left -= cost;
      if (budget.left < 0) throw new Error('its parts refer to each other too many times');
      return given;
    },
  });
}

function sizeOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, entry: Json) => sum + sizeOf(entry), 1);
}

type Keys = readonly (string | number)[];

/**
 * Visits each part of a schema that the validator may come to, by keywords or by `$ref`, which can lead into what no
 * keyword says is a part. `isPart` tells those apart.
 */
function visitParts(
  part: Json,
  keys: Keys,
  visit: (part: Json, keys: Keys, isPart: boolean) => void,
  isPart = true,
): void {
  visit(part, keys, isPart);
  if (!isObject(part)) return;
  for (const key of Object.keys(part)) {
    const value = part[key] ?? null;
    const at = [...keys, key];
    // An older keyword: its members are parts, or names.
    const isOld = key === 'dependencies';
    const isMap = isOld || owns(schemaMapKeyword, key);
    const inside = isMap || owns(schemaArrayKeyword, key);
    if (isMap ? isObject(value) : inside && isList(value)) {
      for (const [name, member] of Object.entries(value ?? {}))
        visitParts(member, [...at, name], visit, isPart && !isOld);
    } else if (!owns(ignoredKeyword, key)) {
      visitParts(value, at, visit, isPart && (inside || owns(schemaKeyword, key)));
    }
  }
}

function patternsOf(part: Json, keys: Keys): (readonly [pattern: string, keys: Keys])[] {
  if (!isObject(part)) return [];
  const { pattern, patternProperties = {} } = part;
  const names = isObject(patternProperties) ? Object.keys(patternProperties) : [];
  const found = names.map((name) => [name, [...keys, 'patternProperties', name]] as const);
  return typeof pattern === 'string' ? [[pattern, [...keys, 'pattern']], ...found] : found;
}

/** Texts that are too long for the patterns of a schema, one or all together, whichever of them each would meet; and lists. */
function tooLongFor(schema: Json, value: Json): SchemaProblem | undefined {
  const found: Measured = { longest: 0, cubes: 0, lists: new Map<string | number, number>() };
  measure(value, found, '');
  const matching = new Matching();
  visitParts(schema, [], (part, keys) => {
    for (const [pattern] of found.longest === 0 ? [] : patternsOf(part, keys)) {
      const most = matching.longest(pattern);
      matching.shares += found.longest > most ? Number.POSITIVE_INFINITY : found.cubes / most ** 3;
    }
    if (!isObject(part) || !part.uniqueItems) return;
    const name = keys.at(-2) === 'properties' ? keys.at(-1) : ANY;
    matching.shares += (found.lists.get(name ?? ANY) ?? 0) / COMPARED;
  });
  if (matching.shares <= MOST_MATCHED) return undefined;
  return { pointer: '', message: 'Its texts or lists are too long for its patterns or `uniqueItems`.' };
}

interface Measured {
  /** Of the texts that are not surely short, the longest, and the sum of the third powers of their lengths. */
  longest: number;
  cubes: number;
  /** What it takes to compare the entries of lists, by the name that these stand under. */
  readonly lists: Map<string | number, number>;
}

/** Stands for lists of any name. */
const ANY = 0;

function measure(value: Json, found: Measured, name: string): void {
  if (typeof value === 'string') {
    if (value.length <= SURELY_SHORT) return;
    found.longest = Math.max(found.longest, value.length);
    found.cubes += value.length ** 3;
  } else if (isList(value)) {
    for (const key of [name, ANY]) found.lists.set(key, (found.lists.get(key) ?? 0) + value.length * sizeOf(value));
    for (const entry of value) measure(entry, found, name);
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      measure(key, found, name);
      measure(member, found, key);
    }
  }
}

function readable(errors: readonly OutputUnit[]): SchemaProblem[] {
  const telling = errors.filter((error) => !ECHOES.has(error.keyword));
  return (telling.length === 0 ? errors : telling).map(({ instanceLocation, keyword, error }) => {
    const parent = instanceLocation.replace(/^#/, '');
    const missing = keyword === 'required' ? /required property "(.*?)"/.exec(error)?.[1] : undefined;
    if (missing !== undefined)
      return { pointer: child(parent, missing), message: `${missing} is required.`, isMissing: true };
    return { pointer: parent, message: keyword === 'false' ? 'Nothing may stand here.' : inWords(error) };
  });
}

/** What the validator says, as whoever fills in a form would. */
function inWords(error: string): string {
  const [, given = '', expected] = /^Instance type "(.+?)" is invalid\. Expected "(.+)"\.$/.exec(error) ?? [];
  if (expected !== undefined) {
    const types = expected.split('", "').map(typeInWords);
    return `This must be ${types.join(' or ')}, not ${typeInWords(given)}.`;
  }
  return error
    .replace(/^Instance does not match any of \[(.*)\]\.$/, 'This must be one of $1.')
    .replace(/^Instance\b/, 'This')
    .replace(/^String\b/, 'The text')
    .replace(/^Array\b/, 'The list');
}
