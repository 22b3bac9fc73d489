import { describe, expect, test } from 'vitest';
import { ExpressionError } from '../../runtime/errors.js';
import { compileExpression } from '../../runtime/expression/compile.js';
import { LazyRecord } from '../../runtime/expression/values.js';
import { compileTemplate } from '../../runtime/template/compile.js';

const scope = {
  a: 1,
  zero: 0,
  empty: '',
  none: null,
  text: 'hello',
  n: { m: { k: 'deep' } },
  key: 'm',
  list: [
    { name: 'pen', price: 5, tags: ['blue'] },
    { name: 'ink', price: 15, tags: [] },
  ],
  numbers: [1, 2, 3],
};

function evaluate(source: string, values: Readonly<Record<string, unknown>> = scope): unknown {
  return compileExpression(source).evaluate(values);
}

function failure(source: string, values: Readonly<Record<string, unknown>> = scope): ExpressionError {
  try {
    compileExpression(source).evaluate(values);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${source} did not fail`);
}

describe('values', () => {
  test.each<[string, unknown]>([
    ['1', 1],
    ['.5', 0.5],
    ['1e3', 1000],
    ['-5', -5],
    ['true', true],
    ['null', null],
    ['undefined', undefined],
    ["'a'", 'a'],
    ['"it\'s"', "it's"],
    ['[1, "b", [a],]', [1, 'b', [1]]],
    ['[missing]', [null]],
    ['{a: 1, "b c": a, 3: {},}', { a: 1, 'b c': 1, 3: {} }],
    ['{gone: missing}', {}],
    ['n.m.k', 'deep'],
    ["n['m'].k", 'deep'],
    ['n[key].k', 'deep'],
    ['n?.m?.k', 'deep'],
    ['missing?.[0]?.x', undefined],
    ['missing.x.y', undefined],
    ['none.x', undefined],
    ['numbers[1]', 2],
    ['numbers[-1]', undefined],
    ['numbers[missing]', undefined],
    ["'abc'[1]", 'b'],
    ['numbers.length', 3],
    ['text.length', 5],
    ['{x: [1, 2]}.x[1]', 2],
    ['(n.m).k', 'deep'],
  ])('%s', (source, expected) => expect(evaluate(source)).toEqual(expected));

  test('a name asked of a list is asked of its first element, as in JEXL, but length is the list’s own', () => {
    expect(evaluate('list.name')).toBe('pen');
    expect(evaluate("list['name']")).toBeUndefined();
    expect(evaluate('list.length')).toBe(2);
  });

  test('numbers that JSON cannot carry are null', () => {
    expect(evaluate('[1 / 0, 0 / 0, -0]')).toEqual([null, null, 0]);
    expect(evaluate('1 / 0')).toBeNull();
  });
});

describe('string escapes mean what they mean in JavaScript', () => {
  test.each([
    String.raw`'\n\r\t\b\f\v\0'`,
    String.raw`"\u0041\x41\u{1F600}"`,
    String.raw`'\'\"\\\/'`,
    String.raw`'\d'`,
    "'line \\\ncontinued'",
  ])('%s', (source) => {
    const raw = source.slice(1, -1).replaceAll("\\'", "'").replaceAll('\\d', 'd').replaceAll('\\/', '/');
    const expected: unknown = JSON.parse(
      `"${raw
        .replaceAll('\\v', '\\u000b')
        .replaceAll('\\0', '\\u0000')
        .replaceAll('\\x41', 'A')
        .replaceAll('\\u{1F600}', '😀')
        .replaceAll('\\\n', '')}"`,
    );
    expect(evaluate(source)).toBe(expected);
  });

  test.each([
    [String.raw`'\u00'`, 1],
    [String.raw`a + '\xg1'`, 5],
    [String.raw`'\u{110000}'`, 1],
    [String.raw`'\1'`, 1],
  ])('%s is refused where it stands', (source, position) => {
    expect(failure(source)).toMatchObject({ code: 'EXPRESSION_INVALID', position });
  });

  test('raw line breaks are allowed', () => expect(evaluate("'a\nb'")).toBe('a\nb'));
});

