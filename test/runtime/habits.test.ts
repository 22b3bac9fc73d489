import { describe, expect, it } from 'vitest';
import type { Issue, Json } from '../../runtime/index.js';
import { validate } from '../../runtime/index.js';
import { parseDocument } from '../../runtime/tooling.js';

/** What is said of definitions as people write them who come from elsewhere. */
const said = (document: Json): readonly Issue[] => validate(document).issues;
const shown = (issues: readonly Issue[]) => issues.map(({ code, hint }) => `${code}: ${hint ?? ''}`);

const withText = (text: Json): Json => ({
  name: 'Test',
  config: { secrets: { key: { kind: 'reference' } } },
  steps: [
    { stepSlug: 'find', stepType: 'action', config: { type: 'find' }, nextSteps: { success: 'send' } },
    { stepSlug: 'send', stepType: 'action', config: { type: 'send', parameters: { text } } },
  ],
});
const withExpression = (expression: string): Json => ({
  name: 'Test',
  steps: [{ stepSlug: 'check', stepType: 'condition', config: { expression } }],
});
const withStep = (step: Record<string, Json>): Json => ({
  name: 'Test',
  steps: [{ stepSlug: 'one', stepType: 'action', config: { type: 'do' }, ...step }],
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: texts as authors write them
describe('a text that is no template but was meant as one', () => {
  it.each([
    ['input.email', 'The value is written `{{input.email}}`.'],
    ['steps.find.output.email', 'The value is written `{{steps.find.output.email}}`.'],
    ["steps['find'].output", "The value is written `{{steps['find'].output}}`."],
    ['$.input.email', 'The value is written `{{input.email}}`.'],
    ['=input.email', 'The value is written `{{input.email}}`.'],
    ['Dear ${input.name}!', 'The value is written `{{input.name}}`.'],
    ['Dear { input.name }!', 'The value is written `{{input.name}}`.'],
    ['{secrets.key}', 'The value is written `{{secrets.key}}`.'],
    ['={{input.name}}', 'Leave it out.'],
    ['Bearer ${{ secrets.key }}', 'Leave it out.'],
    ['input.price * 2', 'The value is written `{{input.price * 2}}`.'],
    ["input.list|map('id')", "The value is written `{{input.list|map('id')}}`."],
    ["input.price > 3 ? 'dear' : 'cheap'", "The value is written `{{input.price > 3 ? 'dear' : 'cheap'}}`."],
    ['{{input.price}} * 2', 'The value is written `{{input.price * 2}}`.'],
    ['({{input.a}}) * {{input.b}}', 'The value is written `{{(input.a) * input.b}}`.'],
    ['{{input.page}} + 1', 'The value is written `{{input.page + 1}}`.'],
    ['{{input.price}} >= 100', 'The value is written `{{input.price >= 100}}`.'],
    ["{{input.state}} == 'open'", "The value is written `{{input.state == 'open'}}`."],
    ["{{input.ok}} ? 'yes' : 'no'", "The value is written `{{input.ok ? 'yes' : 'no'}}`."],
  ])('%s', (text, hint) => {
    const [issue, ...others] = said(withText({ deep: [text] }));
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      ...{ code: 'NOT_A_TEMPLATE', severity: 'warning', step: 'send', hint },
      path: '/steps/1/config/parameters/text/deep/0',
    });
  });

  it.each([
    'Send your input. steps follow',
    'input',
    'input.a and more',
    'Costs ${{input.price}}',
    '{{{input.name}}} {{&input.name}}',
    "{{ {name: input.name}|json }} {{input.list|formatList('{name}')}}",
    '{"input": {"x": 1}}',
    '${name} {name}',
    'a={{input.x}}',
    '{{input.name}} <{{input.email}}>',
    '{{input.a}} - {{input.b}}: {{input.c}}',
    '{{input.category}} > {{input.kind}}',
    '{{input.name}}? Yes: {{input.name}}!',
    '{{input.a}} + {{input.b}}',
    '{{input.a}} = {{input.b}}',
    '{{input.a}} && {{input.b}}',
    '{{input.n}} % of {{input.m}}',
  ])('but not %s', (text) => {
    expect(said(withText(text))).toEqual([]);
  });

  it.each([
    ["'{{input.state}}' == 'open'", 'The value is written `{{input.state}}`.'],
    ['input.a > 1 && "{{ input.state }}" === "open"', 'The value is written `{{ input.state }}`.'],
  ])('in an expression, %s', (expression, hint) => {
    const [issue, ...others] = said(withExpression(expression));
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      code: 'NOT_A_TEMPLATE',
      severity: 'warning',
      path: '/steps/0/config/expression',
      hint,
    });
  });

  it.each(["{{input.state}} == 'open'", "input.state == '{{'", "input.list|formatList('{id}')"])(
    'but not in %s',
    (expression) => {
      expect(said(withExpression(expression))).toEqual([]);
    },
  );

  it('is told where hosts evaluate it, and not where it is an expression', () => {
    const keyed = { concurrency: { key: 'input.customer', limit: 1 } };
    const loop = { stepSlug: 'each', stepType: 'loop', config: { items: 'input.list', collect: 'loop.item' } };
    const issues = said({ name: 'Test', config: keyed, steps: [loop] });
    expect(issues.map(({ code, path }) => `${code} ${path}`)).toEqual(['NOT_A_TEMPLATE /config/concurrency/key']);
  });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: texts as authors write them
