import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ExpressionError, TemplateError } from '../../runtime/errors.js';
import { LazyRecord } from '../../runtime/expression/values.js';
import { compileTemplate, type TemplateOptions } from '../../runtime/template/compile.js';
import { describeBeside } from '../support/beside.js';

const scope = {
  a: 1,
  yes: true,
  no: false,
  empty: [],
  name: 'outer',
  html: '<b>&"\'</b>',
  object: { x: { y: [1, 'two'] } },
  list: [
    { name: 'pen', price: 5, tags: ['x', 'y'] },
    { name: 'ink', price: 15, tags: [] },
  ],
};

const render = (template: unknown, options?: TemplateOptions) => compileTemplate(template, options).render(scope);

function failure(template: unknown, options?: TemplateOptions): ExpressionError | TemplateError {
  try {
    render(template, options);
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error('did not fail');
}

describe('a string that is one tag yields the value with its type', () => {
  test.each<[string, unknown]>([
    ['{{a}}', 1],
    ['{{ yes }}', true],
    ['{{{list}}}', scope.list],
    ['{{&object.x}}', scope.object.x],
    ['{{missing}}', undefined],
    ['{{null}}', null],
    ['{{ a + 1 }}', 2],
    ['{{ {a: {b: a}} }}', { a: { b: 1 } }],
    ['{{ !yes }}', false],
    ["{{ yes ? '}}' : '{{' }}", '}}'],
    ['{{list|formatList("{name}}}", \'}}\')}}', 'pen}}}}ink}}'],
    ['{{\nlist[.price > 10][0].name\n}}', 'ink'],
  ])('%j', (template, expected) => expect(render(template)).toEqual(expected));
});

describe('any other string is text', () => {
  test.each<[string, string]>([
    ['plain', 'plain'],
    ['', ''],
    [' {{a}}', ' 1'],
    ['{{a}} ', '1 '],
    ['{{a}}{{a}}', '11'],
    ['<{{html}}> {{{html}}} {{&html}} {{& html }}', `<${scope.html}> ${scope.html} ${scope.html} ${scope.html}`],
    ['{{missing}}|{{null}}|{{yes}}|{{0 / 0}}', '||true|'],
    ['{{object.x}}: {{object.x.y}}', '{"y":[1,"two"]}: [1,"two"]'],
    ["{{a ? 'one' : 'other'}} {{ 'a' + '|' }} {{ \"{{a}}\" }}", 'one a| {{a}}'],
    ["{{list|map('name')|join(', ')}}.", 'pen, ink.'],
    ['{{! a comment }}x{{!}}', 'x'],
    ['a } b }} c { d', 'a } b }} c { d'],
    ["{{ '{{' }}x}}", '{{x}}'],
  ])('%j', (template, expected) => expect(render(template)).toBe(expected));
});

describe('sections', () => {
  test.each<[string, string]>([
    ['{{#list}}{{name}}={{price}};{{/list}}', 'pen=5;ink=15;'],
    ['{{#list}}\n- {{name}} {{a}}\n{{/list}}\nend', '- pen 1\n- ink 1\nend'],
    ['{{#list}}{{#tags}}{{name}}.{{.}} {{/tags}}{{^tags}}{{name}}!{{/tags}}{{/list}}', 'pen.x pen.y ink!'],
    ['{{#yes}}{{name}}{{/yes}}{{#no}}x{{/no}}{{#missing}}x{{/missing}}{{#empty}}x{{/empty}}', 'outer'],
    ['{{^no}}a{{/no}}{{^missing}}b{{/missing}}{{^empty}}c{{/empty}}{{^yes}}d{{/yes}}', 'abc'],
    ['{{#object.x}}{{y.length}} {{.y[1]}} {{name}}{{/object.x}}', '2 two outer'],
    ['{{#list[.price > 10]}}{{name|upper}}{{/list[.price > 10]}}', 'INK'],
    ["{{# list|sort('price', 'desc') }}{{.name}}{{.price|string}} {{/ list|sort('price', 'desc') }}", 'ink15 pen5 '],
    ["{{#list|map('}}')}}x{{/list|map('}}')}}", ''],
    ['{{#list}}{{.missing}}{{/list}}-', '-'],
    ['{{#name}}{{.}} {{name}}{{/name}}', 'outer outer'],
    ['{{#list}}{{constructor}}{{toString}}{{__proto__}}{{#constructor}}x{{/constructor}}{{/list}}-', '-'],
    ['{{#list}}{{#a == 1 && price > 10}}{{name}}{{/a == 1 && price > 10}}{{/list}}', 'ink'],
    ['{{#list}}{{object.x.y[0]}}{{#object}}{{x.y[0]}}{{price}}{{/object}}{{/list}}', '1151115'],
  ])('%j', (template, expected) => expect(render(template)).toBe(expected));

  test('items may be views, and hide what is outside by what they own', () => {
    class Item extends LazyRecord {
      override get(): unknown {
        return null;
      }
      override has(key: string): boolean {
        return key === 'name';
      }
      override keys(): string[] {
        return ['name'];
      }
    }
    const template = compileTemplate('{{#items}}[{{name}}|{{a}}]{{/items}}');
    expect(template.render({ items: [new Item(), { name: undefined }], name: 'outer', a: 1 })).toBe('[|1][|1]');
  });

  test('names within are not claimed to be the scope’s', () => {
    const { names, sectionNames, paths } = compileTemplate(
      '{{x.y}}{{#rows}}{{name}}{{x}}{{#deep.er}}{{z}}{{/deep.er}}{{/rows}}{{^none}}{{q.r}}{{/none}}',
    );
    expect([...names].sort()).toEqual(['none', 'q', 'rows', 'x']);
    expect([...(sectionNames ?? [])].sort()).toEqual(['deep', 'name', 'z']);
    expect(paths).toEqual([['x', 'y'], ['rows'], ['none'], ['q', 'r']]);
  });
});

describe('values of any shape', () => {
  test('are rendered in every string, keys included', () => {
    expect(
      render({
        'key {{a}}': ['{{a}}', { deep: 'x{{a}}' }],
        gone: '{{missing}}',
        list: ['{{missing}}', 1, null],
        '{{name}}': '{{no}}',
      }),
    ).toEqual({ 'key 1': [1, { deep: 'x1' }], list: [null, 1, null], outer: false });
  });

  test('without a template are given as they are', () => {
    const value = { a: [1, { b: 'x' }] };
    const template = compileTemplate(value);
    expect(template).toMatchObject({ constant: true, paths: [] });
    expect(template.render({})).toBe(value);
    expect(compileTemplate({ a: '{{a}}', rest: value }).constant).toBe(false);
    expect(compileTemplate({ '{{a}}': 1 }).constant).toBe(false);
    for (const plain of [null, 5, true, 'text', []]) expect(compileTemplate(plain).render({})).toEqual(plain);
  });

  test('may have a key __proto__, which is a key like any other', () => {
    const value: unknown = JSON.parse('{"__proto__": {"x": "{{a}}"}}');
    expect(JSON.stringify(render(value))).toBe('{"__proto__":{"x":1}}');
    expect(JSON.stringify(render({ "{{'__proto__'}}": { x: 1 } }))).toBe('{"__proto__":{"x":1}}');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test('names and paths are those of all texts', () => {
    const { names, paths } = compileTemplate({ 'k{{a.b}}': ['{{c}}', '{{d.e}} {{c}}'] });
    expect([...names].sort()).toEqual(['a', 'c', 'd']);
    expect(paths).toEqual([['a', 'b'], ['c'], ['d', 'e']]);
  });
});

describe('errors name the field and the position', () => {
  test.each<[unknown, string, number, string]>([
    [{ a: ['x', 'y {{a b}}'] }, '/a/1', 6, 'Unexpected "b"'],
    [{ 'a/b~c': '{{' }, '/a~1b~0c', 2, 'Expected an expression'],
    [{ '{{x': 1 }, '/{{x', 3, 'Expected }}'],
    ['{{}}', '', 2, 'Unexpected "}"'],
    ['{{a}', '', 3, 'or }}'],
    ['{{{a}}', '', 4, 'or }}}'],
    ['x {{#a}}', '', 2, '{{#a}} is never closed'],
    ['x {{^a}}', '', 2, '{{^a}} is never closed'],
    ['{{#a}}{{/b}}', '', 6, 'Expected {{/a}}'],
    ['{{#a}}{{#b}}{{/a}}{{/b}}', '', 12, 'Expected {{/b}}'],
    ['{{/a}}', '', 0, 'not open'],
    ['{{> partial}}', '', 0, 'Partials'],
    ['{{=<% %>=}}', '', 0, 'delimiters'],
    ['{{! never closed', '', 0, 'never closed'],
    ['x {{nope(1)}}', '', 4, 'no function nope'],
    ['x {{.y}}', '', 4, 'begins with a dot is an element’s'],
    ['{{.}} x', '', 2, 'begins with a dot is an element’s'],
    [{ x: ['ok', '{{list[{}]}}'] }, '/x/1', 7, 'A key must be'],
    [{ x: 'n {{list[{}]}}' }, '/x', 9, 'A key must be'],
  ])('%j', (template, field, position, message) => {
    const error = failure(template);
    expect(error).toMatchObject({ field, position });
    expect(error.message).toContain(message);
    expect(error.source).toContain('{{');
  });

  test('a template is JSON, never a function nor a tree of one', () => {
    expect(failure({ f: () => 1 })).toMatchObject({ code: 'TEMPLATE_INVALID', field: '/f' });
    const tree = { type: 'Program', body: [{ type: 'MustacheStatement', path: { type: 'PathExpression' } }] };
    expect(render(tree)).toBe(tree);
  });
});

describe('bounds', () => {
  test.each<[string, unknown, TemplateOptions]>([
    ['text', `{{a}}${'x'.repeat(50)}`, { templateLimits: { sourceLength: 40 } }],
    ['sections', '{{#a}}'.repeat(20_000), {}],
    ['closed sections', '{{#a}}'.repeat(200) + '{{/a}}'.repeat(200), {}],
    ['values', JSON.parse('['.repeat(200) + ']'.repeat(200)), {}],
    ['output', '{{#list}}{{name}}{{/list}}{{name}}', { templateLimits: { outputLength: 8 } }],
    ['output of a list', '{{#list}}{{name}}{{/list}}', { templateLimits: { outputLength: 4 } }],
    ['output of one value', ' {{name}}', { templateLimits: { outputLength: 4 } }],
  ])('TEMPLATE_LIMIT: %s', (_name, template, options) => {
    expect(failure(template, options)).toMatchObject({ name: 'TemplateError', code: 'TEMPLATE_LIMIT' });
  });

  test('on work span all tags of a text', () => {
    const many = `${'{{#l}}'.repeat(5)}x${'{{/l}}'.repeat(5)}`;
    const l = Array.from({ length: 60 }, (_, index) => index);
    expect(() => compileTemplate(many).render({ l })).toThrow(expect.objectContaining({ code: 'EXPRESSION_LIMIT' }));
    const inverted = compileTemplate(`{{#l}}{{^none}}${'{{none}}'.repeat(20_000)}{{/none}}{{/l}}`);
    expect(() => inverted.render({ l })).toThrow(expect.objectContaining({ code: 'EXPRESSION_LIMIT' }));
    expect(inverted.render({ l: [1, 2] })).toBe('');
  });

  test('on an expression are those of expressions', () => {
    expect(failure(`x {{${'('.repeat(500)}`)).toMatchObject({ name: 'ExpressionError', code: 'EXPRESSION_LIMIT' });
    expect(failure(`x {{ a${' + a'.repeat(4000)} }}`)).toMatchObject({ code: 'EXPRESSION_LIMIT' });
    expect(failure(`x {{ '${'a'.repeat(10_000)}' }}`)).toMatchObject({ code: 'EXPRESSION_LIMIT' });
    expect(failure("{{ 'x'|repeat(1e9) }}")).toMatchObject({ code: 'EXPRESSION_LIMIT', field: '' });
    expect(render(`${'long prompt '.repeat(9000)}{{a}}`)).toHaveLength(108_001);
  });
});

const corpus = new URL('../../../shared/security/attack-corpus.json', import.meta.url);
const found = existsSync(corpus);

describeBeside(found, '../shared/security/attack-corpus.json', 'published attacks', () => {
  const attacks = (): [string, string][] => {
    if (!found) return [];
    const { template }: { template: { id: string; x: string }[] } = JSON.parse(readFileSync(corpus, 'utf8'));
    // That one is a sentence about two steps; it has a test of its own below.
    const texts = template.filter(({ id }) => id !== 'double-eval-step');
    return texts.map(({ id, x }) => [id, x.endsWith(' x 20000') ? x.slice(0, -8).repeat(20_000) : x]);
  };
  const hostile = {
    a: 'text',
    object: {},
    f: () => 'called',
    steps: { step1: { output: '{{secrets.API_KEY}}' } },
    secrets: { API_KEY: 'shh' },
  };

  test.each(attacks())('%s', (_id, template) => {
    const keys = Reflect.ownKeys(Object.prototype);
    try {
      const text = String(compileTemplate(`>${template}`).render(hostile));
      expect(text).not.toMatch(/Object|String|Function|native|called|shh/);
    } catch (error) {
      expect(error instanceof ExpressionError || error instanceof TemplateError).toBe(true);
    }
    expect(Reflect.ownKeys(Object.prototype)).toEqual(keys);
  });

  test('data in another step’s output stays data', () => {
    const once = compileTemplate('{{steps.step1.output}}').render(hostile);
    expect(once).toBe('{{secrets.API_KEY}}');
    expect(
      compileTemplate('{{again}} {{#again}}{{.}}{{/again}}').render({ again: once, secrets: hostile.secrets }),
    ).toBe(`${once} ${once}`);
  });

  test('a lambda is nothing', () => {
    expect(compileTemplate('[{{f}}{{#f}}x{{/f}}{{^f}}none{{/f}}]').render(hostile)).toBe('[none]');
  });
});

test.each<[unknown, unknown]>([
  ['{{a}}', 1],
  ['{{a}}: {{name}}', '1: outer'],
  ['{{#list}}{{name}} {{/list}}', 'pen ink '],
  ['plain', 'plain'],
  [
    { a: '{{a}}', b: ['{{name}}'] },
    { a: 1, b: ['outer'] },
  ],
  [{ plain: [1] }, { plain: [1] }],
])('render of %j may be taken from its template', (value, expected) => {
  const { render: alone, constant } = compileTemplate(value);
  expect(alone(scope)).toEqual(expected);
  expect(constant).toBe(JSON.stringify(value) === JSON.stringify(expected));
});
