import { describe, expect, test } from 'vitest';
import { ExpressionError } from '../../runtime/errors.js';
import { compileExpression } from '../../runtime/expression/compile.js';
import { describedFunctions } from '../../runtime/expression/function-docs.js';
import { builtinFunctions, defineFunction, functionRegistry } from '../../runtime/expression/functions.js';

const environment = { now: Date.UTC(2026, 0, 31, 9, 30, 15, 250), random: () => 0.5 };
const scope = {
  text: '  Mixed Case ',
  people: [
    { name: 'Ann', age: 30, team: 'a', home: { city: 'Bern' }, tags: ['x', 'y'] },
    { name: 'Bob', age: 20, team: 'b', home: { city: 'Graz' }, tags: ['y'] },
    { name: 'Cyd', age: null, team: 'a', tags: [] },
  ],
  mixed: [3, 'b', null, 1, true, 'a', 2],
  object: { a: 1, b: null, c: [2] },
};

const evaluate = (source: string) => compileExpression(source).evaluate(scope, environment);

const cases: Record<string, [string, unknown][]> = {
  default: [
    ["missing|default('x')", 'x'],
    ["''|default('x')", ''],
    ["object.b|default('x')", 'x'],
    ['0|default(1)', 0],
  ],
  length: [
    ['people|length', 3],
    ["'abc'|length", 3],
    ['object|length', 3],
    ['missing|length', 0],
    ['5|length', 0],
  ],
  string: [
    ['5|string', '5'],
    ['null|string', ''],
    ['object|string', '{"a":1,"b":null,"c":[2]}'],
    ['true|string', 'true'],
  ],
  number: [
    ["'12.5'|number", 12.5],
    ["'x'|number", null],
    ['true|number', 1],
    ["''|number", 0],
    ['object|number', null],
  ],
  boolean: [
    ["'false'|boolean", true],
    ['0|boolean', false],
    ["''|boolean", false],
    ['object|boolean', true],
  ],
  type: [
    ['[]|type', 'list'],
    ['object|type', 'object'],
    ['missing|type', 'null'],
    ["''|type", 'string'],
    ['1|type', 'number'],
  ],
  json: [
    ['object|json', '{"a":1,"b":null,"c":[2]}'],
    ['[1]|json(2)', '[\n  1\n]'],
    ['missing|json', 'null'],
    ["'a\"'|json", '"a\\""'],
  ],
  parseJSON: [
    ['\'{"a":[1]}\'|parseJSON', { a: [1] }],
    ["'{'|parseJSON", null],
    ['missing|parseJSON', null],
  ],
  uuid: [['uuid()', '80808080-8080-4080-8080-808080808080']],
  random: [['random()', 0.5]],
  upper: [
    ["'aß'|upper", 'ASS'],
    ['missing|upper', ''],
  ],
  lower: [["'ABC'|lower", 'abc']],
  trim: [['text|trim', 'Mixed Case']],
  capitalize: [
    ["'word'|capitalize", 'Word'],
    ["''|capitalize", ''],
  ],
  contains: [
    ["'abc'|contains('b')", true],
    ['[1]|contains(1)', true],
    ['missing|contains(1)', false],
  ],
  includes: [
    ["object|includes('a')", true],
    ["'abc'|includes('d')", false],
  ],
  startsWith: [
    ["'abc'|startsWith('ab')", true],
    ['5|startsWith(5)', false],
  ],
  endsWith: [["'abc'|endsWith('bc')", true]],
  replace: [
    ["'a.b.c'|replace('.', '$&')", 'a$&b$&c'],
    ["'aaa'|replace('aa', 'b')", 'ba'],
    ["'abc'|replace('', 'x')", 'abc'],
    ["'abc'|replace('b')", 'ac'],
  ],
  split: [
    ["'a,b'|split", ['a', 'b']],
    ["'a--b'|split('--')", ['a', 'b']],
    ["'añ😀'|split('')", ['a', 'ñ', '😀']],
    ['missing|split', []],
  ],
  join: [
    ['[1, null, "x", [2]]|join', '1,,x,[2]'],
    ["[1, 2]|join(' + ')", '1 + 2'],
    ["'x'|join", ''],
  ],
  padStart: [
    ["'7'|padStart(3, '0')", '007'],
    ["'long'|padStart(2)", 'long'],
    ["5|padStart(3, 'ab')", 'ab5'],
    ["'x'|padStart(3, '')", 'x'],
  ],
  padEnd: [["'7'|padEnd(3, '0')", '700']],
  repeat: [
    ["'ab'|repeat(2)", 'abab'],
    ["'ab'|repeat(-1)", ''],
  ],
  truncate: [
    ["'abcdef'|truncate(4)", 'abc…'],
    ["'abc'|truncate(3)", 'abc'],
    ["'abcdef'|truncate(2, '...')", '..'],
  ],
  urlEncode: [
    ["'a b&c/ü'|urlEncode", 'a%20b%26c%2F%C3%BC'],
    ["'\\ud800'|urlEncode", '%EF%BF%BD'],
  ],
  round: [
    ['2.5|round', 3],
    ['-2.5|round', -2],
    ['1.005|round(2)', 1.01],
    ['1234|round(-2)', 1200],
    ["'x'|round", null],
    ['1e21|round', 1e21],
  ],
  floor: [['-1.5|floor', -2]],
  ceil: [['1.1|ceil', 2]],
  abs: [['-3|abs', 3]],
  min: [
    ['[3, 1, 2]|min', 1],
    ["people|min('age')", 20],
    ['min(4, 2, 3)', 2],
    ['[]|min', undefined],
    ['mixed|min', 1],
  ],
  max: [
    ['[3, 1, 2]|max', 3],
    ["people|max('age')", 30],
    ["max('4', 2)", 4],
  ],
  sum: [
    ['[1, 2, "3", null, "x"]|sum', 6],
    ["people|sum('age')", 50],
    ['[]|sum', 0],
  ],
  avg: [
    ["people|avg('age')", 25],
    ['[]|avg', undefined],
  ],
  range: [
    ['3|range', [0, 1, 2]],
    ['range(1, 4)', [1, 2, 3]],
    ['range(3, 0, -1)', [3, 2, 1]],
    ['range(0, 1, 0)', []],
    ['range(1, 0)', []],
  ],
  first: [
    ['people|first.name', 'Ann'],
    ["'abc'|first", 'a'],
    ['missing|first', undefined],
    ['[]|first', undefined],
  ],
  last: [
    ['people|last.name', 'Cyd'],
    ["'abc'|last", 'c'],
    ['[]|last', undefined],
  ],
  map: [
    ["people|map('home.city')", ['Bern', 'Graz']],
    ["people|map('tags[0]')", ['x', 'y']],
    ["missing|map('a')", []],
    ["people|map('name.length')", [3, 3, 3]],
  ],
  filter: [
    ["people|filter('age > 25')|map('name')", ['Ann']],
    ["people|filter(\"team == 'a' && tags|length > 0\")|map('name')", ['Ann']],
    ['mixed|filter|length', 6],
  ],
  filterBy: [
    ["people|filterBy('team', 'a')|map('name')", ['Ann', 'Cyd']],
    ["people|filterBy('age')|length", 2],
    ["missing|filterBy('a', 1)", []],
  ],
  find: [
    ["people|find('home.city', 'Graz').name", 'Bob'],
    ["people|find('name', 'Zed')", undefined],
    ["missing|find('a', 1)", undefined],
  ],
  flatten: [
    ['[[1, [2]], 3]|flatten', [1, [2], 3]],
    ["people|map('tags')|flatten", ['x', 'y', 'y']],
  ],
  unique: [
    ['[1, "1", 1, null, null, {a: 1}, {a: 1}, ""]|unique', [1, '1', null, { a: 1 }, '']],
    ["people|unique('team')|map('name')", ['Ann', 'Bob']],
  ],
  concat: [
    ['[1]|concat([2], missing, [3])', [1, 2, 3]],
    ['missing|concat([1])', [1]],
    ["'a'|concat('b', 1)", 'ab1'],
    ['[1]|concat(2)', [1, 2]],
  ],
  hasOverlap: [
    ["[1, 2]|hasOverlap(['2'])", true],
    ['[1]|hasOverlap([3])', false],
    ['missing|hasOverlap([1])', false],
  ],
  sort: [
    ['[3, 1, 2]|sort', [1, 2, 3]],
    ['mixed|sort', [1, 2, 3, 'a', 'b', true, null]],
    ["mixed|sort('', 'desc')", [true, 'b', 'a', 3, 2, 1, null]],
    ["people|sort('age')|map('name')", ['Bob', 'Ann', 'Cyd']],
    ["people|sort('age', 'desc')|map('name')", ['Ann', 'Bob', 'Cyd']],
    ["people|sort('team')|map('name')", ['Ann', 'Cyd', 'Bob']],
  ],
  reverse: [
    ['[1, 2]|reverse', [2, 1]],
    ["'a😀'|reverse", '😀a'],
  ],
  slice: [
    ['[1, 2, 3]|slice(1)', [2, 3]],
    ['[1, 2, 3]|slice(-2, -1)', [2]],
    ["'abc'|slice(0, 2)", 'ab'],
    ['missing|slice(0)', []],
  ],
  chunk: [['[1, 2, 3]|chunk(2)', [[1, 2], [3]]]],
  compact: [['mixed|compact|length', 6]],
  groupBy: [
    ["people|groupBy('team')|keys", ['a', 'b']],
    ["people|groupBy('team').a|map('name')", ['Ann', 'Cyd']],
  ],
  formatList: [
    ["people|formatList('{name} ({home.city})')", 'Ann (Bern)\nBob (Graz)\nCyd ()'],
    ["people|formatList(\"{name|upper}: {tags|join('/')}\", '; ')", 'ANN: x/y; BOB: y; CYD: '],
    ['people|slice(0, 1)|formatList(\'{"name": "{name}", "n": {}}\')', '{"name": "Ann", "n": {}}'],
    ["people|slice(0, 1)|formatList('{tags}{{name}}{ team }{unclosed')", '["x","y"]{Ann}a{unclosed'],
    ["[1, '', 'x']|formatList('{a}', '-')", '1-x'],
    ["people|formatList('{' + 'name}', ',')", 'Ann,Bob,Cyd'],
    ["people|formatList('{' + 'name|upper}')|slice(0, 12)", '{name|upper}'],
  ],
  keys: [
    ['object|keys', ['a', 'b', 'c']],
    ['[1]|keys', []],
    ["'ab'|keys", []],
  ],
  values: [['object|values', [1, null, [2]]]],
  entries: [['{a: 1}|entries', [{ key: 'a', value: 1 }]]],
  fromEntries: [
    ['object|entries|fromEntries', { a: 1, b: null, c: [2] }],
    ["[['x', 1], 5]|fromEntries", { x: 1 }],
  ],
  merge: [['object|merge({b: 1}, missing, {d: 2})', { a: 1, b: 1, c: [2], d: 2 }]],
  pick: [
    ["object|pick('a', 'zz', 'toString')", { a: 1 }],
    ["object|pick(['a', 'c'])", { a: 1, c: [2] }],
  ],
  omit: [["object|omit('a', ['b'])", { c: [2] }]],
  get: [
    ["people|get('[1].home.city')", 'Graz'],
    ["object|get('constructor.name')", undefined],
    ['object|get|keys|length', 3],
  ],
  daysAgo: [
    ["'2026-01-29'|daysAgo", 2],
    ["'soon'|daysAgo", -1],
    ['missing|daysAgo', -1],
    ['1769601600|daysAgo', 2],
  ],
  hoursAgo: [["'2026-01-31T07:00:00Z'|hoursAgo", 2]],
  minutesAgo: [["'2026-01-31T10:20:15+01:00'|minutesAgo", 10]],
  addDays: [
    ["'2024-02-28'|addDays(1)", '2024-02-29T00:00:00.000Z'],
    ['1769601600000|addDays(-1)', 1769515200000],
    ["'x'|addDays(1)", null],
  ],
  addHours: [["'2026-01-01'|addHours(1.5)", '2026-01-01T01:30:00.000Z']],
  addMinutes: [["'2026-01-01'|addMinutes(-1)", '2025-12-31T23:59:00.000Z']],
  isBefore: [
    ["'2026-01-01'|isBefore('2026-01-02')", true],
    ["'x'|isBefore('2026-01-02')", false],
    ["'2026-01-01'|isBefore(now())", true],
  ],
  isAfter: [["'2026-01-01T00:00:00-02:00'|isAfter('2026-01-01T01:00:00Z')", true]],
  now: [['now()', '2026-01-31T09:30:15.250Z']],
  parseDate: [
    ["'1970-01-02'|parseDate", 86_400_000],
    ["'Thu, 01 Jan 1970 00:00:10 +0000'|parseDate", 10_000],
    ["'2 Jan 1970 00:00 GMT'|parseDate", 86_400_000],
    ["'2026-02-30'|parseDate", null],
    ["'2026-01-01T25:00:00Z'|parseDate", null],
    ["'01/02/2026'|parseDate", null],
    ["'1970-01-01T00:00:00.0019Z'|parseDate", 1],
    ["'1970-01-01 00:00'|parseDate", 0],
    ['9e15|parseDate', null],
  ],
  epochSeconds: [
    ["'1970-01-01T00:00:01.999Z'|epochSeconds", 1],
    ["'x'|epochSeconds", null],
  ],
  isoDate: [
    ['0|isoDate', '1970-01-01T00:00:00.000Z'],
    ['1769601600|isoDate', '2026-01-28T12:00:00.000Z'],
    ['null|isoDate', null],
  ],
  date: [
    ["'2026-01-31T23:30:00-02:00'|date", '2026-02-01'],
    ["''|date", null],
  ],
  formatDate: [
    ["now()|formatDate('dddd, D MMMM YYYY [at] hh:mm A')", 'Saturday, 31 January 2026 at 09:30 AM'],
    ["now()|formatDate('YY/MM/DD HH:mm:ss.SSS ddd MMM M d')", '26/01/31 09:30:15.250 Sat Jan 1 d'],
    ["'2026-01-05'|formatDate", '2026-01-05'],
    ["'x'|formatDate", ''],
  ],
};

