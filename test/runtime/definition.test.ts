import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  checkInput,
  compile,
  defineFunction,
  functionRegistry,
  type Json,
  type JsonObject,
  type Plan,
  parametersOf,
  ValidationError,
  validate,
} from '../../runtime/index.js';
import { graphOf, parseDocument, toMermaid } from '../../runtime/tooling.js';
import { describeBeside } from '../support/beside.js';

const action = (stepSlug: string, success?: string, more: object = {}): object => ({
  stepSlug,
  stepType: 'action',
  config: { type: 'do_it' },
  nextSteps: success === undefined ? {} : { success },
  ...more,
});
const loop = (stepSlug: string, next: string, done: string, more: object = {}): object => ({
  stepSlug,
  stepType: 'loop',
  config: { items: '{{input.items}}' },
  nextSteps: { next, done, ...more },
});
const check = (stepSlug: string, yes: string, no: string): object => ({
  stepSlug,
  stepType: 'condition',
  config: { expression: 'input.x' },
  nextSteps: { true: yes, false: no },
});
const workflow = (steps: readonly object[], more: object = {}): unknown => ({ name: 'Test', steps, ...more });

function enclosing(plan: Plan): Record<string, readonly string[]> {
  return Object.fromEntries(plan.order.map((step) => [step.slug, step.enclosing]));
}

function definitionOf(document: unknown): JsonObject {
  const result = validate(document);
  if (!result.ok) throw new Error(JSON.stringify(result.issues, null, 1));
  return result.definition;
}

