import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { DirectoryObject } from '../../src/worker/directory-object.js';
import { ExecutionObject } from '../../src/worker/execution-object.js';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import { type Answer, call, expectProblem, newOrganization, put, run, workflow } from './client.js';
import { EventReader } from './sse.js';

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});
afterEach(() => {
  vi.restoreAllMocks();
});

const bounded = (concurrency: JsonObject, slug = 'bounded'): JsonObject => ({
  ...{ name: slug, slug, config: { concurrency } },
  steps: [
    { stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' }, nextSteps: { success: 'show' } },
    { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.hold.output}}' } },
  ],
});
const begin = (input: JsonObject = {}, slug = 'bounded'): Promise<Answer> =>
  call('POST', `/v1/workflows/${slug}/executions`, { key, body: { input } });
const read = (id: unknown, wait = 0): Promise<Answer> => call('GET', `/v1/executions/${id}?wait=${wait}`, { key });
const statusOf = async (id: unknown): Promise<unknown> => (await read(id)).body.status;
const release = (id: unknown): Promise<Answer> => call('POST', `/v1/executions/${id}/signals/go`, { key, body: {} });
const cancel = (id: unknown): Promise<Answer> => call('POST', `/v1/executions/${id}/cancel`, { key });
const stubOf = (id: unknown): DurableObjectStub<ExecutionObject> => env.EXECUTIONS.getByName(`${organization}/${id}`);
const directory = (): DurableObjectStub<DirectoryObject> => env.DIRECTORY.getByName(organization);
const alarmOf = (stub: DurableObjectStub): Promise<number | null> =>
  runInDurableObject(stub, (_, { storage }) => storage.getAlarm());

/** Starts as many, one after the other. */
async function several(count: number, input: JsonObject = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const { status, body } = await begin(input);
    expect(status).toBe(202);
    ids.push(String(body.id));
  }
  return ids;
}

describe('a workflow with a bound', () => {
  it('runs so many at once; the others wait, and begin in their order as one ends', async () => {
    await put(key, bounded({ limit: 2 }));
    const [a, b, c, d] = await several(4);
    await expect.poll(() => statusOf(b)).toBe('waiting');
    expect(await Promise.all([a, b, c, d].map(statusOf))).toEqual(['waiting', 'waiting', 'queued', 'queued']);
    await release(b);
    await expect.poll(() => statusOf(c)).toBe('waiting');
    expect(await statusOf(d)).toBe('queued');
    await cancel(a);
    await expect.poll(() => statusOf(d)).toBe('waiting');
    for (const id of [c, d]) await release(id);
    for (const id of [c, d]) expect((await read(id, 5)).body.status).toBe('completed');
    await expect.poll(() => alarmOf(directory())).toBeNull();
    const [e] = await several(1);
    await expect.poll(() => statusOf(e)).toBe('waiting');
  });

  it('counts by its key, and in each organisation apart', async () => {
    await put(key, bounded({ key: '{{input.customer}}', limit: 1 }));
    const [a, b] = [...(await several(1, { customer: 'A' })), ...(await several(1, { customer: 'B' }))];
    const [second] = await several(1, { customer: 'A' });
    await expect.poll(() => statusOf(b)).toBe('waiting');
    expect([await statusOf(a), await statusOf(second)]).toEqual(['waiting', 'queued']);
    const other = await newOrganization();
    await put(other.key, bounded({ key: '{{input.customer}}', limit: 1 }));
    const path = '/v1/workflows/bounded/executions';
    const { body } = await call('POST', path, { key: other.key, body: { input: { customer: 'A' } } });
    const there = async (): Promise<unknown> =>
      (await call('GET', `/v1/executions/${body.id}`, { key: other.key })).body.status;
    await expect.poll(there).toBe('waiting');
  });

  it('may refuse instead, and stores nothing then', async () => {
    await put(key, bounded({ limit: 1, onLimit: 'refuse' }));
    const [a] = await several(1);
    expectProblem(await begin(), 409, 'CONCURRENCY_LIMIT');
    await expect.poll(async () => (await call('GET', '/v1/executions', { key })).body.items).toHaveLength(1);
    await release(a);
    await expect.poll(async () => (await begin()).status).toBe(202);
  });

  it('counts what a retry makes, beyond the limit too, until that has ended', async () => {
    await put(key, bounded({ limit: 1 }));
    const [a] = await several(1);
    await cancel(a);
    const [b] = await several(1);
    await expect.poll(() => statusOf(b)).toBe('waiting');
    const retried = await call('POST', `/v1/executions/${a}/retry`, { key, body: { from: 'hold' } });
    expect(retried.status).toBe(202);
    const [c] = await several(1);
    await release(b);
    await expect.poll(() => statusOf(b)).toBe('completed');
    await expect.poll(() => statusOf(retried.body.id)).toBe('waiting');
    expect(await statusOf(c)).toBe('queued');
    await release(retried.body.id);
    await expect.poll(() => statusOf(c)).toBe('waiting');
  });

  it('refuses an input that is not valid, or that gives no key', async () => {
    const needs = { parameters: [{ name: 'customer', type: 'text', required: true }] };
    await put(key, { ...bounded({ key: '{{input.customer}}', limit: 1 }), ...needs });
    expectProblem(await begin(), 422, 'INVALID_INPUT');
    await put(key, bounded({ key: '{{range(0, input.n)}}', limit: 1 }, 'odd'));
    expectProblem(await begin({ n: 1e9 }, 'odd'), 422, 'CONCURRENCY_KEY_INVALID');
    expect((await call('GET', '/v1/executions', { key })).body).toEqual({ items: [] });
  });
});

