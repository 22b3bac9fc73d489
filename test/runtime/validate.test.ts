import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Issue, Json } from '../../runtime/index.js';
import { validate } from '../../runtime/index.js';

interface StepLike {
  readonly stepSlug?: unknown;
  readonly [field: string]: unknown;
}

const action = (stepSlug: string, success?: string, parameters: object = {}): StepLike => ({
  stepSlug,
  stepType: 'action',
  config: { type: 'do_it', parameters },
  nextSteps: success === undefined ? {} : { success },
});
const workflow = (steps: readonly StepLike[], more: object = {}): unknown => ({ name: 'Test', steps, ...more });

function issuesOf(document: unknown): readonly Issue[] {
  return validate(document).issues;
}

/** The one issue with a code; fails where there is none or more than one. */
function only(document: unknown, code: string): Issue {
  const found = issuesOf(document).filter((issue) => issue.code === code);
  expect(found, JSON.stringify(issuesOf(document), null, 1)).toHaveLength(1);
  const [issue] = found;
  if (issue === undefined) throw new Error(`no ${code}`);
  return issue;
}

describe('what is no definition', () => {
  it.each([
    [null, 'NOT_AN_OBJECT'],
    ['text', 'NOT_AN_OBJECT'],
    [[], 'NOT_AN_OBJECT'],
    [undefined, 'NOT_JSON'],
    [() => 1, 'NOT_JSON'],
    [{ name: 'x', steps: [new Date(0)] }, 'NOT_JSON'],
    [{ name: Number.NaN }, 'NOT_JSON'],
    [JSON.parse('{"name": "x", "steps": [], "__proto__": {"a": 1}}'), 'FORBIDDEN_NAME'],
    [{ name: 'x', steps: [] }, 'NO_STEPS'],
    [{ name: 'x' }, 'MISSING_FIELD'],
    [{ name: 'x', steps: 'none' }, 'WRONG_TYPE'],
    [{ name: 'x', steps: [{ stepSlug: 'not a slug!', stepType: 'action', config: { type: 'a' } }] }, 'NO_ENTRY'],
  ])('%j is %s', (document, code) => {
    expect(validate(document).ok).toBe(false);
    expect(issuesOf(document).map((issue) => issue.code)).toContain(code);
  });

  it('says how deep is too deep, at any depth, and stops at a cycle', () => {
    let deep: unknown = 'x';
    for (let i = 0; i < 50_000; i++) deep = [deep];
    expect(only({ name: 'x', steps: [action('a', undefined, { deep })] }, 'NESTING_LIMIT').path).toMatch(
      /^\/steps\/0\//,
    );
    const circle: Record<string, unknown> = { name: 'x' };
    circle.steps = [circle];
    only(circle, 'NESTING_LIMIT');
  });

  it('stops at a small document that stands for a huge one', () => {
    let lots: unknown = 'x';
    for (let i = 0; i < 100; i++) lots = [lots, lots];
    only({ name: 'x', steps: [action('a', undefined, { lots })] }, 'SIZE_LIMIT');
  });
});

