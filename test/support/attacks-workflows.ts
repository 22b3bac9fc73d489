/** Attacks by a whole workflow, or by the data that comes to it: run on every host, and held to its replay. */
import { ActionError, ValidationError } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import { output, type RunOutcome, type RunSetting, runWorkflow, setVariables, step, workflow } from './attacks-run.js';
import { type Attack, must, mustEqual } from './attacks-watch.js';

const SECRET = 'sk_live_0123456789abcdef';
const BOMB = '{{secrets.k}}{{#secrets}}{{k}}{{/secrets}}{{{secrets.k}}}';
const declared = { config: { secrets: { k: { kind: 'reference', name: 'k' } } } };
const wired = (text: string): Json => JSON.parse(text);

const act = (parameters: object, next: object = {}, slug = 'act') =>
  step(slug, 'action', { type: 'act', parameters }, next);

/** Runs with the secret at hand, and holds the run to keeping it out of everything that is kept. */
async function keepsSecret(document: unknown, setting: RunSetting = {}): Promise<RunOutcome> {
  const run = await runWorkflow(document, { secrets: { k: SECRET }, ...setting });
  must(
    !run.kept.includes(SECRET),
    `kept the secret: ${run.kept.slice(Math.max(0, run.kept.indexOf(SECRET) - 200), 400)}`,
  );
  return run;
}

const readBack: Attack[] = [
  {
    id: 'read back: data that looks like a template, in every place it can be read from',
    run: async () => {
      const document = workflow(
        [
          act({ v: '{{input.bomb}}', '{{input.bomb}}': 1, l: ['<{{input.bomb}}>'] }, { success: 'v' }),
          setVariables(
            'v',
            [
              { name: 'a', value: '{{steps.act.output.v}}' },
              { name: 'b', value: '{{a}}{{variables.a}}' },
            ],
            'l',
          ),
          step(
            'l',
            'loop',
            { items: '{{[a, input.bomb]}}', itemVariable: 'it', collect: 'it' },
            { next: 'e', done: 'm' },
          ),
          step(
            'e',
            'action',
            { type: 'echo', parameters: { it: '<{{it}}>', item: '{{loop.item}}' } },
            { success: 'l' },
          ),
          step(
            'm',
            'llm',
            { systemPrompt: '{{a}}', userPrompt: '{{#steps.l.output}}{{.}};{{/steps.l.output}}' },
            { success: 'c' },
          ),
          step('c', 'condition', { expression: '{{steps.m.output}} == input.bomb' }, { true: 'w', false: 'end' }),
          step('w', 'wait_for_event', { event: '{{input.bomb}}', match: 'event.v == input.bomb' }, { success: 'f' }),
          act({}, { error: 'out' }, 'f'),
          output({
            error: '{{error.message}}',
            model: '{{steps.m.output}}',
            event: '{{steps.w.output.v}}',
            b: '{{b}}',
          }),
        ],
        declared,
      );
      const { state, given, messages } = await keepsSecret(document, {
        input: { bomb: BOMB },
        answer: BOMB,
        signals: [{ name: BOMB, data: { v: BOMB } }],
        act: (parameters, { step: slug }) => {
          if (slug === 'f') throw new ActionError(BOMB, { retryable: false });
          return parameters;
        },
      });
      mustEqual(state.output, { error: BOMB, model: BOMB, event: BOMB, b: BOMB + BOMB });
      mustEqual(given[0], { v: BOMB, [BOMB]: 1, l: [`<${BOMB}>`] });
      mustEqual(messages, [
        { role: 'system', content: BOMB },
        { role: 'user', content: `${BOMB};${BOMB};` },
      ]);
    },
  },
  {
    id: 'read back: a template in a failure, and in what `onError` reads of it',
    run: async () => {
      const config = { ...declared.config, onError: 'out' };
      const document = workflow(
        [step('f', 'llm', { systemPrompt: 'x', outputFormat: 'json' }), output('{{error.message}}')],
        { config },
      );
      const { state } = await keepsSecret(document, { answer: BOMB });
      must(String(state.output).endsWith(BOMB), String(state.output));
    },
  },
  {
    id: 'read back: JSON from a model, with keys meant to pollute',
    run: async () => {
      const document = workflow([
        step('m', 'llm', { systemPrompt: 'x', outputFormat: 'json' }, { success: 'v' }),
        setVariables('v', [{ name: 'all', value: '{{steps.m.output|merge({x: 1})}}' }], 'out'),
        output({ all: '{{all}}', admin: '{{steps.m.output.admin}}', name: '{{steps.m.output.constructor.name}}' }),
      ]);
      const answer = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';
      const { state } = await runWorkflow(document, { answer });
      mustEqual(state.output, wired(`{"all":${answer.slice(0, -1)},"x":1}}`));
    },
  },
];

