import { beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../../runtime/index.js';
import { storePlan } from '../../runtime/tooling.js';
import { call, expectProblem, keyFor, newOrganization, put, workflow } from './client.js';

let key: string;
beforeEach(async () => {
  ({ key } = await newOrganization());
});

describe('PUT /v1/workflows/:slug', () => {
  it('stores a definition and gives it back in its normal form', async () => {
    const stored = await call('PUT', '/v1/workflows/greet', { key, body: workflow('greet') });
    expect(stored.status).toBe(201);
    expect(stored.body).toMatchObject({ slug: 'greet', name: 'greet', number: 1, version: '1.0.0' });
    const got = await call('GET', '/v1/workflows/greet', { key });
    expect(got.status).toBe(200);
    expect(got.body).toMatchObject({ number: 1, hash: stored.body.hash, definition: { slug: 'greet' } });
  });

  it('makes no new version of what is already active, and one of what is not', async () => {
    await put(key, workflow('greet'));
    expect((await put(key, workflow('greet'))).body).toMatchObject({ number: 1 });
    const changed = await call('PUT', '/v1/workflows/greet', { key, body: { ...workflow('greet'), name: 'Hello' } });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ number: 2, name: 'Hello' });
    const { body } = await call('GET', '/v1/workflows/greet/versions', { key });
    expect(body.items).toMatchObject([
      { number: 2, active: true },
      { number: 1, active: false },
    ]);
  });

  it('names a document without a slug by its path', async () => {
    const { slug: _, ...nameless } = workflow('x');
    const stored = await call('PUT', '/v1/workflows/greet', { key, body: { ...nameless, name: 'Some other name' } });
    expect(stored.status).toBe(201);
    expect(stored.body).toMatchObject({ slug: 'greet', name: 'Some other name' });
  });

  it('refuses a document with another slug', async () => {
    const refused = await call('PUT', '/v1/workflows/greet', { key, body: workflow('other') });
    expectProblem(refused, 422, 'INVALID_DEFINITION');
    expect(refused.body.issues).toMatchObject([{ code: 'SLUG_MISMATCH', path: '/slug', line: 1 }]);
  });

  it('stores nothing of an invalid one and returns every issue with its place', async () => {
    const text = `{
  "name": "Broken", "slug": "broken",
  "steps": [
    { "stepSlug": "one", "stepType": "telepathy", "config": {} },
    { "stepSlug": "two", "stepType": "condition", "config": { "expression": "input.a ==" }, "nextSteps": { "true": "nowhere" } }
  ]
}`;
    const refused = await call('PUT', '/v1/workflows/broken', { key, text });
    expectProblem(refused, 422, 'INVALID_DEFINITION');
    const issues = Array.isArray(refused.body.issues) ? refused.body.issues : [];
    expect(issues.length).toBeGreaterThanOrEqual(3);
    expect(issues).toContainEqual(expect.objectContaining({ path: '/steps/0/stepType', line: 4 }));
    expectProblem(await call('GET', '/v1/workflows/broken', { key }), 404, 'WORKFLOW_NOT_FOUND');
    expect((await call('GET', '/v1/workflows', { key })).body).toEqual({ items: [] });
  });

  it('says of a stored plan what it is, and nothing else', async () => {
    const plan = storePlan(compile(workflow('greet')));
    const refused = await call('PUT', '/v1/workflows/greet', { key, body: plan });
    expectProblem(refused, 422, 'INVALID_DEFINITION');
    expect(refused.body.issues).toMatchObject([
      { code: 'STORED_PLAN', path: '/format', message: 'This is a stored plan, not a definition.' },
    ]);
    const checked = await call('POST', '/v1/workflows/validate', { key, body: plan });
    expect(checked.body).toMatchObject({ valid: false, issues: [{ code: 'STORED_PLAN' }] });
  });

  it('keeps what was there when the next one is invalid', async () => {
    await put(key, workflow('greet'));
    expectProblem(
      await call('PUT', '/v1/workflows/greet', { key, body: { slug: 'greet' } }),
      422,
      'INVALID_DEFINITION',
    );
    expect((await call('GET', '/v1/workflows/greet', { key })).body).toMatchObject({ number: 1 });
  });
});

describe('POST /v1/workflows/validate', () => {
  it('says what a definition is, or what is wrong with it, and stores nothing', async () => {
    const valid = await call('POST', '/v1/workflows/validate', { key, body: workflow('greet') });
    expect(valid.body).toMatchObject({ valid: true, slug: 'greet', issues: [] });
    const invalid = await call('POST', '/v1/workflows/validate', { key, body: { name: 'x', steps: [] } });
    expect(invalid.status).toBe(200);
    expect(invalid.body).toMatchObject({ valid: false });
    expect((await call('GET', '/v1/workflows', { key })).body).toEqual({ items: [] });
  });

  it('warns, with its place, of a name that stands twice in one object', async () => {
    const text = JSON.stringify(workflow('greet'), undefined, 2).replace('{', '{\n  "name": "other",');
    const { body } = await call('POST', '/v1/workflows/validate', { key, text });
    expect(body).toMatchObject({ valid: true, issues: [{ code: 'DUPLICATE_KEY', path: '/name', line: 3 }] });
  });

  it('warns of an action that this Worker does not have', async () => {
    const body = workflow('greet', { type: 'no_such_action', parameters: {} });
    const answer = await call('POST', '/v1/workflows/validate', { key, body });
    expect(answer.body).toMatchObject({ valid: true, issues: [{ severity: 'warning' }] });
  });
});