describe('structure', () => {
  it('names an unknown field and the nearest right one, where it stands', () => {
    const issue = only(workflow([{ ...action('a'), nextStep: {} }]), 'UNKNOWN_FIELD');
    expect(issue).toEqual({
      code: 'UNKNOWN_FIELD',
      severity: 'error',
      path: '/steps/0/nextStep',
      step: 'a',
      field: 'nextStep',
      message: '`nextStep` is not a field of this.',
      hint: 'Did you mean `nextSteps`?',
    });
  });

  it('names a missing field at what it is missing in', () => {
    const issue = only(workflow([{ stepSlug: 'ask', stepType: 'llm', config: { userPrompt: 'Hi' } }]), 'MISSING_FIELD');
    expect(issue).toMatchObject({ path: '/steps/0/config', step: 'ask', field: 'systemPrompt' });
  });

  it('takes a template where a number may be computed, and no other text', () => {
    const ask = (temperature: unknown) =>
      workflow([{ stepSlug: 'ask', stepType: 'llm', config: { systemPrompt: 'x', temperature } }]);
    expect(issuesOf(ask('{{input.warmth}}'))).toEqual([]);
    expect(only(ask('warm'), 'WRONG_TYPE').message).toBe(
      '`temperature` must be a number or a template such as {{…}}, not the text "warm".',
    );
    expect(only(ask(3), 'BAD_VALUE').message).toBe('`temperature` must be at most 2, not 3.');
  });

  it('suggests the nearest type for an unknown one', () => {
    expect(only(workflow([{ stepSlug: 'a', stepType: 'acton' }]), 'UNKNOWN_STEP_TYPE').hint).toBe(
      'Did you mean `action`?',
    );
  });

  it('refuses rounds at once where each decides on the next', () => {
    const each = { stepSlug: 'each', stepType: 'loop', nextSteps: { next: 'each' } };
    expect(only(workflow([{ ...each, config: { while: 'true', concurrency: 4 } }]), 'CONFLICT').path).toBe(
      '/steps/0/config/concurrency',
    );
    expect(validate(workflow([{ ...each, config: { items: [1], concurrency: 4 } }])).ok).toBe(true);
  });

  it('refuses secrets in what undoes a step: it is kept until then', () => {
    const compensate = { type: 'refund', parameters: { key: '{{secrets.key}}', paid: '{{steps.a.output.id}}' } };
    const document = workflow([{ stepSlug: 'a', stepType: 'action', config: { type: 'pay', compensate } }], {
      config: { secrets: { key: { kind: 'reference' } } },
    });
    expect(only(document, 'SECRET_NOT_ALLOWED').path).toBe('/steps/0/config/compensate/parameters/key');
  });

  describe('branches', () => {
    const fork = (config: object, nextSteps: object = { a: 'one', b: 'two', done: 'end' }) =>
      workflow([
        { stepSlug: 'fork', stepType: 'parallel', config, nextSteps },
        { stepSlug: 'one', stepType: 'action', config: { type: 'x' }, nextSteps: { success: 'fork' } },
        { stepSlug: 'two', stepType: 'action', config: { type: 'x' }, nextSteps: { success: 'fork' } },
      ]);

    it('are no cycle for going back to the step they began at', () => {
      expect(issuesOf(fork({ branches: ['a', 'b'] }))).toEqual([]);
    });

    it.each([
      [{ branches: [] }, 'BAD_VALUE', '/steps/0/config/branches'],
      [{ branches: ['a', 'b', 'a'] }, 'CONFLICT', '/steps/0/config/branches'],
      [{ branches: ['a', 'b', 'done'] }, 'BAD_VALUE', '/steps/0/config/branches'],
      [{ branches: ['a', 'b'], join: 3 }, 'BAD_VALUE', '/steps/0/config/join'],
      [{ branches: ['a', 'b'], join: 'some' }, 'BAD_VALUE', '/steps/0/config/join'],
      [{ branches: ['a', 'b'], onBranchError: 'ignore' }, 'BAD_VALUE', '/steps/0/config/onBranchError'],
    ])('are refused where they cannot be joined: %j', (config, code, path) => {
      expect(issuesOf(fork(config)).filter((issue) => issue.code === code && issue.path === path)).toHaveLength(1);
    });

    it('that lead nowhere are warned of, and so is one that does not come back', () => {
      expect(only(fork({ branches: ['a', 'b'] }, { a: 'one', done: 'two' }), 'UNMAPPED_PORT').severity).toBe('warning');
      const lost = workflow([
        { stepSlug: 'fork', stepType: 'parallel', config: { branches: ['a'] }, nextSteps: { a: 'one' } },
        { stepSlug: 'one', stepType: 'action', config: { type: 'x' } },
      ]);
      expect(only(lost, 'BODY_NEVER_RETURNS').message).toBe('Step `one` ends a branch without going back to `fork`.');
    });

    describe('that end the whole execution are warned of', () => {
      const branching = (left: object, right: object, done: object, config: object = {}) =>
        workflow([
          {
            ...{ stepSlug: 'fork', stepType: 'parallel', config: { branches: ['l', 'r'], ...config } },
            nextSteps: { l: 'one', r: 'two', ...done },
          },
          { stepSlug: 'one', ...action('one'), ...left },
          { ...action('two'), ...right },
          action('after', 'end'),
        ]);
      const to = (success: string) => ({ nextSteps: { success } });
      const strays = (document: unknown) =>
        issuesOf(document).flatMap(({ code, path }) => (code === 'BODY_NEVER_RETURNS' ? [path] : []));

      it.each<[string, unknown, string[]]>([
        ['by an end word', branching(to('end'), to('fork'), { done: 'after' }), ['l']],
        ['by what follows all of them', branching(to('after'), to('after'), { done: 'after' }), ['l', 'r']],
        ['by a step that they share', branching(to('after'), to('after'), {}), ['l', 'r']],
      ])('%s', (_, document, ports) => {
        expect(strays(document)).toEqual(ports.map((port) => `/steps/0/nextSteps/${port}`));
        expect(issuesOf(document)[0]?.hint).toBe('Lead its last step to `fork`, and `done` to what follows.');
      });

      it('and none that goes back, or that says so by a step of its own', () => {
        expect(strays(branching(to('fork'), to('fork'), { done: 'after' }))).toEqual([]);
        const stop = { stepType: 'fail', config: { message: 'Too late' }, nextSteps: {} };
        expect(strays(branching(to('fork'), stop, { done: 'after' }, { join: 'any' }))).toEqual([]);
      });
    });
  });

  it('checks the fields of an approval as it does parameters', () => {
    const ask = (fields: unknown) => workflow([{ stepSlug: 'ask', stepType: 'approval', config: { fields } }]);
    expect(issuesOf(ask([{ name: 'reason', type: 'string', min_length: 3 }]))).toEqual([]);
    expect(only(ask([{ name: 'a', type: 'number', default: 'x' }]), 'BAD_DEFAULT').path).toBe(
      '/steps/0/config/fields/0/default',
    );
    const twice = { name: 'a', type: 'string' };
    expect(only(ask([twice, twice]), 'DUPLICATE_PARAMETER').step).toBe('ask');
  });

  it.each([
    [{ stepSlug: 'w', stepType: 'wait', config: {} }, 'MISSING_FIELD'],
    [{ stepSlug: 'w', stepType: 'wait', config: { for: '5 parsecs' } }, 'BAD_DURATION'],
    [{ stepSlug: 'w', stepType: 'wait', config: { until: 'tomorrow' } }, 'BAD_TIME'],
    [{ stepSlug: 'l', stepType: 'loop', config: {}, nextSteps: { next: 'l' } }, 'MISSING_FIELD'],
    [{ stepSlug: 's', stepType: 'switch', config: {} }, 'MISSING_FIELD'],
  ])('%j: %s', (step, code) => {
    expect(only(workflow([step]), code).step).toBe(step.stepSlug);
  });

  it('finds all there is at once', () => {
    const document = workflow(
      [
        {
          stepSlug: 'a',
          stepType: 'action',
          config: { type: 'x', parameter: {} },
          nextSteps: { success: 'b', sucess: 'c' },
        },
        { stepSlug: 'a', stepType: 'nothing', nextSteps: { success: 'nowhere' } },
        { stepSlug: 'a', stepType: 'condition', config: { expresion: 'true' } },
        { stepSlug: 'b', stepType: 'condition', config: { expression: '{{inptu.x}} >' } },
      ],
      { verison: '2', config: { schedule: { cron: '99 * * * *', timezone: 'Mars/Olympus' } } },
    );
    const codes = issuesOf(document)
      .filter((issue) => issue.severity === 'error')
      .map((issue) => `${issue.code} ${issue.path}`);
    expect(codes.sort()).toEqual([
      'BAD_CRON /config/schedule/cron',
      'BAD_TIME_ZONE /config/schedule/timezone',
      'DUPLICATE_SLUG /steps/1/stepSlug',
      'DUPLICATE_SLUG /steps/2/stepSlug',
      'EXPRESSION_INVALID /steps/3/config/expression',
      'MISSING_FIELD /steps/2/config',
      'UNKNOWN_FIELD /steps/0/config/parameter',
      'UNKNOWN_FIELD /steps/2/config/expresion',
      'UNKNOWN_FIELD /verison',
      'UNKNOWN_PORT /steps/0/nextSteps/sucess',
      'UNKNOWN_STEP_TYPE /steps/1/stepType',
      'UNKNOWN_TARGET /steps/0/nextSteps/sucess',
      'UNKNOWN_TARGET /steps/1/nextSteps/success',
    ]);
  });

  it('gives pointers into the document as it was written, whatever its dialect', () => {
    const document = {
      workflowConfig: { name: 'Wrapped', config: { retryPolicy: { maxRetries: 'many' } } },
      stepsConfig: [
        {
          stepSlug: 'start',
          stepType: 'start',
          config: { type: 'scheduled', schedule: 'never' },
          nextSteps: { success: 'each' },
        },
        {
          stepSlug: 'each',
          stepType: 'loop',
          config: { items: '{{xs}}' },
          nextSteps: { loop: 'nowhere', done: 'noop' },
        },
        { stepSlug: 'ask', stepType: 'llm', config: { llmNode: { systemPrompt: '{{oops}}', maxToken: 3 } } },
        { stepSlug: 'set', stepType: 'action', config: { type: 'set_variables', parameters: { x: '{{wrong}}' } } },
      ],
    };
    const paths = issuesOf(document).filter((issue) => issue.severity === 'error');
    expect(paths.map(({ code, path }) => `${code} ${path}`).sort()).toEqual([
      'BAD_CRON /stepsConfig/0/config/schedule',
      'UNKNOWN_FIELD /stepsConfig/2/config/llmNode/maxToken',
      'UNKNOWN_NAME /stepsConfig/1/config/items',
      'UNKNOWN_NAME /stepsConfig/3/config/parameters/x',
      'UNKNOWN_TARGET /stepsConfig/1/nextSteps/loop',
      'WRONG_TYPE /workflowConfig/config/retryPolicy/maxRetries',
    ]);
  });
});

