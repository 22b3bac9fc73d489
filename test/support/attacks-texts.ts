/** Attacks by the text of an expression or a template, and by the data it meets. */
import { compileExpression, compileTemplate, NewtflowError } from '../../runtime/index.js';
import { hostileScope } from './attacks-corpus.js';
import { type Attack, BAIT, codeOf, must, mustEqual, outcome, strangersIn } from './attacks-watch.js';

const evaluate = (source: string, scope: Readonly<Record<string, unknown>> = hostileScope()): unknown =>
  outcome(() => compileExpression(source).evaluate(scope, { now: 0, random: () => 0.5 }));
const render = (text: unknown, scope: Readonly<Record<string, unknown>>): unknown =>
  outcome(() => compileTemplate(text).render(scope, { now: 0, random: () => 0.5 }));

/** Nothing comes of these: undefined, an empty or absent value, or a typed error. */
const nothing: readonly string[] = [
  // By every transform that takes a key, a path or an expression as text.
  "list|map('constructor')|first",
  "[a]|map('__proto__.bait')|first",
  "[a]|map('constructor.constructor')|first",
  "[inheriting]|map('bait')|first",
  "[a]|filter('constructor')|first",
  "[a]|find('constructor.name', 'Object')",
  "[a]|find('bait')",
  "[inheriting]|filterBy('bait', 'x')|first",
  "[a]|sort('__proto__')|first|get('constructor')",
  "a|get('constructor')",
  "a|get('__proto__.constructor')",
  "a|pick('constructor')|get('constructor')",
  "instance|get('method')",
  "instance|get('inherited')",
  "[instance]|groupBy('inherited')|get('BAIT-7f3a')",
  "[inheriting]|formatList('{bait}')|get('length')",
  'inheriting|values|first',
  'inheriting|entries|first',
  'inheriting|keys|first',
  'map|entries|first',
  'map.size',
  'date.getTime',
  "[a][.constructor == 'x']|first",
  'list[.__proto__]|first',
  '{}.constructor',
  '[].constructor',
  '[].at',
  "''.at",
  '(1 == 1).constructor',
  '1 .constructor',
  'null?.constructor',
  "a?.['constructor']",
  "a['con' + 'structor']",
  "a['con'|concat('structor')]",
  "a[['constructor']|join('')]",
  "a['rotcurtsnoc'|split('')|reverse|join('')]",
  "a['\\u0063onstructor']",
  "a['\\x63onstructor']",
  '{{a}}.constructor',
  "{{'a'}}.constructor",
  '(\'{"constructor": 1}\'|parseJSON|keys).constructor',
  'globalThis',
  'process.env',
  'import.meta',
  'Reflect.apply.call',
  'Reflect.ownKeys',
  'Function.prototype',
  'af.constructor',
  'fn.call',
  'stringy.toString',
  'json.toJSON',
  'thenable.then',
  'symbol',
  'big',
  'fn',
];

/** A typed error comes of these before anything is evaluated. */
const refused: readonly string[] = [
  'fn()',
  'a.b()',
  "a['b']()",
  'a|constructor',
  'a|toString',
  'a|__proto__',
  'a|hasOwnProperty',
  "a|['constructor']",
  'a|fn',
  'this.a',
  'new Date',
  'a = 1',
  'a += 1',
  'a++',
  'delete a.b',
  'typeof a',
  'void 0',
  'a, b',
  'a; b',
  'a b',
  'a => a',
  '() => 1',
  'function(){}',
  'class A {}',
  '...list',
  '[...list]',
  '{...a}',
  '{[a.b]: 1}',
  '{get x(){return 1}}',
  '{x(){return 1}}',
  '`x`',
  'fn`x`',
  '/a+/',
  'a instanceof Object',
  'await a',
  'yield a',
  'import(a)',
  'a#b',
  'a?.b()',
  'a?.()',
  '@a',
  '#a',
  '{{a}}{{b}}',
  '{{{{a}}',
  '{{#a}}1{{/a}}',
  '{{> a}}',
];

