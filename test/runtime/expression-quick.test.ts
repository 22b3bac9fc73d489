import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ParseOptions } from '../../runtime/expression/ast.js';
import { defaultExpressionLimits } from '../../runtime/expression/limits.js';
import { parseExpression, parseWhole } from '../../runtime/expression/parse.js';
import { quickParse } from '../../runtime/expression/quick-parse.js';

const limits = defaultExpressionLimits;

/** What is read, or what is said to be wrong. */
function read(parse: typeof parseExpression, source: string, options: ParseOptions): unknown {
  try {
    return parse(source, options);
  } catch (error) {
    return error;
  }
}

interface Words {
  readonly names: readonly string[];
  readonly keys: readonly string[];
  readonly literals: readonly string[];
  readonly transforms: readonly string[];
  readonly operators: readonly string[];
}

/** What the quick parser knows. */
const common: Words = {
  names: ['a', 'steps', '$b', 'c_1', 'true', 'null', '.', '.x'],
  keys: ['.b', '.in', '[0]', "['k']", '["a b"]'],
  literals: ['0', '12', '0.5', "'t'", '"q}}"'],
  transforms: ['|length', ' | upper'],
  operators: [
    '+',
    '-',
    '*',
    '/',
    '//',
    '%',
    '^',
    '==',
    '===',
    '!=',
    '!==',
    '<',
    '<=',
    '>',
    '>=',
    '&&',
    '||',
    '??',
    '\t+\n',
  ],
};
/** And what it must leave alone, or is no expression at all. */
const rare: Words = {
  names: ['in', 'undefined', 'this', 'contains', 'é', 'aé', '', '..', '.é', '. x'],
  keys: ['[ 1 ]', '[.x > 1]', '[i]', '?.d', '.5', '. e', ' .f', '()', '(1, 2)', '[1e1]', '[-1]'],
  literals: ['.5', '1.', '1e3', '1a', '1.2.3', '-3', "'\\n'", "'open", '[1]', '{a: 1}', '(a)', '{{a}}'],
  transforms: ['|join(",")', '|in', '||', '|a.b', '|a[0]', '|', '|é'],
  operators: [' in ', ' contains ', ' ', ',', ';', '&', '=', '!', '?', ':', '\v+', '\u00a0+', '- -', ' + !'],
};

function expressions({ names, keys, literals, transforms, operators }: Words): fc.Arbitrary<string> {
  const some = (words: readonly string[], maxLength: number) =>
    fc.array(fc.constantFrom(...words), { maxLength }).map((list) => list.join(''));
  const path = fc.tuple(fc.constantFrom(...names), some(keys, 3)).map((parts) => parts.join(''));
  const operand = fc
    .tuple(fc.oneof(path, path, fc.constantFrom(...literals)), some(transforms, 2))
    .map((parts) => parts.join(''));
  const more = fc
    .tuple(fc.constantFrom(...operators), fc.constantFrom('', ' '), operand)
    .map((parts) => parts.join(''));
  return fc.tuple(operand, fc.array(more, { maxLength: 4 })).map(([first, rest]) => first + rest.join(''));
}

function both(a: Words, b: Words): Words {
  return {
    names: [...a.names, ...b.names],
    keys: [...a.keys, ...b.keys],
    literals: [...a.literals, ...b.literals],
    transforms: [...a.transforms, ...b.transforms],
    operators: [...a.operators, ...b.operators],
  };
}

const expression = fc.oneof(expressions(common), expressions(both(common, rare)));

it('reads everything as the whole grammar reads it, node by node', () => {
  let quick = 0;
  fc.assert(
    fc.property(expression, fc.boolean(), (source, item) => {
      const options = { limits, item };
      expect(read(parseExpression, source, options)).toEqual(read(parseWhole, source, options));
      if (quickParse(source, options) !== undefined) quick += 1;
    }),
    { numRuns: 3000 },
  );
  expect(quick).toBeGreaterThan(300);
});

it('reads what stands within a longer text alike', () => {
  fc.assert(
    fc.property(expression, fc.constantFrom('}}', ' }}', '}}}', '}', '', ')'), fc.boolean(), (inner, close, item) => {
      const options = { limits, start: 4, until: '}}', item };
      const source = `ab{{${inner}${close} rest`;
      expect(read(parseExpression, source, options)).toEqual(read(parseWhole, source, options));
    }),
    { numRuns: 2000 },
  );
});

it('leaves what passes a bound to the whole grammar', () => {
  const deep = { ...limits, depth: 1 };
  expect(() => parseExpression('a|f|g', { limits: deep })).toThrow(
    expect.objectContaining({ code: 'EXPRESSION_LIMIT' }),
  );
  const chained = `a${'|f'.repeat(101)}`;
  expect(() => parseExpression(chained, { limits })).toThrow(expect.objectContaining({ code: 'EXPRESSION_LIMIT' }));
  const long = `{{${'a.'.repeat(6000)}a + b}}`;
  expect(() => parseExpression(long, { limits, start: 2, until: '}}' })).toThrow(
    expect.objectContaining({ code: 'EXPRESSION_LIMIT' }),
  );
});

it('takes for itself the forms that are common', () => {
  const sources = ['a', 'steps.x.output.items|length > 5 && variables.n < 10', "a['b'][0].c == 'd' || e ?? 1 + 2 * 3"];
  for (const source of [...sources, 'true', 'a|trim|upper']) expect(quickParse(source, { limits })).toBeDefined();
  for (const source of ['.', '.name|upper', '.a[0].b > 1'])
    expect(quickParse(source, { limits, item: true })).toBeDefined();
});