const names: Attack[] = [
  {
    id: 'names: steps, variables, items and inputs called as what objects inherit',
    run: async () => {
      const inherited = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'length', 'prototype'];
      const document = workflow([
        ...inherited.map((slug, index) =>
          step(slug, 'action', { type: 'echo', parameters: { slug } }, { success: inherited[index + 1] ?? 'v' }),
        ),
        setVariables(
          'v',
          inherited.map((name) => ({ name, value: `v-${name}` })),
          'l',
        ),
        step(
          'l',
          'loop',
          { items: "{{['item']}}", itemVariable: 'constructor', collect: "constructor + '/' + toString" },
          { next: 'e', done: 'out' },
        ),
        step('e', 'condition', { expression: 'true' }, { true: 'l', false: 'l' }),
        output({
          steps: inherited.map((slug) => `{{steps.${slug}.output.slug}}`),
          bare: inherited.map((name) => `{{${name}}}`),
          input: inherited.map((name) => `{{input.${name}}}`),
          loop: '{{steps.l.output}}',
        }),
      ]);
      const input = Object.fromEntries(inherited.map((name) => [name, `i-${name}`]));
      const { state } = await runWorkflow(document, { input });
      mustEqual(state.output, {
        steps: inherited,
        bare: inherited.map((name) => `v-${name}`),
        input: inherited.map((name) => `i-${name}`),
        loop: ['item/v-toString'],
      });
    },
  },
  {
    id: 'names: inherited ones that nothing bears are absent',
    run: async () => {
      const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', '__defineGetter__'];
      const roots = ['input', 'variables', 'config', 'steps.a', 'steps.a.output', 'loop', 'error', 'now'];
      const document = workflow([
        act({}, { success: 'out' }, 'a'),
        output(
          Object.fromEntries(roots.flatMap((root) => names.map((name) => [`${root}.${name}`, `{{${root}.${name}}}`]))),
        ),
      ]);
      const { state } = await runWorkflow(document, { act: () => ({}) });
      mustEqual(state.output, {});
    },
  },
  {
    id: 'names: `__proto__` in results, signals and their names is data',
    run: async () => {
      const hostile = wired('{"__proto__":{"admin":true}}');
      const document = workflow([
        act({}, { success: 'w' }),
        step('w', 'wait_for_event', { event: '__proto__' }, { success: 'out' }),
        output({
          act: '{{steps.act.output}}',
          event: '{{steps.w.output}}',
          admin: '{{steps.act.output.admin}}{{steps.w.output.admin}}',
        }),
      ]);
      const signals = [{ id: '__proto__', name: '__proto__', data: hostile }];
      const { state } = await runWorkflow(document, { act: () => hostile, signals });
      mustEqual(state.output, { act: hostile, event: hostile, admin: '' });
    },
  },
  {
    id: 'names: lone surrogates and controls come back as they went in',
    run: async () => {
      const odd = ['\ud800', '\udfff\ud800', '\u0000', '\u2028\u2029', '\u202e', '\ufeff'];
      const document = workflow([
        act({ odd: '{{input.odd}}' }, { success: 'out' }),
        output('{{steps.act.output.odd}}'),
      ]);
      const { state } = await runWorkflow(document, { input: { odd }, act: (parameters) => parameters });
      mustEqual(state.output, odd);
    },
  },
];

const secrets: Attack[] = [
  {
    id: 'secrets: an action that gives back, tells and throws what it was given',
    run: async () => {
      const document = workflow(
        [
          act({ k: 'Bearer {{secrets.k}}' }, { success: 'again' }),
          act({ k: '{{secrets.k}}' }, { error: 'out' }, 'again'),
          output('{{error}}'),
        ],
        declared,
      );
      const { given, state } = await keepsSecret(document, {
        act: async (parameters, context) => {
          context.log('info', `using ${parameters.k}`, { deep: [{ k: parameters.k ?? null }] });
          await context.checkpoint('asked', { k: parameters.k ?? null });
          if (context.step === 'again') {
            throw new ActionError(`refused ${parameters.k}`, {
              retryable: false,
              details: { sent: parameters.k ?? null },
            });
          }
          return { echo: parameters, text: `x${parameters.k}x` };
        },
      });
      mustEqual(given[0], { k: `Bearer ${SECRET}` });
      must(JSON.stringify(state.output).includes('[secret:k]'), 'no mask');
    },
  },
  {
    id: 'secrets: a model that repeats its prompt',
    run: async () => {
      const document = workflow(
        [step('m', 'llm', { systemPrompt: 'Key: {{secrets.k}}' }, { success: 'out' }), output('{{steps.m.output}}')],
        declared,
      );
      const { messages, state } = await keepsSecret(document, { answer: `You said ${SECRET}` });
      mustEqual(messages, [{ role: 'system', content: `Key: ${SECRET}` }]);
      mustEqual(state.output, 'You said [secret:k]');
    },
  },
  {
    id: 'secrets: one asked for by name and given back',
    run: async () => {
      const document = workflow([act({}, { success: 'out' }), output('{{steps.act.output}}')], declared);
      const { state } = await keepsSecret(document, { act: (_, context) => context.getSecret('k') });
      mustEqual(state.output, '[secret:k]');
    },
  },
  {
    id: 'secrets: what a definition does not declare, an action cannot read',
    run: async () => {
      for (const name of ['other', 'constructor', '__proto__', 'toString']) {
        const { state } = await keepsSecret(workflow([act({})], declared), {
          secrets: { k: SECRET, other: SECRET },
          act: (_, context) => context.getSecret(name),
        });
        mustEqual(state.error?.code, 'SECRET_NOT_FOUND');
      }
    },
  },
  {
    id: 'secrets: a secure variable made of one, read every way',
    run: async () => {
      const document = workflow(
        [
          setVariables('v', [{ name: 'token', value: 'Bearer {{secrets.k}}', secure: true }], 'act'),
          act({ a: '{{secrets.token}}', b: '{{token}}', c: '{{variables.token}}' }, { success: 'out' }),
          output({
            token: '{{token}}',
            variables: '{{variables}}',
            set: '{{steps.v.output}}',
            echo: '{{steps.act.output}}',
          }),
        ],
        declared,
      );
      const { given, kept } = await keepsSecret(document, { act: (parameters) => parameters });
      mustEqual(given, [{ a: `Bearer ${SECRET}`, b: `Bearer ${SECRET}`, c: `Bearer ${SECRET}` }]);
      must(kept.includes('[secret:token]'), 'no mask');
    },
  },
  {
    id: 'secrets: the references to them are not to be read either',
    run: async () => {
      const config = { secrets: { k: { kind: 'inlineEncrypted', cipherText: 'cipher-0123456789' } } };
      const document = workflow([output({ config: '{{config}}', secrets: '{{config.secrets}}' })], { config });
      const { state } = await runWorkflow(document);
      must(!JSON.stringify(state.output).includes('cipher'), JSON.stringify(state.output));
    },
  },
];

