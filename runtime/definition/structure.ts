import type { IssueExtra } from './issues.js';
import { child, IssueList } from './issues.js';
import { didYouMean } from './nearest.js';
import { type JsonType, type Schema, type SchemaNode, TEMPLATE_PATTERN } from './schema-builder.js';

/** Where issues of a check go. */
export interface Target {
  readonly issues: IssueList;
  readonly step?: string | undefined;
}

/** Whether a value has the structure that a schema describes; all that is wrong with it is reported. */
export function conforms<T>(schema: Schema<T>, value: unknown, pointer: string, target: Target): value is T {
  return new Walk(pointer, target).check(schema.node, value);
}

/** As {@link conforms}, for who only wants to know. */
export function isOf<T>(schema: Schema<T>, value: unknown): value is T {
  return conforms(schema, value, '', { issues: new IssueList() });
}

class Walk {
  readonly #root: string;
  readonly #target: Target;
  /** Joined to a pointer only when there is something to report. */
  readonly #keys: (string | number)[] = [];

  constructor(root: string, target: Target) {
    this.#root = root;
    this.#target = target;
  }

  check(node: SchemaNode, value: unknown): boolean {
    if (node.type !== undefined && !hasType(node.type, value)) {
      return this.#fail('WRONG_TYPE', `\`${this.#what()}\` must be ${expected(node)}, not ${describe(value)}.`);
    }
    if (typeof value === 'string') return this.#checkText(node, value);
    if (typeof value === 'number') return this.#checkNumber(node, value);
    if (Array.isArray(value)) return this.#checkList(node, value);
    return typeof value === 'object' && value !== null ? this.#checkObject(node, value) : true;
  }

  #checkText(node: SchemaNode, value: string): boolean {
    if (node.enum !== undefined && !node.enum.includes(value)) {
      const values = node.enum.filter((entry) => typeof entry === 'string');
      const message = `\`${this.#what()}\` must be one of ${values.join(', ')}, not ${quote(value)}.`;
      return this.#fail('BAD_VALUE', message, { hint: didYouMean(value, values) });
    }
    if (node.minLength !== undefined && value.length < node.minLength) {
      return this.#fail('BAD_VALUE', `\`${this.#what()}\` must not be empty.`);
    }
    if (node.maxLength !== undefined && value.length > node.maxLength) {
      return this.#fail('BAD_VALUE', `\`${this.#what()}\` must have at most ${node.maxLength} characters.`);
    }
    if (node.pattern === undefined || new RegExp(node.pattern).test(value)) return true;
    if (value === '__proto__' && node.pattern !== TEMPLATE_PATTERN) {
      return this.#fail('FORBIDDEN_NAME', '`__proto__` cannot be a name.');
    }
    if (node.pattern !== TEMPLATE_PATTERN) {
      return this.#fail(
        'BAD_VALUE',
        `\`${this.#what()}\` must be a name of letters, digits and _, not ${quote(value)}.`,
      );
    }
    return this.#fail('WRONG_TYPE', `\`${this.#what()}\` must be ${expected(node)}, not ${describe(value)}.`);
  }

  #checkNumber(node: SchemaNode, value: number): boolean {
    if (node.minimum !== undefined && value < node.minimum) {
      return this.#fail('BAD_VALUE', `\`${this.#what()}\` must be at least ${node.minimum}, not ${value}.`);
    }
    if (node.maximum !== undefined && value > node.maximum) {
      return this.#fail('BAD_VALUE', `\`${this.#what()}\` must be at most ${node.maximum}, not ${value}.`);
    }
    return true;
  }

  #checkList(node: SchemaNode, value: readonly unknown[]): boolean {
    if (node.items === undefined) return true;
    let ok = true;
    for (let index = 0; index < value.length; index++) ok = this.#descend(index, node.items, value[index]) && ok;
    return ok;
  }

  #checkObject(node: SchemaNode, value: object): boolean {
    const { properties, additionalProperties } = node;
    if (properties === undefined && typeof additionalProperties !== 'object') return true;
    let ok = this.#checkRequired(node, value);
    const fields: Readonly<Record<string, unknown>> = Object(value);
    for (const key of Object.keys(fields)) {
      const entry = fields[key];
      const known = properties?.[key];
      if (known !== undefined) ok = this.#descend(key, known, entry) && ok;
      else if (typeof additionalProperties === 'object') ok = this.#descend(key, additionalProperties, entry) && ok;
      else if (additionalProperties === false) ok = this.#unknown(key, Object.keys(properties ?? {}));
    }
    return ok;
  }

  #checkRequired(node: SchemaNode, value: object): boolean {
    let ok = true;
    if (node.required === undefined) return true;
    for (const key of node.required) {
      if (Object.hasOwn(value, key)) continue;
      const what = this.#keys.length === 0 ? '' : ` in \`${this.#what()}\``;
      const hint = node.properties?.[key]?.description;
      ok = this.#fail('MISSING_FIELD', `\`${key}\` is missing${what}.`, { field: key, hint });
    }
    return ok;
  }

  #unknown(key: string, known: readonly string[]): boolean {
    this.#keys.push(key);
    const hint = didYouMean(key, known) ?? `Known here: ${known.join(', ')}.`;
    this.#fail('UNKNOWN_FIELD', `\`${key}\` is not a field of this.`, { hint });
    this.#keys.pop();
    return false;
  }

  #descend(key: string | number, node: SchemaNode, value: unknown): boolean {
    this.#keys.push(key);
    const ok = this.check(node, value);
    this.#keys.pop();
    return ok;
  }

  #what(): string {
    return this.#keys.length === 0 ? 'this' : this.#keys.join('.');
  }

  #fail(code: string, message: string, extra: IssueExtra = {}): false {
    const pointer = this.#keys.reduce<string>((path, key) => child(path, key), this.#root);
    this.#target.issues.error(code, pointer, message, { step: this.#target.step, ...extra });
    return false;
  }
}

function hasType(type: JsonType | readonly JsonType[], value: unknown): boolean {
  if (typeof type !== 'string') return type.some((one) => hasType(one, value));
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    default:
      return typeof value === type;
  }
}

const WORDS: Readonly<Record<JsonType, string>> = {
  null: 'null',
  boolean: 'true or false',
  number: 'a number',
  integer: 'a whole number',
  string: 'text',
  array: 'a list',
  object: 'an object',
};

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
