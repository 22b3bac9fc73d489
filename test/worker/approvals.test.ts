import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { DirectoryObject } from '../../src/worker/directory-object.js';
import { type Answer, call, expectProblem, keyFor, newOrganization, put, start } from './client.js';

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A workflow that asks, and says what came of it. */
function asks(config: JsonObject = {}, slug = 'asks'): JsonObject {
  return {
    name: slug,
    slug,
    steps: [
      {
        stepSlug: 'ask',
        stepType: 'approval',
        config: { title: 'Refund {{input.amount}}?', ...config },
        nextSteps: { approved: 'show', rejected: 'show', timeout: 'show' },
      },
      { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.ask.output}}' } },
    ],
  };
}

const list = (query = '', by = key): Promise<Answer> => call('GET', `/v1/approvals${query}`, { key: by });
const read = (id: string): Promise<Answer> => call('GET', `/v1/executions/${id}?wait=5`, { key });
const decide = (id: string, body: JsonObject, options: { by?: string; headers?: Record<string, string> } = {}) =>
  call('POST', `/v1/approvals/${id}`, { key: options.by ?? key, body, headers: options.headers ?? {} });

async function waiting(definition: JsonObject, input: JsonObject = { amount: 12 }): Promise<string> {
  await put(key, definition);
  const { id } = await start(key, String(definition.slug), { input });
  await expect.poll(async () => (await call('GET', `/v1/executions/${id}`, { key })).body.status).toBe('waiting');
  return id;
}

describe('approvals that wait', () => {
  it('are listed with what is asked, until they are decided', async () => {
    const fields = [{ name: 'reason', type: 'string', required: true }];
    const id = await waiting(asks({ description: 'For Bo', approvers: ['ada'], fields, timeout: '1h' }));
    await expect
      .poll(async () => (await list('?status=pending')).body)
      .toMatchObject({
        items: [
          {
            ...{ id: `${id}~1`, executionId: id, activation: 1, workflow: 'asks', step: 'ask' },
            ...{ title: 'Refund 12?', description: 'For Bo', approvers: ['ada'], fields },
            ...{ requestedAt: expect.any(Number), dueAt: expect.any(Number) },
          },
        ],
      });
    expect((await call('GET', `/v1/approvals/${id}~1`, { key })).body).toMatchObject({ id: `${id}~1`, fields });
    expect((await decide(`${id}~1`, { decision: 'approved', fields: { reason: 'late' } })).status).toBe(202);
    await expect.poll(async () => (await list()).body).toEqual({ items: [] });
    expectProblem(await call('GET', `/v1/approvals/${id}~1`, { key }), 409, 'NOT_WAITING');
  });

  it('come in pages, newest first, and by workflow', async () => {
    const ids: string[] = [];
    for (const slug of ['one', 'two', 'one']) ids.push(await waiting(asks({}, slug)));
    await expect.poll(async () => (await list()).body.items).toHaveLength(3);
    const first = await list('?limit=2');
    const rest = await list(`?limit=2&cursor=${first.body.cursor}`);
    const all = [first, rest].flatMap(({ body }) => (Array.isArray(body.items) ? body.items : []));
    expect(all.map(({ executionId }) => executionId).sort()).toEqual([...ids].sort());
    expect(all.map(({ requestedAt }) => requestedAt)).toEqual(all.map((one) => one.requestedAt).sort((a, b) => b - a));
    expect(rest.body.cursor).toBeUndefined();
    expect((await list('?workflow=two')).body.items).toHaveLength(1);
    expectProblem(await list('?cursor=nonsense'), 400, 'INVALID_REQUEST');
    expectProblem(await list('?status=decided'), 400, 'INVALID_REQUEST');
    expectProblem(await list('?limit=0'), 400, 'INVALID_REQUEST');
  });

  it('are listed later when the directory could not be told at once, and gone once timed out', async () => {
    await put(key, asks({ timeout: '1500ms' }));
    const index = vi.spyOn(DirectoryObject.prototype, 'index').mockImplementation(() => {
      throw new Error('The directory is away.');
    });
    const { id } = await start(key, 'asks', { input: { amount: 1 } });
    await expect.poll(() => index.mock.calls.length).toBeGreaterThan(0);
    index.mockRestore();
    await abortAllDurableObjects();
    const stub = env.EXECUTIONS.getByName(`${organization}/${id}`);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await expect.poll(async () => (await list()).body).toMatchObject({ items: [{ executionId: id }] });
    expect((await read(id)).body).toMatchObject({ status: 'completed' });
    await expect.poll(async () => (await list()).body).toEqual({ items: [] });
  });

  it('are nobody else’s', async () => {
    const id = await waiting(asks());
    const other = await newOrganization();
    expect((await list('', other.key)).body).toEqual({ items: [] });
    expectProblem(await call('GET', `/v1/approvals/${id}~1`, { key: other.key }), 404, 'EXECUTION_NOT_FOUND');
    const foreign = await decide(`${id}~1`, { decision: 'approved' }, { by: other.key });
    expectProblem(foreign, 404, 'EXECUTION_NOT_FOUND');
    const link = await call('POST', `/v1/approvals/${id}~1/links`, { key: other.key, body: {} });
    expectProblem(link, 404, 'EXECUTION_NOT_FOUND');
  });
});

