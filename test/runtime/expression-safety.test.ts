import { existsSync, readFileSync } from 'node:fs';
import jsep from 'jsep';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ExpressionError, NewtflowError } from '../../runtime/errors.js';
import { compileExpression } from '../../runtime/expression/compile.js';
import { LazyRecord } from '../../runtime/expression/values.js';
import { describeBeside } from '../support/beside.js';

const environment = { now: 0, random: () => 0.25 };
const evaluate = (source: string, scope: Readonly<Record<string, unknown>> = {}) =>
  compileExpression(source).evaluate(scope, environment);

/** The value, or the typed error; anything untyped fails the test. */
function outcome(source: string, scope: Readonly<Record<string, unknown>>): unknown {
  try {
    return evaluate(source, scope);
  } catch (error) {
    if (error instanceof NewtflowError) return error;
    throw error;
  }
}

function code(source: string, scope: Readonly<Record<string, unknown>> = {}): unknown {
  const result = outcome(source, scope);
  return result instanceof ExpressionError ? result.code : result;
}

/** What a careless host may put in a scope. */
class Instance {
  readonly field = 1;
  get inherited(): number {
    return 2;
  }
  method(): number {
    return 3;
  }
}
const hostile: Readonly<Record<string, unknown>> = {
  a: { b: 'x' },
  body: {},
  obj: { __proto__: null, k: 1 },
  object: { k: 1 },
  text: 'text',
  list: [1, [2]],
  f: () => 'called',
  af: Object.getPrototypeOf(async () => undefined).constructor,
  instance: new Instance(),
  date: new Date(0),
  map: new Map([['k', 1]]),
  symbol: Symbol('s'),
  big: 10n,
  Object,
  Function,
  thenable: Object.fromEntries([['then', () => 'called']]),
  json: { toJSON: () => 'called' },
  stringy: { toString: () => 'k', valueOf: () => 1, [Symbol.toPrimitive]: () => 'k' },
};

const corpus = new URL('../../../shared/security/attack-corpus.json', import.meta.url);
const hasCorpus = existsSync(corpus);

interface Attack {
  readonly id: string;
  readonly x?: string;
}
function attacks(): Attack[] {
  if (!hasCorpus) return [];
  const { expression }: { expression: Attack[] } = JSON.parse(readFileSync(corpus, 'utf8'));
  return expression;
}

describeBeside(hasCorpus, '../shared/security/attack-corpus.json', 'published attacks', () => {
  test.each(attacks().map((attack) => [attack.id, attack.x ?? '']))('%s', (_id, source) => {
    const before = fingerprint();
    const result = outcome(source, hostile);
    expect(typeof result).not.toBe('function');
    if (!(result instanceof NewtflowError)) expect(result === undefined || isJson(result)).toBe(true);
    expect(fingerprint()).toEqual(before);
  });

  test('are refused or yield nothing, but for object literals without the function asked for', () => {
    const yielded = attacks().flatMap(({ id, x = '' }) => {
      const result = outcome(x, hostile);
      return result === undefined || result instanceof NewtflowError ? [] : [[id, result]];
    });
    // +{…} is no number; `fn` is no name of the scope, so `then` is absent.
    expect(yielded).toEqual([
      ['proto-len', null],
      ['thenable', {}],
    ]);
  });
});

const isJson = (value: unknown) => JSON.stringify(JSON.parse(JSON.stringify(value))) === JSON.stringify(value);
const fingerprint = () =>
  [Object.prototype, Function.prototype, Array.prototype, String.prototype].map((prototype) =>
    Reflect.ownKeys(prototype),
  );