describe('a definition wrapped in part', () => {
  const wrapped = (beside: object) => ({
    workflowConfig: { name: 'Inside', config: { timeout: 1000 } },
    stepsConfig: [{ stepSlug: 'a', stepType: 'output', config: { mapping: '{{nobody}}' } }],
    ...beside,
  });

  it('says what counts where something stands inside and beside', () => {
    const document = wrapped({ name: 'Beside', config: { timeout: 'soon' }, description: 'Only here' });
    const told = issuesOf(document).map(({ code, severity, path }) => `${severity} ${code} ${path}`);
    expect(told).toEqual([
      'warning NO_EFFECT /workflowConfig/name',
      'warning NO_EFFECT /workflowConfig/config',
      'error UNKNOWN_NAME /stepsConfig/0/config/mapping',
    ]);
  });

  it('points at what counts, and says nothing where both say the same', () => {
    const inside = { name: 'Inside', config: { timeout: 'soon' } };
    const steps = [{ stepSlug: 'a', stepType: 'output', config: { mapping: 1 } }];
    const { issues } = validate({ ...inside, workflowConfig: inside, stepsConfig: steps });
    expect(issues.map(({ code, path }) => `${code} ${path}`)).toEqual(['WRONG_TYPE /workflowConfig/config/timeout']);
    const result = validate({ name: 'Beside', workflowConfig: { name: 'Inside' }, stepsConfig: steps });
    expect(result.ok && result.plan.name).toBe('Inside');
  });
});