/** Work or room without bound. */
const bounded: readonly string[] = [
  "'x'|repeat(99999999999)",
  "'x'|repeat(1e308)",
  "'x'|repeat(1000000)|repeat(1000000)",
  "('x'|repeat(900000))|padStart(1e15, ('y'|repeat(900000)))",
  'range(-1e15, 1e15)',
  'range(0, 1e9, 1e-9)',
  "range(0, 99999)|map('.')|concat(range(0, 99999))|concat(range(0, 99999))",
  'range(0, 400)[. >= 0 && range(0, 400)[. > 1].length > 0].length',
  "('[' + ('0,'|repeat(499999)) + '0]')|parseJSON",
  "('x'|repeat(1000000)) + ('x'|repeat(1000000))",
  "('a'|repeat(999999))|replace('a', 'aaaa')",
  "('a,'|repeat(499999))|split(',')",
  '[range(0, 40000), range(0, 40000), range(0, 40000)]|flatten',
  "range(0, 40000)|join('x'|repeat(1000))",
  "range(0, 30000)|sort|unique|map('.')|sort|unique|map('.')|sort|unique|chunk(1)|flatten",
];

/** Values read back never become templates or expressions, whatever reads them. */
const bombs = [
  '{{secrets.k}}',
  '{{{secrets.k}}}',
  '{{&secrets.k}}',
  '{{#secrets}}{{k}}{{/secrets}}',
  '{{=<% %>=}}<% secrets.k %>',
  '{{> secrets}}',
  'secrets.k',
  '#{secrets.k}',
  "' + secrets.k + '",
  '"|map("secrets.k")|"',
  '}}{{secrets.k}}{{',
];

function neverEvaluated(bomb: string): void {
  const scope = { v: bomb, list: [bomb, { v: bomb }], key: { [bomb]: bomb }, secrets: { k: BAIT } };
  mustEqual(render('{{v}}', scope), bomb);
  mustEqual(render('<{{v}}>', scope), `<${bomb}>`);
  mustEqual(render('{{{v}}}{{&v}}', scope), bomb + bomb);
  mustEqual(render('{{#v}}{{.}}{{/v}}', scope), bomb);
  mustEqual(render('{{#list}}{{v}}|{{/list}}', scope), `${bomb}|${bomb}|`);
  mustEqual(render('{{#key}}{{v}}{{/key}}', scope), bomb);
  mustEqual(render({ '{{v}}': '{{v}}' }, scope), { [bomb]: bomb });
  mustEqual(evaluate("v + ''", scope), bomb);
  mustEqual(evaluate('list|first|string', scope), bomb);
  mustEqual(evaluate('key|keys|first', scope), bomb);
  for (const source of [
    'list|map(v)',
    'list|filter(v)',
    'list|find(v)',
    'list|formatList(v)',
    'key|get(v)',
    'list[v]',
  ]) {
    mustEqual(strangersIn(evaluate(source, scope)), []);
  }
  for (const source of ['{{{{v}}}}', '{{secrets[v]}}', '{{v|parseJSON}}', "{{('\"' + v + '\"')|parseJSON}}"]) {
    mustEqual(strangersIn(render(source, scope)), []);
  }
}

/** Typed, within its limits and soon, whatever the text. */
const shapes: readonly (readonly [string, () => string])[] = [
  ['open brackets', () => '(['.repeat(4_999)],
  ['a long chain', () => `a${'.b'.repeat(4_999)}`],
  ['a long sum', () => `1${'+1'.repeat(4_999)}`],
  ['nested conditions', () => `${'a?'.repeat(2_000)}1${':1'.repeat(2_000)}`],
  ['right-nested operators', () => `${'a||('.repeat(1_900)}1${')'.repeat(1_900)}`],
  ['nested objects', () => `${'{a:'.repeat(2_400)}1${'}'.repeat(2_400)}`],
  ['nested filters', () => `${'a[.b '.repeat(1_900)}${']'.repeat(1_900)}`],
  ['pipes', () => `a${'|trim'.repeat(1_999)}`],
  ['signs', () => `${'-+!'.repeat(3_000)}1`],
  ['braces', () => `${'{{'.repeat(2_000)}1${'}}'.repeat(2_000)}`],
  ['an unclosed string', () => `'${'\\'.repeat(9_000)}`],
  ['lone surrogates', () => `'\ud800' + a['\udfff'] + "\\ud800"`],
  ['controls', () => '\u0000\u0001\u2029\ufeff'],
  ['right-to-left marks', () => "a\u202e.b == '\u2066x\u2069'"],
  ['a look-alike name', () => 'c\u043enstructor'],
  ['a separator of lines in a name', () => 'a\u2028b'],
  ['a long name', () => 'a'.repeat(9_999)],
  ['a long number', () => '9'.repeat(9_999)],
  ['a huge exponent', () => '1e999999999'],
];

