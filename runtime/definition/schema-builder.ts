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

/** What a builder is told: what the node is for, and more about it; either may be left out. */
type Told = readonly [description: string, more?: SchemaNode] | readonly [more?: SchemaNode];
/** The same, for who must be told what the node is made of. */
type Made<T> = readonly [description: string, of: T] | readonly [of: T];

function leaf(node: SchemaNode, [first, more]: Told): { readonly node: SchemaNode } {
  const told = typeof first === 'string' ? { description: first, ...more } : first;
  return { node: nodeOf({ ...node, ...told }) };
}

function split<T>(told: Made<T>): { readonly description: string | undefined; readonly of: T } {
  return told.length === 2 ? { description: told[0], of: told[1] } : { description: undefined, of: told[0] };
}

export function text(...told: Told): Schema<string> {
  return leaf({ type: 'string' }, told);
}

export function choice<const V extends string>(...told: Made<readonly V[]>): Schema<V> {
  const { description, of: values } = split(told);
  return { node: nodeOf({ type: 'string', description, enum: values }) };
}

export function number(...told: Told): Schema<number> {
  return leaf({ type: 'number' }, told);
}

/** A number, or a template that gives one. */
export function computedNumber(...told: Told): Schema<number | string> {
  return leaf({ type: ['number', 'string'], pattern: TEMPLATE_PATTERN }, told);
}

export function flag(...told: Told): Schema<boolean> {
  return leaf({ type: 'boolean' }, told);
}

export function anyJson(...told: Told): Schema<Json> {
  return leaf({}, told);
}

export function anyObject(...told: Told): Schema<JsonObject> {
  return leaf({ type: 'object' }, told);
}

export function list<T>(...told: Made<Schema<T>>): Schema<readonly T[]> {
  const { description, of: item } = split(told);
  return { node: nodeOf({ type: 'array', description, items: item.node }) };
}

export function record<T>(...told: Made<Schema<T>>): Schema<Readonly<Record<string, T>>> {
  const { description, of: item } = split(told);
  return { node: nodeOf({ type: 'object', description, additionalProperties: item.node }) };
}

/** An object of these fields and no others. */
export function object<F extends Fields>(...told: Made<F>): Schema<ObjectOf<F>> {
  const { description, of: fields } = split(told);
  const properties: Record<string, SchemaNode> = Object.create(null);
  const required: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    properties[name] = field.node;
    if (Object.hasOwn(field, 'must')) required.push(name);
  }
  const needed = required.length === 0 ? {} : { required };
  return { node: nodeOf({ type: 'object', description, properties, ...needed, additionalProperties: false }) };
}
