import { describe, expect, it } from 'vitest';
import { workflowSchema } from '../../runtime/definition/published-schema.js';
import { type Json, type JsonObject, validate } from '../../runtime/index.js';
import { whileBent } from '../support/attacks-page.js';

/** Every name that a definition, in any of its spellings, may give a field. */
function fieldNames(schema: Json, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, member] of Object.entries(schema)) {
    if (key === 'properties' && typeof member === 'object' && member !== null) {
      for (const name of Object.keys(member)) found.add(name);
    }
    fieldNames(member, found);
  }
  return found;
}

const retry = { max_retries: 2, delay: 3, jitter: true };
const documents: Readonly<Record<string, Json>> = {
  'of all kinds of steps': {
    name: 'All kinds',
    parameters: [{ name: 'rows', type: 'list' }],
    steps: [
      { stepSlug: 'start', stepType: 'trigger', config: {}, nextSteps: { success: 'act' } },
      { stepSlug: 'act', stepType: 'action', config: { type: 'a' }, nextSteps: { success: 'ask', error: 'no' } },
      {
        stepSlug: 'ask',
        stepType: 'llm',
        config: { systemPrompt: 'Say {{input.rows}}.' },
        nextSteps: { success: 'set' },
      },
      {
        stepSlug: 'set',
        stepType: 'action',
        config: { type: 'set_variables', parameters: { variables: [{ name: 'n', value: '{{input.rows}}' }] } },
        nextSteps: { success: 'if' },
      },
      { stepSlug: 'if', stepType: 'condition', config: { expression: 'n' }, nextSteps: { true: 'each', false: 'sw' } },
      { stepSlug: 'each', stepType: 'loop', config: { items: '{{n}}' }, nextSteps: { next: 'pause', done: 'out' } },
      { stepSlug: 'pause', stepType: 'wait', config: { for: '1s' }, nextSteps: { success: 'event' } },
      { stepSlug: 'event', stepType: 'wait_for_event', config: { event: 'e' }, nextSteps: { success: 'each' } },
      {
        stepSlug: 'sw',
        stepType: 'switch',
        config: { cases: [{ when: 'n == 1', port: 'one' }] },
        nextSteps: { one: 'out', default: 'no' },
      },
      { stepSlug: 'out', stepType: 'output', config: { mapping: { a: '{{n}}', b: { c: 1 } } } },
      { stepSlug: 'no', stepType: 'fail' },
    ],
  },
  'in the other spelling': {
    workflowConfig: {
      name: 'Other',
      config: { retry, secrets: { key: { kind: 'reference' } } },
      parameters: [{ name: 'x', type: 'select', choices: ['a'], min_length: 1, data_provider: 'p' }],
    },
    stepsConfig: [
      {
        stepSlug: 'start',
        stepType: 'start',
        config: { type: 'scheduled', cron: '0 9 * * 1' },
        nextSteps: { success: 'v' },
      },
      {
        stepSlug: 'v',
        stepType: 'action',
        config: { type: 'set_variables', parameters: { a: 1, b: '{{x}}' } },
        nextSteps: { success: 'l' },
      },
      {
        stepSlug: 'l',
        stepType: 'llm',
        config: { llmNode: { systemPrompt: 's' }, maxSteps: 3, retryPolicy: retry },
        nextSteps: { success: 'each', failure: 'finish' },
      },
      { stepSlug: 'each', stepType: 'loop', config: { while: 'a < 3' }, nextSteps: { loop: 'a', done: null } },
      { stepSlug: 'a', stepType: 'action', config: { type: 'b', retry }, nextSteps: { success: 'each' } },
      { stepSlug: 'end', stepType: 'output', config: { mapping: '{{steps.a.output.data}}' } },
    ],
  },
  'with faults': {
    config: { schedule: { cron: 'often' }, onError: 'nobody', timeout: 'long' },
    parameters: [{ name: 'p', type: 'text', default: 4, validation: { pattern: '(' } }, { type: 'odd' }],
    steps: [
      {
        stepSlug: 'a',
        stepType: 'action',
        config: { parameters: { x: '{{1 +}}' } },
        nextSteps: { success: 'b', odd: 'c' },
      },
      { stepSlug: 'a', stepType: 'loop', config: {} },
      { stepSlug: 'w', stepType: 'wait' },
      { stepSlug: 's', stepType: 'switch', config: { value: '{{x}}', cases: [] } },
      { stepSlug: 'f', stepType: 'action', config: { type: 'set_variables', parameters: { variables: [{}] } } },
      { stepType: 'nothing' },
      null,
    ],
  },
  'of nothing': {},
};

/** All that can be told of a result from outside, as plain data. */
function told(document: Json): unknown {
  const result = validate(document);
  if (!result.ok) return { issues: result.issues };
  const { plan, definition, issues } = result;
  return { issues, definition, hash: plan.hash, config: plan.config, order: plan.order.map(fieldsOf) };
}

/** What the engine finds under each name, inherited or not: templates and expressions by what they read. */
function fieldsOf(step: object): JsonObject {
  const found: Record<string, Json> = Object.create(null);
  for (const name of names) {
    const value: unknown = Reflect.get(step, name);
    if (value !== undefined) found[name] = shown(value);
  }
  return found;
}

function shown(value: unknown): Json {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map((entry: unknown) => shown(entry));
  if ('paths' in value) return JSON.stringify(value.paths);
  return fieldsOf(value);
}

const names = [...fieldNames(workflowSchema)];
/** What a check of a definition is told, and tells, by name. */
const ofChecks = ['issues', 'parts', 'actions', 'functions'];
const leaks: Readonly<Record<string, (name: string) => PropertyDescriptor>> = {
  'that can be counted': () => ({ value: 'leak', writable: true, enumerable: true, configurable: true }),
  'that cannot be counted': () => ({ value: { leak: 1 }, writable: true, enumerable: false, configurable: true }),
  'that cannot be assigned': () => ({ value: 7, writable: false, enumerable: false, configurable: true }),
  'of which each is a list': () => ({ value: [true], writable: true, enumerable: true, configurable: true }),
  'that answer for themselves': (name) => ({ get: () => `leak of ${name}`, enumerable: true, configurable: true }),
};

describe.each(Object.entries(documents))('a definition %s', (_, document) => {
  it.each(Object.entries(leaks))('is the same under fields on Object.prototype %s', async (_kind, leak) => {
    expect(names.length).toBeGreaterThan(100);
    const clean = told(document);
    for (const bent of [names, ...[...names, ...ofChecks].map((name) => [name])]) {
      const bends = bent.map((name) => [Object.prototype, name, leak(name)] as const);
      const found = await whileBent(bends, () => told(document));
      expect(found, `under ${bent.length} names, the first of them ${bent[0]}`).toEqual(clean);
    }
  });
});