describe('built-in functions', () => {
  for (const [name, rows] of Object.entries(cases)) {
    test.each(rows)(`${name}: %s`, (source, expected) => expect(evaluate(source)).toEqual(expected));
  }

  test('each has its case here, a description of one line and a signature that shows how it is written', () => {
    expect(Object.keys(cases).sort()).toEqual([...builtinFunctions.keys()].sort());
    expect(describedFunctions.map(({ name }) => name)).toEqual([...builtinFunctions.keys()]);
    for (const { name, description, signature } of describedFunctions) {
      expect(description).toMatch(/^[A-Z][^\n]{8,160}\.$/);
      expect(signature).toMatch(new RegExp(`(\\||^)${name}(\\(|:)`));
    }
  });

  test('give undefined or data, and throw nothing untyped, whatever they are given', () => {
    const values = ['missing', 'null', 'true', '-1', "''", "'a{b}'", '[]', 'people', 'object', '1e300'];
    for (const name of builtinFunctions.keys()) {
      for (const value of values) {
        for (const args of ['', ...values, "'a', 'b'", '1, 2']) {
          try {
            expect(typeof evaluate(`${value}|${name}(${args})`)).not.toBe('function');
          } catch (error) {
            expect(error).toBeInstanceOf(ExpressionError);
          }
        }
      }
    }
  });
});

