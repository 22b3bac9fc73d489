import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import type { DirectoryObject } from '../../src/worker/directory-object.js';
import { ExecutionObject } from '../../src/worker/execution-object.js';
import { type Answer, call, expectProblem, keyFor, newOrganization, put, start } from './client.js';

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Starts by an event, and shows what it was started with. */
function startedBy(eventType: string, filter?: string, slug = 'starts'): JsonObject {
  return {
    name: slug,
    slug,
    steps: [
      {
        stepSlug: 'begin',
        stepType: 'trigger',
        config: { type: 'event', eventType, ...(filter === undefined ? {} : { filter }) },
        nextSteps: { success: 'show' },
      },
      { stepSlug: 'show', stepType: 'output', config: { mapping: { got: '{{input.plan}}' } } },
    ],
  };
}

const waits = (event: string, match?: string): JsonObject => ({
  name: 'waits',
  slug: 'waits',
  steps: [
    {
      stepSlug: 'hold',
      stepType: 'wait_for_event',
      config: { event, ...(match === undefined ? {} : { match }) },
      nextSteps: { success: 'show' },
    },
    { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.hold.output}}' } },
  ],
});

const publish = (body: JsonObject, options: { by?: string; headers?: Record<string, string> } = {}): Promise<Answer> =>
  call('POST', '/v1/events', { key: options.by ?? key, body, headers: options.headers ?? {} });
const executions = async (by = key): Promise<JsonObject[]> => {
  const { body } = await call('GET', '/v1/executions', { key: by });
  return Array.isArray(body.items) ? body.items : [];
};
const read = (id: unknown, wait = 5): Promise<Answer> => call('GET', `/v1/executions/${id}?wait=${wait}`, { key });
const directory = (): DurableObjectStub<DirectoryObject> => env.DIRECTORY.getByName(organization);

