import { describe, expect, it } from 'vitest';
import { DataProviders } from '../../runtime/actions.js';
import { type ActionContext, createActionRegistry, defineAction, type JsonObject } from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';
import { START } from '../support/hand-driven.js';
import { contextOf } from '../support/provider-context.js';

function setting(answer: (inputs: JsonObject, call: number) => unknown, ttl = 1000) {
  const calls: JsonObject[] = [];
  const departments = defineAction({
    type: 'departments',
    provider: { ttl },
    run: async (inputs) => {
      calls.push(inputs);
      return answer(inputs, calls.length);
    },
  });
  const clock = new VirtualClock(START);
  const plain = defineAction({ type: 'plain', run: () => [] });
  return { calls, clock, providers: new DataProviders(createActionRegistry([departments, plain]), clock) };
}

describe('data providers', () => {
  it('give options, plain values being their own labels', async () => {
    const { providers } = setting(() => ['a', { value: 2, label: 'Two', metadata: { color: 'red' } }, { value: true }]);
    expect(await providers.options('departments', {}, contextOf('org'))).toEqual([
      { value: 'a', label: 'a' },
      { value: 2, label: 'Two', metadata: { color: 'red' } },
      { value: true, label: 'true' },
    ]);
    expect(providers.list().map(({ type }) => type)).toEqual(['departments']);
  });

  it('are asked once while an answer is fresh, by organisation and by what is asked', async () => {
    const { providers, calls, clock } = setting((_inputs, call) => [call]);
    const first = await providers.options('departments', { a: 1, b: 2 }, contextOf('one'));
    expect(await providers.options('departments', { b: 2, a: 1 }, contextOf('one'))).toEqual(first);
    await providers.options('departments', { a: 1, b: 2 }, contextOf('two'));
    await providers.options('departments', { a: 2 }, contextOf('one'));
    expect(calls).toHaveLength(3);
    clock.advanceTo(START + 1000);
    expect(await providers.options('departments', { a: 1, b: 2 }, contextOf('one'))).toEqual([
      { value: 4, label: '4' },
    ]);
  });

  it('share a call that is under way', async () => {
    const { providers, calls } = setting(() => ['a']);
    await Promise.all([1, 2, 3].map(() => providers.options('departments', {}, contextOf('org'))));
    expect(calls).toHaveLength(1);
  });

  it.each(['in its time', 'before it was given up'])('are not waited for that give no answer %s', async (how) => {
    const signals: ActionContext['signal'][] = [];
    const silent = defineAction({
      ...{ type: 'silent', provider: { ttl: 60_000 }, timeout: 5000 },
      run: (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    const clock = new VirtualClock(START);
    const providers = new DataProviders(createActionRegistry([silent]), clock);
    const asking = new AbortController();
    const context = { ...contextOf('org'), signal: asking.signal };
    const both = [1, 2].map(() => providers.options('silent', {}, context));
    if (how === 'in its time') clock.advanceTo(START + 5000);
    else asking.abort(new Error('gone'));
    const reason = how === 'in its time' ? { code: 'TIMEOUT' } : { message: 'gone' };
    for (const asked of both) await expect(asked).rejects.toMatchObject(reason);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    clock.advanceTo(START + 5001);
    providers.options('silent', {}, contextOf('org')).catch(() => undefined);
    expect(signals).toHaveLength(2);
  });

  it('are asked again after a failure', async () => {
    const { providers } = setting((_inputs, call) => (call === 1 ? Promise.reject(new Error('down')) : ['a']));
    await expect(providers.options('departments', {}, contextOf('org'))).rejects.toThrow('down');
    expect(await providers.options('departments', {}, contextOf('org'))).toHaveLength(1);
  });

  it.each([[{ a: 1 }], [[{ label: 'no value' }]], [[null]], ['text']])('refuse %j as options', async (answer) => {
    const { providers } = setting(() => answer);
    await expect(providers.options('departments', {}, contextOf('org'))).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    });
  });

  it('are held to the schema of their inputs, every problem told, before they are asked', async () => {
    const calls: JsonObject[] = [];
    const cities = defineAction({
      type: 'cities',
      provider: { ttl: 1000 },
      input: { type: 'object', required: ['country'], properties: { limit: { type: 'integer', maximum: 50 } } },
      run: (inputs) => {
        calls.push(inputs);
        return ['Oslo'];
      },
    });
    const providers = new DataProviders(createActionRegistry([cities]), new VirtualClock(START));
    await expect(providers.options('cities', { limit: 99 }, contextOf('org'))).rejects.toMatchObject({
      code: 'ACTION_INPUT_INVALID',
      details: expect.arrayContaining([expect.objectContaining({ pointer: '/limit' })]),
    });
    expect(calls).toEqual([]);
    expect(await providers.options('cities', { country: 'NO' }, contextOf('org'))).toHaveLength(1);
  });

  it('are asked anew for what fell out of a full cache, the oldest first', async () => {
    const { providers, calls } = setting(() => ['a'], 60_000);
    for (let n = 0; n <= 1000; n += 1) await providers.options('departments', { n }, contextOf('org'));
    await providers.options('departments', { n: 1000 }, contextOf('org'));
    expect(calls).toHaveLength(1001);
    await providers.options('departments', { n: 0 }, contextOf('org'));
    expect(calls).toHaveLength(1002);
  });

  it('are none unless they are marked', async () => {
    const { providers } = setting(() => []);
    for (const name of ['plain', 'nobody']) {
      await expect(providers.options(name, {}, contextOf('org'))).rejects.toMatchObject({
        code: 'DATA_PROVIDER_NOT_FOUND',
      });
    }
  });
});
