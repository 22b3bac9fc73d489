import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Jexl } from 'jexl';
import { describe, expect, test } from 'vitest';
import { compileExpression } from '../../runtime/expression/compile.js';
import { describeBeside } from '../support/beside.js';

/**
 * JEXL as an oracle: what real workflows say gives here what it gives there. Where we differ on purpose, the contexts
 * made here stay clear of it:
 * - an index of something missing: JEXL throws, we give undefined;
 * - `+` with null, undefined or an object: JEXL writes `null`, `undefined` and `[object Object]`, we write nothing or JSON;
 * - `<` and `==` between an object and a primitive: JEXL asks the object for its text, we ask it nothing;
 * - `&&` and `||` together: JEXL gives both one precedence, we give them JavaScript's;
 * - `null`: a name in JEXL, a literal here; a result that JSON cannot carry (NaN) is null here;
 * - objects: equal there when they are one in memory, here when they hold the same;
 * - string escapes: JEXL knows but \\ and the quotes, we know JavaScript's.
 */

interface Entry {
  readonly kind: 'COND' | 'NATIVE' | 'INTERP';
  readonly expression: string;
}

const fixture = new URL('../../../shared/fixtures/tale/expressions.json', import.meta.url);
const found = existsSync(fixture);

function entries(): Entry[] {
  return found ? JSON.parse(readFileSync(fixture, 'utf8')) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  return isRecord(value) ? JSON.stringify(value) : String(value);
};
/** A text as we read it of the source: JEXL leaves its escapes as they stand. */
const decoded = (text: unknown): string => textOf(text).replaceAll('\\n', '\n');
const at = (value: unknown, path: unknown): unknown =>
  String(path)
    .split('.')
    .reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), value);

/** The transforms as the project that wrote the expressions describes them, made anew. */
function oracle(): Jexl {
  const jexl = new Jexl();
  const rows = (list: unknown, path: unknown) => listOf(list).map((row) => at(row, path));
  jexl.addTransform('length', (value) => (typeof value === 'string' ? value.length : listOf(value).length));
  jexl.addTransform('string', textOf);
  jexl.addTransform('join', (list, separator) => listOf(list).map(textOf).join(textOf(separator)));
  jexl.addTransform('map', (list, path) => rows(list, path).filter((value) => value !== undefined));
  jexl.addTransform('flatten', (list) => listOf(list).flat());
  jexl.addTransform('unique', (list) => [
    ...new Map(listOf(list).map((value) => [JSON.stringify(value), value])).values(),
  ]);
  jexl.addTransform('concat', (list, other) => [...listOf(list), ...listOf(other)]);
  jexl.addTransform('find', (list, path, value) =>
    listOf(list).find((row) => isRecord(row) && at(row, path) === value),
  );
  jexl.addTransform('slice', (list, start, end) => listOf(list).slice(Number(start), Number(end)));
  jexl.addTransform('sort', (list, path, direction) => {
    const sign = direction === 'desc' ? -1 : 1;
    return listOf(list).toSorted((a, b) => sign * (Number(at(a, path)) - Number(at(b, path))));
  });
  jexl.addTransform('formatList', (list, format, separator) =>
    listOf(list)
      .map((row) => decoded(format).replaceAll(/\{([\w.]+)\}/g, (_, path: string) => textOf(at(row, path))))
      .filter((line) => line.trim() !== '')
      .join(decoded(separator)),
  );
  return jexl;
}

const primitive = fc.oneof(
  fc.integer({ min: -3, max: 200 }),
  fc.constantFrom('active', 'gmail', '', 'x'),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
);
const row = fc.record(
  {
    _id: fc.integer({ min: 0, max: 3 }),
    productId: fc.integer({ min: 0, max: 3 }),
    name: fc.string({ maxLength: 4 }),
    confidence: fc.integer({ min: 0, max: 9 }),
    url: fc.string({ maxLength: 4 }),
    product_id: fc.integer({ min: 0, max: 2 }),
    shop_variant_id: fc.constantFrom('a', 'b'),
    metadata: fc.record({
      subscriptions: fc.record({
        data: fc.array(fc.record({ product_id: fc.integer({ max: 2, min: 0 }) }), { maxLength: 2 }),
      }),
    }),
  },
  { requiredKeys: ['confidence', '_id'], noNullPrototype: true },
);

/** Puts a value at a path; lists where the path counts, so that an index finds something. */
function plant(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let holder: Record<string, unknown> | unknown[] = root;
  for (const [index, key] of path.entries()) {
    const next = path[index + 1];
    const existing: unknown = Reflect.get(holder, key);
    const made = next === undefined ? value : isRecord(existing) ? existing : /^\d+$/.test(next) ? [] : {};
    Reflect.set(holder, key, made);
    if (!isRecord(made)) return;
    holder = made;
  }
}

