import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compile,
  createActionRegistry,
  defineAction,
  defineFunction,
  ExpressionError,
  type FunctionRegistry,
  functionRegistry,
  MemoryStore,
  readHistory,
  TemplateError,
} from '../../runtime/index.js';
import { languageOf, loadPlan, type Plan } from '../../runtime/plan.js';
import type { Json, JsonObject } from '../../runtime/ports.js';
import { PlanDriver } from '../../runtime/run.js';
import { VirtualClock } from '../../runtime/testing.js';
import { storePlan } from '../../runtime/tooling.js';
import { replaced } from '../support/changed-json.js';
import { asText } from '../support/stored-plans.js';

/** A workflow that gives what some texts come to. */
function showing(mapping: Json): JsonObject {
  return {
    name: 'Show',
    parameters: ['a', 'b', 'list', 'text', 'n', 'nested'].map((name) => ({ name, type: 'json' })),
    steps: [{ stepSlug: 'show', stepType: 'output', config: { mapping } }],
  };
}

const scope = {
  input: { a: 1 },
  a: 7,
  b: null,
  text: 'a <b> & c',
  n: -3.5,
  list: [
    { name: 'pen', price: 3, tags: ['x'] },
    { name: 'ink', price: 12, tags: [] },
  ],
  nested: { deep: { deeper: [1, [2, { three: 3 }]] } },
};
const environment = { now: 1_767_225_600_000, random: () => 0.25 };

/** What rendering comes to, an error told by all that it says. */
function rendered(plan: Plan): unknown {
  const [step] = plan.order;
  if (step?.type !== 'output') throw new Error('The plan shows nothing');
  try {
    return { value: step.mapping.render(scope, environment) };
  } catch (error) {
    if (!(error instanceof ExpressionError || error instanceof TemplateError)) throw error;
    const { name, code, message, position, source, field } = error;
    return { name, code, message, position, source, field };
  }
}

const expressions = [
  'a',
  'a.b[0]["c"]',
  'nested.deep.deeper[1][1].three',
  'undefined',
  '[undefined, null, -0, 1e999, -1e999]',
  '1 / -0 < 0',
  ' {a: 1, "b c": [a, {}], 3: n}',
  'a ? b : n',
  'b ?: a',
  '!a || -n + +"3"',
  'a + n * 2 - 1 / 4 // 1 % 3 ^ 2 == 1 && a != 3',
  'list[.price > 10]',
  'list[.tags[. == "x"]|length > 0].name',
  'list[a - 7].name',
  'list[{}]',
  'list|map("price * 2")',
  'list|filter("price > 5 && (tags|length) == 0")|length',
  'list|formatList("{name}: {price|round} {not this} {tags|formatList(\'<{.}>\')}", "; ")',
  'list|sum("price")',
  'list|filter("(tags|filter(\'.length == 1\')|length) > 0")|map("name")',
  'range(1, 5)|join("-")',
  'range(1, 1000000)',
  'text|upper|replace("A", "b")',
  'now()',
  'random()',
  'uuid()',
  'text|round|string',
  '"{{ a"',
  "list|join(', ')",
  '(text in ["a"]) || text startsWith "a" && text contains "b"',
  'list[0] == list[0] && list === list',
  `${'('.repeat(40)}a${')'.repeat(40)}`,
  `${'['.repeat(48)}a${']'.repeat(48)}`,
  `${'a ? '.repeat(40)}b${' : n'.repeat(40)}`,
  `${'!'.repeat(90)}a`,
  `a${'|string'.repeat(60)}`,
  Array.from({ length: 300 }, (_, index) => `a + ${index}`).join(' - '),
  `[${'a + [n ? a : ['.repeat(30)}b${']]'.repeat(30)}]`,
];
const templates = [
  'no template',
  'x {{a}} y {{list[1].name|upper}}',
  '{{#list}}{{name}}: {{price}}, {{.tags}}{{/list}}{{^b}}none{{/b}}',
  'first\n{{#list}}\n  - {{name}}\n  {{! said }}\n{{/list}}\nlast\n',
  '{{! alone }}{{a}}',
  '{{a}}{{! behind }}',
  '{{&text}}{{{text}}}{{ text }}',
  '{{#nested}}{{#deep}}{{deeper}} {{a}}{{/deep}}{{/nested}}',
  '{{#list}}{{#tags}}{{.}}{{/tags}}{{/list}}',
  '{{^list}}x{{/list}}',
  '{{range(1, 200000)}}',
  '{{#list}}{{nested|json}}{{/list}}',
  '{{ {a: {b: "}}"}} }}',
];