describe('an execution that waits for its turn', () => {
  it('is read, listed and watched like any other, and begins under its id', async () => {
    await put(key, bounded({ limit: 1 }));
    const [a] = await several(1);
    const answer = await begin({ n: 1 });
    const id = String(answer.body.id);
    expect(answer.headers.get('location')).toBe(`/v1/executions/${id}`);
    expect((await read(id)).body).toMatchObject({
      ...{ id, status: 'queued', workflow: 'bounded', seq: 0, input: { n: 1 }, output: null, steps: {} },
      trigger: { type: 'manual' },
    });
    expect((await call('GET', `/v1/executions/${id}/events`, { key })).body).toEqual({
      items: [],
      last: 0,
      more: false,
    });
    const listed = await call('GET', '/v1/executions?status=queued', { key });
    expect(listed.body).toMatchObject({ items: [{ id, status: 'queued' }] });
    const stream = await EventReader.open(key, `/v1/executions/${id}/events`);
    expect(await stream.next()).toMatchObject({ event: 'summary', data: { status: 'queued' } });
    for (const path of ['signals/go', 'pause', 'resume', 'export', 'retry']) {
      const refused = await call('POST', `/v1/executions/${id}/${path}`, { key, body: {} });
      expectProblem(refused, 409, 'EXECUTION_QUEUED');
    }
    await release(a);
    expect(await stream.next()).toMatchObject({ data: { type: 'execution_started', executionId: id } });
    await stream.close();
    await expect.poll(() => statusOf(id)).toBe('waiting');
    await release(id);
    expect((await read(id, 5)).body).toMatchObject({ id, status: 'completed' });
  });

  it('is waited for, from its turn to its end', async () => {
    await put(key, { ...workflow('quick'), config: { concurrency: { limit: 1 } } });
    const answers = await Promise.all([1, 2, 3, 4].map(() => run(key, 'quick')));
    for (const { status, body } of answers) expect([status, body.status]).toEqual([200, 'completed']);
  });

  it('can be called off, never begins then, and lets the next one through', async () => {
    await put(key, bounded({ limit: 1 }));
    const [a, b, c] = await several(3);
    expect(await cancel(b)).toMatchObject({ status: 202, body: { status: 'cancelled' } });
    expect((await cancel(b)).status).toBe(200);
    expect((await read(b)).body).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
    await release(a);
    await expect.poll(() => statusOf(c)).toBe('waiting');
    expect(await statusOf(b)).toBe('cancelled');
    expectProblem(await release(b), 409, 'EXECUTION_FINISHED');
    const listed = async (): Promise<unknown> => (await call('GET', '/v1/executions?status=cancelled', { key })).body;
    await expect.poll(listed).toMatchObject({ items: [{ id: b }] });
    await expect.poll(() => alarmOf(stubOf(b))).toBeNull();
  });

  it('begins once under one Idempotency-Key', async () => {
    await put(key, bounded({ limit: 1 }));
    const [a] = await several(1);
    const headers = { 'idempotency-key': 'mine' };
    const path = '/v1/workflows/bounded/executions';
    const sent = await Promise.all([1, 2, 3].map(() => call('POST', path, { key, headers, body: {} })));
    expect(new Set(sent.map(({ body }) => body.id)).size).toBe(1);
    expect((await call('GET', '/v1/executions?status=queued', { key })).body.items).toHaveLength(1);
    await release(a);
    await expect.poll(() => statusOf(sent[0]?.body.id)).toBe('waiting');
  });
});

