import { abortAllDurableObjects } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { performed } from '../support/worker-entry.js';
import { call, newOrganization, put, run, workflow } from './client.js';

let key: string;
beforeEach(async () => {
  ({ key } = await newOrganization());
});
afterEach(() => {
  vi.restoreAllMocks();
});

const emitting = (slug: string, name: string, from?: string): JsonObject => ({
  ...{ name: slug, slug },
  steps: [
    {
      stepSlug: 'begin',
      stepType: 'trigger',
      config: from === undefined ? { type: 'manual' } : { type: 'event', eventType: from },
      nextSteps: { success: 'tell' },
    },
    { stepSlug: 'tell', stepType: 'action', config: { type: 'emit', parameters: { name, data: { plan: 'pro' } } } },
  ],
});
const listed = async (slug: string, by = key): Promise<JsonObject[]> => {
  const { body } = await call('GET', `/v1/executions?workflow=${slug}`, { key: by });
  return Array.isArray(body.items) ? body.items : [];
};

describe('an action that emits an event', () => {
  it('starts what subscribes, in its own organisation only', async () => {
    await put(key, emitting('first', 'signed_up'));
    await put(key, emitting('second', 'welcomed', 'signed_up'));
    const other = await newOrganization();
    await put(other.key, emitting('second', 'welcomed', 'signed_up'));
    expect((await run(key, 'first')).body).toMatchObject({ status: 'completed' });
    await expect.poll(() => listed('second')).toMatchObject([{ status: 'completed' }]);
    const [started] = await listed('second');
    const { body } = await call('GET', `/v1/executions/${started?.id}`, { key });
    expect(body).toMatchObject({
      input: { plan: 'pro' },
      trigger: { type: 'event', name: 'signed_up', eventDepth: 1 },
    });
    expect(await listed('second', other.key)).toEqual([]);
  });

  it('ends where events go round in a circle', async () => {
    await put(key, emitting('ping', 'pong', 'ping'));
    await put(key, emitting('pong', 'ping', 'pong'));
    await call('POST', '/v1/events', { key, body: { name: 'ping' } });
    const ended = async (): Promise<unknown> => (await call('GET', '/v1/executions?status=failed', { key })).body.items;
    await expect.poll(ended, { timeout: 9000 }).toMatchObject([{ error: { code: 'EVENT_DEPTH_LIMIT' } }]);
    expect([...(await listed('ping')), ...(await listed('pong'))]).toHaveLength(33);
  });
});

describe('a circuit breaker', () => {
  it('opens for all executions of the organisation, outlives its objects, and is nobody else’s', async () => {
    await put(key, workflow('calls', { type: 'down', parameters: {} }));
    const ids: unknown[] = [];
    for (let time = 0; time < 3; time += 1) ids.push((await run(key, 'calls')).body.id);
    expect(ids.map((id) => performed.get(`${id}/1`) ?? 0)).toEqual([1, 1, 0]);
    await abortAllDurableObjects();
    const { body } = await run(key, 'calls');
    expect(body).toMatchObject({ status: 'failed', error: { code: 'CIRCUIT_OPEN' } });
    expect(performed.get(`${body.id}/1`)).toBeUndefined();
    const other = await newOrganization();
    await put(other.key, workflow('calls', { type: 'down', parameters: {} }));
    expect((await run(other.key, 'calls')).body).toMatchObject({ error: { code: 'DOWN' } });
  });
});

describe('the network', () => {
  it('is the Worker’s own', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('', { status: 418 }));
    await put(key, workflow('asks', { type: 'fetch_status', parameters: { url: 'https://there.example/x' } }));
    expect((await run(key, 'asks')).body).toMatchObject({ status: 'completed', output: 418 });
    expect(fetched.mock.calls[0]?.[0]).toBe('https://there.example/x');
  });
});