describe('versions', () => {
  it('roll back and forth, and the one asked for can be read', async () => {
    await put(key, workflow('greet'));
    await put(key, { ...workflow('greet'), name: 'Second' });
    const back = await call('POST', '/v1/workflows/greet/activate', { key, body: { version: 1 } });
    expect(back.body).toMatchObject({ number: 1, name: 'greet' });
    expect((await call('GET', '/v1/workflows/greet', { key })).body).toMatchObject({ number: 1, name: 'greet' });
    expect((await call('GET', '/v1/workflows/greet?version=2', { key })).body).toMatchObject({ name: 'Second' });
    expect((await call('GET', '/v1/workflows', { key })).body).toMatchObject({ items: [{ number: 1 }] });
    expectProblem(await call('GET', '/v1/workflows/greet?version=3', { key }), 404, 'WORKFLOW_NOT_FOUND');
    const none = await call('POST', '/v1/workflows/greet/activate', { key, body: { version: 9 } });
    expectProblem(none, 404, 'WORKFLOW_NOT_FOUND');
    const odd = await call('POST', '/v1/workflows/greet/activate', { key, body: { version: 'latest' } });
    expectProblem(odd, 400, 'INVALID_REQUEST');
  });

  it('are not numbered again after the workflow was deleted', async () => {
    await put(key, workflow('greet'));
    expect((await call('DELETE', '/v1/workflows/greet', { key })).status).toBe(204);
    expectProblem(await call('GET', '/v1/workflows/greet', { key }), 404, 'WORKFLOW_NOT_FOUND');
    expectProblem(await call('DELETE', '/v1/workflows/greet', { key }), 404, 'WORKFLOW_NOT_FOUND');
    expectProblem(await call('GET', '/v1/workflows/greet/versions', { key }), 404, 'WORKFLOW_NOT_FOUND');
    expect((await put(key, workflow('greet'))).body).toMatchObject({ number: 2 });
  });
});

describe('roles and organisations', () => {
  it('let a viewer read and nothing else, an operator start but not change', async () => {
    const { key: admin, organization } = await newOrganization();
    await put(admin, workflow('greet'));
    const viewer = await keyFor(organization, 'viewer');
    const operator = await keyFor(organization, 'operator');
    expect((await call('GET', '/v1/workflows/greet', { key: viewer })).status).toBe(200);
    for (const [method, path, holder] of [
      ['POST', '/v1/workflows/greet/executions', viewer],
      ['PUT', '/v1/workflows/greet', operator],
      ['DELETE', '/v1/workflows/greet', operator],
      ['POST', '/v1/workflows/greet/activate', operator],
      ['POST', '/v1/executions/some-id/cancel', viewer],
      ['POST', '/v1/executions/some-id/signals/go', viewer],
      ['GET', '/v1/keys', operator],
    ] as const) {
      expectProblem(
        await call(method, path, { key: holder, ...(method === 'GET' ? {} : { body: {} }) }),
        403,
        'FORBIDDEN',
      );
    }
    const started = await call('POST', '/v1/workflows/greet/executions', { key: operator, body: {} });
    expect(started.status).toBe(202);
  });

  it('show nothing of one to another', async () => {
    await put(key, workflow('greet'));
    const { key: stranger } = await newOrganization();
    expectProblem(await call('GET', '/v1/workflows/greet', { key: stranger }), 404, 'WORKFLOW_NOT_FOUND');
    expect((await call('GET', '/v1/workflows', { key: stranger })).body).toEqual({ items: [] });
    const started = await call('POST', '/v1/workflows/greet/executions', { key: stranger, body: {} });
    expectProblem(started, 404, 'WORKFLOW_NOT_FOUND');
  });

  it('end with a key that is revoked', async () => {
    const { key: admin, organization } = await newOrganization();
    const viewer = await keyFor(organization, 'viewer');
    const { body } = await call('GET', '/v1/keys', { key: admin });
    expect(JSON.stringify(body)).not.toContain(viewer);
    const items = Array.isArray(body.items) ? body.items : [];
    const id = items.find((item) => item.role === 'viewer')?.id;
    expect((await call('DELETE', `/v1/keys/${id}`, { key: admin })).status).toBe(204);
    expectProblem(await call('GET', '/v1/workflows', { key: viewer }), 401, 'UNAUTHORIZED');
    expectProblem(await call('DELETE', `/v1/keys/${id}`, { key: admin }), 404, 'NOT_FOUND');
  });

  it('let an admin make keys of its own organisation only', async () => {
    const body = { name: 'x', role: 'admin', organization: 'somebody-else' };
    expectProblem(await call('POST', '/v1/keys', { key, body }), 403, 'FORBIDDEN');
    expectProblem(await call('POST', '/v1/keys', { key, body: { name: 'x', role: 'king' } }), 400, 'INVALID_REQUEST');
    expectProblem(await call('POST', '/v1/keys', { key, body: { role: 'viewer' } }), 400, 'INVALID_REQUEST');
    const { key: _, ...made } = (await call('POST', '/v1/keys', { key, body: { name: 'x', role: 'viewer' } })).body;
    expect(made).toMatchObject({ name: 'x', role: 'viewer' });
  });
});
