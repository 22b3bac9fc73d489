/** What actions and models bring back, made to let a secret out, to stop the run or to make it wait for ever. */
import { ActionError } from '../../runtime/index.js';
import { output, runWorkflow, step, workflow } from './attacks-run.js';
import { type Attack, must, mustEqual } from './attacks-watch.js';

const SECRET = 'sk_live_0123456789abcdef';
const secrets = { k: SECRET, a: 'sk_live_', pin: '48151623' };
const declared = {
  config: { secrets: Object.fromEntries(Object.keys(secrets).map((name) => [name, { kind: 'reference', name }])) },
};
const parameters = { k: '{{secrets.k}}', a: '{{secrets.a}}', pin: '{{secrets.pin}}' };
const acting = workflow([step('act', 'action', { type: 'act', parameters })], declared);

type Act = (k: string) => unknown;

const leaks: readonly (readonly [string, Act])[] = [
  ['as a key of a result', (k) => ({ [k]: { nested: [{ [`x${k}`]: 1 }] } })],
  ['behind another secret that begins like it', (k) => ({ k, text: `the key is ${k}.` })],
  ['as a number', () => ({ pin: 48151623 })],
  [
    'as the code of an error',
    (k) => {
      throw new ActionError('x', { code: k, retryable: false });
    },
  ],
  [
    'in the details of an error',
    (k) => {
      throw new ActionError('x', { details: { [k]: [k] }, retryable: false });
    },
  ],
];

const thrown: readonly (readonly [string, () => unknown])[] = [
  ['what has no text', () => Object.create(null)],
  ['an error whose message is no text', () => Object.assign(new Error('x'), { message: { toString: null } })],
  ['nothing at all', () => undefined],
];

export function effectAttacks(): Attack[] {
  return [
    ...leaks.map(([name, act]) => ({
      id: `secret: ${name}`,
      run: async () => {
        const { kept } = await runWorkflow(acting, { secrets, act: ({ k }) => act(String(k)) });
        must(!kept.includes('0123456789') && !kept.includes('48151623'), 'a secret was kept');
      },
    })),
    ...thrown.map(([name, make]) => ({
      id: `thrown: ${name}`,
      run: async () => {
        const { state } = await runWorkflow(acting, {
          secrets,
          act: () => {
            throw make();
          },
        });
        mustEqual(state.error?.code, 'ACTION_FAILED');
      },
    })),
    {
      id: 'secret: cut off where a model is quoted',
      run: async () => {
        const document = workflow(
          [step('m', 'llm', { systemPrompt: '{{secrets.k}}', outputFormat: 'json' })],
          declared,
        );
        const { kept } = await runWorkflow(document, { secrets, answer: 'x'.repeat(185) + SECRET });
        must(!kept.includes('sk_live_0123'), 'a part of a secret was kept');
      },
    },
    {
      id: 'a retry after no number of milliseconds',
      run: async () => {
        const retrying = workflow(
          [step('act', 'action', { type: 'act', retry: { maxAttempts: 2, initialDelay: 10 } })],
          declared,
        );
        for (const retryAfter of [Number.NaN, Number.POSITIVE_INFINITY, -5]) {
          const { state } = await runWorkflow(retrying, {
            secrets,
            act: () => {
              throw new ActionError('busy', { code: 'BUSY', retryAfter });
            },
          });
          mustEqual(state.error?.code, 'BUSY');
          must(Number.isFinite(state.updatedAt), 'the clock has no number any more');
        }
      },
    },
    ...[1e300, Number.MAX_SAFE_INTEGER, '+275760-09-13T00:00:00.001Z'].map((t) => ({
      id: `a wait until ${t}`,
      run: async () => {
        const document = workflow([step('w', 'wait', { until: '{{input.t}}' }, { success: 'out' }), output('{{now}}')]);
        const { state } = await runWorkflow(document, { input: { t } });
        mustEqual(state.error?.code, 'WAIT_INVALID');
      },
    })),
  ];
}
