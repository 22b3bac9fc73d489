import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import type { Json } from '../json.js';
import { child } from './issues.js';
import { isList, isObject, own } from './json-copy.js';
import { longestText, PATTERN_HINT, patternFault, SURELY_SHORT } from './pattern-cost.js';
import { quote, type Target } from './structure.js';

export interface SchemaProblem {
  /** JSON pointer into the value. */
  readonly pointer: string;
  readonly message: string;
}

/** Keywords whose failure only says that something below or beside them failed. */
const ECHOES: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
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
 * @returns all that is wrong; a problem of the schema itself as one at the root
 */
export function schemaProblems(schema: Json, value: Json): SchemaProblem[] {
  if (typeof schema === 'boolean') return schema ? [] : [{ pointer: '', message: 'No input is accepted.' }];
  const budget = { left: MOST_VISITS + VISITS_PER_VALUE * sizeOf(value) };
  // The validator writes notes of its own into the schema.
  const copy: unknown = JSON.parse(JSON.stringify(schema));
  if (!isSchema(copy)) return [{ pointer: '', message: 'The schema is not an object.' }];
  const long = tooLongFor(schema, value);
  if (long !== undefined) return [long];
  try {
    count(copy, budget);
    const { valid, errors } = new Validator(copy, '2020-12', false).validate(value);
    return valid ? [] : readable(errors);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'it is malformed';
    return [{ pointer: '', message: `The schema cannot be used: ${reason}` }];
  }
}

/** Reports what is wrong with a schema: its patterns, and what using it on an empty value tells. */
export function checkSchema(schema: Json, pointer: string, { issues, step }: Target): void {
  let ok = true;
  visitPatterns(schema, [], (pattern, keys) => {
    const fault = patternFault(pattern);
    if (fault === undefined) return;
    ok = false;
    const at = keys.reduce<string>(child, pointer);
    issues.error('BAD_PATTERN', at, `${quote(pattern)} ${fault}.`, { step, hint: PATTERN_HINT });
  });
  if (!ok) return;
  const fault = schemaProblems(schema, {}).find(({ message }) => message.startsWith('The schema '))?.message;
  if (fault !== undefined) issues.error('BAD_SCHEMA', pointer, fault, { step });
}

// --- Bounds ----------------------------------------------------------------------------------------------------------

/** How often parts of a schema are looked at in one check: definitions that name each other can multiply without end. */
const MOST_VISITS = 100_000;
const VISITS_PER_VALUE = 50;

interface Budget {
  left: number;
}

/** Has each visit of the validator to a part of the schema be counted: it reads `$ref` of each, and asks for nothing else. */
function count(part: unknown, budget: Budget): void {
  if (isList(part)) for (const entry of part) count(entry, budget);
  if (!isObject(part)) return;
  const given = own(part, '$ref');
  for (const key of Object.keys(part)) count(part[key], budget);
  Object.defineProperty(part, '$ref', {
    enumerable: given !== undefined,
    get: () => {
      budget.left -= 1;
      if (budget.left < 0) throw new Error('its parts refer to each other too many times');
      return given;
    },
  });
}

function sizeOf(value: Json): number {
  if (isList(value)) return value.reduce<number>((sum, entry) => sum + sizeOf(entry), 1);
  return isObject(value) ? Object.keys(value).reduce((sum, key) => sum + sizeOf(value[key] ?? null), 1) : 1;
}

/** Keywords whose values are data. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);

type Keys = readonly (string | number)[];

function visitPatterns(schema: Json, keys: Keys, visit: (pattern: string, keys: Keys) => void): void {
  if (isList(schema)) for (const [index, entry] of schema.entries()) visitPatterns(entry, [...keys, index], visit);
  if (!isObject(schema)) return;
  for (const key of Object.keys(schema)) {
    const value = schema[key] ?? null;
    const at = [...keys, key];
    if (key === 'pattern' && typeof value === 'string') visit(value, at);
    if (key === 'patternProperties' && isObject(value))
      for (const name of Object.keys(value)) visit(name, [...at, name]);
    if (!DATA.has(key) || keys.at(-1) === 'properties') visitPatterns(value, at, visit);
  }
}

/** A text that is too long for the patterns of a schema, whichever of them it would meet. */
function tooLongFor(schema: Json, value: Json): SchemaProblem | undefined {
  let most = Number.POSITIVE_INFINITY;
  const longest = longestIn(value);
  if (longest <= SURELY_SHORT) return undefined;
  visitPatterns(schema, [], (pattern) => {
    most = Math.min(most, longestText(pattern));
  });
  if (longest <= most) return undefined;
  return {
    pointer: '',
    message: `No text in it may have more than ${most} characters, as patterns are to be matched.`,
  };
}

function longestIn(value: Json): number {
  if (typeof value === 'string') return value.length;
  if (isList(value)) return value.reduce<number>((most, entry) => Math.max(most, longestIn(entry)), 0);
  if (!isObject(value)) return 0;
  return Object.keys(value).reduce((most, key) => Math.max(most, key.length, longestIn(value[key] ?? null)), 0);
}

function isSchema(schema: unknown): schema is Schema {
  return isObject(schema);
}

function readable(errors: readonly OutputUnit[]): SchemaProblem[] {
  const telling = errors.filter((error) => !ECHOES.has(error.keyword));
  return (telling.length === 0 ? errors : telling).map(({ instanceLocation, keyword, error }) => {
    const parent = instanceLocation.replace(/^#/, '');
    const missing = keyword === 'required' ? /required property "(.*?)"/.exec(error)?.[1] : undefined;
    const pointer = missing === undefined ? parent : `${parent}/${missing.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return { pointer, message: missing === undefined ? error : `${missing} is required.` };
  });
}