describe('only own data can be reached', () => {
  const names = [
    'constructor',
    '__proto__',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__defineGetter__',
    '__lookupGetter__',
  ];
  const values = [
    'a',
    'text',
    'list',
    'list[1]',
    'instance',
    'date',
    'map',
    "''",
    '[]',
    '{}',
    '(5)',
    'true',
    'f',
    '(1 == 1)',
  ];

  test('by no way of writing a key', () => {
    for (const name of [
      ...names,
      'prototype',
      'caller',
      'call',
      'apply',
      'bind',
      'then',
      'push',
      'at',
      'size',
      'inherited',
      'method',
    ]) {
      expect(evaluate(name, hostile)).toBeUndefined();
      for (const value of values) {
        for (const hop of [
          `.${name}`,
          `['${name}']`,
          `["${name.slice(0, 3)}" + '${name.slice(3)}']`,
          `?.${name}`,
          `|get('${name}')`,
        ]) {
          expect(outcome(`${value}${hop}`, hostile), value + hop).toBeUndefined();
        }
      }
      expect(evaluate(`'${name}' in a || '${name}' in {} || {}|contains('${name}')`, hostile)).toBe(false);
      expect(evaluate(`[a, text, {}]|map('${name}')`, hostile)).toEqual([]);
    }
    expect(evaluate(String.raw`a["__pro" + "t\x6f__"]`, hostile)).toBeUndefined();
    expect(evaluate(String.raw`a["\u0063onstructor"]`, hostile)).toBeUndefined();
    expect(evaluate('instance.field', hostile)).toBe(1);
  });

  test('functions and other things that are no data are nothing', () => {
    for (const name of ['f', 'af', 'symbol', 'big', 'Object', 'Function']) {
      expect(evaluate(name, hostile)).toBeUndefined();
      expect(evaluate(`[${name}]`, hostile)).toEqual([null]);
      expect(evaluate(`{x: ${name}, y: '' + ${name}}`, hostile)).toEqual({ y: '' });
      expect(evaluate(`${name}|string`, hostile)).toBe('');
      expect(code(`${name}()`, hostile)).toBe('EXPRESSION_INVALID');
    }
    expect(evaluate('thenable', hostile)).toEqual({});
    expect(evaluate('thenable.then', hostile)).toBeUndefined();
    expect(evaluate('json|string', hostile)).toBe('{}');
    expect(evaluate("[f, 1]|join(',')", hostile)).toBe(',1');
    expect(evaluate('[f, f]|first', hostile)).toBeNull();
    expect(evaluate('fs|map("name")', { fs: [() => 1] })).toEqual([]);
  });

  test('inherited accessors are not run, and what leaves holds none', () => {
    let ran = 0;
    const trap = {
      get: () => {
        ran++;
        return 'secret';
      },
      enumerable: true,
    };
    const inherited = Object.create(Object.defineProperty({}, 'bait', trap));
    const list = Object.defineProperty([1, 2], 0, trap);
    const deep = { o: Object.defineProperty({ plain: 1 }, 'bait', trap), list, inherited };
    for (const source of ['bait', 'inherited.bait', 'inherited["bait"]', '[inherited]|map("bait")|first']) {
      expect(evaluate(source, source === 'bait' ? inherited : deep)).toBeUndefined();
    }
    expect(evaluate("[inherited]|find('bait', 'secret')", deep)).toBeUndefined();
    expect(evaluate('o|string', deep)).toBe('{"plain":1}');
    expect(evaluate('o|json(2)', deep)).toBe('{\n  "plain": 1\n}');
    expect(evaluate('o', deep)).toEqual({ plain: 1 });
    expect(evaluate('list', deep)).toEqual([null, 2]);
    expect(ran).toBe(0);
  });

  test('an accessor that a host has put on the very object gives data, or a typed error', () => {
    const bait = (get: () => unknown) => ({ o: Object.defineProperty({}, 'bait', { get, enumerable: true }) });
    const sources = ['o.bait', 'o["bait"]', 'o|get("bait")', '[o]|map("bait")|first', '[o][.bait]|first|get("bait")'];
    for (const source of sources) {
      expect(
        evaluate(
          source,
          bait(() => 'made'),
        ),
        source,
      ).toBe('made');
      for (const none of [() => 1, Symbol('s'), 10n, Object]) {
        expect(
          evaluate(
            source,
            bait(() => none),
          ),
          source,
        ).toBeUndefined();
      }
      const broken = bait(() => {
        throw new TypeError('broken');
      });
      expect(outcome(source, broken), source).toBeInstanceOf(ExpressionError);
    }
  });

  test('a key is not asked what text it is', () => {
    expect(code('object[stringy]', hostile)).toBe('EXPRESSION_INVALID');
    expect(code("object[['k']]", hostile)).toBe('EXPRESSION_INVALID');
    expect(code('object[f]', hostile)).toBeUndefined();
  });

  test('an operand is not asked what number or text it is', () => {
    let asked = 0;
    const scope = {
      spy: {
        toString: () => asked++,
        valueOf: () => asked++,
        toJSON: () => asked++,
        [Symbol.toPrimitive]: () => asked++,
      },
    };
    for (const source of [
      'spy + 1',
      "spy + ''",
      'spy * 2',
      '-spy',
      '+spy',
      'spy < 1',
      'spy == 1',
      "spy == 'x'",
      'spy in [1]',
      'spy|string',
      "'a'|repeat(spy)",
      "['a']|join(spy)",
      'spy|round',
      '!spy',
      'spy ? 1 : 2',
      '[spy, spy]|sort',
      '[spy]|unique',
    ]) {
      outcome(source, scope);
      expect(asked, source).toBe(0);
    }
  });

  test('a key named __proto__ is a key like any other', () => {
    const sources = [
      '{__proto__: {polluted: 1}}',
      "{'__proto__': {polluted: 1}}",
      '\'{"__proto__": {"polluted": 1}}\'|parseJSON',
      "[['__proto__', {polluted: 1}]]|fromEntries",
      '{}|merge({__proto__: {polluted: 1}})',
      "{__proto__: {polluted: 1}}|pick('__proto__')",
    ];
    for (const source of sources) {
      const made = evaluate(source);
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
      expect(JSON.stringify(made)).toBe('{"__proto__":{"polluted":1}}');
      expect(evaluate(`(${source}).polluted`)).toBeUndefined();
      expect(evaluate(`(${source}).__proto__.polluted`)).toBe(1);
    }
    expect(evaluate("[{k: '__proto__'}]|groupBy('k')|keys")).toEqual(['__proto__']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a page that has bent the prototypes', () => {
  type Bend = [object, PropertyKey, PropertyDescriptor];

  /** What the expression gives while the prototypes are bent; they are straight again when it is looked at. */
  const evaluateBent = (source: string, values: Readonly<Record<string, unknown>>, bends: readonly Bend[]): unknown =>
    bendWhile(bends, () => evaluate(source, values));

  function bendWhile(bends: readonly Bend[], work: () => unknown): unknown {
    const own = bends.map(([, , descriptor]) => Object.assign(Object.create(null), { configurable: true }, descriptor));
    try {
      for (const [index, [target, key]] of bends.entries()) Object.defineProperty(target, key, own[index]);
      return work();
    } finally {
      for (const [target, key] of bends) Reflect.deleteProperty(target, key);
    }
  }

  const program = `[leak, a.leak, list[5], {n: 1, leak2: 2}, [1, 2]|map('leak'), list|string, a|keys, a == {b: 'x'},
    list[. > 0]|length, list|find|string, list|filterBy|length, list|sum, [{k: 1}]|find('k')|string, [3, 1]|sort, 'a,b'|split, {v: 1}|merge({w: 2}), 'leak' in a, a?.b, -1|abs, uuid()|length, now()]`;
  const scope = { a: { b: 'x' }, list: [1, 2] };
  const trap = () => {
    throw new Error('a setter of the page ran');
  };
  const value = (leak: unknown): PropertyDescriptor => ({ value: leak, writable: true });
  const onObject = (keys: readonly string[], descriptor: PropertyDescriptor) =>
    keys.map((key): Bend => [Object.prototype, key, descriptor]);

  const bends: [string, Bend[]][] = [
    [
      'names',
      [Object.prototype, Array.prototype, String.prototype].map((target): Bend => [target, 'leak', value('leaked')]),
    ],
    ['setters', onObject(['n', 'leak2', 'v', 'w', 'b'], { set: trap, get: () => 'leaked' })],
    ['elements', [Object.prototype, Array.prototype].map((target): Bend => [target, '5', value('leaked')])],
    ['arguments', onObject(['0', '1'], value('leaked'))],
    ['toJSON', [Object.prototype, Array.prototype].map((target): Bend => [target, 'toJSON', value(() => 'leaked')])],
    ['options', [...onObject(['functions'], value(new Map())), ...onObject(['limits'], value({ fuel: 0 }))]],
    ['nodes', onObject(['optional', 'computed', 'node', 'consequent'], value(true))],
    ['operators', onObject(['@', '|', 'é', '??'], value(1))],
    ['descriptors', onObject(['value'], value('leaked'))],
  ];

  test.each(bends)('changes nothing of what expressions give: %s', (_name, bend) => {
    const straight = JSON.stringify(evaluate(program, scope));
    const bent = evaluateBent(program, scope, bend);
    expect(JSON.stringify(bent)).toBe(straight);
  });

  describe('with the names that paths to the results of steps are made of', () => {
    const sources = [
      'steps',
      'steps.a.output',
      'steps.a.output.data',
      'steps.a.output.data.n',
      'steps.a.output.n',
      "steps['a'].output['data']",
      '[steps.a.output.data, steps.a.output.data]',
      "[steps]|map('a.output.data')",
    ];
    const full = { steps: { a: { output: { data: { n: 1 } } } } };
    const scopes: Readonly<Record<string, unknown>>[] = [
      {},
      { steps: {} },
      { steps: { a: {} } },
      { steps: { a: { output: {} } } },
      full,
      { steps: { a: { output: { data: undefined } } } },
      { steps: { a: [{ output: [{ data: [{ n: 2 }] }] }] } },
      { steps: { a: 'text' } },
      Object.assign(Object.create(null), { steps: { a: Object.assign(Object.create(null), { output: { data: 3 } }) } }),
    ];
    const all = () =>
      scopes.flatMap((scope) => compiled.map((expression) => JSON.stringify(expression.evaluate(scope))));
    const compiled = sources.map((source) => compileExpression(source));
    const names = ['steps', 'a', 'output', 'data', 'n'];
    let ran = 0;
    const leaks: [string, PropertyDescriptor][] = [
      ['values', { value: { a: { output: { data: { n: 'leaked' } } } }, writable: true, enumerable: true }],
      ['hidden values', { value: { output: { data: { n: 'leaked' } }, data: { n: 'leaked' }, n: 'leaked' } }],
      ['getters', { get: () => ran++ }],
    ];

    test.each(leaks)('%s, put there and taken away between two evaluations', (_name, descriptor) => {
      const straight = all();
      for (const target of [Object.prototype, Array.prototype]) {
        for (const name of names) {
          const bent = bendWhile([[target, name, descriptor]], all);
          expect(bent, name).toEqual(straight);
          expect(all(), name).toEqual(straight);
        }
      }
      expect(ran).toBe(0);
      expect(compiled.map((expression) => expression.evaluate(full))).toEqual([
        full.steps,
        ...[{ data: { n: 1 } }, { n: 1 }, 1, undefined, { n: 1 }],
        ...[[{ n: 1 }, { n: 1 }], [{ n: 1 }]],
      ]);
    });

    test('inherited from a class of the host, or no data', () => {
      class Host {
        get steps(): unknown {
          return { a: this };
        }
        get output(): unknown {
          return { data: ran++ };
        }
        get data(): unknown {
          return ran++;
        }
      }
      const host = new Host();
      const hosts = [host, { steps: host }, { steps: { a: host } }, { steps: { a: { output: host } } }];
      for (const scope of hosts) expect(evaluate('steps.a.output.data', { ...scope })).toBeUndefined();
      expect(compileExpression('steps.a.output').evaluate(Object.create(host))).toBeUndefined();
      expect(ran).toBe(0);
      const noData = [
        { steps: () => 1 },
        { steps: { a: { output: () => 1 } } },
        { steps: { a: { output: { data: 1n } } } },
      ];
      for (const scope of noData) expect(evaluate('steps.a.output.data', scope)).toBeUndefined();
    });
  });

  test('cannot break what defines properties', () => {
    const bend = [
      ...onObject(
        ['get'],
        value(() => 'leaked'),
      ),
      ...onObject(
        ['set'],
        value(() => undefined),
      ),
    ];
    const made = evaluateBent('{__proto__: 1, toString: a.b}', scope, bend);
    expect(JSON.stringify(made)).toBe('{"__proto__":1,"toString":"x"}');
  });

  test('cannot give an accessor a value where none is run', () => {
    const guarded = { o: Object.defineProperty({}, 'x', { get: () => 'ran', enumerable: true }) };
    expect(evaluateBent('o|string', guarded, onObject(['value'], value('leaked')))).toBe('{}');
    expect(evaluateBent('o', guarded, onObject(['value'], value('leaked')))).toEqual({});
  });

  test('cannot put its own way of asking what is owned in the place of ours', () => {
    const saved = { own: Object.prototype.hasOwnProperty, call: Function.prototype.call, has: Object.hasOwn };
    let given: unknown;
    try {
      Object.defineProperty(Object.prototype, 'hasOwnProperty', { value: () => true });
      Object.defineProperty(Object, 'hasOwn', { value: () => true });
      given = [evaluate('a.leak', Object.create({ a: 1 })), evaluate('a.constructor', scope), evaluate('a.b', scope)];
    } finally {
      Object.defineProperty(Object.prototype, 'hasOwnProperty', { value: saved.own });
      Object.defineProperty(Object, 'hasOwn', { value: saved.has });
    }
    expect(given).toEqual([undefined, undefined, 'x']);
  });

  test('gives a hole in a list no element', () => {
    const holes: unknown[] = [];
    holes.length = 3;
    holes[2] = { name: 'x', leak: 1 };
    const bend = [Object.prototype, Array.prototype].flatMap((target) =>
      ['0', '1'].map((index): Bend => [target, index, value({ name: 'leaked' })]),
    );
    const sources = [
      'list[0]',
      'list.name',
      "list|map('name')",
      "list|find('name', 'leaked')",
      "list|find('name')|get('leak')",
      "list[.name == 'leaked']",
      'list|filter(\'name == "leaked"\')',
    ];
    const straight = sources.map((source) => JSON.stringify(evaluate(source, { list: holes })));
    const bent = sources.map((source) => JSON.stringify(evaluateBent(source, { list: holes }, bend)));
    expect(bent).toEqual(straight);
    expect(straight).toEqual([undefined, undefined, '["x"]', undefined, '1', '[]', '[]']);
  });
});

describe('bounds', () => {
  const limited = 'EXPRESSION_LIMIT';
  const long = { long: 'x'.repeat(600_000), many: Array.from({ length: 60_000 }, (_, index) => index) };

  test('on the source are passed before it is parsed', () => {
    expect(code('1+'.repeat(10_000_000))).toBe(limited);
    expect(code(`'${'x'.repeat(9_998)}'`)).toBe('x'.repeat(9_998));
    expect(code(`'${'x'.repeat(9_999)}'`)).toBe(limited);
  });

  test.each([
    ['parentheses', '('.repeat(4000) + ')'.repeat(4000)],
    ['brackets', '['.repeat(4000) + ']'.repeat(4000)],
    ['members', 'a['.repeat(3000)],
    ['objects', '{a:'.repeat(3000)],
    ['braces', '{{'.repeat(3000)],
    ['signs', `${'-'.repeat(9000)}a`],
    ['negations', `${'!'.repeat(9000)}a`],
    ['conditions', '1?'.repeat(4000)],
    ['alternatives', `${'0?1:'.repeat(2000)}1`],
    ['calls', 'max('.repeat(2000)],
    ['transforms', `a${'|trim'.repeat(1900)}`],
    ['indexes', `a${'[i]'.repeat(3000)}`],
    ['transforms in arguments', `${'x|default('.repeat(99)}x${')|trim|trim|trim'.repeat(99)}`],
    ['formats', `[a]|formatList("{${'a['.repeat(200)}")`],
    ['filters', 'a[.b'.repeat(2000)],
  ])('on nesting: %s', (_name, source) => {
    const result = outcome(source, { a: 1 });
    expect(result).toBeInstanceOf(ExpressionError);
  });

  test('hold where the stack is nearly used up', () => {
    const nested = `${'('.repeat(99)}1${')'.repeat(99)}`;
    const deep = (depth: number): unknown => (depth === 0 ? outcome(nested, {}) : deep(depth - 1));
    const results = [7000, 8000, 9000, 10_000].map((depth) => {
      try {
        return deep(depth);
      } catch (error) {
        return error;
      }
    });
    for (const result of results) expect(result === 1 || result instanceof Error).toBe(true);
  });

  test.each([
    "'x'|repeat(1e9)",
    "'x'|padStart(1e9)",
    "'x'|padEnd(1e9, 'ab')",
    "range(0, 1e9)|join('x')",
    'range(0, 1e300)',
    'many|join(long)',
    'long + long',
    "[long, long]|join('')",
    "long|replace('x', 'yyyy')",
    "long|split('')",
    '[long, long]|string',
    '{a: long, b: long}|json(2)',
    "'a'|concat(long, long)",
    'many|concat(many)',
    '[many, many]|flatten',
    "many|formatList('x', long)",
    "[{a: 1}, {a: 1}]|formatList(long, '')",
    'long|urlEncode|repeat(2)',
    'many[. > 0 && . < 1e9 && . != 7].length',
    'range(0, 500)[. >= 0 && range(0, 500)[. > 1].length > 0].length',
    "many|map('a.b.c')",
    'range(0, 99000)|chunk(1)|flatten',
    "'ab'|repeat(400000)|split('b')",
    "long|contains('y' + (long|slice(0, 300000)))",
  ])('on size and work: %s', (source) => expect(code(source, long)).toBe(limited));

  /** Texts that are equal to their ends, or nearly, and no two of them one in memory. */
  const texts = (count: number) =>
    Array.from({ length: count }, (_, index) => JSON.parse(`"${'x'.repeat(500_000)}${index % 9}"`));
  const wide = {
    texts: texts(30),
    members: Object.fromEntries(long.many.map((index) => [`k${index}`, index])),
    many: long.many,
    few: long.many.slice(0, 40),
    alike: [...long.many],
    spaces: `${' '.repeat(600_000)}1`,
    long: long.long,
  };

  test.each([
    'few[. < 99 && members|length]',
    'few[. < 99 && many == alike]',
    '[many, many][. == alike]',
    'few[. < 99 && texts[0] == texts[9]]',
    'few[. < 99 && {a: texts[0]} == {a: texts[9]}]',
    "few[. < 99 && (long + .) in ['a']]",
    'concat(texts, texts)|sort',
    'few[. < 99 && {}|get(long)]',
    "'ΐ'|repeat(400000)|upper",
    "0|formatDate('['|repeat(90000))",
    `[${'texts,'.repeat(20)}]`,
  ])('on what takes long, or makes much, of little: %s', (source) => expect(code(source, wide)).toBe(limited));

  test('cost nothing where little is done: texts that differ in length, and one long text', () => {
    expect(evaluate("few[. < 99 && texts[0] == 'x']|length", wide)).toBe(0);
    expect(evaluate('many == alike', wide)).toBe(true);
    expect(evaluate("long + 'x' == long", wide)).toBe(false);
  });

  test('on JSON that is mostly indentation, before it is written', () => {
    const written = vi.spyOn(JSON, 'stringify');
    const source = "('['|repeat(900) + '1,'|repeat(1000) + '1' + ']'|repeat(900))|parseJSON|json(10)";
    const given = code(source);
    const longest = Math.max(...written.mock.results.map(({ value }) => String(value).length));
    written.mockRestore();
    expect(given).toBe(limited);
    expect(longest).toBeLessThan(10_000);
  });

  test('on the text of a number: what is longer is none', () => {
    expect(evaluate("+('0'|padStart(1024, ' '))")).toBe(0);
    expect(evaluate('spaces > 0 || spaces == 1 || (spaces|number) > 0', wide)).toBe(false);
  });

  test('on what leaves', () => {
    const row = Array.from({ length: 900 }, () => 1);
    expect(code(`[${'big,'.repeat(1200)}]`, { big: row })).toBe(limited);
    expect(code('big', { big: row })).toEqual(row);
    const named = { ['name'.repeat(5000)]: 1 };
    expect(code(`[${'big,'.repeat(1200)}]`, { big: named })).toBe(limited);
    expect(code('[big, big]', { big: named })).toEqual([named, named]);
  });

  test('on depth of data, and on data that holds itself', () => {
    const loop: { loop?: unknown } = {};
    loop.loop = loop;
    expect(code('x', { x: loop })).toBe(limited);
    expect(code('x|string', { x: loop })).toBe(limited);
    const other: { loop?: unknown } = {};
    other.loop = other;
    expect(code('x == y', { x: loop, y: other })).toBe(limited);
    expect(code("(('['|repeat(5000)) + (']'|repeat(5000)))|parseJSON")).toBe(limited);
  });

  test('can be set, and say what was passed and where', () => {
    const tight = (limits: object, source: string) => {
      try {
        return compileExpression(source, { limits }).evaluate({ list: [1, 2, 3] });
      } catch (error) {
        return error;
      }
    };
    expect(tight({ sourceLength: 5 }, '1 + 1 + 1')).toMatchObject({ code: limited });
    expect(tight({ depth: 2 }, '((1))')).toMatchObject({ code: limited, position: 2 });
    expect(tight({ fuel: 3 }, '1 + 1 + 1')).toMatchObject({ code: limited, source: '1 + 1 + 1' });
    expect(tight({ stringLength: 3 }, "'ab' + 'cd'")).toMatchObject({ code: limited });
    expect(tight({ arrayLength: 2 }, 'list[. > 0]')).toMatchObject({ code: limited });
    expect(tight({ resultSize: 3 }, 'list')).toMatchObject({ code: limited });
    expect(tight({ resultSize: 3 }, "{ short: 1, alike: 'two' }")).toEqual({ short: 1, alike: 'two' });
    expect(tight({ resultSize: 3 }, `{ ${'long'.repeat(20)}: 1 }`)).toMatchObject({ code: limited });
    expect(tight({ fuel: 20 }, "1 + ('x'|repeat(3))")).toBe('1xxx');
  });
});

describe('jsep, which a page may use too', () => {
  afterEach(() => {
    jsep.removeBinaryOp('in');
    jsep.removeBinaryOp('=>');
    jsep.removeUnaryOp('typeof');
    jsep.removeLiteral('answer');
    jsep.removeIdentifierChar('@');
  });

  test('is left as it was found', () => {
    const state = () =>
      JSON.stringify([
        jsep.binary_ops,
        jsep.unary_ops,
        jsep.literals,
        jsep.this_str,
        [...jsep.right_associative],
        [...jsep.additional_identifier_chars],
      ]);
    const before = state();
    evaluate("'a' in ['a'] || {{1}}|string");
    outcome('a b', {});
    outcome('(', {});
    expect(state()).toBe(before);
    expect(jsep('a | b').type).toBe('BinaryExpression');
    expect(() => jsep('{a: 1}')).toThrow();
    expect(jsep('a in b').type).toBe('Compound');
    expect(jsep('undefined').type).toBe('Identifier');
  });

  test('whatever it is told, tells us nothing', () => {
    let hooked = 0;
    jsep.addBinaryOp('=>', 0);
    jsep.addBinaryOp('in', 20);
    jsep.addUnaryOp('typeof');
    jsep.addLiteral('answer', 42);
    jsep.addIdentifierChar('@');
    for (const hook of [
      'gobble-expression',
      'gobble-token',
      'after-token',
      'after-expression',
      'gobble-spaces',
    ] as const) {
      jsep.hooks.add(hook, () => hooked++);
    }
    jsep.removeBinaryOp('==');
    expect(evaluate("1 + 1 == 2 && 'a' in ['a']")).toBe(true);
    expect(evaluate('answer', { answer: 1 })).toBe(1);
    expect(code('typeof 1')).toBe('EXPRESSION_INVALID');
    expect(code('a => 1')).toBe('EXPRESSION_INVALID');
    expect(code('@a')).toBe('EXPRESSION_INVALID');
    expect(hooked).toBe(0);
    jsep('1 + 1');
    expect(hooked).toBeGreaterThan(0);
    jsep.addBinaryOp('==', 6);
  });
});

test('a view that throws is a typed error', () => {
  class Broken extends LazyRecord {
    override get(): unknown {
      throw new TypeError('broken');
    }
    override has(): boolean {
      return true;
    }
    override keys(): string[] {
      return [];
    }
  }
  const evaluated = () => compileExpression('a.b').evaluate(new Broken());
  expect(evaluated).toThrow(ExpressionError);
});