describe('after a crash', () => {
  it('between a free place and telling whose turn it is: the directory’s alarm tells', async () => {
    await put(key, bounded({ limit: 1 }));
    const [a, b] = await several(2);
    await expect.poll(() => statusOf(a)).toBe('waiting');
    const told = vi.spyOn(ExecutionObject.prototype, 'begin').mockRejectedValue(new Error('Away.'));
    await release(a);
    await expect.poll(() => told.mock.calls.length).toBeGreaterThan(0);
    told.mockRestore();
    await abortAllDurableObjects();
    expect(await statusOf(b)).toBe('queued');
    expect(await runDurableObjectAlarm(directory())).toBe(true);
    await expect.poll(() => statusOf(b)).toBe('waiting');
  });

  it('between the end and telling the directory: the execution’s alarm tells', async () => {
    await put(key, bounded({ limit: 1 }));
    const [a, b] = await several(2);
    await expect.poll(() => statusOf(a)).toBe('waiting');
    const index = vi.spyOn(DirectoryObject.prototype, 'index').mockImplementation(() => {
      throw new Error('Away.');
    });
    await release(a);
    expect((await read(a, 5)).body.status).toBe('completed');
    await expect.poll(() => index.mock.calls.length).toBeGreaterThan(0);
    index.mockRestore();
    await abortAllDurableObjects();
    expect(await statusOf(b)).toBe('queued');
    expect(await runDurableObjectAlarm(stubOf(a))).toBe(true);
    await expect.poll(() => statusOf(b)).toBe('waiting');
  });

  it('between its place and its beginning: the execution’s alarm begins it', async () => {
    await put(key, bounded({ limit: 1 }));
    const create = vi.spyOn(SqliteStore.prototype, 'create').mockImplementation(() => {
      throw new Error('Lost.');
    });
    const { status } = await begin();
    expect(status).toBeGreaterThanOrEqual(500);
    create.mockRestore();
    const [place] = await runInDurableObject(directory(), (_, { storage }) =>
      storage.sql.exec<{ execution: string }>('SELECT execution FROM places').toArray(),
    );
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(stubOf(place?.execution))).toBe(true);
    await expect.poll(() => statusOf(place?.execution)).toBe('waiting');
  });

  it('before it had asked for a place: the execution’s alarm asks', async () => {
    await put(key, bounded({ limit: 1 }));
    const enter = vi.spyOn(DirectoryObject.prototype, 'enter').mockRejectedValue(new Error('Away.'));
    const headers = { 'idempotency-key': 'k' };
    const answer = await call('POST', '/v1/workflows/bounded/executions', { key, headers, body: {} });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    enter.mockRestore();
    const repeated = await call('POST', '/v1/workflows/bounded/executions', { key, headers, body: {} });
    expect(repeated.status).toBe(202);
    await expect.poll(() => statusOf(repeated.body.id)).toBe('waiting');
  });
});

describe('a child under a bound', () => {
  const parent: JsonObject = {
    ...{ name: 'parent', slug: 'parent' },
    steps: [{ stepSlug: 'call', stepType: 'workflow', config: { workflow: 'bounded' } }],
  };

  it('waits for its turn, and the parent for it', async () => {
    await put(key, bounded({ limit: 1 }));
    await put(key, parent);
    const [a] = await several(1);
    const { body } = await begin({}, 'parent');
    await expect.poll(() => statusOf(`${body.id}.1`)).toBe('queued');
    await release(a);
    await expect.poll(() => statusOf(`${body.id}.1`)).toBe('waiting');
    await release(`${body.id}.1`);
    expect((await read(body.id, 5)).body).toMatchObject({ status: 'completed' });
  });

  it('that is called off while it waits ends the step', async () => {
    await put(key, bounded({ limit: 1 }));
    await put(key, parent);
    await several(1);
    const { body } = await begin({}, 'parent');
    await expect.poll(() => statusOf(`${body.id}.1`)).toBe('queued');
    await cancel(`${body.id}.1`);
    expect((await read(body.id, 5)).body).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
  });

  it('is called off with its parent', async () => {
    await put(key, bounded({ limit: 1 }));
    await put(key, parent);
    await several(1);
    const { body } = await begin({}, 'parent');
    await expect.poll(() => statusOf(`${body.id}.1`)).toBe('queued');
    await cancel(body.id);
    await expect.poll(() => statusOf(`${body.id}.1`)).toBe('cancelled');
  });
});
