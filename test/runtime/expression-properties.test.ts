import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExpressionError, TemplateError } from '../../runtime/errors.js';
import { binaryPrecedence } from '../../runtime/expression/ast.js';
import { compileExpression } from '../../runtime/expression/compile.js';
import { builtinFunctions } from '../../runtime/expression/functions.js';
import { toJsonText } from '../../runtime/expression/values.js';
import { compileTemplate } from '../../runtime/template/compile.js';

const environment = { now: 0, random: () => 0.5 };

/** Pieces of the language in any order: most do not parse, and many do. */
const pieces = [
  ...Object.keys(binaryPrecedence),
  ...[
    'a',
    'b.c',
    'list',
    '.x',
    '.',
    "'s'",
    '"\\u0041"',
    '1',
    '-',
    '!',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '{{',
    '}}',
    '{a:',
  ],
  ...['?', ':', ',', '|', '?.', ' ', 'this', '__proto__', 'constructor', ';', '`', '\\', '#', '/', '^', '&', '!', '='],
  ...[...builtinFunctions.keys()].map((name) => `|${name}`),
];
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((parts) => parts.join(''));
const source = fc.oneof(soup, fc.string({ maxLength: 60, unit: 'binary' }));
const scope = fc.dictionary(fc.constantFrom('a', 'b', 'list', '__proto__', 'constructor'), fc.jsonValue());

function isData(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isData);
  return ['string', 'number', 'boolean', 'undefined', 'object'].includes(typeof value);
}

describe('any text', () => {
  test('is an expression that gives data, or a typed error with a position in the text', () => {
    fc.assert(
      fc.property(source, scope, (text, values) => {
        try {
          expect(isData(compileExpression(text).evaluate(values, environment))).toBe(true);
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          expect(['EXPRESSION_INVALID', 'EXPRESSION_LIMIT']).toContain(error.code);
          expect(error.position ?? 0).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('is a template that gives data, or a typed error', () => {
    const tags = fc.constantFrom(
      '{{a}}',
      '{{#list}}',
      '{{/list}}',
      '{{^a}}',
      '{{/a}}',
      '{{.}}',
      '{{{b.c}}}',
      '\n',
      ' ',
      '{{!',
      '}}',
    );
    const text = fc.array(fc.oneof(tags, source), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, scope, (template, values) => {
        try {
          expect(isData(compileTemplate({ x: [template] }).render(values, environment))).toBe(true);
        } catch (error) {
          if (!(error instanceof ExpressionError) && !(error instanceof TemplateError)) throw error;
          expect(error.field).toBe('/x/0');
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('any JSON', () => {
  test('is itself when it is read, and its text is what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const json = JSON.stringify(value);
        expect(JSON.stringify(compileExpression('x').evaluate({ x: value }))).toBe(json);
        expect(toJsonText(value)).toBe(json);
        expect(toJsonText(value, { indent: 2 })).toBe(JSON.stringify(value, null, 2));
        expect(compileExpression('(x|json|parseJSON) == x').evaluate({ x: value })).toBe(true);
        expect(compileExpression('[{a: x}, x] === [{a: y}, y]').evaluate({ x: value, y: JSON.parse(json) })).toBe(true);
      }),
    );
  });

  test('has under a name what it owns there, also where a page has put the name on every object', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('0', '1', 'length', '__proto__', 'constructor', 'a', 'x'));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), names, (value, name) => {
        const quoted = JSON.stringify(name);
        const sources = [
          'x[k]',
          `x[${quoted}]`,
          'x|get(k)',
          '[x]|map(k)|first',
          `x[.[${quoted}]]|length`,
          'k in [x, x[k]]',
        ];
        const read = sources.map((source) => compileExpression(source));
        const evaluate = () => read.map((compiled) => compiled.evaluate({ x: value, k: name }));
        const straight = JSON.stringify(evaluate());
        const owned: unknown =
          value !== null && Object.hasOwn(Object(value), name) ? Reflect.get(Object(value), name) : null;
        expect(JSON.stringify(read[0]?.evaluate({ x: value, k: name }) ?? null)).toBe(JSON.stringify(owned));
        if (name in Object.prototype || name in Array.prototype) return;
        const bend = Object.assign(Object.create(null), { value: 'leaked', configurable: true, writable: true });
        let bent: unknown;
        try {
          Object.defineProperty(Object.prototype, name, bend);
          bent = evaluate();
        } finally {
          Reflect.deleteProperty(Object.prototype, name);
        }
        expect(JSON.stringify(bent)).toBe(straight);
      }),
      { numRuns: 2000 },
    );
  });

  test('is written the same where a page has bent toJSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 3), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        const bend = Object.assign(Object.create(null), { value: () => 'bent', configurable: true });
        try {
          Object.defineProperty(Object.prototype, 'toJSON', bend);
          return toJsonText(value, { indent }) === json;
        } finally {
          Reflect.deleteProperty(Object.prototype, 'toJSON');
        }
      }),
    );
  });

  test('is no template when it is data, whatever it looks like', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const data = `{{secrets.key}}${text}{{#a}}`;
        expect(compileTemplate('{{data}}').render({ data, secrets: { key: 'k' } })).toBe(data);
        expect(compileTemplate('> {{data}}').render({ data, secrets: { key: 'k' } })).toBe(`> ${data}`);
        expect(compileTemplate({ '{{data}}': 1 }).render({ data })).toEqual({ [data]: 1 });
      }),
    );
  });
});

describe('string literals', () => {
  test('say what JavaScript says they say', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = [...text].map((character) => `\\u{${character.codePointAt(0)?.toString(16)}}`).join('');
        expect(compileExpression(JSON.stringify(text)).evaluate({})).toBe(text);
        expect(compileExpression(`'${escaped}'`, { limits: { sourceLength: 100_000 } }).evaluate({})).toBe(text);
      }),
    );
  });
});
