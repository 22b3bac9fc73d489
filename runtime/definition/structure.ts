import { owns } from '../expression/values.js';
import { wordMeant } from './habits.js';
import type { IssueExtra } from './issues.js';
import { below, type IssueList } from './issues.js';
import { isObject } from './json-copy.js';
import { didYouMean } from './nearest.js';
import { type JsonType, matchesPattern, type Schema, type SchemaNode, TEMPLATE_PATTERN } from './schema-builder.js';

/** Where issues of a check go. */
export interface Target {
  readonly issues: IssueList;
  readonly step?: string | undefined;
}

/** Whether a value has the structure that a schema describes; all that is wrong with it is reported. */
export function conforms<T>(schema: Schema<T>, value: unknown, pointer: string, target: Target): value is T {
  // Mostly nothing is wrong. Where something is, the value is walked once more to say what, and where.
  return isOf(schema, value) || check(schema.node, value, new Report(pointer, target));
}

/** As {@link conforms}, for who only wants to know. */
export function isOf<T>(schema: Schema<T>, value: unknown): value is T {
  return check(schema.node, value, undefined);
}

/** Where a check stands, and where what it finds goes. */
class Report {
  readonly keys: (string | number)[] = [];
  readonly #root: string;
  readonly #target: Target;

  constructor(root: string, target: Target) {
    this.#root = root;
    this.#target = target;
  }

  what(): string {
    return this.keys.length === 0 ? 'this' : this.keys.join('.');
  }