describe('what a loaded plan evaluates', () => {
  const values: Json[] = [
    ...expressions.map((source) => `{{${source}}}`),
    ...expressions.map((source) => `in a text: {{${source}}}`),
    ...templates,
    [...templates],
    { '{{text}}': { list: ['{{a}}', 1], plain: { x: null } }, gone: '{{undefined}}', kept: '{{b}}' },
    { first: '{{a}}', second: ['{{list[{}]}}'] },
    Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, '{{list}}'])),
  ];
  const valid = values.filter((value) => compiles(value));

  test('is all that was thought of', () => expect(valid).toHaveLength(values.length));

  test.each(valid.map((value) => [JSON.stringify(value).slice(0, 80), value] as const))('%s', async (_name, value) => {
    const compiled = compile(showing(value));
    const loaded = await loadPlan(asText(compiled));
    expect(rendered(loaded)).toEqual(rendered(compiled));
    expect(asText(loaded)).toEqual(asText(compiled));
  });

  test.each([1, 3, 7, 20, 60])('costs as much: with %i steps of fuel', async (fuel) => {
    const limits = { fuel };
    for (const value of valid) {
      const compiled = compile(showing(value), { limits });
      expect(rendered(await loadPlan(asText(compiled), { limits }))).toEqual(rendered(compiled));
    }
  });

  test('is bounded by the limits of who loads it', async () => {
    const stored = asText(compile(showing('{{list|map("price")}}')));
    expect(rendered(await loadPlan(stored, { limits: { fuel: 2 } }))).toMatchObject({ code: 'EXPRESSION_LIMIT' });
  });

  test('is what anything comes to that compiles', async () => {
    const operand = fc.constantFrom('a', 'n', 'list', 'text', '1', '"x"', 'nested.deep', 'list[0].name');
    const part = fc.constantFrom(
      ' + ',
      ' && ',
      ' == ',
      ' ? ',
      ' : ',
      '|length',
      '|first',
      '[.price > ',
      ']',
      '(',
      ')',
      '!',
    );
    const source = fc.array(fc.oneof(operand, part), { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(source, async (text) => {
        const value = `{{${text}}}`;
        if (!compiles(value)) return;
        const compiled = compile(showing(value));
        expect(rendered(await loadPlan(asText(compiled)))).toEqual(rendered(compiled));
      }),
      { numRuns: 500 },
    );
  });
});

function compiles(value: Json): boolean {
  try {
    compile(showing(value));
    return true;
  } catch {
    return false;
  }
}