describe('deciding', () => {
  it('hands on who decided, by the name of the key, though the object was lost', async () => {
    const id = await waiting(asks());
    await evictDurableObject(env.EXECUTIONS.getByName(`${organization}/${id}`));
    const by = await keyFor(organization, 'operator', 'Ada');
    const answer = await decide(`${id}~1`, { decision: 'rejected', comment: 'No.' }, { by });
    expect(answer).toMatchObject({ status: 202, body: { duplicate: false } });
    expect((await read(id)).body).toMatchObject({
      status: 'completed',
      output: { decision: 'rejected', by: 'Ada', comment: 'No.' },
    });
  });

  it('counts once under one Idempotency-Key, also after the end', async () => {
    const id = await waiting(asks());
    const headers = { 'idempotency-key': 'once' };
    expect((await decide(`${id}~1`, { decision: 'approved' }, { headers })).body).toEqual({ duplicate: false });
    expect((await read(id)).body).toMatchObject({ status: 'completed' });
    expect((await decide(`${id}~1`, { decision: 'approved' }, { headers })).body).toEqual({ duplicate: true });
    expectProblem(await decide(`${id}~1`, { decision: 'rejected' }, { headers }), 409, 'NOT_WAITING');
    expectProblem(await decide(`${id}~1`, { decision: 'approved' }), 409, 'NOT_WAITING');
  });

  it('of two at the same time one counts, and the other is told', async () => {
    const id = await waiting(asks());
    const answers = await Promise.all(
      ['approved', 'rejected', 'approved'].map((decision) => decide(`${id}~1`, { decision })),
    );
    expect(answers.filter(({ body }) => body.duplicate === false)).toHaveLength(1);
  });

  it('refuses fields that do not fit, and goes on waiting', async () => {
    const id = await waiting(asks({ fields: [{ name: 'reason', type: 'string', required: true }] }));
    const refused = await decide(`${id}~1`, { decision: 'approved', fields: { reason: 7 } });
    expectProblem(refused, 422, 'INVALID_FIELDS');
    expect(refused.body.issues).toMatchObject([{ path: '/reason' }]);
    expect((await decide(`${id}~1`, { decision: 'approved', fields: { reason: 'yes' } })).status).toBe(202);
  });

  it('is for the approvers that the step names, by name or by role, and for admins', async () => {
    const named = await waiting(asks({ approvers: ['Ada', 'role:editor'] }));
    const keys = {
      ben: await keyFor(organization, 'operator', 'Ben'),
      ada: await keyFor(organization, 'operator', 'Ada'),
      viewer: await keyFor(organization, 'viewer', 'Ada'),
      editor: await keyFor(organization, 'editor', 'Eve'),
    };
    const approve = (id: string, by: string): Promise<Answer> => decide(`${id}~1`, { decision: 'approved' }, { by });
    expectProblem(await approve(named, keys.ben), 403, 'FORBIDDEN');
    expectProblem(await approve(named, keys.viewer), 403, 'FORBIDDEN');
    expect((await approve(named, keys.ada)).status).toBe(202);
    const other = await waiting(asks({ approvers: 'role:editor' }));
    expect((await approve(other, keys.editor)).status).toBe(202);
    const third = await waiting(asks({ approvers: ['nobody@example.com'] }));
    expectProblem(await approve(third, keys.editor), 403, 'FORBIDDEN');
    expect((await approve(third, key)).status).toBe(202);
  });

  it.each([
    [{}, 'INVALID_REQUEST'],
    [{ decision: 'perhaps' }, 'INVALID_REQUEST'],
    [{ decision: 7 }, 'INVALID_REQUEST'],
    [{ decision: 'approved', fields: [] }, 'INVALID_REQUEST'],
    [{ decision: 'approved', fields: null }, 'INVALID_REQUEST'],
    [{ decision: 'approved', comment: { a: 1 } }, 'INVALID_REQUEST'],
    [{ decision: 'approved', by: 'somebody else' }, 'INVALID_REQUEST'],
    [['approved'], 'INVALID_REQUEST'],
  ])('refuses the body %j', async (body, code) => {
    const id = await waiting(asks());
    expectProblem(await call('POST', `/v1/approvals/${id}~1`, { key, body }), 400, code);
  });

  it('knows no approval that never was', async () => {
    const id = await waiting(asks());
    for (const wrong of ['x', `${id}~`, `${id}~0`, `${id}~1e3`, '~1', `${id}~1~1`, '..~1', '%00~1']) {
      const answer = await decide(wrong, { decision: 'approved' });
      expect([answer.status, answer.body.code], wrong).toEqual([404, 'APPROVAL_NOT_FOUND']);
    }
    expectProblem(await decide('nothing~1', { decision: 'approved' }), 404, 'EXECUTION_NOT_FOUND');
    expectProblem(await decide(`${id}~7`, { decision: 'approved' }), 409, 'NOT_WAITING');
    const signal = await call('POST', `/v1/executions/${id}/signals/approval:1`, { key, body: { data: {} } });
    expectProblem(signal, 409, 'RESERVED_SIGNAL');
  });
});
