import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import worker, { logged, performed } from '../support/worker-entry.js';
import { type Answer, call, expectProblem, newOrganization, put, run, start, workflow } from './client.js';

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});

const waiting: JsonObject = {
  name: 'patient',
  slug: 'patient',
  steps: [
    { stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' }, nextSteps: { success: 'act' } },
    { stepSlug: 'act', stepType: 'action', config: { type: 'echo', parameters: { got: '{{steps.hold.output}}' } } },
  ],
};

/** Reads until the status is this one; each reading waits in the Worker for a change, not here. */
async function until(id: string, status: string): Promise<Answer> {
  for (;;) {
    const answer = await call('GET', `/v1/executions/${id}?wait=${status === 'waiting' ? 0 : 5}`, { key });
    if (answer.body.status === status) return answer;
  }
}

describe('starting', () => {
  it('answers 202 at once, with where to look', async () => {
    await put(key, workflow('greet'));
    const answer = await call('POST', '/v1/workflows/greet/executions', { key, body: { input: { name: 'Bo' } } });
    expect(answer.status).toBe(202);
    const { id } = answer.body;
    expect(answer.headers.get('location')).toBe(`/v1/executions/${id}`);
    const done = await until(String(id), 'completed');
    expect(done.body).toMatchObject({
      id,
      workflow: 'greet',
      status: 'completed',
      input: { name: 'Bo' },
      output: { hello: 'Bo' },
      steps: { act: { output: { hello: 'Bo' }, error: null, attempts: 1 } },
      trigger: { type: 'manual' },
    });
    expect(done.body).not.toHaveProperty('definition');
    const whole = await call('GET', `/v1/executions/${id}?include=definition`, { key });
    expect(whole.body.definition).toMatchObject({ slug: 'greet' });
    expectProblem(await call('GET', `/v1/executions/${id}?include=secrets`, { key }), 400, 'INVALID_REQUEST');
  });

  it('answers with the finished execution where it is waited for', async () => {
    await put(key, workflow('greet'));
    const answer = await run(key, 'greet');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'completed', output: { hello: 'Ada' } });
  });

  it('answers 202 when the wait is over before the execution is', async () => {
    await put(key, waiting);
    const answer = await call('POST', '/v1/workflows/patient/executions?wait=1', { key });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ status: 'waiting', currentSteps: ['hold'] });
  });

  it('takes no body as no input', async () => {
    await put(key, workflow('greet'));
    expect((await call('POST', '/v1/workflows/greet/executions?wait=5', { key })).status).toBe(200);
  });

  it('refuses an input that does not fit, naming each field, and stores nothing', async () => {
    await put(key, workflow('greet'));
    const answer = await call('POST', '/v1/workflows/greet/executions', { key, body: { input: { name: 7 } } });
    expectProblem(answer, 422, 'INVALID_INPUT');
    expect(answer.body.issues).toMatchObject([{ path: '/name' }]);
    expect(answer.body.instance).toBe('/v1/workflows/greet/executions');
    expect((await call('GET', '/v1/executions', { key })).body).toEqual({ items: [] });
  });

  it('runs the version asked for', async () => {
    await put(key, workflow('greet'));
    await put(key, workflow('greet', { type: 'echo', parameters: { second: true } }));
    expect((await run(key, 'greet')).body).toMatchObject({ output: { second: true } });
    expect((await run(key, 'greet', { version: 1 })).body).toMatchObject({ output: { hello: 'Ada' } });
    expectProblem(await run(key, 'greet', { version: 3 }), 404, 'WORKFLOW_NOT_FOUND');
  });

  it('goes on under its own definition after the workflow is gone', async () => {
    await put(key, waiting);
    const { id } = await start(key, 'patient');
    await call('DELETE', '/v1/workflows/patient', { key });
    await call('POST', `/v1/executions/${id}/signals/go`, { key, body: { data: 1 } });
    expect((await until(id, 'completed')).body).toMatchObject({ status: 'completed' });
  });

  it('tells how a failed one failed', async () => {
    await put(key, workflow('missing', { type: 'no_such_action', parameters: {} }));
    const answer = await run(key, 'missing');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'failed', error: { code: 'ACTION_NOT_FOUND', stepSlug: 'act' } });
  });
});