/** Contexts in which the paths an expression reads are there, and now and then are not. */
function contextFor(expression: string): fc.Arbitrary<Record<string, unknown>> {
  const { paths } = compileExpression(expression);
  const sums = / \+ /.test(expression);
  const orders = / [<>] /.test(expression);
  const leaf = (path: readonly string[]) => {
    if (new RegExp(`${path.at(-1)}\\||concat\\([^)]*${path.at(-1)}`).test(expression))
      return fc.array(row, { maxLength: 4 });
    if (orders) return primitive;
    return sums ? fc.integer() : fc.oneof({ weight: 4, arbitrary: primitive }, { weight: 1, arbitrary: row });
  };
  return fc.tuple(...paths.map(leaf)).map((values) => {
    const root: Record<string, unknown> = { null: null };
    for (const [index, path] of paths.entries()) plant(root, path, values[index]);
    return root;
  });
}

const asJson = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

describeBeside(found, '../shared/fixtures/tale/expressions.json', 'expressions of real workflows', () => {
  const jexl = oracle();
  const sources = [...new Set(entries().map((entry) => entry.expression))];

  test('are all here, and all parse and evaluate where nothing is known', () => {
    expect(entries()).toHaveLength(235);
    for (const source of sources) {
      expect(() => compileExpression(source).evaluate({}, { now: 0, random: () => 0 }), source).not.toThrow();
    }
  });

  // The format with a transform in it is beyond what the oracle's formatList knows.
  const comparable = sources.filter((source) => !source.includes('{metadata.circuly.variants|'));
  test.each(comparable)('%s', (source) => {
    const compiled = compileExpression(source);
    fc.assert(
      fc.property(contextFor(source), (context) => {
        expect(asJson(compiled.evaluate(context))).toEqual(asJson(jexl.evalSync(source, context)));
      }),
      { numRuns: 40 },
    );
  });

  test('a format may hold transforms of its own', () => {
    const source =
      entries().find((entry) => entry.expression.includes('{metadata.circuly.variants|'))?.expression ?? '';
    const allProducts = [
      {
        _id: 1,
        name: 'Bed',
        category: 'Sleep',
        price: 9,
        description: 'Soft',
        metadata: { circuly: { variants: [{ shop_variant_id: 'a' }, { shop_variant_id: 'b' }] } },
      },
      { _id: 2, name: 'Cot' },
    ];
    expect(compileExpression(source).evaluate({ allProducts })).toBe(
      'Product ID: 1\nName: Bed\nCategory: Sleep\nPrice: €9/month\nDescription: Soft\nShop Variant IDs: a, b' +
        '\n\n---\n\n' +
        'Product ID: 2\nName: Cot\nCategory: \nPrice: €/month\nDescription: \nShop Variant IDs: ',
    );
  });
});

describe('generated expressions over primitives', () => {
  const jexl = oracle();
  const names = fc.constantFrom('a', 'b', 'c.d', 'c.e.f');
  const literals = fc.oneof(
    fc.nat(9).map(String),
    fc.constantFrom("'x'", '"1"', "''", 'true', 'false', '[1, a]', '[]'),
  );
  const comparable = fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '-', '*', '/');
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(
        names,
        literals.filter((literal) => !literal.startsWith('[')),
      ),
      fc.tuple(tie('tree'), comparable, tie('tree')).map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc
        .tuple(tie('tree'), fc.constantFrom('&&', '||'), tie('tree'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(tie('tree'), tie('tree'), tie('tree')).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
      tie('tree').map((tree) => `!${tree}`),
      fc.tuple(tie('tree'), literals).map(([value, list]) => `(${value} in [${list}, 1, "x"])`),
      fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `([${a}, ${b}]|length)`),
      fc.tuple(comparable, tie('tree')).map(([operator, value]) => `(rows[.k ${operator} ${value}]|length)`),
    ),
  }));

  test('give what JEXL gives', () => {
    const rows = fc.array(fc.record({ k: primitive }, { noNullPrototype: true }), { maxLength: 3 });
    const context = fc.record({
      rows,
      a: primitive,
      b: primitive,
      c: fc.record({ d: primitive, e: fc.record({ f: primitive }) }),
    });
    fc.assert(
      fc.property(tree, context, (source, values) => {
        expect(asJson(compileExpression(source).evaluate(values))).toEqual(asJson(jexl.evalSync(source, values)));
      }),
      { numRuns: 1500 },
    );
  });
});
