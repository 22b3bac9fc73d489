import { env, exports } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { readGrant } from '../../src/worker/link-token.js';
import { type Answer, call, expectProblem, keyFor, newOrganization, put, start } from './client.js';

let key: string;
let organization: string;
let id: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});

const fields = [
  { name: 'reason', type: 'string', label: 'Why <b>so</b>?', required: true },
  { name: 'copies', type: 'integer', default: 2 },
  { name: 'gift', type: 'boolean' },
  { name: 'size', type: 'select', options: [1, { value: 2, label: 'Two' }] },
];

async function asking(config: JsonObject = {}): Promise<void> {
  await put(key, {
    name: 'asks',
    slug: 'asks',
    steps: [
      {
        stepSlug: 'ask',
        stepType: 'approval',
        config: { title: '<script>alert(1)</script> {{input.what}}', ...config },
        nextSteps: { approved: 'show', rejected: 'show', timeout: 'show' },
      },
      { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.ask.output}}' } },
    ],
  });
  ({ id } = await start(key, 'asks', { input: { what: '"&\'><img src=x>' } }));
  await expect.poll(async () => (await call('GET', `/v1/executions/${id}`, { key })).body.status).toBe('waiting');
}

const makeLink = (body: JsonObject = {}, by = key): Promise<Answer> =>
  call('POST', `/v1/approvals/${id}~1/links`, { key: by, body });
async function linkFor(body: JsonObject = {}): Promise<string> {
  const { status, body: made } = await makeLink(body);
  expect(status).toBe(201);
  return String(made.url);
}

/** As a browser does, which has no key. */
function browse(method: string, url: string, form?: Record<string, string>): Promise<Response> {
  const headers = { accept: 'text/html', ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) };
  const body = form && new URLSearchParams(form).toString();
  return exports.default.fetch(new Request(url, { method, headers, ...(body === undefined ? {} : { body }) }));
}
const pathOf = (url: string): string => new URL(url).pathname;
const post = (url: string, body: JsonObject): Promise<Answer> => call('POST', pathOf(url), { key: null, body });
const output = async (): Promise<unknown> => (await call('GET', `/v1/executions/${id}?wait=5`, { key })).body.output;