describe('all of a step, where its output was meant', () => {
  it.each(['{{steps.find}}', 'Found {{ steps.find }}.', "{{steps['find']}}"])('%s', (text) => {
    expect(said(withText(text))).toMatchObject([{ code: 'WHOLE_RESULT', severity: 'warning', step: 'send' }]);
  });

  it.each([
    '{{steps.find.output}}',
    "{{steps.find ? 'yes' : 'no'}}",
    '{{#steps.find}}found{{/steps.find}}',
    '{{steps.find|json}}',
  ])('but not %s', (text) => {
    expect(said(withText(text))).toEqual([]);
  });
});

describe('an expression of another language', () => {
  it.each([
    ['input.items.filter(i => i.price > 10).length', 'filter('],
    ['input.items.map(lambda x: x.id)', 'map('],
    ['`Hi`', '`+`'],
    ['new Date()', '`now`'],
    ['JSON.stringify(input)', '`value|json`'],
    ['input.name.toUpperCase()', '`value|upper`'],
    ['input.name.toString()', '`value|string`'],
    ["input.list.join(', ')", '`value|join`'],
    ['len(input.list)', '`value|length`'],
    ['1 if input.ok else 0', '`condition ? one : other`'],
    ['not input.ok', '`!`'],
    ['input.ok is True', '`==`'],
    ['input.a AND input.b', '`&&`'],
    ['input.a <> 1', '`!=`'],
    ["input.list | join: ', '", "`list|join(', ')`"],
    ['input.list[*].id', "`list|map('name')`"],
    ['=input.a > 1', 'Leave it out.'],
  ])('%s is told how it is said', (expression, part) => {
    const [issue] = said(withExpression(expression));
    expect(issue).toMatchObject({ code: 'EXPRESSION_INVALID', path: '/steps/0/config/expression' });
    expect(issue?.hint).toContain(part);
  });

  it.each(['{{#each input.list}}{{name}}{{/each}}', '{{#if input.ok}}yes{{/if}}'])(
    '%s is told how it is said',
    (text) => {
      expect(said(withText(text))[0]?.hint).toContain('`{{#list}}…{{/list}}`');
    },
  );

  it('is not seen in the words of a text', () => {
    expect(shown(said(withExpression("'not new if len' + (")))).toEqual(['EXPRESSION_INVALID: ']);
  });

  it.each([
    ['None', '`null`'],
    ['nil', '`null`'],
    ['$json.id', '`steps.<slug>.output`'],
    ['result', '`lastOutput`'],
    ['item.id', '`loop.item`'],
    ['process.env.KEY', '`config.secrets`'],
    ['$env.KEY', '`config.secrets`'],
    ['“open”', 'straight quotes'],
    ['open', 'a text stands in quotes'],
    ['$input', 'Did you mean `input`?'],
  ])('%s is told what stands for it', (name, part) => {
    const [issue] = said(withExpression(name));
    expect(issue?.code).toBe('UNKNOWN_NAME');
    expect(issue?.hint).toContain(part);
  });
});