  add(code: string, message: string, extra: IssueExtra = {}): void {
    const pointer = below(this.#root, this.keys);
    this.#target.issues.error(code, pointer, message, { step: this.#target.step, ...extra });
  }
}

/** Without a report, the first fault ends it; with one, all of them are looked for. */
function check(node: SchemaNode, value: unknown, report: Report | undefined): boolean {
  if (node.type !== undefined && !hasType(node.type, value)) return wrongType(node, value, report);
  if (typeof value === 'string') return checkText(node, value, report);
  if (typeof value === 'number') return checkNumber(node, value, report);
  if (Array.isArray(value)) return checkList(node, value, report);
  return typeof value === 'object' && value !== null ? checkObject(node, Object(value), report) : true;
}

function wrongType(node: SchemaNode, value: unknown, report: Report | undefined): false {
  report?.add('WRONG_TYPE', `\`${report.what()}\` must be ${expected(node)}, not ${describe(value)}.`, {
    hint: node.description,
  });
  return false;
}

function checkText(node: SchemaNode, value: string, report: Report | undefined): boolean {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = node;
  if (node.enum !== undefined && !node.enum.includes(value)) {
    const values = node.enum.filter((entry) => typeof entry === 'string');
    const message = `must be one of ${values.join(', ')}, not ${quote(value)}.`;
    report?.add('BAD_VALUE', `\`${report.what()}\` ${message}`, { hint: didYouMean(value, values) });
  } else if (value.length < minLength) {
    report?.add('BAD_VALUE', `\`${report.what()}\` must not be empty.`);
  } else if (value.length > maxLength) {
    report?.add('BAD_VALUE', `\`${report.what()}\` must have at most ${maxLength} characters.`);
  } else if (pattern === undefined || matchesPattern(value, pattern)) {
    return true;
  } else if (pattern === TEMPLATE_PATTERN) {
    return wrongType(node, value, report);
  } else if (value === '__proto__') {
    report?.add('FORBIDDEN_NAME', '`__proto__` cannot be a name.');
  } else {
    const message = `must be a name of letters, digits and _, not ${quote(value)}.`;
    report?.add('BAD_VALUE', `\`${report.what()}\` ${message}`);
  }
  return false;
}

function checkNumber(node: SchemaNode, value: number, report: Report | undefined): boolean {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = node;
  if (value >= minimum && value <= maximum) return true;
  const bound = value < minimum ? `at least ${minimum}` : `at most ${maximum}`;
  report?.add('BAD_VALUE', `\`${report.what()}\` must be ${bound}, not ${value}.`);
  return false;
}

function checkList(node: SchemaNode, value: readonly unknown[], report: Report | undefined): boolean {
  if (node.items === undefined) return true;
  let ok = true;
  for (let index = 0; index < value.length && (ok || report !== undefined); index++) {
    ok = checkBelow(index, node.items, value[index], report) && ok;
  }
  return ok;
}

function checkObject(node: SchemaNode, value: Readonly<Record<string, unknown>>, report: Report | undefined): boolean {
  const { properties, additionalProperties } = node;
  if (properties === undefined && typeof additionalProperties !== 'object') return true;
  let ok = checkRequired(node, value, report);
  let free: readonly string[] | undefined;
  for (const key in value) {
    if (!owns(value, key)) continue;
    if (!ok && report === undefined) return false;
    const known = properties?.[key] ?? additionalProperties;
    if (typeof known === 'object') ok = checkBelow(key, known, value[key], report) && ok;
    else if (known === false) {
      ok = false;
      if (report === undefined) break;
      free ??= Object.keys(properties ?? {}).filter((field) => !owns(value, field) || isEmpty(value[field]));
      unknownField(key, properties ?? {}, free, report);
    }
  }
  return ok;
}

function checkRequired(node: SchemaNode, value: object, report: Report | undefined): boolean {
  let ok = true;
  for (const key of node.required ?? NONE) {
    if (owns(value, key)) continue;
    ok = false;
    if (report === undefined) break;
    const what = report.keys.length === 0 ? '' : ` in \`${report.what()}\``;
    const hint = node.properties?.[key]?.description;
    report.add('MISSING_FIELD', `\`${key}\` is missing${what}.`, { field: key, hint });
  }
  return ok;
}

const NONE: readonly string[] = [];

/** @param free what is known and not given, of which it may be meant */
function unknownField(
  key: string,
  fields: Readonly<Record<string, SchemaNode>>,
  free: readonly string[],
  report: Report,
): void {
  report.keys.push(key);
  const inner = INNER.find((field) => fields[field]?.type === 'object' && holds(fields[field], key));
  const belongs = inner === undefined ? '' : ` Does it belong into \`${inner}\`?`;
  const hint = wordMeant(key, free) ?? `Known here: ${Object.keys(fields).join(', ')}.${belongs}`;
  report.add('UNKNOWN_FIELD', `\`${key}\` is not a field of this.`, { hint });
  report.keys.pop();
}

/** Fields that hold what is often written beside them. */
const INNER = ['config', 'parameters'] as const;

/** The normal form has an object with nothing in it where nothing was given. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && Object.keys(Object(value)).length === 0;
}

function holds({ properties }: SchemaNode, key: string): boolean {
  return properties === undefined || properties[key] !== undefined;
}

function checkBelow(key: string | number, node: SchemaNode, value: unknown, report: Report | undefined): boolean {
  if (report === undefined) return check(node, value, report);
  report.keys.push(key);
  const ok = check(node, value, report);
  report.keys.pop();
  return ok;
}

function hasType(type: JsonType | readonly JsonType[], value: unknown): boolean {
  if (typeof type !== 'string') return type.some((one) => hasType(one, value));
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isSafeInteger(value);
    default:
      return typeof value === type;
  }
}

/** What each type of JSON Schema is called. */
const WORDS: Readonly<Record<JsonType, string>> = {
  null: 'null',
  boolean: 'true or false',
  number: 'a number',
  integer: 'a whole number',
  string: 'text',
  array: 'a list',
  object: 'an object',
};
export const JSON_TYPES = Object.keys(WORDS);

/** The name of a type of JSON Schema in words; any other text as it is. */
export function typeInWords(type: string): string {
  return new Map(Object.entries(WORDS)).get(type) ?? type;
}

function expected(node: SchemaNode): string {
  const types = typeof node.type === 'string' ? [node.type] : (node.type ?? []);
  const template = node.pattern === TEMPLATE_PATTERN;
  return types.map((type) => (template && type === 'string' ? 'a template such as {{…}}' : WORDS[type])).join(' or ');
}

/** What a value is, for a message. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `the text ${quote(value)}`;
  if (typeof value === 'object') return 'an object';
  return String(value);
}

/** A text as JSON, cut short. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}
