import { describe, expect, it } from 'vitest';
import { type ActionContext, compile, Driver, type Json, type JsonObject, readHistory } from '../../runtime/index.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';

const planOf = (config: object) =>
  compile({ name: 'Work', steps: [{ stepSlug: 'a', stepType: 'action', config: { type: 'work', ...config } }] });

describe('the context of an action', () => {
  it('records no checkpoint of an attempt that is over under the one after it, and says so', async () => {
    const work = new HandDriven('work');
    const { ports, clock, store } = hostOf([work.action]);
    const plan = planOf({ timeout: '1s', retry: { maxAttempts: 2, initialDelay: '1s' } });
    const driver = await Driver.start(ports, plan);
    const first = await work.call(1);
    clock.advanceToNext();
    await driver.idle();
    clock.advanceToNext();
    (await work.call(2)).context.log('info', 'second');
    await expect(first.context.checkpoint('late')).rejects.toMatchObject({ name: 'CancelledError' });
    expect((await readHistory(store, driver.id)).filter(({ type }) => type === 'checkpoint')).toEqual([]);
  });

  it('keeps messages, levels and names as what they have to be, so that the execution can be carried', async () => {
    const work = {
      type: 'work',
      run: async (_: object, context: object) => {
        const say = (name: string, ...what: unknown[]) => Reflect.apply(Reflect.get(context, name), context, what);
        say('log', 'info', { not: 'a text' });
        say('log', undefined, undefined);
        await say('checkpoint', 7);
      },
    };
    const { ports, store } = hostOf([work]);
    const driver = await Driver.start(ports, planOf({}));
    await driver.settled();
    const told = (await readHistory(store, driver.id)).filter(({ type }) => type === 'log' || type === 'checkpoint');
    expect(told).toMatchObject([
      { level: 'info', message: '{"not":"a text"}' },
      { level: 'info', message: '' },
      { type: 'checkpoint', name: '7' },
    ]);
  });

  it('hands on each event that an action emits, under an id of its own that is the same when it is repeated', async () => {
    const ids: string[] = [];
    const events = { emit: ({ id, name }: { id: string; name: string }) => void ids.push(`${name} ${id}`) };
    let attempts = 0;
    const work = {
      type: 'work',
      run: async (_: object, context: ActionContext) => {
        await context.emit('begun', 1);
        await context.emit('ended', 2);
        attempts += 1;
        if (attempts === 1) throw new Error('again');
      },
    };
    const { ports } = hostOf([work]);
    const plan = planOf({ retry: { maxAttempts: 2, initialDelay: 0 } });
    await (await Driver.start({ ...ports, events }, plan, { executionId: 'x' })).settled();
    expect(ids).toEqual(['begun x/1', 'ended x/1/2', 'begun x/1', 'ended x/1/2']);
  });

  it('is given under an id and a seed that a bundle may hold', async () => {
    const { ports } = hostOf([{ type: 'work', run: (_, { executionId }) => executionId }]);
    for (const executionId of ['', 'x'.repeat(257)]) {
      await expect(Driver.start(ports, planOf({}), { executionId })).rejects.toMatchObject({
        code: 'BAD_EXECUTION_ID',
      });
    }
    const driver = await Driver.start(ports, planOf({}), { executionId: 'x'.repeat(256), seed: -0.5 });
    const { output, seed } = await driver.settled();
    expect({ output, seed }).toEqual({ output: 'x'.repeat(256), seed: 0 });
  });

  it('gives what a secure variable is made of, other secure variables included', async () => {
    const sent: object[] = [];
    const work = {
      type: 'work',
      run: (parameters: object) => {
        sent.push(parameters);
        return null;
      },
    };
    const variables = [
      { name: 'token', value: '{{secrets.k}}', secure: true },
      { name: 'header', value: 'Bearer {{variables.token}}', secure: true },
    ];
    const plan = compile({
      name: 'Secure',
      config: { secrets: { k: { kind: 'reference', name: 'k' } } },
      steps: [
        {
          stepSlug: 'set',
          stepType: 'action',
          config: { type: 'set_variables', parameters: { variables } },
          nextSteps: { success: 'send' },
        },
        {
          stepSlug: 'send',
          stepType: 'action',
          config: { type: 'work', parameters: { auth: '{{variables.header}}' } },
        },
      ],
    });
    const { ports, store } = hostOf([work]);
    const driver = await Driver.start({ ...ports, secrets: { resolve: () => 'swordfish' } }, plan);
    await driver.settled();
    expect(sent).toEqual([{ auth: 'Bearer swordfish' }]);
    expect(JSON.stringify(await readHistory(store, driver.id))).not.toContain('swordfish');
  });

  it('gives a secure variable as it was where it was set: of the round, and of the last output then', async () => {
    const sent: Json[] = [];
    const login = { type: 'login', run: ({ of }: JsonObject) => ({ token: `token of ${of}` }) };
    const send = {
      type: 'send',
      run: ({ auth }: JsonObject) => {
        sent.push(auth ?? null);
        return null;
      },
    };
    const variables = [
      { name: 'token', value: '{{lastOutput.token}}', secure: true },
      { name: 'account', value: '{{loop.item}}', secure: true },
    ];
    const each = (stepSlug: string, items: Json[], next: string, done: string) => ({
      ...{ stepSlug, stepType: 'loop', config: { items }, nextSteps: { next, done } },
    });
    const act = (stepSlug: string, type: string, parameters: JsonObject, success: string) => ({
      ...{ stepSlug, stepType: 'action', config: { type, parameters }, nextSteps: { success } },
    });
    const plan = compile({
      name: 'Accounts',
      steps: [
        each('accounts', ['ada', 'bert'], 'login', 'end'),
        act('login', 'login', { of: '{{loop.item}}' }, 'set'),
        act('set', 'set_variables', { variables }, 'pages'),
        each('pages', [1, 2], 'send', 'accounts'),
        act('send', 'send', { auth: '{{secrets.account}} {{secrets.token}} {{loop.item}}' }, 'pages'),
      ],
    });
    const driver = await Driver.start(hostOf([login, send]).ports, plan);
    expect((await driver.settled()).status).toBe('completed');
    expect(sent).toEqual([
      ...['ada token of ada 1', 'ada token of ada 2', 'bert token of bert 1', 'bert token of bert 2'],
    ]);
  });

  it('gives the same secure variable whenever it is asked for, and keeps none of its parts', async () => {
    const sent: string[] = [];
    const work = {
      type: 'work',
      run: async (parameters: object, context: ActionContext) => {
        sent.push(JSON.stringify(parameters));
        const { access }: { access: { password: string; pin: number } } = Object(parameters);
        await context.checkpoint(`with ${access.password}`, access.pin);
        return { echo: `as ${access.password}` };
      },
    };
    const variables = [
      { name: 'access', value: { password: '{{uuid()}}', pin: '{{round(nowMs / 7)}}' }, secure: true },
    ];
    const send = { type: 'work', parameters: { access: '{{variables.access}}' } };
    const plan = compile({
      name: 'Secure',
      steps: [
        {
          stepSlug: 'set',
          stepType: 'action',
          config: { type: 'set_variables', parameters: { variables } },
          nextSteps: { success: 'one' },
        },
        { stepSlug: 'one', stepType: 'action', config: send, nextSteps: { success: 'two' } },
        { stepSlug: 'two', stepType: 'action', config: send },
      ],
    });
    const { ports, store } = hostOf([work]);
    const driver = await Driver.start(ports, plan);
    await driver.settled();
    expect(sent).toHaveLength(2);
    expect(sent[0]).toBe(sent[1]);
    const { access }: { access: { password: string; pin: number } } = JSON.parse(sent[0] ?? '');
    const history = JSON.stringify(await readHistory(store, driver.id));
    expect(history).toContain('as [secret:access.password]');
    expect(history).not.toContain(access.password);
    expect(history).not.toContain(String(access.pin));
  });
});