describe('a link to decide an approval', () => {
  it('shows what is asked as text, under a policy that runs nothing, and decides nothing when it is fetched', async () => {
    await asking({ fields, description: 'Line\n<i>two</i>' });
    const url = await linkFor();
    for (const _ of [1, 2, 3]) expect((await browse('GET', url)).status).toBe(200);
    const response = await browse('GET', url);
    const html = await response.text();
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<i>');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;&#39;&gt;&lt;img src=x&gt;');
    expect(html).toContain('name="field.reason"');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect((await call('GET', `/v1/executions/${id}`, { key })).body.status).toBe('waiting');
    expect((await browse('HEAD', url)).status).toBe(200);
    const [, sheet = ''] = /<link\s+rel="stylesheet" href="([^"]+)"/.exec(html) ?? [];
    const styles = await browse('GET', new URL(sheet, url).href);
    expect([styles.status, styles.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    expect(await styles.text()).toContain('aria-invalid');
  });

  it('decides by a form, once, in the name it was made for', async () => {
    await asking({ fields });
    const url = await linkFor({ for: 'ada@example.com' });
    const form = { 'field.reason': 'late', 'field.copies': '3', 'field.size': '2', comment: 'ok' };
    const done = await browse('POST', url, { decision: 'approved', ...form });
    expect(done.status).toBe(200);
    expect(await done.text()).toContain('Approved');
    expect(await output()).toEqual({
      decision: 'approved',
      by: 'ada@example.com',
      comment: 'ok',
      fields: { reason: 'late', copies: 3, gift: false, size: 2 },
    });
    const again = await browse('POST', url, { decision: 'rejected' });
    expect(again.status).toBe(410);
    expect(await again.text()).toContain('<h1>This was decided already</h1><p>This link was used already');
    expectProblem(await call('GET', pathOf(url), { key: null }), 410, 'LINK_USED');
    expectProblem(await post(url, { decision: 'approved' }), 410, 'LINK_USED');
  });

  it('says what is wrong with what was filled in, and can be used again then', async () => {
    await asking({ fields });
    const url = await linkFor();
    const refused = await browse('POST', url, { decision: 'approved', 'field.reason': 'x', 'field.copies': 'many' });
    expect(refused.status).toBe(422);
    const asked = await refused.text();
    expect(asked).toContain('Nothing was decided yet');
    expect(asked).toMatch(/name="field.copies" value="many" aria-invalid="true"/);
    expect(asked).toMatch(/name="field.reason" value="x" required \/>/);
    expect(asked).toContain('value="approved"');
    const problem = await post(url, { decision: 'approved', fields: {} });
    expectProblem(problem, 422, 'INVALID_FIELDS');
    expect(problem.body.issues).toMatchObject([{ path: '/reason' }]);
    expect((await post(url, { decision: 'approved', fields: { reason: 'y' } })).body).toEqual({ decision: 'approved' });
  });

  it('that is for one decision makes no other one', async () => {
    await asking();
    const url = await linkFor({ decision: 'rejected' });
    expect(await (await browse('GET', url)).text()).not.toContain('value="approved"');
    expectProblem(await post(url, { decision: 'approved' }), 403, 'LINK_FOR_ANOTHER_DECISION');
    expect((await post(url, {})).body).toEqual({ decision: 'rejected' });
    expect(await output()).toMatchObject({ decision: 'rejected' });
  });

  it('is worth nothing once the approval is decided otherwise', async () => {
    await asking();
    const url = await linkFor();
    await call('POST', `/v1/approvals/${id}~1`, { key, body: { decision: 'approved' } });
    expectProblem(await call('GET', pathOf(url), { key: null }), 409, 'NOT_WAITING');
    expectProblem(await post(url, { decision: 'approved' }), 409, 'NOT_WAITING');
  });

  it('is refused when its time is over', async () => {
    await asking();
    const url = await linkFor({ expiresIn: 60 });
    const later = Date.now() + 61_000;
    vi.spyOn(Date, 'now').mockReturnValue(later);
    try {
      expectProblem(await call('GET', pathOf(url), { key: null }), 410, 'LINK_EXPIRED');
      expectProblem(await post(url, { decision: 'approved' }), 410, 'LINK_EXPIRED');
      expect((await browse('GET', url)).status).toBe(410);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it('is refused when a single character of it is another one', async () => {
    await asking();
    const url = await linkFor();
    const token = pathOf(url).split('/').at(-1) ?? '';
    const secret = env.NEWTFLOW_LINK_KEY;
    expect(await readGrant(token, secret)).toMatchObject({ approval: `${id}~1`, organization });
    expect(await readGrant(token, `${secret}.`)).toBeUndefined();
    for (let at = 0; at < token.length; at += 1) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(await readGrant(changed, secret), `character ${at}`).toBeUndefined();
    }
    const changed = `${token.slice(0, -1)}${token.endsWith('A') ? 'E' : 'A'}`;
    const others = ['x', 'a.b', '%00', `${token}.`, token.split('.')[0] ?? '', 'e30.'.padEnd(47, 'A'), changed];
    for (const other of others) {
      const answer = await call('GET', `/approvals/${other}`, { key: null });
      expect([answer.status, answer.body.code], other).toEqual([403, 'LINK_INVALID']);
    }
    expect((await call('GET', '/approvals/', { key: null })).status).toBe(404);
  });
});

describe('making a link', () => {
  it('asks for the role editor, and for one of the approvers where there are any', async () => {
    await asking({ approvers: ['ada@example.com', 'bo@example.com'] });
    const operator = await keyFor(organization, 'operator');
    const editor = await keyFor(organization, 'editor');
    expectProblem(await makeLink({}, operator), 403, 'FORBIDDEN');
    expectProblem(await makeLink({}, editor), 400, 'INVALID_REQUEST');
    expectProblem(await makeLink({ for: 'eve@example.com' }, editor), 400, 'INVALID_REQUEST');
    expect(await makeLink({ for: 'bo@example.com' }, editor)).toMatchObject({
      status: 201,
      body: { for: 'bo@example.com', expiresAt: expect.any(Number) },
    });
  });

  it.each([{ decision: 'maybe' }, { expiresIn: 5 }, { expiresIn: '1h' }, { for: 7 }, { other: 1 }, { expiresIn: 1e9 }])(
    'refuses %j',
    async (body) => {
      await asking();
      expectProblem(await makeLink(body), 400, 'INVALID_REQUEST');
    },
  );

  it('is for an approval that waits', async () => {
    await asking();
    await call('POST', `/v1/approvals/${id}~1`, { key, body: { decision: 'approved' } });
    expectProblem(await makeLink(), 409, 'NOT_WAITING');
    expectProblem(await call('POST', '/v1/approvals/none~1/links', { key, body: {} }), 404, 'EXECUTION_NOT_FOUND');
  });
});