describe('names', () => {
  const withCondition = (expression: string, more: object = {}) =>
    workflow([action('first', 'check'), { stepSlug: 'check', stepType: 'condition', config: { expression } }], more);

  it('knows those of the language, variables, parameters and the fields of an input schema', () => {
    const more = {
      parameters: [{ name: 'email', type: 'email' }],
      config: { variables: { limit: 3 } },
    };
    const expression =
      "email != '' && limit > 1 && variables.limit && input.email && $now && nowMs && steps.first.output.a";
    expect(issuesOf(withCondition(expression, more))).toEqual([]);
    expect(issuesOf(withCondition('age > 3', { inputSchema: { type: 'object', properties: { age: {} } } }))).toEqual(
      [],
    );
  });

  it('says once that there is no loop, whatever is read of it', () => {
    expect(issuesOf(withCondition('loop.state')).map(({ code }) => code)).toEqual(['NOT_IN_A_LOOP']);
  });

  it('suggests the nearest', () => {
    expect(only(withCondition('inptu.x'), 'UNKNOWN_NAME')).toMatchObject({
      path: '/steps/1/config/expression',
      step: 'check',
      field: 'expression',
      hint: 'Did you mean `input`?',
    });
    expect(only(withCondition('first.output'), 'UNKNOWN_NAME').hint).toBe('A step is read as `steps.first.output`.');
    expect(only(withCondition('steps.frist.output'), 'UNKNOWN_STEP_REFERENCE').hint).toBe('Did you mean `first`?');
    expect(only(withCondition('steps.first.ouput.x'), 'UNKNOWN_NAME').hint).toBe('Did you mean `output`?');
    expect(only(withCondition('steps.first.email'), 'UNKNOWN_NAME').hint).toBe(
      'Its result is `steps.first.output.email`.',
    );
  });

  it('points at the very text within parameters', () => {
    const document = workflow([action('a', undefined, { to: ['x', { 'a/b': 'Hi {{nobody}}' }], ok: '{{input.x}}' })]);
    expect(only(document, 'UNKNOWN_NAME').path).toBe('/steps/0/config/parameters/to/1/a~1b');
    const broken = workflow([action('a', undefined, { one: '{{1 +}}', two: '{{ok(}}', three: '{{input.x}}' })]);
    expect(issuesOf(broken).map((issue) => issue.path)).toEqual([
      '/steps/0/config/parameters/one',
      '/steps/0/config/parameters/two',
    ]);
  });

  it('sees an item variable in the body of its loop only', () => {
    const loop = (done: string) => [
      {
        stepSlug: 'each',
        stepType: 'loop',
        config: { items: '{{input.people}}', itemVariable: 'person', collect: 'person.name' },
        nextSteps: { next: 'greet', done },
      },
      action('greet', 'each', { to: '{{person.email}}', index: '{{loop.index}}' }),
      action('after', undefined, { to: '{{person.email}}' }),
    ];
    expect(only(workflow(loop('after')), 'UNKNOWN_NAME').step).toBe('after');
    expect(
      only(
        workflow(
          loop('end')
            .slice(0, 2)
            .concat(action('after', undefined, { i: '{{loop.index}}' })),
        ),
        'NOT_IN_A_LOOP',
      ).step,
    ).toBe('after');
  });

  it('warns where a step may not have run', () => {
    const document = workflow([
      {
        stepSlug: 'check',
        stepType: 'condition',
        config: { expression: 'input.x' },
        nextSteps: { true: 'a', false: 'b' },
      },
      action('a', 'b'),
      action('b', undefined, { value: '{{steps.a.output}}', sure: '{{steps.check.output}}' }),
    ]);
    const issue = only(document, 'STEP_MAY_NOT_HAVE_RUN');
    expect(issue).toMatchObject({ severity: 'warning', path: '/steps/2/config/parameters/value', step: 'b' });
    expect(validate(document).ok).toBe(true);
  });

  it('knows what has run at the end of each round of a loop', () => {
    const each = (collect: string) => ({
      stepSlug: 'each',
      stepType: 'loop',
      config: { items: '{{input.list}}', collect },
      nextSteps: { next: 'find' },
    });
    const body = [
      action('find', 'check'),
      {
        stepSlug: 'check',
        stepType: 'condition',
        config: { expression: 'steps.find.output' },
        nextSteps: { true: 'save', false: 'each' },
      },
      action('save', 'each'),
    ];
    expect(issuesOf(workflow([each('{{steps.find.output}}'), ...body]))).toEqual([]);
    expect(only(workflow([each('{{steps.save.output}}'), ...body]), 'STEP_MAY_NOT_HAVE_RUN').path).toBe(
      '/steps/0/config/collect',
    );
    const inner = { ...each('{{steps.find.output}}'), stepSlug: 'inner', nextSteps: { next: 'find', done: 'each' } };
    const outer = { ...each('{{steps.inner.output}}'), nextSteps: { next: 'inner' } };
    expect(issuesOf(workflow([outer, inner, action('find', 'inner')]))).toEqual([]);
    const deeper = { ...outer, config: { items: '{{input.list}}', collect: '{{steps.find.output}}' } };
    only(workflow([deeper, inner, action('find', 'inner')]), 'STEP_MAY_NOT_HAVE_RUN');
  });

  it.each([
    ["{{now|formatDate('yyyy-MM-dd')}}", 'yyyy-MM-dd'],
    ['On {{ steps.a.output|formatDate( "%d.%m.%Y" ) }}', '%d.%m.%Y'],
    ["{{now|formatDate('MMM d, YYYY')}}", 'MMM d, YYYY'],
  ])('warns of a pattern of a date that is another system’s: %s', (text, pattern) => {
    const issue = only(workflow([action('a', 'b'), action('b', undefined, { text })]), 'BAD_FORMAT');
    expect(issue).toMatchObject({ severity: 'warning', path: '/steps/1/config/parameters/text' });
    expect(issue.message).toContain(`\`${pattern}\``);
    expect(issue.hint).toContain('YYYY');
  });

  it.each(['YYYY-MM-DD', 'dddd, D MMMM YYYY', 'ddd HH:mm', '[day] D', 'h:mm A'])('knows the pattern %s', (pattern) => {
    const text = `{{now|formatDate('${pattern}')}} dd yyyy`;
    expect(issuesOf(workflow([action('a', undefined, { text })]))).toEqual([]);
    const condition = {
      stepSlug: 'c',
      stepType: 'condition',
      config: { expression: `(now|formatDate('${pattern}')) == 'x'` },
    };
    expect(issuesOf(workflow([{ ...condition, nextSteps: { default: 'end' } }]))).toEqual([]);
  });

  describe('behind a parallel that waits for all of its branches', () => {
    const both = (config: object, more: object = {}, stepSlug = 'both') => ({
      stepSlug,
      stepType: 'parallel',
      config: { branches: ['left', 'right'], ...config },
      nextSteps: { left: 'a', right: 'b', done: 'join', ...more },
    });
    const check = (slug: string, yes: string, no: string) => ({
      stepSlug: slug,
      stepType: 'condition',
      config: { expression: 'input.x' },
      nextSteps: { true: yes, false: no },
    });
    const join = (...read: string[]) =>
      action('join', undefined, { all: read.map((slug) => `{{steps.${slug}.output}}`) });
    const unsure = (...steps: StepLike[]) =>
      issuesOf(workflow(steps)).flatMap(({ code, message }) =>
        code === 'STEP_MAY_NOT_HAVE_RUN' ? [/`(.*?)`/.exec(message)?.[1]] : [],
      );

    it('knows that every step has run which all ways through its branch pass', () => {
      const body = [
        action('a', 'a2'),
        check('a2', 'a3', 'a4'),
        action('a3', 'a5'),
        action('a4', 'a5'),
        action('a5', 'both'),
      ];
      const all = join('a', 'a2', 'a3', 'a4', 'a5', 'b');
      expect(unsure(both({}), ...body, action('b'), all)).toEqual(['a3', 'a4']);
      expect(
        unsure(both({}), ...body, action('b', 'both'), action('join', 'end'), action('end', 'last'), {
          ...join('a5', 'b'),
          stepSlug: 'last',
        }),
      ).toEqual([]);
    });

    it('knows nothing of those that a branch can do without', () => {
      const shortCut = { ...check('a', 'a2', 'both'), nextSteps: { true: 'a2' } };
      expect(unsure(both({}), shortCut, action('a2', 'both'), action('b', 'both'), join('a', 'a2'))).toEqual(['a2']);
    });

    it.each([
      ['some are enough', { join: 1 }, {}],
      ['any is enough', { join: 'any' }, {}],
      ['others go on', { onBranchError: 'continue' }, {}],
      ['one has failed', {}, { error: 'join', done: 'end' }],
    ])('knows nothing of any branch where %s', (_, config, ports) => {
      expect(unsure(both(config, ports), action('a', 'both'), action('b', 'both'), join('a', 'b'))).toEqual(['a', 'b']);
    });

    it('knows nothing of the branches beside a step', () => {
      const body = [action('a', 'both'), action('b', 'both', { other: '{{steps.a.output}}' })];
      expect(unsure(both({}), ...body, action('join'))).toEqual(['a']);
    });

    it('knows what the branches of a branch have done', () => {
      const inner = both({}, { left: 'c', right: 'd', done: 'both' }, 'a');
      const body = [inner, action('c', 'a'), action('d'), action('b', 'both')];
      expect(unsure(both({}), ...body, join('a', 'b', 'c', 'd'))).toEqual([]);
      const beside = action('b', 'both', { other: '{{steps.c.output}}' });
      expect(unsure(both({}), ...body.slice(0, 3), beside, action('join'))).toEqual(['c']);
    });

    it('knows nothing of a branch that ends in several ways', () => {
      const forks = {
        ...check('a', 'a2', 'a3'),
        stepType: 'switch',
        config: { cases: [{ when: 'input.x', port: 'true' }] },
      };
      const open = { ...both({ branches: ['left'] }), nextSteps: { left: 'a', done: 'join' } };
      expect(unsure(open, forks, action('a2', 'both'), action('a3', 'both'), join('a', 'a2'))).toEqual(['a2']);
      const shared = { ...both({}), nextSteps: { left: 'a', right: 'a', done: 'join' } };
      expect(unsure(shared, action('a', 'both'), join('a'))).toEqual([]);
    });

    it('knows nothing of a body in a branch, which may have had nothing to do', () => {
      const each = {
        stepSlug: 'a',
        stepType: 'loop',
        config: { items: '{{input.list}}' },
        nextSteps: { next: 'c', done: 'both' },
      };
      expect(unsure(both({}), each, action('c', 'a'), action('b', 'both'), join('a', 'c'))).toEqual(['c']);
    });
  });

  it('tells of an ill-formed slug once, and not again where it is referred to', () => {
    const document = workflow([
      action('first', 'second step'),
      action('second step', 'first one'),
      action('last', undefined, { text: "{{steps['second step'].output}}" }),
    ]);
    expect(issuesOf(document).map(({ code }) => code)).toEqual(['BAD_SLUG', 'UNKNOWN_TARGET', 'UNREACHABLE_STEP']);
  });

  it('lets secrets reach actions and models only', () => {
    const config = { secrets: { key: { kind: 'reference' } } };
    expect(issuesOf(workflow([action('a', undefined, { auth: '{{secrets.key}}' })], { config }))).toEqual([]);
    only(withCondition("secrets.key == 'x'", { config }), 'SECRET_NOT_ALLOWED');
    const set = {
      stepSlug: 's',
      stepType: 'action',
      config: { type: 'set_variables', parameters: { x: '{{secrets.key}}' } },
    };
    only(workflow([set], { config }), 'SECRET_NOT_ALLOWED');
    only(
      workflow(
        [{ stepSlug: 'o', stepType: 'output', config: { mapping: '{{#input.l}}{{secrets.key}}{{/input.l}}' } }],
        { config },
      ),
      'SECRET_NOT_ALLOWED',
    );
    expect(
      only(workflow([action('a', undefined, { auth: '{{secrets.kye}}' })], { config }), 'UNKNOWN_SECRET').hint,
    ).toBe('Did you mean `key`?');
  });

  it.each<[what: string, reads: string, more: object, hint: string | undefined]>([
    [
      'nearly a parameter',
      'input.custmer',
      { parameters: [{ name: 'customer', type: 'text' }] },
      'Did you mean `customer`?',
    ],
    [
      'no parameter',
      'input.order',
      { parameters: [{ name: 'customer', type: 'text' }] },
      'Declare it as the other inputs are.',
    ],
    ['a parameter', 'input.customer.anything', { parameters: [{ name: 'customer', type: 'object' }] }, undefined],
    ['all of the input', 'input', { parameters: [{ name: 'customer', type: 'text' }] }, undefined],
    ['where nothing is declared', 'input.custmer', {}, undefined],
    ['nearly a property', 'input.aeg', { inputSchema: { properties: { age: {} } } }, 'Did you mean `age`?'],
    ['another name of an open schema', 'input.order', { inputSchema: { properties: { age: {} } } }, undefined],
    [
      'a schema that says there are more',
      'input.aeg',
      { inputSchema: { properties: { age: {} }, additionalProperties: true } },
      undefined,
    ],
    ['a schema made of others', 'input.aeg', { inputSchema: { properties: { age: {} }, allOf: [{}] } }, undefined],
    [
      'a parameter beside a schema',
      'input.name',
      { parameters: [{ name: 'name', type: 'text' }], inputSchema: { properties: { age: {} } } },
      undefined,
    ],
  ])('tells of a read of the input that is %s', (_what, reads, more, hint) => {
    const issues = issuesOf(withCondition(reads, more));
    expect(issues.map(({ code, severity, hint: given }) => [code, severity, given])).toEqual(
      hint === undefined ? [] : [['UNKNOWN_INPUT', 'warning', hint]],
    );
  });

  it('tells of what is read below an input where its schema is closed', () => {
    const closed = { type: 'object', additionalProperties: false };
    const open = { type: 'object', properties: { street: {} } };
    const customer = {
      ...closed,
      properties: { email: {}, address: { ...closed, properties: { city: {} } }, home: open },
    };
    const inputSchema = { ...closed, properties: { customer } };
    const read = (path: string) =>
      issuesOf(withCondition(path, { inputSchema })).map(({ message, hint }) => [message, hint]);
    expect(read('input.order')).toEqual([['Nothing declares `input.order`.', 'Declare it as the other inputs are.']]);
    expect(read('input.customer.emial')).toEqual([
      ['Nothing declares `input.customer.emial`.', 'Did you mean `email`?'],
    ]);
    expect(read('input.customer.address.zip')).toHaveLength(1);
    expect(
      read('input.customer.address.city.any && input.customer.home.streat && input.customer[input.customer.email]'),
    ).toEqual([]);
    const tagged = { ...inputSchema, patternProperties: { '^x-': {} } };
    expect(issuesOf(withCondition("input['x-a']", { inputSchema: tagged }))).toEqual([]);
  });

  it('tells where the mask of a secure variable is read, not its value', () => {
    const set = (stepSlug: string, variables: object[], success: string) => ({
      ...{ stepSlug, stepType: 'action', config: { type: 'set_variables', parameters: { variables } } },
      nextSteps: { success },
    });
    const token = { name: 'token', value: '{{input.a}}', secure: true };
    const masked = (...steps: StepLike[]) =>
      issuesOf(
        workflow([set('set', [token], steps[0]?.stepSlug === undefined ? 'end' : String(steps[0].stepSlug)), ...steps]),
      ).map(({ code, severity, path }) => `${severity} ${code} ${path}`);
    const at = (path: string) => [`warning SECRET_MASKED /steps/1/config/${path}`];
    expect(masked(set('more', [{ name: 'header', value: 'Bearer {{token}}' }], 'end'))).toEqual(
      at('parameters/variables/0/value'),
    );
    expect(masked({ stepSlug: 'o', stepType: 'output', config: { mapping: { t: '{{variables.token}}' } } })).toEqual(
      at('mapping/t'),
    );
    expect(
      masked({ stepSlug: 'run', stepType: 'workflow', config: { workflow: 'other', input: { t: '{{token}}' } } }),
    ).toEqual(at('input/t'));
    expect(masked(action('send', undefined, { t: '{{steps.set.output.token}}' }))).toEqual(at('parameters/t'));
    expect(masked(action('send', undefined, { t: '{{token}} {{secrets.token}} {{variables.token}}' }))).toEqual([]);
    expect(masked(set('more', [{ name: 'header', value: 'Bearer {{token}}', secure: true }], 'end'))).toEqual([]);
    const hidden = set(
      'more',
      [
        { ...token, name: 'input' },
        { name: 'copy', value: '{{input.a}}' },
      ],
      'end',
    );
    expect(masked(hidden)).toEqual([]);
    const plain = { ...token, name: 'token', secure: false };
    const both = set('more', [plain, { name: 'copy', value: '{{token}}' }], 'end');
    expect(masked(both)).toEqual([]);
    const loop = {
      ...{ stepSlug: 'each', stepType: 'loop', nextSteps: { next: 'more', done: 'end' } },
      config: { items: '{{input.list}}', itemVariable: 'token' },
    };
    expect(masked(loop, set('more', [{ name: 'seen', value: '{{token}}' }], 'each'))).toEqual([]);
  });

  it('tells what a concurrency key reads before it is there', () => {
    const keyed = (key: string) =>
      issuesOf(
        workflow(
          [
            {
              stepSlug: 'set',
              stepType: 'action',
              config: { type: 'set_variables', parameters: { later: 1 } },
              nextSteps: { success: 'a' },
            },
            action('a'),
          ],
          { config: { variables: { now: 1 }, concurrency: { key, limit: 1 } } },
        ),
      );
    for (const name of [
      'steps.a.output',
      'loop.item',
      'lastOutput',
      'error.code',
      'variables.now',
      'later',
      'threadId',
    ]) {
      expect(keyed(`{{${name}}}`)).toMatchObject([
        {
          code: 'NOT_YET_KNOWN',
          severity: 'warning',
          path: '/config/concurrency/key',
          message: expect.stringContaining(`\`${name.split('.')[0]}\``),
        },
      ]);
    }
    expect(
      keyed('{{input.a}} {{config.variables.now}} {{now}} {{organizationId}} {{executionId}} {{wfDefinitionId}}'),
    ).toEqual([]);
    expect(keyed('{{steps.nobody.output}}').map(({ code }) => code)).toEqual([
      'NOT_YET_KNOWN',
      'UNKNOWN_STEP_REFERENCE',
    ]);
  });

  it('finds secrets in plain text', () => {
    const document = workflow([
      action('a', undefined, {
        apiKey: 'abcdef123',
        note: 'sk_live_abc123456',
        maxTokens: '500',
        token: '{{secrets.x}}',
        secret: '',
      }),
    ]);
    const found = issuesOf(document).filter((issue) => issue.code === 'PLAIN_TEXT_SECRET');
    expect(found.map((issue) => issue.path)).toEqual([
      '/steps/0/config/parameters/apiKey',
      '/steps/0/config/parameters/note',
    ]);
  });

  it('warns about actions that the host does not know', () => {
    const actions = { find: (type: string) => (type === 'known' ? {} : undefined) };
    const steps = ['known', 'unknown', 'set_variables'].map((type, index) => ({
      stepSlug: `s${index}`,
      stepType: 'action',
      config: { type },
      nextSteps: index < 2 ? { success: `s${index + 1}` } : {},
    }));
    const { ok, issues } = validate(workflow(steps), { actions });
    expect(ok).toBe(true);
    expect(issues.map(({ code, path }) => `${code} ${path}`)).toEqual(['UNKNOWN_ACTION /steps/1/config/type']);
  });
});