const growth: Attack[] = [
  {
    id: 'growth: a circle without an end is ended',
    run: async () => {
      const { state } = await runWorkflow(
        workflow([step('c', 'condition', { expression: 'true' }, { true: 'c', false: 'c' })]),
      );
      mustEqual(state.error?.code, 'STEP_LIMIT');
    },
  },
  {
    id: 'growth: a variable that doubles each time round is ended',
    run: async () => {
      const document = workflow([
        setVariables('v', [{ name: 'a', value: 'xxxxxxxxxx' }], 'l'),
        step('l', 'loop', { while: 'true' }, { next: 'g', done: 'end' }),
        setVariables('g', [{ name: 'a', value: '{{a}}{{a}}' }], 'l'),
      ]);
      const { state } = await runWorkflow(document);
      must(['TEMPLATE_LIMIT', 'EXPRESSION_LIMIT'].includes(state.error?.code ?? ''), String(state.error?.code));
    },
  },
  {
    id: 'growth: a result larger than is kept fails its step',
    run: async () => {
      const { state } = await runWorkflow(workflow([act({})]), { act: () => ({ text: 'x'.repeat(17 * 1024 * 1024) }) });
      mustEqual(state.error?.code, 'PAYLOAD_LIMIT');
    },
  },
  {
    id: 'growth: loops in loops are counted together',
    run: async () => {
      const items = '{{range(0, 200)}}';
      const document = workflow([
        step('a', 'loop', { items }, { next: 'b', done: 'end' }),
        step('b', 'loop', { items }, { next: 'c', done: 'a' }),
        step('c', 'condition', { expression: 'true' }, { true: 'b', false: 'b' }),
      ]);
      const { state } = await runWorkflow(document);
      mustEqual(state.error?.code, 'STEP_LIMIT');
    },
  },
];

const hosts: Attack[] = [
  {
    id: 'results: what is no JSON, or has rules of its own',
    run: async () => {
      const loop: { loop?: unknown } = {};
      loop.loop = loop;
      const strangers: readonly unknown[] = [() => 1, Symbol('s'), 10n, loop, Promise.resolve(() => 1)];
      for (const stranger of strangers) {
        const { state } = await runWorkflow(workflow([act({}, { success: 'out' }), output('{{steps.act.output}}')]), {
          act: () => stranger,
        });
        must(state.error?.code === 'OUTPUT_NOT_JSON' || state.output === null, JSON.stringify(state));
      }
    },
  },
  {
    id: 'results: a parameter that an action changes afterwards is not changed in the journal',
    run: async () => {
      const document = workflow([act({ list: '{{input.list}}' }, { success: 'out' }), output('{{input.list}}')]);
      const { state } = await runWorkflow(document, {
        input: { list: [1, { a: 1 }] },
        act: ({ list }) => {
          if (Array.isArray(list)) list.splice(0, list.length, 'forged');
          return list;
        },
      });
      mustEqual(state.output, [1, { a: 1 }]);
    },
  },
  {
    id: 'input: `__proto__` in it is refused before anything is stored',
    run: async () => {
      const refused = await runWorkflow(workflow([output('{{input}}')]), {
        input: wired('{"__proto__":{"admin":true}}'),
      }).then(
        () => undefined,
        (error: unknown) => error,
      );
      must(refused instanceof ValidationError && refused.code === 'INVALID_INPUT', String(refused));
    },
  },
];

export function workflowAttacks(): Attack[] {
  return [...readBack, ...names, ...secrets, ...growth, ...hosts];
}