describe('what executions carry', () => {
  it('may be larger than a row of the database, and is read whole', async () => {
    await put(key, workflow('large', { type: 'fill', parameters: { size: 5 } }));
    const { body } = await run(key, 'large');
    expect(body).toMatchObject({ status: 'completed' });
    const text = 'a🦎é'.repeat((5 * 1024 * 1024) / 4);
    expect(isText(body.output, text)).toBe(true);
    const events = (await call('GET', `/v1/executions/${body.id}/events?after=2&limit=1`, { key })).body;
    expect(events).toMatchObject({ last: 3, more: true });
    const [event] = Array.isArray(events.items) ? events.items : [];
    expect(isText(event.output, text)).toBe(true);
  });

  it('that is too large for any store fails the step, and not the Worker', async () => {
    await put(key, workflow('huge', { type: 'fill', parameters: { size: 24 } }));
    const { body } = await run(key, 'huge');
    expect(body).toMatchObject({ status: 'failed', error: { code: 'PAYLOAD_LIMIT', stepSlug: 'act' } });
  });

  it('is data to the last character, whatever it looks like', async () => {
    await put(key, workflow('mirror', { type: 'echo', parameters: { back: '{{input.any}}' } }));
    const any = { constructor: '{{secrets.key}}', 'a\u0000b': '🦎 \u2028', '': [{ toString: null }] };
    const answer = await call('POST', '/v1/workflows/mirror/executions?wait=5', { key, body: { input: { any } } });
    expect(JSON.stringify(answer.body.output)).toBe(JSON.stringify({ back: any }));
    const text = '{"input":{"any":{"__proto__":{"admin":true}}}}';
    const refused = await call('POST', '/v1/workflows/mirror/executions', { key, text });
    expectProblem(refused, 422, 'INVALID_INPUT');
  });
});