describe('an event', () => {
  it('starts what subscribes to it, with its data as the input', async () => {
    await put(key, startedBy('customer.created'));
    const answer = await publish({ name: 'customer.created', data: { plan: 'pro' } });
    expect(answer).toMatchObject({ status: 202, body: { id: expect.any(String), duplicate: false } });
    await expect.poll(executions).toHaveLength(1);
    const [found] = await executions();
    expect((await read(found?.id)).body).toMatchObject({
      status: 'completed',
      output: { got: 'pro' },
      trigger: { type: 'event', name: 'customer.created', id: answer.body.id },
    });
  });

  it('starts only where the filter holds, and where the name is the one', async () => {
    await put(key, startedBy('customer.created', "event.plan == 'pro'"));
    await put(key, startedBy('customer.created', 'event.plan.what.ever > 3', 'fails'));
    await put(key, startedBy('customer.deleted', undefined, 'other'));
    await publish({ name: 'customer.created', data: { plan: 'free' } });
    await publish({ name: 'customer.created', data: { plan: 'pro' } });
    await expect.poll(executions).toMatchObject([{ workflow: 'starts' }]);
    expect(await executions()).toHaveLength(1);
  });

  it('counts once under one id, given in the body or as Idempotency-Key', async () => {
    await put(key, startedBy('tick'));
    const sent = await Promise.all([1, 2, 3].map(() => publish({ name: 'tick', id: 'once', data: {} })));
    expect(sent.filter(({ body }) => body.duplicate === false)).toHaveLength(1);
    const again = await publish({ name: 'tick' }, { headers: { 'idempotency-key': 'once' } });
    expect(again.body).toEqual({ id: 'once', duplicate: true });
    await expect.poll(executions).toHaveLength(1);
  });

  it('follows the active version, and is over with the workflow', async () => {
    await put(key, startedBy('a'));
    await put(key, startedBy('b'));
    await publish({ name: 'a' });
    await call('POST', '/v1/workflows/starts/activate', { key, body: { version: 1 } });
    await publish({ name: 'b' });
    expect(await executions()).toEqual([]);
    await publish({ name: 'a' });
    await expect.poll(executions).toHaveLength(1);
    await call('DELETE', '/v1/workflows/starts', { key });
    await publish({ name: 'a' });
    expect(await executions()).toHaveLength(1);
  });

  it('wakes what waits for it', async () => {
    await put(key, waits('paid', 'event.order == input.order'));
    const one = await start(key, 'waits', { input: { order: 1 } });
    const two = await start(key, 'waits', { input: { order: 2 } });
    await expect.poll(async () => (await executions()).filter(({ status }) => status === 'waiting')).toHaveLength(2);
    await publish({ name: 'paid', data: { order: 2 } });
    expect((await read(two.id)).body).toMatchObject({ status: 'completed', output: { order: 2 } });
    expect((await read(one.id, 0)).body).toMatchObject({ status: 'waiting' });
    await publish({ name: 'paid', data: { order: 1 } });
    expect((await read(one.id)).body).toMatchObject({ status: 'completed', output: { order: 1 } });
  });

  it('wakes what began to wait before it, though the directory hears of that only later', async () => {
    await put(key, waits('paid'));
    const { id } = await start(key, 'waits');
    await expect.poll(async () => (await read(id, 0)).body.status).toBe('waiting');
    await expect.poll(executions).toHaveLength(1);
    // As if the report were still on its way.
    await runInDurableObject(directory(), (_, { storage }) => {
      storage.sql.exec('DELETE FROM event_waits');
      storage.sql.exec('DELETE FROM executions');
    });
    await publish({ name: 'paid', data: 5 });
    expect((await read(id, 0)).body.status).toBe('waiting');
    const { body } = await call('GET', `/v1/executions/${id}`, { key });
    const waiting = { approvals: [], events: [{ activation: 1, name: 'paid', since: Number(body.startedAt) }] };
    await directory().index(JSON.stringify({ ...body, seq: 2 }), JSON.stringify(waiting));
    expect((await read(id)).body).toMatchObject({ status: 'completed', output: 5 });
  });

  it('is kept until it has arrived, though the directory is lost in between', async () => {
    await put(key, waits('paid'));
    await put(key, startedBy('paid'));
    const { id } = await start(key, 'waits');
    await expect.poll(executions).toMatchObject([{ status: 'waiting' }]);
    const away = vi.spyOn(ExecutionObject.prototype, 'fetch').mockRejectedValue(new Error('Away.'));
    expect((await publish({ name: 'paid', data: { plan: 'x' } })).status).toBe(202);
    await expect.poll(() => away.mock.calls.length).toBeGreaterThanOrEqual(2);
    away.mockRestore();
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(directory())).toBe(true);
    expect((await read(id)).body).toMatchObject({ status: 'completed', output: { plan: 'x' } });
    await expect.poll(executions).toHaveLength(2);
    expect(await runInDurableObject(directory(), (_, { storage }) => storage.getAlarm())).toBeNull();
    expect(await runDurableObjectAlarm(directory())).toBe(false);
  });

  it('does nothing in another organisation', async () => {
    const other = await newOrganization();
    await put(other.key, startedBy('customer.created'));
    await publish({ name: 'customer.created', data: {} });
    expect(await executions(other.key)).toEqual([]);
  });

  it('with data that does not fit the workflow starts nothing, and is over', async () => {
    await put(key, { ...startedBy('odd'), parameters: [{ name: 'plan', type: 'text', required: true }] });
    expect((await publish({ name: 'odd', data: [1] })).status).toBe(202);
    expect((await publish({ name: 'odd', data: { plan: 'a' } })).status).toBe(202);
    await expect.poll(executions).toHaveLength(1);
    await expect.poll(() => runInDurableObject(directory(), (_, { storage }) => storage.getAlarm())).toBeNull();
  });

  it.each([{}, { name: 7 }, { name: '' }, { name: 'a', more: 1 }, { name: 'a', id: 1 }, { name: 'x'.repeat(201) }])(
    'is refused as %j',
    async (body) => expectProblem(await publish(body), 400, 'INVALID_REQUEST'),
  );

  it('is for operators to send', async () => {
    const viewer = await keyFor(organization, 'viewer');
    expectProblem(await publish({ name: 'a' }, { by: viewer }), 403, 'FORBIDDEN');
  });
});