describe('operators', () => {
  test.each<[string, unknown]>([
    ['1 + 2 * 3 - 4 / 2 % 3', 5],
    ['7 // 2', 3],
    ['2 ^ 3', 8],
    ['-a', -1],
    ['+"4"', 4],
    ['!a', false],
    ['!!text', true],
    ['--a', 1],
    ["'a' + 1", 'a1'],
    ["'a' + missing + none", 'a'],
    ["'a' + [1] + {b: 2}", 'a[1]{"b":2}'],
    ['1 + none', 1],
    ['1 + missing', null],
    ['1 < 2 == true', true],
    ["'10' < '9'", true],
    ["10 > '9'", true],
    ['numbers > 0', false],
    ["1 == '1'", true],
    ["1 === '1'", false],
    ['none == missing', true],
    ['none === missing', false],
    ['0 == none', false],
    ["'' == 0", true],
    ['true == 1', true],
    ['numbers == [1, 2, 3]', true],
    ['{a: 1, b: [2]} === {b: [2], a: 1}', true],
    ['{a: 1} != {a: 2}', true],
    ['numbers == "1,2,3"', false],
    ['a || b', 1],
    ['zero || text', 'hello'],
    ['zero && text', 0],
    ['a && text', 'hello'],
    ['zero ?? 5', 0],
    ['none ?? missing ?? 5', 5],
    ['a || zero && zero', 1],
    ['a ? text : none', 'hello'],
    ['zero ? 1 : a ? 2 : 3', 2],
    ['text ?: 5', 'hello'],
    ['zero ?: 5', 5],
    ['2 in numbers', true],
    ["'ell' in text", true],
    ["'m' in n", true],
    ["'toString' in n", false],
    ['{name: "x"} in [{name: "x"}]', true],
    ["numbers includes '2'", false],
    ["text includes 'lo'", true],
    ["text contains 'lo' && numbers contains 3", true],
    ["text startsWith 'he'", true],
    ["text endsWith 'lo'", true],
    ["missing startsWith 'x'", false],
    ["missing contains 'x'", false],
  ])('%s', (source, expected) => expect(evaluate(source)).toEqual(expected));

  test('a word is an operator only where an operator may stand', () => {
    const words = { in: 1, contains: { includes: 2 }, includes: [1], startsWith: 'x' };
    expect(evaluate('in', words)).toBe(1);
    expect(evaluate('contains.includes', words)).toBe(2);
    expect(evaluate('in in includes', words)).toBe(true);
    expect(evaluate('{in: in}', words)).toEqual({ in: 1 });
    expect(evaluate('information', { information: 3 })).toBe(3);
  });

  test('what an operator does not need is not evaluated', () => {
    expect(evaluate('zero && numbers[{}]')).toBe(0);
    expect(evaluate('a || numbers[{}]')).toBe(1);
    expect(evaluate('a ?? numbers[{}]')).toBe(1);
    expect(evaluate('a ? 1 : numbers[{}]')).toBe(1);
  });

  test('a long chain gives what a short one gives', () => {
    expect(evaluate(`0${' + 1'.repeat(2000)}`)).toBe(2000);
    expect(evaluate(`zero${' || zero'.repeat(1000)} || text`)).toBe('hello');
    expect(evaluate(`a${' && a'.repeat(1000)} && zero`)).toBe(0);
    expect(evaluate(`10${' - 1'.repeat(20)}`)).toBe(-10);
    expect(evaluate(`n${'.m'.repeat(4000)}`)).toBeUndefined();
  });
});

describe('filters', () => {
  test.each<[string, unknown]>([
    ["list[.price > 10]|map('name')", ['ink']],
    ['list[.price > 10].name', 'ink'],
    ['list[.price > a * 10][0].name', 'ink'],
    ["list[.tags[. == 'blue'].length > 0].length", 1],
    ["list[(.price > 1 && .name|upper == 'INK')].length", 1],
    ['numbers[. > 1]', [2, 3]],
    ['n[.m]|length', 1],
    ['missing[.x]', []],
    ['none[.x]', []],
    ['numbers[.x]', []],
    ['list[n[key].k == "deep" && .price > 5].length', 1],
  ])('%s', (source, expected) => expect(evaluate(source)).toEqual(expected));

  test('outside of brackets there is no element', () => {
    expect(failure('.price > 1').position).toBe(0);
    expect(failure('numbers[.x] && .y').code).toBe('EXPRESSION_INVALID');
  });
});