describe('dialects', () => {
  const guide = {
    name: 'Sync things',
    config: {
      retryPolicy: { maxAttempts: 4, initialDelay: 2000, multiplier: 2, maxDelay: 3_600_000, jitter: 0 },
      schedule: { cron: '0 9 * * *', timezone: 'Europe/Berlin' },
    },
    steps: [
      { stepSlug: 'start', stepType: 'trigger', config: { type: 'schedule' }, nextSteps: { success: 'fetch' } },
      action('fetch', 'each', { nextSteps: { success: 'each', error: 'keep' } }),
      loop('each', 'keep', 'end'),
      {
        stepSlug: 'keep',
        stepType: 'action',
        config: { type: 'set_variables', parameters: { b: '{{loop.item}}', a: 1 } },
        nextSteps: { success: 'each' },
      },
    ],
  };
  const wrapped = {
    workflowConfig: {
      name: 'Sync things',
      config: { retryPolicy: { maxRetries: 3, backoffMs: 2000 } },
    },
    stepsConfig: [
      {
        stepSlug: 'start',
        stepType: 'start',
        order: 1,
        config: { type: 'scheduled', schedule: '0 9 * * *', timezone: 'Europe/Berlin' },
        nextSteps: { success: 'fetch' },
      },
      action('fetch', 'each', { order: 2, nextSteps: { success: 'each', failure: 'keep' } }),
      { ...loop('each', 'keep', 'noop'), nextSteps: { loop: 'keep', done: 'noop' } },
      {
        stepSlug: 'keep',
        stepType: 'action',
        config: {
          type: 'set_variables',
          parameters: {
            variables: [
              { name: 'b', value: '{{loop.item}}' },
              { name: 'a', value: 1 },
            ],
          },
        },
        nextSteps: { success: 'each' },
      },
    ],
  };

  it('become one plan', () => {
    expect(definitionOf(wrapped)).toEqual(definitionOf(guide));
    expect(compile(wrapped).hash).toBe(compile(guide).hash);
    expect(compile(guide).config.retry).toEqual({
      maxAttempts: 4,
      initialDelay: 2000,
      multiplier: 2,
      maxDelay: 3_600_000,
      jitter: 0,
    });
  });

  it.each<[JsonObject, JsonObject]>([
    [
      { maxRetries: 2, backoffMs: 3000 },
      { maxAttempts: 3, initialDelay: 3000 },
    ],
    [
      { max_retries: 3, delay: 1.5, backoff: 3, jitter: true },
      { maxAttempts: 4, initialDelay: 1500, multiplier: 3, jitter: 0.5 },
    ],
    [
      { max_attempts: 2, delay: 120 },
      { maxAttempts: 2, initialDelay: 120_000 },
    ],
    [
      { maxAttempts: 5, initialDelay: '2s', maxDelay: '1m' },
      { initialDelay: 2000, maxAttempts: 5, maxDelay: 60_000 },
    ],
    [
      { maxAttempts: 2, backoff: 'fixed', retryOn: ['A'] },
      { maxAttempts: 2, multiplier: 1, retryOn: ['A'] },
    ],
  ])('reads the retry policy %j', (written, read) => {
    const steps = [action('a', undefined, { config: { type: 'x', retry: written } })];
    const [step] = compile(workflow(steps)).order;
    expect(step).toMatchObject({ retry: read });
  });

  it('takes an end word for a step where a step bears it', () => {
    const plan = compile(workflow([action('a', 'finish'), action('finish', 'noop'), action('end', 'finish')]));
    expect(plan.steps.get('a')?.ports.get('success')).toEqual({ kind: 'step', slug: 'finish' });
    expect(plan.steps.get('finish')?.ports.get('success')).toEqual({ kind: 'end' });
    expect(compile(plan.definition).hash).toBe(plan.hash);
  });

  it('keeps the ports of a switch as their author called them', () => {
    const choose = {
      stepSlug: 's',
      stepType: 'switch',
      config: { value: '{{input.x}}' },
      nextSteps: { failure: 'end', loop: 'end' },
    };
    expect([
      ...(compile(workflow([choose]))
        .steps.get('s')
        ?.ports.keys() ?? []),
    ]).toEqual(['failure', 'loop']);
  });

  it('tells a variable called `variables` from a list of assignments', () => {
    const set = (parameters: Json) =>
      compile(workflow([action('s', undefined, { config: { type: 'set_variables', parameters } })])).steps.get('s');
    const names = (parameters: Json) => {
      const step = set(parameters);
      return step?.type === 'set_variables' ? step.assignments.map((one) => one.name) : undefined;
    };
    expect(names({ variables: [1, 2] })).toEqual(['variables']);
    expect(names({ variables: [{ name: 'x', value: 1 }] })).toEqual(['x']);
    expect(names({ z: 1, a: 2 })).toEqual(['z', 'a']);
    expect(names({})).toEqual([]);
  });

  it('puts an answer where it is read: at `output.data`, or at `output`', () => {
    const ask = { stepSlug: 'ask', stepType: 'llm', config: { llmNode: { systemPrompt: 'Be brief', maxTokens: 5 } } };
    const read = (path: string) =>
      action('read', undefined, { config: { type: 'x', parameters: { of: `{{${path}}}` } } });
    const keyOf = (document: unknown) => {
      const step = compile(document).steps.get('ask');
      return step?.type === 'llm' ? step.resultKey : 'no model';
    };
    const plain = (...paths: string[]) =>
      workflow([{ ...ask, nextSteps: { success: 'read' } }, read(paths.join(' || '))]);
    expect(keyOf(plain('lastOutput.data'))).toBe('data');
    expect(keyOf(workflow([ask]))).toBeUndefined();
    expect(keyOf(plain('steps.ask.output.data.score'))).toBe('data');
    expect(keyOf(plain('steps.ask.output.score'))).toBeUndefined();
    expect(keyOf(plain('steps.ask.output'))).toBeUndefined();
    expect(keyOf(plain('steps.ask.output.data', 'steps.ask.output.status'))).toBeUndefined();
  });
});