describe('flow', () => {
  const check = (stepSlug: string, yes: string, no: string): StepLike => ({
    stepSlug,
    stepType: 'condition',
    config: { expression: 'input.x' },
    nextSteps: { true: yes, false: no },
  });

  it('takes end words as targets only where no step bears them, and knows near misses', () => {
    expect(validate(workflow([action('a', 'noop')])).ok).toBe(true);
    expect(only(workflow([action('fetch', 'fecth')]), 'UNKNOWN_TARGET').hint).toBe('Did you mean `fetch`?');
    expect(only(workflow([action('a', 'end')], { config: { onError: 'nobody' } }), 'UNKNOWN_TARGET').path).toBe(
      '/config/onError',
    );
  });

  it('knows the ports of each type of step', () => {
    expect(only(workflow([{ ...check('c', 'end', 'end'), nextSteps: { yes: 'end' } }]), 'UNKNOWN_PORT').step).toBe('c');
    const choose = (config: object) => ({
      stepSlug: 's',
      stepType: 'switch',
      config,
      nextSteps: { big: 'end', failure: 'end', default: 'end' },
    });
    expect(issuesOf(workflow([choose({ value: '{{input.size}}' })]))).toEqual([]);
    expect(only(workflow([choose({ cases: [{ when: 'input.x > 3', port: 'big' }] })]), 'UNKNOWN_PORT').path).toBe(
      '/steps/0/nextSteps/failure',
    );
    only(
      workflow([{ stepSlug: 'o', stepType: 'output', config: { mapping: 1 }, nextSteps: { default: 'end' } }]),
      'UNKNOWN_PORT',
    );
  });

  it('warns about a step that nothing leads to; config.onError leads to one', () => {
    expect(only(workflow([action('a', 'end'), action('b')]), 'UNREACHABLE_STEP')).toMatchObject({
      step: 'b',
      severity: 'warning',
    });
    expect(issuesOf(workflow([action('a', 'end'), action('b')], { config: { onError: 'b' } }))).toEqual([]);
  });

  it('refuses a cycle without a decision, and names it', () => {
    const issue = only(workflow([action('a', 'b'), action('b', 'c'), action('c', 'b')]), 'CYCLE_WITHOUT_DECISION');
    expect(issue.message).toContain('b → c → b');
    expect(validate(workflow([action('a', 'b'), check('b', 'a', 'end')])).ok).toBe(true);
    only(workflow([action('a', 'a')]), 'CYCLE_WITHOUT_DECISION');
  });

  it('warns about a body that never returns', () => {
    const loop = {
      stepSlug: 'each',
      stepType: 'loop',
      config: { items: '{{input.xs}}' },
      nextSteps: { next: 'a', done: 'end' },
    };
    const issues = issuesOf(workflow([loop, action('a')]));
    expect(issues.map(({ code, step }) => `${code} ${step}`).sort()).toEqual([
      'BODY_NEVER_RETURNS a',
      'BODY_NEVER_RETURNS each',
    ]);
    expect(issuesOf(workflow([loop, action('a', 'each')]))).toEqual([]);
    only(workflow([{ ...loop, nextSteps: { done: 'end' } }]), 'LOOP_WITHOUT_BODY');
  });

  it('refuses loops that nest without end', () => {
    const steps = Array.from({ length: 40 }, (_, i) => ({
      stepSlug: `l${i}`,
      stepType: 'loop',
      config: { items: '{{input.xs}}' },
      nextSteps: { next: i === 39 ? 'l39' : `l${i + 1}`, done: i === 0 ? 'end' : `l${i - 1}` },
    }));
    expect(issuesOf(workflow(steps)).some((issue) => issue.code === 'NESTING_LIMIT')).toBe(true);
  });
});

