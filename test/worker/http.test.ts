import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DirectoryObject } from '../../src/worker/directory-object.js';
import type { ExecutionObject } from '../../src/worker/execution-object.js';
import { call, DEV_KEY, expectProblem, newOrganization, put, ROOT_KEY, send, workflow } from './client.js';

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});

/** The tables of an object that are ours. */
function tablesOf(stub: DurableObjectStub<ExecutionObject | DirectoryObject>): Promise<unknown[]> {
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
  );
}

describe('keys', () => {
  it.each([
    ['none', null],
    ['a wrong one', 'wrong'],
    ['one of no organisation', `nf_nobody_${'0'.repeat(64)}`],
    ['one that names the registry', `nf_$organizations_${'0'.repeat(64)}`],
  ])('%s: 401 with a challenge', async (_, wrong) => {
    const answer = await call('GET', '/v1/workflows', { key: wrong });
    expectProblem(answer, 401, 'UNAUTHORIZED');
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('other schemes are no keys', async () => {
    const headers = { authorization: `Basic ${btoa(`x:${DEV_KEY}`)}` };
    expectProblem(await call('GET', '/v1/workflows', { key: null, headers }), 401, 'UNAUTHORIZED');
  });

  it('the root key acts for the organisation default, the development key for local', async () => {
    await put(ROOT_KEY, workflow('of_default'));
    await put(DEV_KEY, workflow('of_local'));
    expectProblem(await call('GET', '/v1/workflows/of_default', { key: DEV_KEY }), 404, 'WORKFLOW_NOT_FOUND');
    expectProblem(await call('GET', '/v1/workflows/of_local', { key: ROOT_KEY }), 404, 'WORKFLOW_NOT_FOUND');
  });

  it('guessing at one leaves nothing behind', async () => {
    await call('GET', '/v1/workflows', { key: `nf_guessed_${'f'.repeat(64)}` });
    expect(await tablesOf(env.DIRECTORY.getByName('guessed'))).toEqual([]);
  });
});

describe('GET /dev/key', () => {
  const ask = (host: string, headers: Record<string, string> = {}): Promise<Response> =>
    exports.default.fetch(new Request(`http://${host}/dev/key`, { headers }));

  it.each(['localhost:8787', '127.0.0.1', '[::1]:8787'])('tells a page on %s', async (host) => {
    const response = await ask(host);
    expect(await response.json()).toEqual({ key: DEV_KEY });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it.each(['newtflow.example', 'localhost.evil.example', '127.0.0.1.nip.example'])(
    'tells nobody on %s',
    async (host) => {
      const response = await ask(host);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain(DEV_KEY);
    },
  );

  it('tells no other site', async () => {
    expect((await ask('localhost', { 'sec-fetch-site': 'cross-site' })).status).toBe(404);
    expect((await ask('localhost', { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });
});

describe('bad requests', () => {
  const start = '/v1/workflows/greet/executions';
  beforeEach(async () => {
    await put(key, workflow('greet'));
  });

  it('malformed JSON: 400, saying where', async () => {
    const answer = await call('POST', start, { key, text: '{"input": {\n "name": }' });
    expectProblem(answer, 400, 'MALFORMED_JSON');
    expect(String(answer.body.detail)).toMatch(/line 2/i);
    expectProblem(await call('PUT', '/v1/workflows/greet', { key, text: '{' }), 400, 'MALFORMED_JSON');
    expectProblem(await call('POST', '/v1/workflows/validate', { key, text: 'nope' }), 400, 'MALFORMED_JSON');
  });

  it.each([
    ['an array', '[]', ''],
    ['text', '"x"', ''],
    ['null', 'null', ''],
    ['an unknown field', '{"inptu": {}}', '/inptu'],
    ['a thread id of the wrong type', '{"threadId": 7}', '/threadId'],
    ['a version of the wrong type', '{"version": "1.0.0"}', '/version'],
    ['a negative version', '{"version": -1}', '/version'],
  ])('a body that is or has %s: 400', async (_, text, path) => {
    const answer = await call('POST', start, { key, text });
    expectProblem(answer, 400, 'INVALID_REQUEST');
    expect(answer.body.issues).toMatchObject([{ path }]);
  });

  it('a body that is not UTF-8: 400', async () => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: new Uint8Array([0x7b, 0xff, 0x7d]) };
    const response = await exports.default.fetch(new Request(`http://localhost${start}`, init));
    expect(response.status).toBe(400);
  });

  it('a deeply nested body: 400, wherever it is sent', async () => {
    const text = `{"input":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    expectProblem(await call('POST', start, { key, text }), 400, 'INVALID_REQUEST');
    expectProblem(await call('PUT', '/v1/workflows/deep', { key, text }), 400, 'INVALID_REQUEST');
  });

  it('an oversize body: 413, whether or not it says its size', async () => {
    const text = JSON.stringify({ input: { name: 'x'.repeat(300 * 1024) } });
    expectProblem(await call('POST', start, { key, text }), 413, 'PAYLOAD_TOO_LARGE');
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
    });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await exports.default.fetch(
      new Request(`http://localhost${start}`, { method: 'POST', headers, body: stream }),
    );
    expect(response.status).toBe(413);
  });

  it.each([
    ['that is oversize', () => start, 16, 413],
    ['for what is not there', () => `/v1/executions/${crypto.randomUUID()}/pause`, 3, 404],
  ])('a body %s is read to its end before the answer', async (_what, path, chunks, status) => {
    let left = chunks;
    const stream = new ReadableStream({
      pull(controller) {
        // What the Worker leaves unread is never asked for here.
        if (left === 0) return controller.close();
        left -= 1;
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
    });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: stream };
    const response = await exports.default.fetch(new Request(`http://localhost${path()}`, init));
    expect([response.status, left]).toEqual([status, 0]);
  });

  it('a bundle that is missing or damaged: 400, with the place', async () => {
    const path = '/v1/executions/import';
    const missing = await call('POST', path, { key });
    expectProblem(missing, 400, 'INVALID_REQUEST');
    expect(missing.body.detail).toContain('Send the bundle');
    const damaged = await call('POST', path, { key, text: '{\n  "format": nope\n}' });
    expectProblem(damaged, 400, 'MALFORMED_JSON');
    expect(damaged.body.issues).toMatchObject([{ line: 2, column: 13 }]);
  });

  it('another media type: 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const answer = await call('POST', start, { key, text: '{}', headers: { 'content-type': type } });
      expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE');
    }
    const fine = await call('POST', start, {
      key,
      text: '{}',
      headers: { 'content-type': 'application/json; charset=UTF-8' },
    });
    expect(fine.status).toBe(202);
  });

  it('an unknown path: 404; a wrong method: 405, saying which are right', async () => {
    expectProblem(await call('GET', '/v1/nothing', { key }), 404, 'NOT_FOUND');
    expectProblem(await call('GET', '/nothing', { key }), 404, 'NOT_FOUND');
    const patched = await call('PATCH', '/v1/workflows/greet', { key, body: {} });
    expectProblem(patched, 405, 'METHOD_NOT_ALLOWED');
    expect(patched.headers.get('allow')).toMatch(/GET/);
    expect(patched.headers.get('allow')).toMatch(/PUT/);
    expectProblem(await call('GET', '/v1/executions/some-id/cancel', { key }), 405, 'METHOD_NOT_ALLOWED');
  });

  it.each(['wait=soon', 'wait=-1', 'wait=61', 'wait=1.5', 'wait='])('a start with ?%s: 400', async (query) => {
    expectProblem(await call('POST', `${start}?${query}`, { key, body: {} }), 400, 'INVALID_REQUEST');
  });

  it('odd paths are not found, and no mishap', async () => {
    for (const id of ['%00', '..%2f..', 'a'.repeat(300), '%F0%9F%A6%8E', "'; DROP TABLE executions; --", '%E0%A4%A']) {
      const answer = await call('GET', `/v1/executions/${encodeURI(id)}`, { key });
      expect(answer.status).toBe(404);
      expect((await call('GET', `/v1/workflows/${encodeURI(id)}`, { key })).status).toBe(404);
    }
  });

  it('an unknown execution: 404 everywhere, and nothing is stored for it', async () => {
    const id = crypto.randomUUID();
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/cancel'],
      ['POST', '/signals/go'],
    ] as const) {
      expectProblem(await call(method, `/v1/executions/${id}${path}`, { key }), 404, 'EXECUTION_NOT_FOUND');
    }
    const stream = await send('GET', `/v1/executions/${id}/events`, { key, headers: { accept: 'text/event-stream' } });
    expect(stream.status).toBe(404);
    await stream.body?.cancel();
    expect(await tablesOf(env.EXECUTIONS.getByName(`${organization}/${id}`))).toEqual([]);
  });
});

describe('other origins', () => {
  const preflight = (origin: string): Promise<Response> =>
    send('OPTIONS', '/v1/workflows', {
      key: null,
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    });

  it('are let in where they are named', async () => {
    const response = await preflight('https://pages.example');
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://pages.example');
    expect(response.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
    const answer = await call('GET', '/v1/workflows', { key, headers: { origin: 'https://pages.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://pages.example');
  });

  it('may read and follow an execution, which its own object answers', async () => {
    await put(key, workflow('greet'));
    const headers = { origin: 'https://pages.example' };
    const started = await call('POST', '/v1/workflows/greet/executions?wait=5', { key, body: {}, headers });
    expect(started.headers.get('access-control-allow-origin')).toBe('https://pages.example');
    expect(started.headers.get('access-control-expose-headers')).toBe('location');
    const read = await call('GET', `/v1/executions/${started.body.id}`, { key, headers });
    expect(read.headers.get('access-control-allow-origin')).toBe('https://pages.example');
    expect(read.headers.get('cache-control')).toBe('no-store');
    const stream = await send('GET', `/v1/executions/${started.body.id}/events`, {
      key,
      headers: { ...headers, accept: 'text/event-stream' },
    });
    expect(stream.headers.get('access-control-allow-origin')).toBe('https://pages.example');
    expect(stream.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(await stream.text()).toContain('event: end');
  });

  it('are told of errors too, such as a wrong key', async () => {
    const answer = await call('GET', '/v1/workflows', { key: null, headers: { origin: 'https://pages.example' } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://pages.example');
  });

  it('are kept out where they are not', async () => {
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const answer = await call('GET', '/v1/workflows', { key, headers: { origin: 'https://evil.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('GET /v1/health', () => {
  it('needs no key', async () => {
    const answer = await call('GET', '/v1/health', { key: null });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ status: 'ok' });
  });
});