describe('a member that the language has under another name', () => {
  const loop = (text: string): Json => ({
    name: 'Test',
    config: { variables: { limit: 3 } },
    steps: [
      { stepSlug: 'each', stepType: 'loop', config: { items: [1] }, nextSteps: { next: 'send' } },
      {
        stepSlug: 'send',
        stepType: 'action',
        config: { type: 'send', parameters: { text } },
        nextSteps: { success: 'each', error: 'each' },
      },
    ],
  });
  it.each([
    ['{{loop.value}}', '`loop` has item, index, items, isLast, parent, not `value`.'],
    ['{{error.step}}', '`error` has code, message, stepSlug, details, attempts, not `step`.'],
    ['{{variables.limt}}', '`variables` has limit, not `limt`.'],
  ])('%s', (text, message) => {
    expect(said(loop(text))).toMatchObject([{ code: 'UNKNOWN_NAME', severity: 'warning', step: 'send', message }]);
  });

  it.each(['{{loop.parent.value}}', '{{loop.item.value}}', '{{error.details.step}}', '{{variables.limit}}'])(
    'but not %s',
    (text) => {
      expect(said(loop(text))).toEqual([]);
    },
  );
});

describe('a value in another shape', () => {
  const cron = '0 9 * * 1';
  it.each([
    [{ parameters: { city: { type: 'text' } } }, '/parameters', '`[{"name": "city", "type": "text"}]`'],
    [{ config: { schedule: cron } }, '/config/schedule', `{"cron": "${cron}"}`],
    [{ config: { secrets: { key: 'abc' } } }, '/config/secrets/key', '{"kind": "reference", "name": "API_KEY"}'],
  ])('%j', (fields, path, part) => {
    const told = said({ ...Object(withStep({})), ...fields }).filter((issue) => issue.path === path);
    expect(told).toMatchObject([{ severity: 'error', hint: expect.stringContaining(part) }]);
  });

  it('as where the steps stand under nearly their name', () => {
    expect(shown(said({ name: 'Test', Stepps: [] }))).toContain('UNKNOWN_FIELD: Did you mean `steps`?');
  });

  it('as where one port is to lead to several steps', () => {
    const [issue] = said(withStep({ nextSteps: { success: ['a', 'b'] } }));
    expect(issue).toMatchObject({ code: 'WRONG_TYPE', hint: 'One step: several begin at a `parallel`.' });
  });

  it.each([{ topic: 'string' }, { topic: { type: 'string' }, score: { type: 'number' } }])(
    'as %j for a JSON Schema',
    (schema) => {
      const llm = { stepType: 'llm', config: { systemPrompt: 'Sort.', outputFormat: 'json', outputSchema: schema } };
      const written = expect.stringContaining('`{"type": "object", "properties": {…}}`');
      const warning = { code: 'NO_EFFECT', severity: 'warning', message: written };
      expect(said(withStep(llm))).toMatchObject([{ ...warning, path: '/steps/0/config/outputSchema' }]);
      expect(said({ ...Object(withStep({})), inputSchema: schema })).toMatchObject([
        { ...warning, path: '/inputSchema' },
      ]);
    },
  );

  it('as a schema for an answer that is not asked for as JSON', () => {
    const config = { systemPrompt: 'Sort.', outputSchema: { type: 'object' } };
    expect(said(withStep({ stepType: 'llm', config }))).toMatchObject([
      { code: 'NO_EFFECT', severity: 'warning', path: '/steps/0/config/outputSchema' },
    ]);
  });

  it.each([
    {},
    { title: 'Anything' },
    { required: ['a'] },
    { minProperties: 1 },
    { $ref: '#/$defs/a', $defs: { a: true } },
    { anyOf: [{ type: 'string' }] },
    { properties: { a: {} } },
  ])('but not %j', (schema) => {
    expect(said({ ...Object(withStep({})), inputSchema: schema })).toEqual([]);
  });
});