describe('the normal form', () => {
  const target = fc.constantFrom('s0', 's1', 's2', 's3', 's4', 'end', 'noop', 'finish');
  const shapes = fc.constantFrom<(slug: string, a: string, b: string) => object>(
    (slug, a, b) => action(slug, undefined, { nextSteps: { success: a, failure: b } }),
    (slug, a, b) => check(slug, a, b),
    (slug, a, b) => ({ ...loop(slug, a, b), nextSteps: { loop: a, done: b } }),
    (slug, a) => ({ stepSlug: slug, stepType: 'wait', config: { for: '90s' }, nextSteps: { success: a } }),
    (slug, a, b) => ({
      stepSlug: slug,
      stepType: 'action',
      order: 3,
      config: { type: 'set_variables', parameters: { [a]: b, x: '{{loop.item}}' } },
      nextSteps: { success: b },
    }),
    (slug) => ({
      stepSlug: slug,
      stepType: 'llm',
      config: { llmNode: { systemPrompt: slug }, maxSteps: 3, retryPolicy: { max_retries: 2, delay: 1 } },
    }),
    (slug, a) => ({
      stepSlug: slug,
      stepType: 'switch',
      config: { value: '{{input.x}}' },
      nextSteps: { loop: a, default: 'end' },
    }),
    (slug) => ({ stepSlug: slug, stepType: 'output', config: { mapping: { x: '{{input.y}}' } } }),
  );
  const steps = fc
    .array(fc.tuple(shapes, target, target), { minLength: 5, maxLength: 5 })
    .map((list) => list.map(([shape, a, b], index) => shape(`s${index}`, a, b)));
  const documents = fc
    .tuple(steps, fc.boolean(), fc.constantFrom({}, { timeout: '30s', retry: { maxRetries: 1 } }))
    .map(([list, wrapped, config]): unknown =>
      wrapped ? { workflowConfig: { name: 'Gen', config }, stepsConfig: list } : workflow(list, { config }),
    );

  it('is a fixed point, with an equal plan', () => {
    let valid = 0;
    fc.assert(
      fc.property(documents, (document) => {
        const first = validate(document);
        if (!first.ok) return;
        valid += 1;
        expect(definitionOf(first.definition)).toEqual(first.definition);
        const plan = compile(document);
        const again = compile(plan.definition);
        expect(again.hash).toBe(plan.hash);
        expect(enclosing(again)).toEqual(enclosing(plan));
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(valid).toBeGreaterThan(50);
  });

  it('knows bodies as they are defined, step by step', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const result = validate(document);
        if (!result.ok) return;
        const plan = compile(document);
        for (const owner of plan.order) {
          if (owner.type !== 'loop') continue;
          const body = bodyByDefinition(plan, owner.slug);
          const found = plan.order.filter((step) => step.enclosing.includes(owner.slug)).map((step) => step.slug);
          expect(new Set(found)).toEqual(body);
        }
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  /** What `next` reaches without passing the loop, less what is reached past the loop or by its other ports. */
  function bodyByDefinition(plan: Plan, slug: string): Set<string> {
    const targets = (from: string, ports: (port: string) => boolean): string[] =>
      [...(plan.steps.get(from)?.ports ?? [])].flatMap(([port, to]) =>
        ports(port) && to.kind === 'step' ? [to.slug] : [],
      );
    const reach = (starts: readonly string[]): Set<string> => {
      const seen = new Set<string>();
      const pending = [...starts];
      for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
        if (step === slug || seen.has(step)) continue;
        seen.add(step);
        pending.push(...targets(step, () => true));
      }
      return seen;
    };
    const around = new Set([...reach([plan.entry]), ...reach(targets(slug, (port) => port !== 'next'))]);
    const fromEntry = new Set<string>();
    const pending = [plan.entry];
    for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
      if (fromEntry.has(step)) continue;
      fromEntry.add(step);
      pending.push(...targets(step, () => true));
    }
    const body = [...reach(targets(slug, (port) => port === 'next'))];
    return new Set(fromEntry.has(slug) ? body.filter((step) => !around.has(step)) : []);
  }
});

describe('bodies', () => {
  it('nest, outermost first', () => {
    const plan = compile(
      workflow([
        loop('outer', 'before', 'after'),
        action('before', 'inner'),
        loop('inner', 'deep', 'tail'),
        action('deep', 'inner'),
        action('tail', 'outer'),
        action('after', 'end'),
      ]),
    );
    expect(enclosing(plan)).toEqual({
      outer: [],
      before: ['outer'],
      inner: ['outer'],
      deep: ['outer', 'inner'],
      tail: ['outer'],
      after: [],
    });
  });

  it('hold neither what goes round the loop nor a handler shared with the outside', () => {
    const plan = compile(
      workflow([
        action('fetch', 'each', { nextSteps: { success: 'each', error: 'log' } }),
        loop('each', 'work', 'more'),
        action('work', 'each', { nextSteps: { success: 'each', error: 'log' } }),
        check('more', 'page', 'end'),
        action('page', 'fetch'),
        action('log', 'end'),
      ]),
    );
    expect(enclosing(plan)).toEqual({ fetch: [], each: [], work: ['each'], more: [], page: [], log: [] });
  });
});

describe('a plan', () => {
  const plan = compile(
    workflow(
      [
        { stepSlug: 'go', stepType: 'trigger', config: { type: 'manual' }, nextSteps: { success: 'a' } },
        action('a', 'w', {
          config: { type: 'send', parameters: { to: '{{input.to}}' }, timeout: '30s', retry: { maxRetries: 1 } },
        }),
        {
          stepSlug: 'w',
          stepType: 'wait_for_event',
          config: { event: 'paid', match: 'event.id == input.id', timeout: '1h' },
          nextSteps: { timeout: 'f' },
        },
        { stepSlug: 'f', stepType: 'fail', config: { code: 'LATE' } },
      ],
      {
        slug: 'my-flow',
        version: '2.1',
        config: {
          timeout: '5m',
          limits: { maxSteps: 50 },
          secrets: { k: { kind: 'reference' } },
          onError: 'f',
          output: { done: true },
        },
      },
    ),
  );

  it('has what the engine runs by', () => {
    expect(plan).toMatchObject({ slug: 'my-flow', name: 'Test', version: '2.1', entry: 'go' });
    expect(plan.config).toMatchObject({
      timeout: 300_000,
      maxSteps: 50,
      onError: 'f',
      secrets: { k: { kind: 'reference', name: 'k' } },
      variables: {},
    });
    expect(plan.order.map((step) => step.index)).toEqual([0, 1, 2, 3]);
    expect(plan.steps.get('a')).toMatchObject({ type: 'action', action: 'send', timeout: 30_000, readsSecrets: false });
    expect(plan.steps.get('w')).toMatchObject({ type: 'wait_for_event', timeout: 3_600_000 });
    expect(plan.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is frozen, and no longer tied to the document it was made from', () => {
    const document = {
      name: 'x',
      steps: [{ stepSlug: 'a', stepType: 'action', config: { type: 't', parameters: { n: 1 } } }],
    };
    const made = compile(document);
    const before = canonicalJson(made.definition);
    document.steps[0]?.config && Object.assign(document.steps[0].config.parameters, { n: 2 });
    expect(canonicalJson(made.definition)).toBe(before);
    expect(Object.isFrozen(made) && Object.isFrozen(made.order) && Object.isFrozen(made.order[0])).toBe(true);
  });

  it('is frozen through and through, however it was spelled', () => {
    const { definition } = compile({
      workflowConfig: {
        name: 'x',
        parameters: [{ name: 'a', type: 'string', min_length: 2, data_provider: 'p' }],
        config: { retry: { max_retries: 2 }, variables: { list: [{ a: 1 }] } },
      },
      stepsConfig: [
        { stepSlug: 'start', stepType: 'start', config: { type: 'scheduled', schedule: '0 9 * * *', timezone: 'UTC' } },
        {
          stepSlug: 'set',
          stepType: 'action',
          order: 2,
          config: { type: 'set_variables', parameters: { a: { b: [1] } } },
          nextSteps: { success: 'ask' },
        },
        {
          stepSlug: 'ask',
          stepType: 'llm',
          config: { llmNode: { systemPrompt: 'x', outputSchema: { type: 'object' } } },
          nextSteps: null,
        },
      ],
    });
    const loose: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) loose.push(path);
      for (const [key, entry] of Object.entries(value)) visit(entry, `${path}/${key}`);
    };
    visit(definition, '');
    expect(loose).toEqual([]);
  });

  it('is the same, whether or not the document was validated before', () => {
    const document = workflow([
      action('a', 'b', { config: { type: 't', parameters: { to: '{{input.x}}' } } }),
      action('b'),
    ]);
    const alone = compile(JSON.parse(JSON.stringify(document)));
    const result = validate(document);
    if (!result.ok) throw new Error('is valid');
    expect(compile(document).hash).toBe(alone.hash);
    expect(compile(result.definition).hash).toBe(alone.hash);
    expect(compile(document).hash).toBe(alone.hash);
  });

  it('is made of the document as it is now, not as it was when it was validated', () => {
    const document: { name: string; steps: unknown[] } = { name: 'x', steps: [action('a')] };
    expect(validate(document).ok).toBe(true);
    document.steps.push({ stepSlug: 'b', stepType: 'nothing' });
    expect(() => compile(document)).toThrow(ValidationError);
    expect(validate({ ...document, steps: [action('a')] }).ok).toBe(true);
    document.steps.pop();
    expect(validate(document).ok).toBe(true);
    document.name = 'y';
    expect(compile(document).name).toBe('y');
  });

  it('is made with the functions it is compiled with, not with those it was validated with', () => {
    const twice = defineFunction({
      name: 'twice',
      description: 'Twice.',
      signature: 'number|twice(): number',
      call: (value) => Number(value) * 2,
    });
    const document = workflow([
      { stepSlug: 'a', stepType: 'condition', config: { expression: 'nowMs|twice > 1' }, nextSteps: {} },
    ]);
    expect(validate(document, { functions: functionRegistry([twice]) }).ok).toBe(true);
    expect(() => compile(document)).toThrow(/no function twice/);
  });

  it('is refused with every issue, the first of them said', () => {
    const broken = workflow([action('a', 'b'), { stepSlug: 'c', stepType: 'nothing' }]);
    expect(() => compile(broken)).toThrow(ValidationError);
    expect(() => compile(broken)).toThrow(/There is no step `b` to go to\. \(step `a`\) There is 1 more error\./);
  });
});

describe('the input', () => {
  const plan = compile(
    workflow([action('a')], {
      parameters: [
        { name: 'email', type: 'email', label: 'E-mail', required: true, help: 'Where to write to' },
        { name: 'name', type: 'string', validation: { min_length: 2, maxLength: 5, pattern: '^[A-Z]' } },
        { name: 'count', type: 'integer', default: 3, min: 1, max: 10 },
        { name: 'plan', type: 'select', options: ['free', { value: 'pro', label: 'Pro' }] },
        { name: 'tags', type: 'multiselect', options: ['a', 'b'], validation: { maxItems: 1 } },
        { name: 'when', type: 'date' },
      ],
    }),
  );

  it('is checked, all problems at once', () => {
    const result = checkInput(plan, { name: 'x', count: 1.5, plan: 'gold', tags: ['a', 'c'], when: '2026-02-30' });
    expect(result.ok ? [] : result.issues.map(({ code, path, message }) => `${path} ${code} ${message}`)).toEqual([
      '/email REQUIRED E-mail is required.',
      '/name BAD_VALUE name must have at least 2 characters.',
      '/name BAD_VALUE name does not have the form "^[A-Z]".',
      '/count WRONG_TYPE count must be a whole number, not 1.5.',
      '/plan BAD_VALUE plan must be one of free, pro, not the text "gold".',
      '/tags BAD_VALUE tags must be one of a, b, not the text "c".',
      '/tags BAD_VALUE tags must have at most 1 entries.',
      '/when WRONG_TYPE when must be a date such as 2026-01-31, not the text "2026-02-30".',
    ]);
  });

  it('gets its defaults, and keeps what is not declared', () => {
    expect(checkInput(plan, { email: 'a@b.example', extra: [1] })).toEqual({
      ok: true,
      input: { email: 'a@b.example', extra: [1], count: 3 },
    });
  });

  it('is any object where nothing is declared, and nothing else', () => {
    const open = compile(workflow([action('a')]));
    const types = [
      'string',
      'email',
      'date',
      'select',
      'file',
      'number',
      'int',
      'bool',
      'multiselect',
      'list',
      'object',
    ];
    const parameters = types.map((type) => ({ name: type, type }));
    const empty = checkInput(
      compile(workflow([action('a')], { parameters })),
      Object.fromEntries(types.map((type) => [type, ''])),
    );
    // No text at all is as good as none where it could be one, and nothing else.
    expect(empty.ok ? [] : empty.issues.map(({ code, path }) => [code, path])).toEqual(
      types.slice(5).map((type) => ['WRONG_TYPE', `/${type}`]),
    );
    expect(checkInput(open, undefined)).toEqual({ ok: true, input: {} });
    expect(checkInput(open, { a: 1 })).toEqual({ ok: true, input: { a: 1 } });
    expect(checkInput(open, [1])).toMatchObject({ ok: false, issues: [{ code: 'NOT_AN_OBJECT', path: '' }] });
    expect(checkInput(open, { f: () => 1 })).toMatchObject({ ok: false, issues: [{ code: 'NOT_JSON', path: '/f' }] });
    expect(checkInput(open, JSON.parse('{"__proto__": 1}'))).toMatchObject({ ok: false });
  });

  it('is checked by a JSON Schema where there is one', () => {
    const inputSchema = {
      type: 'object',
      required: ['id'],
      properties: {
        id: { type: 'string' },
        size: { type: 'integer', minimum: 1, default: 5 },
        to: { type: 'object', properties: { zip: { pattern: '^\\d{5}$' } } },
      },
    };
    const strict = compile(workflow([action('a')], { inputSchema }));
    expect(checkInput(strict, { id: 'x' })).toEqual({ ok: true, input: { id: 'x', size: 5 } });
    const result = checkInput(strict, { size: 0, to: { zip: 'abc' } });
    expect(result.ok ? [] : result.issues.map(({ code, path }) => `${code} ${path}`).sort()).toEqual([
      ...['BAD_VALUE /size', 'BAD_VALUE /to/zip', 'REQUIRED /id'],
    ]);
  });

  it('is refused by a JSON Schema in words that whoever filled in a form knows', () => {
    const inputSchema = {
      type: 'object',
      properties: {
        age: { type: ['integer', 'null'] },
        name: { type: 'string', minLength: 3 },
        day: { format: 'date' },
        size: { enum: ['small', 2] },
        tags: { minItems: 1 },
      },
      required: ['city'],
      additionalProperties: false,
    };
    const result = checkInput(compile(workflow([action('a')], { inputSchema })), {
      ...{ age: 'seven', name: 'Al', day: 'tomorrow', size: 'large', tags: [], more: 1 },
    });
    expect(result.ok ? {} : Object.fromEntries(result.issues.map(({ path, message }) => [path, message]))).toEqual({
      '/age': 'This must be a whole number or null, not text.',
      '/name': 'The text is too short (2 < 3).',
      '/day': 'The text does not match format "date".',
      '/size': 'This must be one of "small",2.',
      '/tags': 'The list has too few items (0 < 1).',
      '/more': 'Nothing may stand here.',
      '/city': 'city is required.',
    });
  });

  it('is described for forms', () => {
    expect(parametersOf(plan).map(({ name, type, label }) => [name, type, label])).toContainEqual([
      'email',
      'email',
      'E-mail',
    ]);
    expect(parametersOf(plan).find(({ name }) => name === 'count')?.validation).toEqual({ min: 1, max: 10 });
    expect(parametersOf(compile(workflow([action('a')])))).toEqual([]);
  });
});

describe('the graph', () => {
  const plan = compile(
    workflow([
      { stepSlug: 'go', stepType: 'trigger', name: 'Go "now" <b>', config: {}, nextSteps: { success: 'each' } },
      loop('each', 'work', 'end'),
      action('work', 'each'),
    ]),
  );

  it('has steps, edges and ends', () => {
    expect(graphOf(plan)).toEqual({
      entry: 'go',
      nodes: [
        { slug: 'go', name: 'Go "now" <b>', type: 'trigger', enclosing: [] },
        { slug: 'each', name: 'each', type: 'loop', enclosing: [] },
        { slug: 'work', name: 'work', type: 'action', enclosing: ['each'] },
      ],
      edges: [
        { from: 'go', port: 'success', to: 'each' },
        { from: 'each', port: 'next', to: 'work' },
        { from: 'each', port: 'done', to: null },
        { from: 'work', port: 'success', to: 'each' },
      ],
      ends: ['each'],
    });
  });

  it('is drawn by Mermaid, texts as data', () => {
    expect(toMermaid(plan)).toBe(
      [
        'flowchart TD',
        '  s0(["Go #34;now#34; #60;b#62;"])',
        '  s1[["each"]]',
        '  s2["work"]',
        '  finish((("end")))',
        '  s0 -- "success" --> s1',
        '  s1 -- "next" --> s2',
        '  s1 -- "done" --> finish',
        '  s2 -- "success" --> s1',
        '',
      ].join('\n'),
    );
  });

  it('tells which step errors lead to that no step handles', () => {
    const handled = compile(workflow([action('a'), action('tell')], { config: { onError: 'tell' } }));
    expect(graphOf(handled).onError).toBe('tell');
    expect(toMermaid(handled)).toContain('  failure((("on error"))) -.-> s1\n');
  });
});

describe('JSON text', () => {
  it('is located by pointer', () => {
    const parsed = parseDocument('{\n  "a": [1,\n    {"b/c": "x"}],\r\n  "a~": null\n}');
    if (!parsed.ok) throw new Error('is JSON');
    expect(parsed.document).toEqual({ a: [1, { 'b/c': 'x' }], 'a~': null });
    expect(parsed.locate('')).toEqual({ line: 1, column: 1 });
    expect(parsed.locate('/a/1/b~1c')).toEqual({ line: 3, column: 13 });
    expect(parsed.locate('/a~0')).toEqual({ line: 4, column: 9 });
    expect(parsed.locate('/a/1/missing/deeper')).toEqual({ line: 3, column: 5 });
  });

  it.each([
    ['', 'Line 1, column 1: expected a value, found the end of the text.'],
    ['{"a": 1,}', 'Line 1, column 9: expected a key in double quotes, found "}".'],
    ["{'a': 1}", 'Line 1, column 2: expected a key in double quotes or `}`, found "\'".'],
    ['{"a" 1}', 'Line 1, column 6: expected `:`, found "1".'],
    ['[1,\n 2 3]', 'Line 2, column 4: expected `,` or `]`, found "3".'],
    ['[1', 'Line 1, column 3: expected `,` or `]`, found the end of the text.'],
    ['{"a": tru}', 'Line 1, column 7: expected a value, found "t".'],
    ['{"a": "x', 'Line 1, column 9: expected a closing `"`, found the end of the text.'],
    ['{"a": "\\q"}', 'Line 1, column 8: expected an escape such as `\\n` or `\\u0041`, found "\\\\".'],
    ['{} 😀', 'Line 1, column 4: expected the end of the text, found "😀".'],
  ])('%j: %s', (text, message) => {
    expect(parseDocument(text)).toMatchObject({
      ok: false,
      issues: [{ code: 'MALFORMED_JSON', severity: 'error', path: '', message, location: placeIn(message) }],
    });
  });

  function placeIn(message: string): { line: number; column: number } {
    const [, line, column] = /^Line (\d+), column (\d+)/.exec(message) ?? [];
    return { line: Number(line), column: Number(column) };
  }

  it('is warned of where a name stands twice in one object', () => {
    const parsed = parseDocument('{"a": {"x": 1},\n "a": {"x": 2, "b/c": 3,\n  "b/c": 4}, "d": [{"x": 1}, {"x": 2}]}');
    if (!parsed.ok) throw new Error('is JSON');
    const warning = { code: 'DUPLICATE_KEY', severity: 'warning' };
    expect(parsed.issues).toEqual([
      {
        ...warning,
        path: '/a',
        field: 'a',
        message: '"a" stands twice in this object; only the last one counts.',
        location: { line: 2, column: 2 },
      },
      {
        ...warning,
        path: '/a/b~1c',
        field: 'b/c',
        message: '"b/c" stands twice in this object; only the last one counts.',
        location: { line: 3, column: 3 },
      },
    ]);
    expect(parsed.locate('/a/x')).toEqual({ line: 2, column: 13 });
    const once = parseDocument('[{"a": 1}, {"a": 1}]');
    expect(once.ok && once.issues).toEqual([]);
  });

  it('agrees with JSON.parse on any text, and locates every value of it', () => {
    const mangled = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', '0', '\\', 'e', '\u0001'))
      .map(([text, at, put]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + put + text.slice(cut + (at % 3 === 0 ? 1 : 0));
      });
    fc.assert(
      fc.property(fc.oneof(mangled, fc.json(), fc.string()), (text) => {
        const parsed = parseDocument(text);
        expect(parsed.ok).toBe(isJson(text));
        if (!parsed.ok) expect(parsed.issues[0].message).toMatch(/^Line \d+, column \d+: expected .+, found .+\.$/s);
        else expect(parsed.locate('')).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it('nests as deep as it likes', () => {
    const deep = '['.repeat(100_000);
    expect(parseDocument(deep)).toMatchObject({ ok: false });
    const closed = parseDocument(deep + ']'.repeat(100_000));
    expect(closed.ok && closed.locate('/0/0')).toEqual({ line: 1, column: 3 });
  });

  function isJson(text: string): boolean {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  }
});

describe('canonical JSON', () => {
  it('is JSON, with the keys in order, at any depth', () => {
    expect(canonicalJson({ b: [1, { z: null, a: -0 }], a: 'ü"\n', B: true })).toBe(
      '{"B":true,"a":"ü\\"\\n","b":[1,{"a":0,"z":null}]}',
    );
    let deep: Json = 'x';
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(canonicalJson(deep)).toHaveLength(200_003);
  });

  it('is the same whatever the order of the keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json: Json = JSON.parse(JSON.stringify(value));
        const text = canonicalJson(json);
        expect(JSON.parse(text)).toEqual(json);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});

const shared = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url));

function fixtures(folder: string): string[] {
  try {
    return readdirSync(shared + folder)
      .filter((name) => name.endsWith('.json') && name !== 'expressions.json')
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

const found = [...fixtures('guide'), ...fixtures('tale')];
describeBeside(found.length > 0, '../shared/fixtures', "others' workflows", () => {
  it.each(found)('%s is valid, and its plan is that of its normal form', (name) => {
    const document: unknown = JSON.parse(readFileSync(shared + name, 'utf8'));
    const errors = validate(document).issues.filter((issue) => issue.severity === 'error');
    expect(errors).toEqual([]);
    const plan = compile(document);
    expect(compile(plan.definition).hash).toBe(plan.hash);
  });
});