describe('parameters', () => {
  it('must make sense', () => {
    const one = (parameter: object) => workflow([action('a')], { parameters: [parameter] });
    expect(only(one({ name: 'x', type: 'strnig' }), 'BAD_VALUE').hint).toBe('Did you mean `string`?');
    expect(only(one({ name: 'x', type: 'string', validation: { pattern: '(' } }), 'BAD_PATTERN').path).toBe(
      '/parameters/0/validation/pattern',
    );
    expect(only(one({ name: 'x', type: 'email', default: 'nobody' }), 'BAD_DEFAULT').path).toBe(
      '/parameters/0/default',
    );
    const twice = [
      { name: 'x', type: 'string' },
      { name: 'x', type: 'number' },
    ];
    expect(only(workflow([action('a')], { parameters: twice }), 'DUPLICATE_PARAMETER').path).toBe('/parameters/1/name');
  });
});

describe('a JSON Schema in a definition', () => {
  const within = (inputSchema: unknown) => workflow([action('a')], { inputSchema });
  const faults = (inputSchema: unknown) =>
    issuesOf(within(inputSchema)).map(({ code, path }) => `${code} ${path.replace('/inputSchema', '')}`);

  it.each([
    [{ $ref: '#/nowhere' }, 'BAD_SCHEMA /$ref'],
    [{ properties: { a: { items: { $ref: '#/$defs/b' } } } }, 'BAD_SCHEMA /properties/a/items/$ref'],
    [{ type: 'objct' }, 'BAD_SCHEMA '],
    [{ $defs: { a: { type: ['string', 'STRING'] } } }, 'BAD_SCHEMA /$defs/a'],
    [{ properties: { a: null } }, 'BAD_SCHEMA /properties/a'],
    [{ properties: [] }, 'BAD_SCHEMA /properties'],
    [{ anyOf: [true, 5] }, 'BAD_SCHEMA /anyOf/1'],
    [{ additionalProperties: 'no' }, 'BAD_SCHEMA /additionalProperties'],
    [{ required: 1 }, 'BAD_SCHEMA '],
    [{ $id: 'http://[', properties: { a: { $ref: '#/nowhere' } } }, 'BAD_SCHEMA '],
  ])('%j has its fault told where it is, before an input meets it', (schema, fault) => {
    expect(faults(schema)).toEqual([fault]);
  });

  it('has all its faults told at once, and so has that of an answer', () => {
    const schema = { properties: { a: { type: 'strng' }, b: 1, c: { pattern: '(' } } };
    expect(faults(schema)).toEqual([
      'BAD_SCHEMA /properties/a',
      'BAD_SCHEMA /properties/b',
      'BAD_PATTERN /properties/c/pattern',
    ]);
    const config = { systemPrompt: 'x', outputFormat: 'json', outputSchema: { items: { type: 'strng' } } };
    expect(only(workflow([{ stepSlug: 'm', stepType: 'llm', config }]), 'BAD_SCHEMA').path).toBe(
      '/steps/0/config/outputSchema/items',
    );
  });

  it.each([
    [{ properties: { type: { type: 'string' }, $ref: { const: { type: 'any' } } } }],
    [
      {
        examples: [{ type: 'car' }],
        example: { type: 'car', items: 1 },
        'x-note': null,
        title: 'x',
        const: { type: 1 },
      },
    ],
    [{ $defs: { tree: { properties: { left: { $ref: '#/$defs/tree' } } } }, $ref: '#/$defs/tree' }],
    [{ dependencies: { a: ['b'], c: { required: ['d'] } }, items: [true, {}], not: false }],
    [{ $id: 'https://example.com/a', $defs: { b: { $anchor: 'here' } }, properties: { c: { $ref: '#here' } } }],
  ])('%j is one', (schema) => expect(faults(schema)).toEqual([]));
});

