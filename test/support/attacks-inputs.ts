/** Inputs, right and wrong, and the workflows that they are meant for: every way in must judge them alike. */
import { checkInput, compile, type Issue } from '../../runtime/index.js';
import type { Json, JsonObject } from '../../runtime/ports.js';

export interface InputCase {
  readonly name: string;
  readonly document: JsonObject;
  readonly input: Json;
}

/** What a way in made of an input: what is wrong, or the input that the run began with, defaults filled in. */
export type Verdict = { readonly issues: readonly Located[] } | { readonly input: Json };
type Located = Pick<Issue, 'code' | 'path'>;

const workflow = (slug: string, more: object): JsonObject =>
  JSON.parse(
    JSON.stringify({
      name: slug,
      slug,
      ...more,
      steps: [{ stepSlug: 'out', stepType: 'output', config: { mapping: '{{input}}' } }],
    }),
  );

const everyType = workflow('every_type', {
  parameters: [
    { name: 'text', type: 'string', required: true, validation: { minLength: 2, maxLength: 5, pattern: '^[a-z]*$' } },
    { name: 'mail', type: 'email', required: true },
    { name: 'page', type: 'url' },
    { name: 'day', type: 'date' },
    { name: 'at', type: 'datetime' },
    { name: 'hour', type: 'time' },
    { name: 'count', type: 'integer', validation: { min: 1, max: 10 } },
    { name: 'ratio', type: 'number', validation: { min: 0 } },
    { name: 'on', type: 'boolean' },
    { name: 'size', type: 'select', options: ['s', { value: 'm', label: 'Medium' }] },
    { name: 'tags', type: 'multiselect', options: ['a', 'b'] },
    { name: 'list', type: 'array', validation: { minItems: 1, maxItems: 2 } },
    { name: 'map', type: 'object' },
    { name: 'any', type: 'json' },
    { name: 'file', type: 'file' },
    { name: 'a/b~c', type: 'integer' },
  ],
});
const defaults = workflow('defaults', {
  parameters: [
    { name: 'text', type: 'string', required: true, default: 'given' },
    { name: 'count', type: 'integer', default: 0 },
    { name: 'on', type: 'boolean', default: false },
    { name: 'list', type: 'array', default: [1, { a: [] }] },
    { name: 'none', type: 'string', default: null },
    { name: 'free', type: 'string' },
  ],
});
const schema = workflow('schema', {
  inputSchema: {
    type: 'object',
    required: ['name', 'age'],
    properties: {
      name: { type: 'string', minLength: 2 },
      age: { type: 'integer', minimum: 0 },
      kind: { enum: ['a', 'b'], default: 'a' },
      address: {
        type: 'object',
        required: ['city'],
        properties: { city: { type: 'string' }, 'zip/~': { type: 'string' } },
      },
    },
  },
});
const nothing = workflow('nothing', {});

const good: JsonObject = {
  ...{
    text: 'abc',
    mail: 'ada@example.com',
    page: 'https://example.com',
    day: '2026-02-28',
    at: '2026-02-28T09:00:00Z',
  },
  ...{
    hour: '09:30',
    count: 3,
    ratio: 0.5,
    on: true,
    size: 'm',
    tags: ['a', 'b'],
    list: [1],
    map: { a: 1 },
    any: [null],
  },
  ...{ file: 'notes.txt', 'a/b~c': 1 },
};

const cases: readonly (readonly [string, JsonObject, Json])[] = [
  ['all as it should be', everyType, good],
  ['everything absent', everyType, {}],
  ['everything null', everyType, Object.fromEntries(Object.keys(good).map((key) => [key, null]))],
  ['everything empty text', everyType, Object.fromEntries(Object.keys(good).map((key) => [key, '']))],
  ['everything an object', everyType, Object.fromEntries(Object.keys(good).map((key) => [key, { x: 1 }]))],
  ['everything a list', everyType, Object.fromEntries(Object.keys(good).map((key) => [key, [[]]]))],
  ['everything a number', everyType, Object.fromEntries(Object.keys(good).map((key) => [key, -1.5]))],
  ['everything text', everyType, Object.fromEntries(Object.keys(good).map((key) => [key, 'No such thing']))],
  [
    'everything just past its limit',
    everyType,
    {
      ...good,
      text: 'abcdef',
      count: 11,
      ratio: -0.001,
      size: 'l',
      tags: ['a', 'c'],
      list: [1, 2, 3],
      day: '2026-02-29',
    },
  ],
  ['two wrong limits of one value', everyType, { ...good, text: 'A' }],
  ['numbers as text', everyType, { ...good, count: '3', ratio: '0.5', on: 'true' }],
  ['more than is declared', everyType, { ...good, more: { deep: [1] } }],
  ['astral characters are one each', everyType, { ...good, text: '𝒜𝒜𝒜𝒜𝒜' }],
  ['no input', defaults, {}],
  ['defaults under what is given', defaults, { count: 5, on: true }],
  ['null where a default is', defaults, { text: null, count: null }],
  ['empty text where a default is', defaults, { text: '' }],
  ['wrong where a default is', defaults, { text: 1, count: 'x', on: 0, list: {} }],
  ['a schema: nothing given', schema, {}],
  ['a schema: all wrong', schema, { name: 'x', age: -1, kind: 'c', address: { 'zip/~': 1 } }],
  ['a schema: right', schema, { name: 'Ada', age: 36, address: { city: 'London' } }],
  ['nothing declared', nothing, { any: ['thing'] }],
  ['a list', everyType, [1]],
  ['a text', everyType, 'text'],
  ['a number', defaults, 3],
  ['`__proto__`', nothing, JSON.parse('{"a":{"__proto__":{"x":1}}}')],
];

export function inputCases(): InputCase[] {
  return cases.map(([name, document, input]) => ({ name, document, input }));
}

export const located = (issues: readonly Issue[]): Located[] => issues.map(({ code, path }) => ({ code, path }));

/** What the library itself says. */
export function verdict({ document, input }: InputCase): Verdict {
  const checked = checkInput(compile(document), input);
  return checked.ok ? { input: checked.input } : { issues: located(checked.issues) };
}
