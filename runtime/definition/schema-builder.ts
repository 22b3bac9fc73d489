import type { Json, JsonObject } from '../json.js';

/** The part of JSON Schema (2020-12) that the language needs, and that `structure.ts` checks. */
export interface SchemaNode {
  readonly type?: JsonType | readonly JsonType[] | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly Json[] | undefined;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  /** Without a prototype, so that a name is looked up among the fields alone. */
  readonly properties?: Readonly<Record<string, SchemaNode>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | SchemaNode | undefined;
  readonly items?: SchemaNode | undefined;
}
export type JsonType = 'null' | 'boolean' | 'number' | 'integer' | 'string' | 'array' | 'object';

declare const meaning: unique symbol;
/** A schema, and the TypeScript type of what conforms to it. */
export interface Schema<T> {
  readonly node: SchemaNode;
  readonly [meaning]?: T;
}
export interface Must<T> extends Schema<T> {
  readonly must: true;
}
/** The type that a {@link Schema} describes. */
export type Static<S> = S extends Schema<infer T> ? T : never;

type Fields = Readonly<Record<string, Schema<unknown>>>;
type ObjectOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends { readonly must: true } ? K : never]: Static<F[K]>;
} & {
  readonly [K in keyof F as F[K] extends { readonly must: true } ? never : K]?: Static<F[K]>;
};

/** Matches a text that holds a template: such a text may stand wherever the value may be computed. */
export const TEMPLATE_PATTERN = '\\{\\{';

/** Any key of data but the one that would be a prototype where somebody writes it the plain way. */
export const KEY_PATTERN = '^(?!__proto__$)';
/** A name that expressions can read as it stands. */
export const NAME_PATTERN = '^(?!__proto__$)[A-Za-z_$][A-Za-z0-9_$]*$';

/** Those of the language, made once. */
const EXPRESSIONS: ReadonlyMap<string, RegExp> = new Map(
  [TEMPLATE_PATTERN, KEY_PATTERN, NAME_PATTERN].map((pattern) => [pattern, new RegExp(pattern)]),
);

export function matchesPattern(text: string, pattern: string): boolean {
  return (EXPRESSIONS.get(pattern) ?? new RegExp(pattern)).test(text);
}

export function must<T>(schema: Schema<T>): Must<T> {
  return { ...schema, must: true };
}

/**
 * Every node has all of these of its own: what a page has put on all objects, such as `required` or `enum`, says nothing
 * about a definition, and V8 reads nodes that are alike in shape the fastest.
 */
const ABSENT: Required<SchemaNode> = {
  type: undefined,
  description: undefined,
  enum: undefined,
  pattern: undefined,
  minimum: undefined,
  maximum: undefined,
  minLength: undefined,
  maxLength: undefined,
  properties: undefined,
  required: undefined,
  additionalProperties: undefined,
  items: undefined,
};

function nodeOf(node: SchemaNode): SchemaNode {
  return { ...ABSENT, ...node };
}

export function text(description: string, more: SchemaNode = {}): Schema<string> {
  return { node: nodeOf({ type: 'string', description, ...more }) };
}

export function choice<const V extends string>(description: string, values: readonly V[]): Schema<V> {
  return { node: nodeOf({ type: 'string', description, enum: values }) };
}

export function number(description: string, more: SchemaNode = {}): Schema<number> {
  return { node: nodeOf({ type: 'number', description, ...more }) };
}

/** A number, or a template that gives one. */
export function computedNumber(description: string, more: SchemaNode = {}): Schema<number | string> {
  return { node: nodeOf({ type: ['number', 'string'], pattern: TEMPLATE_PATTERN, description, ...more }) };
}

export function flag(description: string, more: SchemaNode = {}): Schema<boolean> {
  return { node: nodeOf({ type: 'boolean', description, ...more }) };
}

export function any(description: string, more: SchemaNode = {}): Schema<Json> {
  return { node: nodeOf({ description, ...more }) };
}

export function anyObject(description: string): Schema<JsonObject> {
  return { node: nodeOf({ type: 'object', description }) };
}

export function list<T>(description: string, item: Schema<T>): Schema<readonly T[]> {
  return { node: nodeOf({ type: 'array', description, items: item.node }) };
}

export function record<T>(description: string, item: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return { node: nodeOf({ type: 'object', description, additionalProperties: item.node }) };
}

/** An object of these fields and no others. */
export function object<F extends Fields>(description: string, fields: F): Schema<ObjectOf<F>> {
  const properties: Record<string, SchemaNode> = Object.create(null);
  const required: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    properties[name] = field.node;
    if (Object.hasOwn(field, 'must')) required.push(name);
  }
  const needed = required.length === 0 ? {} : { required };
  return { node: nodeOf({ type: 'object', description, properties, ...needed, additionalProperties: false }) };
}