describe('what is missing, or read', () => {
  it('is told of once: a slug is made from a name, and need not be given', () => {
    expect(issuesOf({}).map(({ field }) => field)).toEqual(['name', 'steps']);
    expect(issuesOf({ name: 5, steps: [action('a')] }).map(({ path }) => path)).toEqual(['/name']);
  });

  it('is not one of two lists of steps', () => {
    const both = { ...Object(workflow([action('a')])), stepsConfig: [action('b')] };
    expect(issuesOf(both).map(({ code, path }) => [code, path])).toEqual([['UNKNOWN_FIELD', '/stepsConfig']]);
  });

  it('is told of once for all that one text reads of it', () => {
    const steps = [
      action('first', 'ask', { text: '{{steps.later.output.a}} {{steps.later.output.b}} {{nope.a + nope.b}}' }),
      {
        stepSlug: 'ask',
        stepType: 'condition',
        config: { expression: 'true' },
        nextSteps: { true: 'later', false: 'end' },
      },
      action('later'),
    ];
    expect(issuesOf(workflow(steps)).map(({ code }) => code)).toEqual(['STEP_MAY_NOT_HAVE_RUN', 'UNKNOWN_NAME']);
  });

  it('is found where a slug has a dash, with the way to write it', () => {
    const steps = [action('find-it', 'show'), action('show', undefined, { text: '{{steps.find-it.output}}' })];
    expect(only(workflow(steps), 'UNKNOWN_STEP_REFERENCE').hint).toContain("steps['find-it']");
  });
});