function isText(value: unknown, text: string): boolean {
  return typeof value === 'object' && value !== null && 'text' in value && value.text === text;
}

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'order-1' };
  const path = '/v1/workflows/greet/executions?wait=5';
  beforeEach(async () => {
    await put(key, workflow('greet'));
  });

  it('gives one execution to one request sent many times', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => call('POST', path, { key, headers, body: { input: {} } })));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(performed.get(`${answers[0]?.body.id}/1`)).toBe(1);
    const later = await call('POST', path, { key, headers, body: { input: {} } });
    expect(later.status).toBe(200);
    expect(later.body.id).toBe(answers[0]?.body.id);
  });

  it('keeps its meaning when the definition changes, or goes', async () => {
    const first = await call('POST', path, { key, headers, body: {} });
    await put(key, workflow('greet', { type: 'echo', parameters: { second: true } }));
    expect((await call('POST', path, { key, headers, body: {} })).body.id).toBe(first.body.id);
    await call('DELETE', '/v1/workflows/greet', { key });
    expect((await call('POST', path, { key, headers, body: {} })).body.id).toBe(first.body.id);
  });

  it('is refused for another request', async () => {
    await put(key, workflow('other'));
    await call('POST', path, { key, headers, body: { input: {} } });
    const changed = await call('POST', path, { key, headers, body: { input: { name: 'Bo' } } });
    expectProblem(changed, 409, 'IDEMPOTENCY_KEY_REUSED');
    const other = await call('POST', '/v1/workflows/other/executions', { key, headers, body: { input: {} } });
    expectProblem(other, 409, 'IDEMPOTENCY_KEY_REUSED');
  });

  it('is not used up by a request that cannot start', async () => {
    expectProblem(await call('POST', path, { key, headers, body: { input: { name: 7 } } }), 422, 'INVALID_INPUT');
    expect((await call('POST', path, { key, headers, body: { input: { name: 'Bo' } } })).status).toBe(200);
  });

  it('makes the execution later that it stood for when the Worker died', async () => {
    const asked: string[] = [];
    const dead = new Proxy(env.EXECUTIONS, {
      get: (target, name) => (name === 'getByName' ? unreachable : Reflect.get(target, name)),
    });
    const unreachable = (name: string): unknown => {
      asked.push(name);
      return { fetch: () => Promise.reject(new Error('The Worker died here.')) };
    };
    const lost = await worker.fetch(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${key}` },
      }),
      { ...env, EXECUTIONS: dead },
      createExecutionContext(),
    );
    expect(lost.status).toBe(500);
    expect(await lost.text()).not.toContain('died here');
    expect(logged).toContain('error: A request failed.');
    const { body } = await call('POST', path, { key, headers });
    expect(body.status).toBe('completed');
    expect(asked).toEqual([`${organization}/${body.id}`]);
  });

  it('belongs to one organisation', async () => {
    const { key: stranger } = await newOrganization();
    await put(stranger, workflow('greet'));
    const mine = await call('POST', path, { key, headers, body: {} });
    const theirs = await call('POST', path, { key: stranger, headers, body: {} });
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it.each(['with space', 'ä', 'x'.repeat(256)])('%j is none', async (text) => {
    const answer = await call('POST', path, { key, headers: { 'idempotency-key': text }, body: {} });
    expectProblem(answer, 400, 'INVALID_REQUEST');
  });
});

describe('signals', () => {
  let id: string;
  beforeEach(async () => {
    await put(key, waiting);
    ({ id } = await start(key, 'patient'));
  });

  it('move on what waits for them', async () => {
    const sent = await call('POST', `/v1/executions/${id}/signals/go`, { key, body: { data: { ok: true }, id: 's1' } });
    expect(sent.status).toBe(202);
    expect(sent.body).toEqual({ duplicate: false });
    expect((await until(id, 'completed')).body).toMatchObject({ steps: { hold: { output: { ok: true } } } });
    // Whoever sends it again has lost the answer.
    const again = await call('POST', `/v1/executions/${id}/signals/go`, { key, body: { id: 's1' } });
    expect(again).toMatchObject({ status: 202, body: { duplicate: true } });
  });

  it('count once by their id, or by the idempotency key', async () => {
    const headers = { 'idempotency-key': 's2' };
    expect((await call('POST', `/v1/executions/${id}/signals/other`, { key, headers })).body).toEqual({
      duplicate: false,
    });
    expect((await call('POST', `/v1/executions/${id}/signals/other`, { key, headers })).body).toEqual({
      duplicate: true,
    });
    const again = await call('POST', `/v1/executions/${id}/signals/other`, { key, body: { id: 's2' } });
    expect(again.body).toEqual({ duplicate: true });
  });

  it('are refused when it is over, and by another organisation', async () => {
    const { key: stranger } = await newOrganization();
    const theirs = await call('POST', `/v1/executions/${id}/signals/go`, { key: stranger });
    expectProblem(theirs, 404, 'EXECUTION_NOT_FOUND');
    expectProblem(await call('POST', `/v1/executions/${id}/cancel`, { key: stranger }), 404, 'EXECUTION_NOT_FOUND');
    expectProblem(await call('GET', `/v1/executions/${id}`, { key: stranger }), 404, 'EXECUTION_NOT_FOUND');
    expectProblem(await call('GET', `/v1/executions/${id}/events`, { key: stranger }), 404, 'EXECUTION_NOT_FOUND');
    await call('POST', `/v1/executions/${id}/cancel`, { key });
    const late = await call('POST', `/v1/executions/${id}/signals/go`, { key });
    expectProblem(late, 409, 'EXECUTION_FINISHED');
  });
});

describe('cancelling', () => {
  it('ends an execution, keeps the reason, and changes nothing the second time', async () => {
    await put(key, waiting);
    const { id } = await start(key, 'patient');
    const cancelled = await call('POST', `/v1/executions/${id}/cancel`, { key, body: { reason: 'changed my mind' } });
    expect(cancelled.status).toBe(202);
    expect(cancelled.body).toMatchObject({ status: 'cancelled' });
    const again = await call('POST', `/v1/executions/${id}/cancel`, { key });
    expect(again.status).toBe(200);
    expect(again.body).toEqual(cancelled.body);
    const { body } = await call('GET', `/v1/executions/${id}/events`, { key });
    expect(body.items).toContainEqual(
      expect.objectContaining({ type: 'execution_cancelled', reason: 'changed my mind' }),
    );
    const odd = await call('POST', `/v1/executions/${id}/cancel`, { key, body: { reason: 7 } });
    expectProblem(odd, 400, 'INVALID_REQUEST');
  });

  it('stops one whose effect never answers', async () => {
    await put(key, workflow('stuck', { type: 'hang_first', parameters: {} }));
    const { id } = await start(key, 'stuck');
    expect((await call('POST', `/v1/executions/${id}/cancel`, { key })).body).toMatchObject({ status: 'cancelled' });
  });
});

describe('history', () => {
  it('is read in pages', async () => {
    await put(key, workflow('greet'));
    const { body: execution } = await run(key, 'greet');
    const path = `/v1/executions/${execution.id}/events`;
    const whole = (await call('GET', path, { key })).body;
    expect(whole).toMatchObject({ last: execution.seq, more: false });
    const seen: unknown[] = [];
    for (let after = 0, more = true; more; ) {
      const { body } = await call('GET', `${path}?after=${after}&limit=2`, { key });
      seen.push(...(Array.isArray(body.items) ? body.items : []));
      after = Number(body.last);
      more = body.more === true;
    }
    expect(seen).toEqual(whole.items);
    expect((await call('GET', `${path}?after=${execution.seq}`, { key })).body).toEqual({
      items: [],
      last: execution.seq,
      more: false,
    });
    for (const query of ['after=-1', 'after=x', 'limit=0', 'limit=1001']) {
      expectProblem(await call('GET', `${path}?${query}`, { key }), 400, 'INVALID_REQUEST');
    }
  });
});

describe('GET /v1/executions', () => {
  it('lists the newest first, by workflow and by status, in pages', async () => {
    await put(key, workflow('greet'));
    await put(key, waiting);
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.unshift(String((await run(key, 'greet')).body.id));
    const { id } = await start(key, 'patient');
    await until(id, 'waiting');
    const idsOf = async (query: string): Promise<unknown[]> => {
      const { body } = await call('GET', `/v1/executions${query}`, { key });
      return Array.isArray(body.items) ? body.items.map((item) => item.id) : [];
    };
    await expect.poll(() => idsOf('?status=completed')).toEqual(ids);
    await expect.poll(() => idsOf('?status=waiting')).toEqual([id]);
    expect(await idsOf('')).toEqual([id, ...ids]);
    expect(await idsOf('?workflow=greet')).toEqual(ids);
    expect(await idsOf('?workflow=greet&status=waiting')).toEqual([]);
    const first = await call('GET', '/v1/executions?limit=3', { key });
    const rest = await call('GET', `/v1/executions?limit=3&cursor=${first.body.cursor}`, { key });
    expect(rest.body).toMatchObject({ items: [{ id: ids[2] }] });
    expect(rest.body).not.toHaveProperty('cursor');
    for (const query of ['status=odd', 'limit=0', 'limit=201', 'cursor=odd', 'cursor=%00']) {
      expectProblem(await call('GET', `/v1/executions?${query}`, { key }), 400, 'INVALID_REQUEST');
    }
  });
});