describe('a stored plan', () => {
  const plan = compile(showing({ a: '{{a|upper}}' }));

  test('says what it is, and the same for equal documents', () => {
    const stored = storePlan(plan);
    expect(stored).toMatchObject({
      format: 'newtflow-plan',
      version: 1,
      hash: plan.hash,
      definition: plan.definition,
      entry: 'show',
      functions: ['upper'],
      steps: [{ slug: 'show', type: 'output', index: 0, ports: {}, enclosing: [] }],
    });
    expect(storePlan(compile(plan.definition))).toEqual(stored);
  });

  test('is refused where it is another thing, or of another version', async () => {
    for (const other of [null, 1, [], 'text', {}, plan.definition]) {
      await expect(loadPlan(other)).rejects.toMatchObject({ name: 'ValidationError', code: 'PLAN_INVALID' });
    }
    await expect(loadPlan({ ...storePlan(plan), version: 2 })).rejects.toMatchObject({
      code: 'PLAN_VERSION',
      message:
        'The plan is stored in version 2 of its form, and this runtime reads version 1: update this runtime, or store it again.',
      details: { version: 2 },
    });
  });

  test('says where it is wrong, and what to do', async () => {
    await expect(loadPlan({ ...storePlan(plan), entry: 'away' })).rejects.toMatchObject({
      code: 'PLAN_INVALID',
      field: '/entry',
      issues: [{ path: '/entry', hint: expect.stringContaining('storePlan') }],
    });
  });

  test('calls the functions of the host that loads it, and names all that are missing', async () => {
    const of = (call: (value: unknown) => unknown, more: object = {}): FunctionRegistry =>
      functionRegistry([
        defineFunction({ name: 'twice', signature: 'twice', description: '', call, ...more }),
        defineFunction({ name: 'thrice', signature: 'thrice', description: '', call }),
      ]);
    const functions = of((value) => Number(value) * 2);
    const compiled = compile(showing('{{a|twice|thrice|string}}'), { functions });
    const stored = asText(compiled);
    expect(rendered(await loadPlan(stored, { functions }))).toEqual(rendered(compiled));
    await expect(loadPlan(stored)).rejects.toMatchObject({
      code: 'FUNCTION_NOT_FOUND',
      details: { functions: ['thrice', 'twice'] },
    });
    // A text that the other function took for a value was never parsed.
    const speaking = asText(compile(showing('{{list|twice("price > 1")}}'), { functions }));
    const other = of(() => 1, { itemArgument: { index: 0, kind: 'condition' } });
    await expect(loadPlan(speaking, { functions: other })).rejects.toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining('another function `twice`'),
    });
  });
});