describe('a host’s functions', () => {
  const functions = functionRegistry([
    defineFunction({
      name: 'vat',
      description: 'The amount with value added tax.',
      signature: 'number|vat(rate: number): number',
      call: (value, [rate]) => Number(value) * (1 + Number(rate)),
    }),
    defineFunction({ name: 'leak', description: 'A function.', signature: 'leak(): any', call: () => () => 1 }),
    defineFunction({
      name: 'nested',
      description: 'Functions within.',
      signature: 'nested(): any',
      call: () => ({ f: () => 1, n: [() => 1] }),
    }),
    defineFunction({
      name: 'broken',
      description: 'Throws.',
      signature: 'broken(): any',
      call: () => {
        throw new TypeError('no luck');
      },
    }),
    defineFunction({
      name: 'upper',
      description: 'Another upper.',
      signature: 'string|upper: string',
      call: () => 'mine',
    }),
    defineFunction({
      name: 'greedy',
      description: 'Spends.',
      signature: 'greedy(): any',
      call: (_v, _a, _e, meter) => meter.spend(1e9),
    }),
    defineFunction({
      name: 'tidy',
      description: 'The member at a path of each element, tidied.',
      signature: 'list|tidy(path: string): string',
      itemArgument: { index: 0, kind: 'path' },
      call: (value, [path]) =>
        typeof path !== 'function'
          ? `as data: ${String(path)}`
          : [value].flat().map((element) => String(path(element)).trim()),
    }),
  ]);
  const run = (source: string) => compileExpression(source, { functions }).evaluate({ x: 'a', path: 'a.b[0]' });

  test('are called as the built-in ones are, and take their place', () => {
    expect(run('100|vat(0.5)')).toBe(150);
    expect(run('vat(100, 0.5) + 1')).toBe(151);
    expect(run('x|upper')).toBe('mine');
    expect(run('x|lower')).toBe('a');
  });

  test('are handed a program where the expression says a path, and the text where it is data', () => {
    expect(run("[{a: {b: [' x ']}}, {a: {b: ['y']}}, 1]|tidy('a.b[0]')")).toEqual(['x', 'y', 'undefined']);
    expect(run('[1]|tidy(path)')).toBe('as data: a.b[0]');
  });

  test('cannot hand out a function', () => {
    expect(run('leak()')).toBeUndefined();
    expect(run('nested()')).toEqual({ n: [null] });
    expect(run('nested().f')).toBeUndefined();
    expect(() => run('leak()()')).toThrow(ExpressionError);
  });

  test('fail as typed errors that say where', () => {
    const error = expect.objectContaining({ name: 'ExpressionError', code: 'EXPRESSION_INVALID', position: 4 });
    expect(() => run('1 + broken()')).toThrow(error);
    expect(() => run('greedy()')).toThrow(expect.objectContaining({ code: 'EXPRESSION_LIMIT' }));
  });

  test('must have names that can be written, each its own', () => {
    const definition = { name: 'a b', description: 'd', signature: 's', call: () => null };
    expect(() => defineFunction(definition)).toThrow(TypeError);
    const twice = defineFunction({ ...definition, name: 'a' });
    expect(() => functionRegistry([twice, twice])).toThrow(TypeError);
  });
});