describe('any value at all', () => {
  const json = fc.jsonValue({ maxDepth: 6 }).map((value): Json => JSON.parse(JSON.stringify(value)));
  const word = fc.constantFrom(
    'trigger', 'start', 'action', 'llm', 'condition', 'switch', 'loop', 'wait', 'wait_for_event', 'output', 'fail', 'parallel',
    'next', 'done', 'error', 'success', 'end', 'a', 'b', 'c', '__proto__', 'constructor', '{{steps.a.output}}', '{{a', '1 +', 'loop.item',
  ); // biome-ignore format: a list of words
  const loose = (inner: fc.Arbitrary<Json>): fc.Arbitrary<unknown> =>
    fc.oneof(inner, fc.dictionary(word, inner), fc.array(inner, { maxLength: 4 }));
  const config = fc.record(
    Object.fromEntries(
      [
        'type',
        'parameters',
        'expression',
        'items',
        'while',
        'itemVariable',
        'collect',
        'cases',
        'value',
        'for',
        'until',
        'event',
        'match',
        'mapping',
        'code',
        'systemPrompt',
        'llmNode',
        'retry',
        'retryPolicy',
        'timeout',
        'schedule',
        'variables',
        'secrets',
        'onError',
        'output',
        'limits',
      ].map((key) => [key, loose(fc.oneof(word, json))]),
    ),
    { requiredKeys: [] },
  );
  const step = fc.record(
    {
      stepSlug: loose(word),
      stepType: loose(word),
      config: fc.oneof(config, json),
      nextSteps: fc.oneof(fc.dictionary(word, word), json),
      order: json,
    },
    { requiredKeys: ['stepSlug', 'stepType'] },
  );
  const document = fc.record(
    {
      name: fc.oneof(fc.string(), json),
      config: fc.oneof(config, json),
      parameters: fc.oneof(
        fc.array(fc.record({ name: word, type: word, validation: json, default: json }, { requiredKeys: [] })),
        json,
      ),
      inputSchema: json,
      steps: fc.oneof(fc.array(fc.oneof(step, json), { maxLength: 8 }), json),
      workflowConfig: json,
      stepsConfig: fc.array(step, { maxLength: 4 }),
    },
    { requiredKeys: ['name'] },
  );

  it('gets an answer, and only issues that are complete', () => {
    fc.assert(
      fc.property(fc.oneof(json, document, fc.anything()), (value) => {
        for (const issue of issuesOf(value)) {
          expect(issue.code).toMatch(/^[A-Z_]+$/);
          expect(issue.path).toMatch(/^(\/|$)/);
          expect(issue.message).not.toBe('');
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe('the issues', () => {
  it('come in the order of the document, whatever found them', () => {
    const document = {
      steps: [
        action('a', 'nowhere', { 'x/y': '{{inptu}}', z: '{{unknownName}}' }),
        { stepSlug: 'b', stepType: 'nothing' },
        action('c', 'd', { text: '{{1 +}}' }),
      ],
      config: { timeout: 'soon', onError: 'missing' },
      name: '',
    };
    expect(issuesOf(document).map(({ path }) => path)).toEqual([
      '/steps/0/config/parameters/x~1y',
      '/steps/0/config/parameters/z',
      '/steps/0/nextSteps/success',
      '/steps/1/stepType',
      '/steps/2',
      '/steps/2/config/parameters/text',
      '/steps/2/nextSteps/success',
      '/config/timeout',
      '/config/onError',
      '/name',
    ]);
  });

  it('are told at each place, where texts that are alike are wrong', () => {
    const same = { text: '{{inptu}}', again: ['{{inptu}}'], broken: '{{1 +}}' };
    const found = issuesOf(workflow([action('a', 'b', same), action('b', undefined, same)]));
    expect(found.map(({ path, code }) => `${path} ${code}`)).toEqual(
      ['0', '1'].flatMap((step) => [
        `/steps/${step}/config/parameters/text UNKNOWN_NAME`,
        `/steps/${step}/config/parameters/again/0 UNKNOWN_NAME`,
        `/steps/${step}/config/parameters/broken EXPRESSION_INVALID`,
      ]),
    );
  });

  it('name what is wrong with the inputs of a data provider', () => {
    const parameters = [
      {
        name: 'department',
        type: 'select',
        dataProvider: { name: 'departments', inputs: { org: '{{organisationId}}' } },
      },
    ];
    expect(only(workflow([action('a')], { parameters }), 'UNKNOWN_NAME')).toMatchObject({
      path: '/parameters/0/dataProvider/inputs/org',
      hint: 'Did you mean `organizationId`?',
    });
  });

  it('refuse a secret that goes into a variable which is not secure', () => {
    const set = (secure: boolean): unknown =>
      workflow(
        [
          {
            stepSlug: 'a',
            stepType: 'action',
            config: {
              type: 'set_variables',
              parameters: { variables: [{ name: 'key', value: '{{secrets.apiKey}}', secure }] },
            },
          },
        ],
        { config: { secrets: { apiKey: { kind: 'reference' } } } },
      );
    expect(only(set(false), 'SECRET_NOT_ALLOWED').severity).toBe('error');
    expect(issuesOf(set(true))).toEqual([]);
  });
});
