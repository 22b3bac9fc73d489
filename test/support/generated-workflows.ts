/** Workflows drawn at random for property tests, of every type of step but `llm` and `workflow`. */
import fc from 'fast-check';
import { compile, type Json, type JsonObject, type Plan, validate } from '../../runtime/index.js';

/** Drawn more often than what stands beside it. */
function many<T>(arbitrary: fc.Arbitrary<T>): { readonly weight: number; readonly arbitrary: fc.Arbitrary<T> } {
  return { weight: 4, arbitrary };
}

/** Which step a port leads to, by number; beyond the steps there are, nowhere or to the end. */
const target = fc.nat(11);
const value = fc.constantFrom<Json>(0, 1, 'x', null, [1, 2], ['a'], { list: [3] }, { flag: true });
const source = fc.constantFrom(
  '{{lastOutput}}',
  '{{loop.item}}',
  '{{loop.index}}',
  '{{variables.count}}',
  '{{steps.s1.output}}',
  'text {{input.n}} {{now}}',
);
/** No more than an item: what collects all that came before would double at each round. */
const kept = fc.constantFrom('{{loop.item}}', '{{loop.index}}', 'item {{loop.index}} of {{input.n}}');
const condition = fc.constantFrom(
  'loop.index == 0',
  'variables.count > 2',
  'lastOutput',
  'steps.s2.attempts > 1',
  '(lastOutput|length) > 0',
);

const action = fc.record({
  stepType: fc.constant('action'),
  config: fc.record(
    {
      type: fc.constantFrom('good', 'bad', 'flaky'),
      parameters: fc.record({ given: source }),
      retry: fc.record({ maxAttempts: fc.integer({ min: 1, max: 3 }), initialDelay: fc.constant(1000) }),
      totalTimeout: fc.constant(1500),
      compensate: fc.record({
        type: fc.constantFrom('undo', 'bad'),
        parameters: fc.constantFrom({ item: '{{loop.item}}' }, { given: '{{ {}[steps.s1.output] }}' }),
      }),
    },
    { requiredKeys: ['type'] },
  ),
  nextSteps: fc.record({ success: target, error: target }, { requiredKeys: [] }),
});
const assignment = fc.record({
  stepType: fc.constant('action'),
  config: fc.record({
    type: fc.constant('set_variables'),
    parameters: fc.record({ count: fc.constant('{{(variables.count ?? 0) + 1}}') }),
  }),
  nextSteps: fc.record({ success: target }, { requiredKeys: [] }),
});
const decision = fc.record({
  stepType: fc.constant('condition'),
  config: fc.record({ expression: condition }),
  nextSteps: fc.record({ true: target, false: target, error: target }, { requiredKeys: [] }),
});
const loop = fc.record({
  stepType: fc.constant('loop'),
  config: fc.oneof(
    fc.record(
      {
        items: fc.oneof(many(fc.array(value, { maxLength: 3 })), source),
        collect: kept,
        concurrency: fc.integer({ min: 1, max: 3 }),
        continueOnError: fc.boolean(),
      },
      { requiredKeys: ['items'] },
    ),
    fc.record({ while: condition, maxIterations: fc.integer({ min: 1, max: 4 }) }),
  ),
  nextSteps: fc.record({ next: target, done: target, error: target }, { requiredKeys: ['next'] }),
});
const parallel = fc.record({
  stepType: fc.constant('parallel'),
  config: fc.record(
    {
      branches: fc.constantFrom(['a'], ['a', 'b'], ['a', 'b', 'c']),
      join: fc.constantFrom('all', 'any', 1),
      onBranchError: fc.constantFrom('fail', 'continue'),
    },
    { requiredKeys: ['branches'] },
  ),
  nextSteps: fc.record({ a: target, b: target, c: target, done: target, error: target }, { requiredKeys: ['a'] }),
});
const approval = fc.record({
  stepType: fc.constant('approval'),
  config: fc.record({ title: source, timeout: fc.constantFrom(1000, 60_000) }),
  nextSteps: fc.record({ approved: target, rejected: target, timeout: target }, { requiredKeys: [] }),
});
const pause = fc.record({
  stepType: fc.constant('wait'),
  config: fc.record({ for: fc.constantFrom('5s', 0, 'PT1M') }),
  nextSteps: fc.record({ success: target }, { requiredKeys: [] }),
});
const listen = fc.record({
  stepType: fc.constant('wait_for_event'),
  config: fc.record({ event: fc.constant('go'), timeout: fc.constantFrom(1000, 60_000) }),
  nextSteps: fc.record({ success: target, timeout: target }, { requiredKeys: [] }),
});
const ending = fc.constantFrom(
  { stepType: 'output', config: { mapping: { n: '{{variables.count}}' } } },
  { stepType: 'fail', config: { code: 'STOP', message: 'Stopped at {{loop.index}}' } },
);

/** Ports that the step drawn does not have are left out. */
function withItsPorts<T extends { config: object; nextSteps?: object }>(step: T): T {
  const branches: unknown = Reflect.get(step.config, 'branches');
  if (!Array.isArray(branches) || step.nextSteps === undefined) return step;
  const ports = Object.entries(step.nextSteps).filter(([port]) => port.length > 1 || branches.includes(port));
  return { ...step, nextSteps: Object.fromEntries(ports) };
}

/** Workflows whose steps lead anywhere; those that the language refuses are left out. */
export const generatedWorkflow: fc.Arbitrary<Plan> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: action },
        assignment,
        decision,
        { weight: 3, arbitrary: loop },
        { weight: 3, arbitrary: parallel.map(withItsPorts) },
        approval,
        pause,
        listen,
        ending,
      ),
      { minLength: 2, maxLength: 9 },
    ),
    fc.option(target, { nil: undefined }),
  )
  .map(([steps, onError]) => definitionOf(steps, onError))
  .filter((definition) => validate(definition).ok)
  .map((definition) => compile(definition));

function definitionOf(
  steps: readonly { stepType: string; config: object; nextSteps?: object }[],
  onError: number | undefined,
): Json {
  const slug = (index: number): string | undefined =>
    index < steps.length ? `s${index}` : index < 10 ? 'end' : undefined;
  const list = steps.map(({ stepType, config, nextSteps = {} }, index) => ({
    stepSlug: `s${index}`,
    stepType,
    config,
    nextSteps: Object.fromEntries(
      Object.entries(nextSteps).flatMap(([port, to]: [string, number]) => {
        const leads = slug(to);
        return leads === undefined ? [] : [[port, leads]];
      }),
    ),
  }));
  const handler = onError === undefined || onError >= steps.length ? {} : { onError: `s${onError}` };
  const config = { limits: { maxSteps: 60 }, variables: { count: 0 }, ...handler };
  return JSON.parse(JSON.stringify({ name: 'Generated', config, steps: list }));
}

/** What the actions of {@link generatedWorkflow} answer. */
export const generatedStubs: JsonObject = {
  good: { output: { list: [1, 2], ok: true } },
  undo: { output: null },
  bad: { error: { code: 'BAD', message: 'It is {{broken}}', retryable: false } },
  flaky: [
    { error: { code: 'BUSY', message: 'Busy' } },
    { output: 'at last' },
    { error: { code: 'BUSY', message: 'Busy' } },
  ],
};