describe('a word of another system', () => {
  it.each([
    [{ nextSteps: { next: 'end' } }, 'UNKNOWN_PORT: Did you mean `success`?'],
    [{ nextSteps: { failed: 'end' } }, 'UNKNOWN_PORT: Did you mean `error`?'],
    [
      { stepType: 'condition', config: { expression: 'true' }, nextSteps: { yes: 'end' } },
      'UNKNOWN_PORT: Did you mean `true`?',
    ],
    [{ next: 'end', nextSteps: null }, 'UNKNOWN_FIELD: Did you mean `nextSteps`?'],
    [{ config: { type: 'do', params: {} } }, 'UNKNOWN_FIELD: Did you mean `parameters`?'],
    [{ stepType: 'task' }, 'UNKNOWN_STEP_TYPE: Did you mean `action`?'],
    [{ stepType: 'for_each' }, 'UNKNOWN_STEP_TYPE: Did you mean `loop`?'],
    [{ stepType: 'Action' }, 'UNKNOWN_STEP_TYPE: Did you mean `action`?'],
    [
      { nextSteps: 'end' },
      'WRONG_TYPE: For each port the step that it leads to, or `end`: `{"success": "next_step"}`.',
    ],
  ])('%j', (step, told) => {
    expect(shown(said(withStep(step)))).toContain(told);
  });

  it('is not taken for a field that is there already', () => {
    const [told] = shown(said(withStep({ type: 'do' })));
    expect(told).toBe(
      'UNKNOWN_FIELD: Known here: stepSlug, name, description, stepType, config, nextSteps, metadata. Does it belong into `config`?',
    );
  });

  it('is told where it belongs', () => {
    const below = (issues: readonly Issue[]) =>
      issues.map(({ field, hint }) => [field, /into `(\w+)`/.exec(hint ?? '')?.[1]]);
    expect(below(said({ ...Object(withStep({})), timeout: 1000, whatever: 1 }))).toEqual([
      ['timeout', 'config'],
      ['whatever', undefined],
    ]);
    expect(below(said(withStep({ config: { type: 'send', subject: 'x' } })))).toEqual([['subject', 'parameters']]);
  });
});

describe('JSON as others write it', () => {
  it.each([
    ["{'name': 1}", 'JSON has double quotes only.'],
    ['{"a": 1, // one\n}', 'JSON has no comments.'],
    ['{"a": True}', 'JSON writes `true`, `false` and `null`.'],
    ['{"a": None}', 'JSON writes `true`, `false` and `null`.'],
    ['[1, 2, ]', 'JSON has no comma after the last entry.'],
    ['{"a": 1, }', 'JSON has no comma after the last entry.'],
    ['{name: 1}', 'JSON has its names in double quotes, and an object in `{` and `}`.'],
    ['name: x', 'JSON has its names in double quotes, and an object in `{` and `}`.'],
    ['{"a" 1}', undefined],
    ['{"a": }', undefined],
  ])('%s', (text, hint) => {
    const parsed = parseDocument(text);
    expect(parsed.ok).toBe(false);
    expect(parsed.issues[0]?.hint).toBe(hint);
  });
});
