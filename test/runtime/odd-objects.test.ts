/**
 * Objects with members such as `toString`: JavaScript calls these when it makes a text of an object, so that a reader
 * that is careless once throws what no caller expects.
 */
import { describe, expect, it } from 'vitest';
import {
  checkInput,
  compile,
  compileExpression,
  compileTemplate,
  type Json,
  NewtflowError,
  replay,
  validate,
} from '../../runtime/index.js';
import { createStubs, testWorkflow } from '../../runtime/testing.js';
import { ODD_OBJECTS, placesIn, replaced } from '../support/changed-json.js';
import type { ConformanceCase } from '../support/conformance.js';
import { ownCases } from '../support/conformance-cases.js';

/** What is thrown that is no error of ours; undefined where nothing is. */
function untyped(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    if (!(error instanceof NewtflowError)) return error;
  }
  return undefined;
}

describe('objects that cannot be read', () => {
  const refuse = (): never => {
    throw new TypeError('not for you');
  };
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const unreadable: readonly unknown[] = [
    Object.defineProperty({}, 'a', { enumerable: true, get: refuse }),
    Object.defineProperty([1], 0, { get: refuse }),
    new Proxy({}, { ownKeys: refuse }),
    new Proxy([], { get: refuse }),
    revoked,
  ];

  it.each(unreadable.map((_, index) => index))(
    'are issues of a definition and problems of an input: number %d',
    (index) => {
      const odd = unreadable[index];
      const steps = [{ stepSlug: 'a', stepType: 'output', config: { mapping: {} } }];
      const plan = compile({ name: 'Asks', steps });
      const codes = ({ issues }: { issues: readonly { code: string }[] }) => issues.map(({ code }) => code);
      expect(codes(validate(odd))).toEqual(['NOT_JSON']);
      expect(codes(validate({ name: 'Asks', steps: [...steps, odd] }))).toEqual(['NOT_JSON']);
      expect(checkInput(plan, odd)).toMatchObject({ ok: false, issues: [{ code: 'NOT_JSON' }] });
      expect(checkInput(plan, { a: odd })).toMatchObject({ ok: false, issues: [{ code: 'NOT_JSON' }] });
    },
  );
});

describe('objects that cannot be made a text', () => {
  it.each(ownCases())('are issues, wherever they stand in the definition of $name', ({ definition }) => {
    for (const place of placesIn(definition)) {
      for (const odd of ODD_OBJECTS) {
        const changed = replaced(definition, place, odd);
        expect(
          untyped(() => validate(changed)),
          `${place.join('/')}: ${JSON.stringify(odd)}`,
        ).toBeUndefined();
      }
    }
  });

  it('are problems of an input', () => {
    const types = ['string', 'number', 'boolean', 'date', 'email', 'select', 'array', 'object'];
    const plan = compile({
      name: 'Asks',
      parameters: types.map((type) => ({ name: type, type, ...(type === 'select' ? { options: ['a'] } : {}) })),
      steps: [{ stepSlug: 'a', stepType: 'output', config: { mapping: {} } }],
    });
    for (const odd of ODD_OBJECTS) {
      expect(untyped(() => checkInput(plan, odd))).toBeUndefined();
      for (const type of types) expect(untyped(() => checkInput(plan, { [type]: odd }))).toBeUndefined();
    }
  });

  it('are refused in stubs', () => {
    const stubs: Json = { step: [{ output: 1 }, { error: { code: 'X', message: 'y', retryable: true } }] };
    for (const place of placesIn(stubs)) {
      for (const odd of ODD_OBJECTS) expect(untyped(() => createStubs(replaced(stubs, place, odd)))).toBeUndefined();
    }
  });

  it.each(
    [
    'x', 'x + "a"', 'x == y', 'x < 1', 'x in y', 'y contains x', 'y[x]', '-x', '!x', 'x ? 1 : 2', '[x]|sort', '[x, x]|unique',
    'x|string', 'x|number', 'x|json', 'x|upper', 'x|length', 'x|round', 'x|isoDate', '[x]|join(",")', '"a"|split(x)', 'y|pick(x)',
    '[{k: x}]|groupBy("k")', 'x|keys', 'x|default(1)', '[x]|sum', '[x]|flatten', '"a"|replace(x, x)', 'y|merge(x)',
  ] /* biome-ignore format: a list of words */,
  )('are values like others to %s', (source) => {
    for (const odd of ODD_OBJECTS) {
      expect(untyped(() => compileExpression(source).evaluate({ x: odd, y: { a: 1 } }))).toBeUndefined();
      const template = compileTemplate({ a: `{{${source}}}`, b: `and {{${source}}}`, c: '{{#x}}{{.}}{{/x}}' });
      expect(untyped(() => template.render({ x: odd, y: { a: 1 } }))).toBeUndefined();
    }
  });

  it.each(ownCases().filter(endsAlone))('are results like others in $name', async (testCase) => {
    const { definition, input = {}, stubs = {}, secrets = {}, workflows = {} } = testCase;
    for (const place of placesIn(stubs).filter((path) => path.at(-1) === 'output')) {
      for (const odd of ODD_OBJECTS) {
        const run = await testWorkflow(definition, { input, secrets, workflows, stubs: replaced(stubs, place, odd) });
        await run.finish();
        expect(replay(run.plan, run.history)).toMatchObject({ ok: true });
      }
    }
  });

  /** Whether it comes to its end without signals, and without the timeout of an action of the host's. */
  function endsAlone({ name, stubs, signals, actions, expect: { status } }: ConformanceCase): boolean {
    const alone = signals === undefined && actions === undefined && name !== 'action-timeout-default';
    return alone && stubs !== undefined && ['completed', 'failed'].includes(status);
  }
});