describe('transforms bind tighter than any operator', () => {
  test.each<[string, unknown]>([
    ["!missing|default('x')", false],
    ['-5|abs', 5],
    ['1 + numbers|length', 4],
    ['numbers|length > 2 && true', true],
    ['5|string|length', 1],
    ["text | upper | replace ( 'L' , 'l' )", 'HEllO'],
    ['list|find("name", "ink").price', 15],
    ['list|first.tags[0]', 'blue'],
    ["list|map('price')[1]", 15],
    ['(1 + 2)|string', '3'],
    ['[3, 1]|sort|first', 1],
    ['missing||text', 'hello'],
    ['a ? list|length : 0', 2],
    ['max(1, a + 4, 3)', 5],
    ['upper(\'x\') + lower("Y")', 'Xy'],
    ['range(0, 3)|sum', 3],
  ])('%s', (source, expected) => expect(evaluate(source)).toEqual(expected));

  test('an unknown function is refused with the nearest name', () => {
    expect(failure('text|uper')).toMatchObject({
      position: 5,
      message: expect.stringContaining('did you mean upper?'),
    });
    expect(failure('qqqqqq(1)').message).not.toContain('did you mean');
  });
});

describe('double braces group, within an expression', () => {
  test.each<[string, unknown]>([
    ["{{text}} == 'hello'", true],
    ['{{a}} + {{ a }} * 2', 3],
    ['{{a + 1}} * 2', 4],
    ['{{n}}.m.k', 'deep'],
    ['{{list}}|length', 2],
    ['{{numbers}} includes 2', true],
    ['{{ {a: {b: 1}} }}.a.b', 1],
    ["'{{a}}'", '{{a}}'],
    ['text == "{{text}}"', false],
  ])('%s', (source, expected) => expect(evaluate(source)).toEqual(expected));

  test('data that looks like a template stays as it is', () => {
    const values = { evil: '{{secrets.key}}', secrets: { key: 'shh' } };
    expect(evaluate('{{evil}}', values)).toBe('{{secrets.key}}');
    expect(evaluate("evil + ''", values)).toBe('{{secrets.key}}');
    expect(evaluate('[{x: 1}]|formatList(evil)', values)).toBe('{{secrets.key}}');
  });
});

describe('errors name the source and the position', () => {
  test.each<[string, number, string]>([
    ['', 0, 'Expected an expression'],
    ['  ', 2, 'Expected an expression'],
    ['1 +', 3, 'Expected expression after +'],
    ['a b', 2, 'Unexpected "b"'],
    ['a; b', 1, 'Unexpected ";"'],
    ['a, b', 1, 'Unexpected ","'],
    ['a = 1', 2, 'to compare, write =='],
    ['(a, b)', 0, 'Expected one expression'],
    ['(a b)', 0, 'Expected one expression'],
    ['[1 2]', 3, 'Expected ,'],
    ['f(1 2)', 4, 'Expected ,'],
    ['(1', 2, 'Unclosed ('],
    ['[1', 2, 'Expected ,'],
    ['{a 1}', 3, 'Expected :'],
    ['"abc', 4, 'never closed'],
    ['a ? 1', 5, 'Expected :'],
    ['{{a}', 3, 'Expected }}'],
    ['a|', 2, 'ends too early'],
    ['a.', 2, 'ends too early'],
    ['1 + this.x', 4, 'no "this"'],
    ['a.b()', 2, 'no methods'],
    ["''.at(0)", 3, 'no methods'],
    ['f()()', 0, 'no methods'],
    ['new Date()', 4, 'Unexpected "Date"'],
    ['a and b', 2, 'write &&'],
    ['a > 1 or b', 6, 'write ||'],
    ['() => 1', 0, 'between the parentheses'],
    ['`a`', 0, 'Unexpected "`"'],
    ['a & b', 2, 'Unexpected "&"'],
    ['~a', 0, 'Unexpected "~"'],
    ['a << 1', 3, ''],
    ['1 + nope()', 4, 'no function nope'],
    ["numbers|filter('price >')", 15, 'In the text'],
  ])('%s', (source, position, message) => {
    const error = failure(source);
    expect(error).toMatchObject({ code: 'EXPRESSION_INVALID', source, position });
    expect(error.message).toContain(message);
  });

  test('a key that is neither text nor number is refused where it stands, without asking it anything', () => {
    for (const key of ['[1]', '{a: 1}', 'true']) {
      expect(failure(`numbers[${key}]`)).toMatchObject({ code: 'EXPRESSION_INVALID', position: 8 });
    }
  });

  test('without an environment there is neither time nor chance', () => {
    expect(failure('now()')).toMatchObject({ code: 'EXPRESSION_INVALID', source: 'now()', position: 0 });
    expect(failure('1 + random()').position).toBe(4);
  });
});