describe('what no definition could do, no stored plan does', () => {
  const workflow = {
    name: 'All of it',
    config: { secrets: { key: { kind: 'reference', name: 'KEY' } }, limits: { maxSteps: 50 } },
    steps: [
      {
        stepSlug: 'each',
        stepType: 'loop',
        config: { items: '{{input.list}}', collect: '{{loop.index + 1}}' },
        nextSteps: { next: 'act', done: 'wait' },
      },
      {
        stepSlug: 'act',
        stepType: 'action',
        config: { type: 'act', parameters: { key: '{{secrets.key}}', all: '{{input.list[.n > 1]|filter("n > 1")}}' } },
        nextSteps: { success: 'each' },
      },
      { stepSlug: 'wait', stepType: 'wait', config: { for: '{{input.list|length}}s' }, nextSteps: { success: 'ask' } },
      {
        stepSlug: 'ask',
        stepType: 'approval',
        config: { fields: [{ name: 'why', type: 'string', validation: { pattern: '^a+$' } }] },
        nextSteps: { approved: 'both' },
      },
      {
        stepSlug: 'both',
        stepType: 'parallel',
        config: { branches: ['left', 'right'] },
        nextSteps: { left: 'model', right: 'fail' },
      },
      {
        stepSlug: 'model',
        stepType: 'llm',
        config: { systemPrompt: 'x', outputFormat: 'json', outputSchema: { type: 'object' } },
        nextSteps: { success: 'both' },
      },
      { stepSlug: 'fail', stepType: 'fail', config: { code: '{{input.code}}' } },
    ],
  };
  const stored = asText(compile(workflow));
  const condition = '{{input.list[.n > 1]|filter("n > 1")}}';
  const filter = ['texts', condition, '0', 'node'];

  test('as it is, it is taken', async () => expect((await loadPlan(stored)).order).toHaveLength(7));

  test.each<[what: string, path: readonly string[], by: Json]>([
    ['a step of no type', ['steps', '0', 'type'], 'eval'],
    ['a step of another type', ['steps', '0', 'type'], 'wait'],
    ['a field that is not of the step', ['steps', '0', 'extra'], 1],
    ['a place that is not its own', ['steps', '1', 'index'], 0],
    ['two steps of one name', ['steps', '1', 'slug'], 'each'],
    ['a name that is no slug', ['steps', '1', 'slug'], '__proto__'],
    ['a way to nowhere', ['steps', '1', 'ports', 'success'], 'nowhere'],
    ['an entry into a body', ['entry'], 'act'],
    ['an error handler within a body', ['config', 'onError'], 'act'],
    ['a body that others come into', ['steps', '2', 'ports', 'success'], 'act'],
    ['a body of no loop', ['steps', '2', 'enclosing'], ['act']],
    ['a body for a step that none leads into', ['steps', '6', 'enclosing'], ['both', 'each']],
    ['steps without end', ['config', 'maxSteps'], 1e9],
    [
      'a policy of tries without end',
      ['steps', '1', 'retry'],
      { maxAttempts: 1e9, initialDelay: 0, multiplier: 1, maxDelay: 0, jitter: 0 },
    ],
    ['a secret in what is kept', ['steps', '0', 'collect'], { value: '{{secrets.key}}' }],
    ['a text that was never parsed', ['steps', '0', 'collect'], { value: '{{unknown}}' }],
    ['an expression that was never parsed', ['steps', '0', 'items'], { expression: 'constructor' }],
    ['both an end and items', ['steps', '0', 'while'], 'constructor'],
    ['a branch named as a port', ['steps', '4', 'branches'], ['left', 'done']],
    ['no branches', ['steps', '4', 'branches'], []],
    ['more branches than there are', ['steps', '4', 'join'], 3],
    ['a pattern that takes too long', ['steps', '3', 'fields', '0', 'validation', 'pattern'], '^(a+)+$'],
    ['such a pattern in a schema', ['steps', '5', 'outputSchema'], { properties: { a: { pattern: '(a+)+$' } } }],
    ['such a pattern of the input', ['definition', 'inputSchema'], { items: { pattern: '(a+)+$' } }],
    ['a hash that is none', ['hash'], 'x'],
    ['a node of no type', [...filter, 'type'], 'call'],
    ['a node that is none', [...filter, 'object'], { type: 'constructor', position: 0 }],
    ['an operator that is none', [...filter, 'object', 'test', 'rest', '0', 'operator'], 'constructor'],
    ['a function that is not named', [...filter, 'name'], 'upper'],
    ['a place outside the source', [...filter, 'position'], 1e6],
    ['a price below its work', ['texts', condition, '0', 'cost'], 1],
    ['a price of less than nothing', ['texts', condition, '0', 'cost'], -1000],
    ['a filter for nothing', [...filter, 'object', 'cost'], 0],
    ['an item for nothing', [...filter, 'args', '0', 'item', 'cost'], 0],
    ['an item of another kind', [...filter, 'args', '0', 'item', 'kind'], 'format'],
    ['a text without end', [...filter, 'args', '0', 'value'], 'x'.repeat(10_000)],
    ['names without end', [...filter, 'object', 'object', 'names'], Array(1000).fill('a')],
    ['a section without end', ['texts', condition], [{ kind: 'end' }]],
    ['a text that is longer than its source', ['texts', condition], [{ kind: 'text', text: 'x'.repeat(1000) }]],
  ])('%s', async (_what, path, by) => {
    await expect(loadPlan(replaced(stored, path, by))).rejects.toMatchObject({ code: 'PLAN_INVALID' });
  });

  test('what a page has put on all objects', async () => {
    const retry = { maxAttempts: 2 };
    const small = asText(
      compile({
        name: 'Small',
        steps: [
          { stepSlug: 'act', stepType: 'action', config: { type: 'act', retry, parameters: { a: ['{{undefined}}'] } } },
          { stepSlug: 'each', stepType: 'loop', config: { items: '{{[1]}}' } },
        ].map((step, index) => ({ ...step, nextSteps: index === 0 ? { success: 'each' } : {} })),
      }),
    );
    const names = ['timeout', 'retryOn', 'value', 'special', 'item', 'expression', 'compensate', 'while', 'collect'];
    for (const name of names) Object.defineProperty(Object.prototype, name, { value: 'bent', configurable: true });
    let read: unknown[] = [];
    try {
      const [act, each] = (await loadPlan(small)).order;
      if (act?.type !== 'action' || each?.type !== 'loop') throw new Error('They are others');
      const absent = [act.timeout, act.retry?.retryOn, act.compensate, each.while, each.collect];
      read = [...absent, act.parameters.render({})];
    } finally {
      for (const name of names) Reflect.deleteProperty(Object.prototype, name);
    }
    expect(read).toEqual([...Array(5).fill(undefined), { a: [null] }]);
  });

  test('what nests without end', async () => {
    const deep = (depth: number): Json =>
      depth === 0
        ? { type: 'literal', value: 1, position: 0 }
        : { type: 'unary', operator: '!', argument: deep(depth - 1), position: 0 };
    const source = `{{${'!'.repeat(5000)}a}}`;
    const texts = { [source]: [{ kind: 'value', cost: 5001, node: deep(5000) }] };
    await expect(loadPlan({ ...Object(stored), texts })).rejects.toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining('nests deeper'),
    });
  });
});