export function textAttacks(): Attack[] {
  return [
    ...nothing.map((source) => ({
      id: `nothing comes of ${source}`,
      run: () => {
        const value = evaluate(source);
        const none =
          value === undefined || value === null || value === '' || value === 0 || value instanceof NewtflowError;
        must(none, `gave ${JSON.stringify(value)}`);
        const text = render(`<{{${source}}}>`, hostileScope());
        must(text instanceof NewtflowError || text === '<>' || text === '<0>', `writes ${JSON.stringify(text)}`);
      },
    })),
    ...refused.map((source) => ({
      id: `refused: ${JSON.stringify(source)}`,
      run: () =>
        mustEqual(
          codeOf(() => compileExpression(source).evaluate({ a: { b: 1 }, list: [] })),
          'EXPRESSION_INVALID',
        ),
    })),
    ...bounded.map((source) => ({
      id: `bounded: ${source}`,
      run: () =>
        mustEqual(
          codeOf(() => compileExpression(source).evaluate({})),
          'EXPRESSION_LIMIT',
        ),
    })),
    ...bombs.map((bomb) => ({ id: `never evaluated: ${bomb}`, run: () => neverEvaluated(bomb) })),
    ...shapes.map(([name, text]) => ({
      id: `typed within its limits: ${name}`,
      run: () => {
        const value = evaluate(text(), { a: { b: 1 } });
        must(value === undefined || value instanceof NewtflowError || JSON.stringify(value) !== undefined, 'no data');
        outcome(() => compileTemplate(`x{{${text()}}}`));
      },
    })),
    ...templateAttacks,
  ];
}

const templateAttacks: readonly Attack[] = [
  {
    id: 'sections open for nothing that is inherited',
    run: () => {
      for (const name of ['constructor', 'toString', '__proto__', 'a.constructor', 'list.map', 'text.trim', 'fn']) {
        mustEqual(strangersIn(render(`{{#${name}}}${BAIT}{{/${name}}}`, hostileScope())), []);
      }
    },
  },
  {
    id: 'a section over a function or a thenable calls neither',
    run: () => {
      let calls = 0;
      const call = (): string => {
        calls += 1;
        return BAIT;
      };
      const scope = { f: call, t: Object.fromEntries([['then', call]]), j: { toJSON: call }, l: [call] };
      for (const name of ['f', 't', 'j', 'l'])
        render(`{{#${name}}}{{.}}{{then}}{{toJSON}}{{/${name}}}{{${name}}}`, scope);
      mustEqual(calls, 0);
    },
  },
  {
    id: 'a section may not multiply its body without bound',
    run: () => {
      const scope = { l: Array.from({ length: 1000 }, () => 'x'.repeat(100)) };
      const text = '{{#l}}{{#l}}{{#l}}{{.}}{{/l}}{{/l}}{{/l}}';
      const code = codeOf(() => compileTemplate(text).render(scope));
      must(code === 'TEMPLATE_LIMIT' || code === 'EXPRESSION_LIMIT', code);
    },
  },
  {
    id: 'many small tags may not write without bound',
    run: () => {
      const text = `x${"{{'x'|repeat(99999)}}".repeat(11)}`;
      mustEqual(
        codeOf(() => compileTemplate(text).render({})),
        'TEMPLATE_LIMIT',
      );
    },
  },
  {
    id: 'a template is made of JSON, not of functions or symbols',
    run: () => {
      const strange: readonly unknown[] = [() => 1, Symbol('s'), 1n, { a: () => 1 }];
      for (const value of strange)
        mustEqual(
          codeOf(() => compileTemplate(value)),
          'TEMPLATE_INVALID',
        );
    },
  },
  {
    id: 'a value that holds itself is refused',
    run: () => {
      const loop: { loop?: unknown } = {};
      loop.loop = loop;
      mustEqual(
        codeOf(() => compileTemplate(loop)),
        'TEMPLATE_LIMIT',
      );
      mustEqual(
        codeOf(() => compileTemplate('<{{x}}>').render({ x: loop })),
        'EXPRESSION_LIMIT',
      );
    },
  },
  {
    id: 'keys made by templates are data, `__proto__` too',
    run: () => {
      const made = render({ '{{k}}': { polluted: 1 } }, { k: '__proto__' });
      mustEqual(JSON.stringify(made), '{"__proto__":{"polluted":1}}');
      must(Object.getPrototypeOf(made) === Object.prototype, 'the prototype was replaced');
    },
  },
  {
    id: 'an inherited name of the scope is no name',
    run: () => {
      const scope: Readonly<Record<string, unknown>> = Object.create({ bait: BAIT, secrets: { k: BAIT } });
      mustEqual(strangersIn(render('{{bait}}{{secrets.k}}{{#secrets}}{{k}}{{/secrets}}', scope)), []);
    },
  },
];
