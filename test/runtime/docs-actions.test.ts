import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { transform } from 'esbuild';
import { describe, expect, test } from 'vitest';
import * as builtin from '../../runtime/actions.js';
import * as newtflow from '../../runtime/index.js';
import {
  type Action,
  compile,
  createActionRegistry,
  Driver,
  type Json,
  type RuntimePorts,
} from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';
import { examplesOf } from '../support/doc-examples.js';
import { hostOf, START } from '../support/hand-driven.js';
import { contextOf } from '../support/provider-context.js';

const page = new URL('../../docs/actions.md', import.meta.url);
const blocks = examplesOf(page);

/** What the block that exports this name exports. */
async function exported(name: string): Promise<unknown> {
  const block = blocks.find(({ text }) => text.includes(`export const ${name} `));
  if (block === undefined) throw new Error(`No block of the page exports '${name}'.`);
  const { code } = await transform(block.text, { loader: 'ts', format: 'cjs' });
  const module: { exports: object } = { exports: {} };
  const packages: Readonly<Record<string, unknown>> = { newtflow, 'newtflow/actions': builtin };
  const run: (module: object, require: (name: string) => unknown) => void = runInThisContext(
    `(function (module, require) { ${code} })`,
  );
  run(module, (from) => packages[from]);
  return Reflect.get(module.exports, name);
}

function isAction(value: unknown): value is Action {
  return typeof value === 'object' && value !== null && 'type' in value && 'run' in value;
}

function isRegistry(value: unknown): value is RuntimePorts['actions'] {
  return typeof value === 'object' && value !== null && 'find' in value && 'list' in value;
}

async function actionOf(name: string): Promise<Action> {
  const action = await exported(name);
  if (!isAction(action)) throw new Error(`'${name}' is no action.`);
  return action;
}

async function perform(
  actions: RuntimePorts['actions'],
  type: string,
  parameters: Json,
  ports: Partial<RuntimePorts> = {},
) {
  const plan = compile({
    name: 'Do',
    config: { secrets: { paymentKey: { kind: 'reference', name: 'PAYMENT_KEY' } } },
    steps: [{ stepSlug: 'do', stepType: 'action', config: { type, parameters } }],
  });
  const driver = await Driver.start({ ...hostOf([]).ports, actions, ...ports }, plan, { executionId: 'x' });
  await driver.idle();
  return driver.state;
}

describe('the page about actions', () => {
  test('every block is one that is run here', () => {
    expect(blocks.map(({ kind }) => kind)).toEqual(['ts', 'ts', 'ts', 'ts']);
    const names = blocks.map(({ text }) => /export const (\w+)/.exec(text)?.[1]);
    expect(names).toEqual(['refundCard', 'remindBefore', 'actions', 'providersOf']);
  });

  test('the action with JSON Schemas', async () => {
    const actions = createActionRegistry([await actionOf('refundCard')]);
    const sent: unknown[] = [];
    const ports = (response: () => Response): Partial<RuntimePorts> => ({
      secrets: { resolve: () => 'key' },
      fetch: async (_url, init) => {
        sent.push(init?.headers);
        return response();
      },
    });
    const good = { orderId: 'o1', amount: 5 };
    const paid = await perform(
      actions,
      'refund_card',
      good,
      ports(() => Response.json({ refundId: 'r1' })),
    );
    expect(paid.output).toEqual({ refundId: 'r1' });
    expect(sent).toEqual([{ 'idempotency-key': 'x/1', authorization: 'key' }]);
    const expired = await perform(
      actions,
      'refund_card',
      good,
      ports(() => new Response('', { status: 402 })),
    );
    expect(expired.error).toMatchObject({ code: 'CARD_EXPIRED', attempts: 1 });
    expect((await perform(actions, 'refund_card', { amount: 0 })).error).toMatchObject({
      code: 'ACTION_INPUT_INVALID',
    });
    const odd = await perform(
      actions,
      'refund_card',
      good,
      ports(() => Response.json({})),
    );
    expect(odd.error).toMatchObject({ code: 'ACTION_OUTPUT_INVALID' });
  });

  test('the action with a Standard Schema', async () => {
    const actions = createActionRegistry([await actionOf('remindBefore')]);
    expect((await perform(actions, 'remind_before', { due: '2026-01-08' })).output).toEqual({ daysLeft: 7 });
    expect((await perform(actions, 'remind_before', {})).error).toMatchObject({ code: 'ACTION_INPUT_INVALID' });
  });

  test('the registry with the built-in actions, each of which the table names', async () => {
    const actions = await exported('actions');
    if (!isRegistry(actions)) throw new Error('This is no registry.');
    expect((await perform(actions, 'greet', { name: 'Ada' })).output).toBe('Hello Ada');
    const table = readFileSync(page, 'utf8').matchAll(/^\| `(\w+)` \|/gm);
    const builtins = actions.list().filter(({ type }) => type !== 'greet');
    expect([...table].map(([, type]) => type)).toEqual(builtins.map(({ type }) => type));
  });

  test('the data provider', async () => {
    const make = await exported('providersOf');
    if (typeof make !== 'function') throw new Error('This is no function.');
    const providers: unknown = make(new VirtualClock(START));
    if (!(providers instanceof builtin.DataProviders)) throw new Error('These are no data providers.');
    expect(await providers.options('departments', { site: 'Bergen' }, contextOf('org'))).toEqual([
      { value: 'd1', label: 'Sales, Bergen' },
      { value: 'Support', label: 'Support' },
    ]);
    await expect(providers.options('departments', { site: 7 }, contextOf('org'))).rejects.toMatchObject({
      code: 'ACTION_INPUT_INVALID',
    });
  });
});