describe('a host with plans at hand and no compiler', () => {
  const workflow = {
    name: 'Greet twice',
    parameters: [{ name: 'name', type: 'string', required: true }],
    config: { secrets: { key: { kind: 'reference', name: 'KEY' } } },
    steps: [
      {
        stepSlug: 'greet',
        stepType: 'action',
        config: { type: 'greet', parameters: { to: '{{input.name|upper}}', key: '{{secrets.key}}' } },
        nextSteps: { success: 'ask' },
      },
      {
        stepSlug: 'ask',
        stepType: 'approval',
        config: { fields: [{ name: 'why', type: 'string', required: true }] },
        nextSteps: { approved: 'judge' },
      },
      {
        stepSlug: 'judge',
        stepType: 'llm',
        config: { systemPrompt: 'Judge.', outputFormat: 'json', outputSchema: { type: 'object' } },
      },
    ],
  };
  const stored = asText(compile(workflow));

  function ports() {
    const greet = defineAction({
      type: 'greet',
      input: { type: 'object', required: ['to'] },
      run: ({ to, key }) => `Hello ${String(to)} ${String(key).length}`,
    });
    return {
      store: new MemoryStore(),
      clock: new VirtualClock(0),
      random: { id: () => 'exec_1', seed: () => 1 },
      actions: createActionRegistry([greet]),
      secrets: { resolve: async () => 'hunter2hunter2' },
      model: { complete: () => ({ text: '{"fine": true}' }) },
    };
  }

  test('starts, is stopped, and goes on with what was loaded anew', async () => {
    const host = ports();
    const plan = await loadPlan(stored);
    const first = await PlanDriver.start(languageOf([plan]), host, plan, { input: { name: 'Ada' } });
    await first.idle();
    first.stop();
    const again = await loadPlan(stored);
    const second = await PlanDriver.open(languageOf([again]), host, 'exec_1');
    if (second === undefined) throw new Error('is there');
    expect(second.plan).toBe(again);
    const [waiting] = second.state.activations;
    await expect(second.decide(waiting?.id ?? 0, { decision: 'approved' })).rejects.toMatchObject({
      code: 'INVALID_FIELDS',
    });
    await second.decide(waiting?.id ?? 0, { decision: 'approved', fields: { why: 'so' } });
    expect(await second.settled()).toMatchObject({ status: 'completed', output: { fine: true } });
    expect(JSON.stringify(await readHistory(host.store, 'exec_1'))).not.toContain('hunter2');
  });

  test('refuses an input as a compiler does', async () => {
    const plan = await loadPlan(stored);
    await expect(PlanDriver.start(languageOf([plan]), ports(), plan, {})).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ code: 'REQUIRED', path: '/name' }],
    });
    const withSchema = compile({
      ...workflow,
      parameters: [],
      inputSchema: { required: ['name'], properties: { name: {} } },
    });
    const loaded = await loadPlan(asText(withSchema));
    await expect(PlanDriver.start(languageOf([loaded]), ports(), loaded, {})).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test('says which plan it lacks, and takes no other for it', async () => {
    const host = ports();
    const plan = await loadPlan(stored);
    await PlanDriver.start(languageOf([plan]), host, plan, { input: { name: 'Ada' } });
    await expect(PlanDriver.open(languageOf([]), host, 'exec_1')).rejects.toMatchObject({
      name: 'NotFoundError',
      code: 'PLAN_NOT_FOUND',
      details: { executionId: 'exec_1', planHash: plan.hash },
    });
    const forged = await loadPlan(replaced(stored, ['definition', 'name'], 'Another'));
    await expect(PlanDriver.open(languageOf([forged]), host, 'exec_1')).rejects.toMatchObject({
      code: 'PLAN_MISMATCH',
    });
  });
});