describe('what an expression reads', () => {
  test.each<[string, string[], string[][]]>([
    ['1 + 2', [], []],
    [
      'input.a > 1 && steps.x.output["b"][0].c',
      ['input', 'steps'],
      [
        ['input', 'a'],
        ['steps', 'x', 'output', 'b', '0', 'c'],
      ],
    ],
    ['steps[which].output', ['steps', 'which'], [['steps'], ['which']]],
    ['list[.price > limit].name', ['list', 'limit'], [['list'], ['limit']]],
    [
      'a.b|default(c.d)',
      ['a', 'c'],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ["rows|formatList('{name}')|filter('x > y')", ['rows'], [['rows']]],
    ['{{a.b}} == undefined ? [c] : {d: e}', ['a', 'c', 'e'], [['a', 'b'], ['c'], ['e']]],
    ['a.b + a.b', ['a'], [['a', 'b']]],
  ])('%s', (source, names, paths) => {
    const compiled = compileExpression(source);
    expect([...compiled.names]).toEqual(names);
    expect(compiled.paths).toEqual(paths);
  });
});

describe('a path that stands in an expression more than once', () => {
  test('is read once in each evaluation', () => {
    let reads = 0;
    const scope = {
      a: {
        get b() {
          return ++reads;
        },
      },
    };
    const compiled = compileExpression("a.b + a.b + ([7, 8][. > a.b]|length) + (a['b'] > 0 ? a.b : 0)");
    expect([compiled.evaluate(scope), compiled.evaluate(scope)]).toEqual([5, 11]);
  });

  test('is another one in a text about items', () => {
    const scope = { a: { b: 'outer' }, list: [{ a: { b: 'x' } }, { a: { b: 'y' } }] };
    const source = "a.b + a.b + (list|formatList('{a.b}', '')) + (list|filter(\"a.b == 'x' && a.b\")|length) + a.b";
    expect(compileExpression(source).evaluate(scope)).toBe('outerouterxy1outer');
  });

  test('is another one where a section gives its names another meaning', () => {
    const scope = { a: { b: 'outer' }, list: [{ a: { b: 'x' } }, {}] };
    const text = '{{a.b + a.b}} {{#list}}{{a.b + a.b}} {{/list}}{{a.b + a.b}}';
    expect(compileTemplate(text).render(scope)).toBe('outerouter xx outerouter outerouter');
  });

  test('may be missing', () => {
    expect(compileExpression('a.b == undefined && a.b == null').evaluate({})).toBe(true);
  });
});

describe('views', () => {
  class View extends LazyRecord {
    reads: string[] = [];
    readonly secret = 'a field of the view is none of its members';
    override get(key: string): unknown {
      this.reads.push(key);
      return key === 'inner' ? new View() : key;
    }
    override has(key: string): boolean {
      return this.keys().includes(key);
    }
    override keys(): string[] {
      return ['a', 'inner'].slice(0, this.reads.length > 5 ? 1 : 2);
    }
  }

  test('give only what they own, when it is asked for', () => {
    const view = new View();
    expect(compileExpression('a').evaluate(view)).toBe('a');
    for (const name of ['secret', 'reads', 'constructor', 'toJSON', 'get', '__proto__']) {
      expect(compileExpression(`v.${name}`).evaluate({ v: view })).toBeUndefined();
      expect(compileExpression(name).evaluate(view)).toBeUndefined();
    }
    expect(view.reads).toEqual(['a']);
  });

  test('leave as plain JSON', () => {
    class Leaf extends LazyRecord {
      override get(key: string): unknown {
        return key === 'list' ? [1, new Pair()] : undefined;
      }
      override has(key: string): boolean {
        return key === 'list';
      }
      override keys(): string[] {
        return ['list'];
      }
    }
    class Pair extends LazyRecord {
      override get(key: string): unknown {
        return { key };
      }
      override has(): boolean {
        return true;
      }
      override keys(): string[] {
        return ['x', '__proto__'];
      }
    }
    const json = '{"list":[1,{"x":{"key":"x"},"__proto__":{"key":"__proto__"}}]}';
    expect(JSON.stringify(compileExpression('v').evaluate({ v: new Leaf() }))).toBe(json);
    expect(compileExpression('v|string').evaluate({ v: new Leaf() })).toBe(json);
    expect(compileExpression('v|keys').evaluate({ v: new Leaf() })).toEqual(['list']);
    expect(compileExpression("v == {list: [1, {x: {key: 'x'}}]}").evaluate({ v: new Leaf() })).toBe(false);
    expect(JSON.stringify(new Pair().toJSON())).toBe('{"x":{"key":"x"},"__proto__":{"key":"__proto__"}}');
  });
});
