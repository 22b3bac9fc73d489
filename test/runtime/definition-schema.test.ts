import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Schema, Validator } from '@cfworker/json-schema';
import { describe, expect, it } from 'vitest';
import { DESCRIPTIONS } from '../../runtime/definition/descriptions.js';
import { stepConfigs } from '../../runtime/definition/schema.js';
import { compile, validate } from '../../runtime/index.js';
import { workflowSchema } from '../../runtime/tooling.js';

const file = fileURLToPath(new URL('../../schema/workflow.schema.json', import.meta.url));

/** The validator writes into the schema it is given. */
function fresh(): Schema {
  return JSON.parse(JSON.stringify(workflowSchema));
}
function accepts(document: unknown): boolean {
  return new Validator(fresh(), '2020-12').validate(document).valid;
}

describe('the published schema', () => {
  it('is the one in the repository', () => {
    const published: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const how = 'out of date: npx newtflow schema > schema/workflow.schema.json && npx biome format --write schema';
    expect(published, how).toEqual(workflowSchema);
  });

  it('explains every field', () => {
    const bare: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
      const properties = Object.getOwnPropertyDescriptor(node, 'properties')?.value;
      for (const [name, field] of Object.entries(properties ?? {})) {
        const explained = Object.hasOwn(Object(field), 'description') || Object.hasOwn(Object(field), '$ref');
        if (!explained) bare.push(`${path}/${name}`);
      }
      // What `if` tells steps apart by is explained where it stands.
      for (const [key, below] of Object.entries(node)) if (key !== 'if') visit(below, `${path}/${key}`);
    };
    visit(fresh(), '');
    const configs: { then: unknown }[] = fresh().$defs?.step.allOf ?? [];
    for (const [index, { then }] of configs.entries()) visit(then, `/step/allOf/${index}`);
    expect(configs).toHaveLength(Object.keys(stepConfigs).length);
    expect(bare).toEqual([]);
  });

  it('says nothing of what there is not', () => {
    const text = JSON.stringify(workflowSchema);
    const unused = Object.entries(DESCRIPTIONS).filter(([, said]) => !text.includes(JSON.stringify(said).slice(1, -1)));
    expect(unused).toEqual([]);
  });

  const step = {
    stepSlug: 'a',
    stepType: 'action',
    config: { type: 'x', retry: { max_retries: 2, delay: 1 } },
    nextSteps: { failure: 'noop' },
  };
  it.each<[string, boolean, unknown]>([
    ['a workflow', true, { name: 'x', steps: [step] }],
    ['the wrapped form', true, { workflowConfig: { name: 'x' }, stepsConfig: [step] }],
    [
      'other spellings',
      true,
      {
        $schema: 'x',
        name: 'x',
        parameters: [{ name: 'a', type: 'string', min_length: 2, data_provider: 'p' }],
        steps: [
          { stepSlug: 's', stepType: 'start', order: 1, config: { type: 'scheduled', schedule: '@daily' } },
          { stepSlug: 'l', stepType: 'llm', config: { llmNode: { systemPrompt: 'x' }, maxSteps: 2 } },
          { stepSlug: 'v', stepType: 'action', config: { type: 'set_variables', parameters: { a: 1 } } },
        ],
      },
    ],
    ['no name', false, { steps: [step] }],
    ['an unknown field', false, { name: 'x', steps: [{ ...step, next: 'b' }] }],
    ['an unknown field of a config', false, { name: 'x', steps: [{ ...step, config: { type: 'x', params: {} } }] }],
    ['an unknown type', false, { name: 'x', steps: [{ ...step, stepType: 'acton' }] }],
    [
      'a loop without a list of words',
      false,
      { name: 'x', steps: [{ stepSlug: 'l', stepType: 'loop', config: { items: 3 } }] },
    ],
    ...(
      [
        ['a step without the config it needs', false, { stepType: 'action' }],
        ['a step without a config', true, { stepType: 'trigger', config: null, nextSteps: null }],
        ['a step that ends by itself', true, { stepType: 'fail' }],
        ['a wait for nothing', false, { stepType: 'wait', config: {} }],
        ['a wait for two things', false, { stepType: 'wait', config: { for: 1, until: 1 } }],
        ['a loop over nothing', false, { stepType: 'loop', config: {} }],
        ['a switch over nothing', false, { stepType: 'switch' }],
        ['a port that leads to no name', false, { stepType: 'fail', nextSteps: { error: '' } }],
        ['an order of any kind', true, { stepType: 'fail', order: 'first' }],
        ['a duration without a number', false, { stepType: 'action', config: { type: 'x', timeout: 'soon' } }],
        ['a duration', true, { stepType: 'action', config: { type: 'x', timeout: '5s' } }],
        [
          'words for retries',
          true,
          { stepType: 'action', config: { type: 'x', retry: { retries: 0, backoff: 'fixed', jitter: true } } },
        ],
        ['other words for retries', false, { stepType: 'action', config: { type: 'x', retry: { backoff: 'slow' } } }],
        ['no attempt at all', false, { stepType: 'action', config: { type: 'x', retry: { attempts: 0 } } }],
        [
          'a variable by no name',
          false,
          { stepType: 'action', config: { type: 'set_variables', parameters: { 'a b': 1 } } },
        ],
      ] as const
    ).map(([what, valid, more]): [string, boolean, unknown] => [
      what,
      valid,
      { name: 'x', steps: [{ stepSlug: 'a', ...more }] },
    ]),
    ['a version of too many letters', false, { name: 'x', version: '1'.repeat(65), steps: [step] }],
  ])('takes or refuses %s as validate does', (_, valid, document) => {
    expect(accepts(document)).toBe(valid);
    expect(validate(document).ok).toBe(valid);
  });

  const shared = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url));
  const names = ['guide', 'tale'].flatMap((folder) => {
    try {
      return readdirSync(shared + folder)
        .filter((name) => name.endsWith('.json') && name !== 'expressions.json')
        .map((name) => `${folder}/${name}`);
    } catch {
      return [];
    }
  });
  it("takes others' workflows, and their normal forms", (context) => {
    if (names.length === 0) context.skip('../shared/fixtures is not beside this checkout');
    const refused = names.filter((name) => {
      const document: unknown = JSON.parse(readFileSync(shared + name, 'utf8'));
      return !accepts(document) || !accepts(compile(document).definition);
    });
    expect(refused).toEqual([]);
  });
});
