import { beforeAll, describe, expect, it } from 'vitest';
import { call, newOrganization, put, send, start } from './client.js';

let key: string;
let id: string;
beforeAll(async () => {
  ({ key } = await newOrganization());
  await put(key, {
    ...{ name: 'asks', slug: 'asks' },
    steps: [{ stepSlug: 'ask', stepType: 'approval', config: { title: 'Go on?' } }],
  });
  ({ id } = await start(key, 'asks'));
});

const bodies: readonly (string | undefined)[] = [
  ...[undefined, '{', 'null', '[]', '{"__proto__": {"a": 1}}', '{"toString": null}', '{"from": {}}', '{"name": []}'],
  ...['{"executionId": "a", "journal": [null]}', '{"version": 1e999}', '{"expiresIn": -0}', '{"definition": null}'],
  `{"data": ${'['.repeat(5000)}${']'.repeat(5000)}}`,
  `{"name": "${'x'.repeat(300_000)}"}`,
  // No text can be made of what these fields hold.
  ...['input', 'version', 'reason', 'from', 'name', 'data', 'decision', 'fields', 'steps'].map(
    (field) => `{"${field}": {"toString": null}}`,
  ),
];
const routes = [
  ...[
    'POST /executions/ID/pause',
    'POST /executions/ID/resume',
    'POST /executions/ID/retry',
    'POST /executions/ID/receipt',
  ],
  ...[
    'POST /executions/import',
    'POST /approvals/ID~1',
    'POST /approvals/ID~9',
    'POST /approvals/ID~1/links',
    'POST /events',
  ],
  ...['POST /executions/ID/signals/%00', 'POST /executions/ID/signals/approval:1', 'POST /executions/__proto__/pause'],
  ...['POST /executions/ID.1/cancel', 'POST /approvals/__proto__~1', 'POST /workflows/asks/activate'],
  ...['POST /workflows/validate', 'PUT /workflows/other', 'POST /workflows/asks/executions'],
];

describe('a body that is not what is asked for', () => {
  it.each(routes)('%s', async (route) => {
    const [method = '', path = ''] = route.replace('ID', id).split(' ');
    const answers = await Promise.all(
      bodies.map(async (text) => {
        const response = await send(method, `/v1${path}`, { key, ...(text === undefined ? {} : { text }) });
        return { text: text?.slice(0, 60), status: response.status, answer: (await response.text()).slice(0, 300) };
      }),
    );
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect((await call('GET', `/v1/executions/${id}`, { key })).body.status).toMatch(/waiting|paused/);
  });

  it.each([
    'approvals?limit=x',
    'approvals?cursor=%00',
    'approvals?cursor=1.%ff',
    'approvals/%2e%2e~1',
    'executions?status=queue',
    'executions/a.b/bundle',
    'workflows/__proto__/versions/1/compatibility',
    'workflows/asks/versions/0/compatibility',
    'workflows/asks/versions/1/compatibility?limit=51',
    'workflows/asks/versions/1/compatibility?cursor=x',
  ])('GET %s', async (path) => {
    const { status, body } = await call('GET', `/v1/${path}`, { key });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body.code).toBeTypeOf('string');
  });

  it('as a form of a link', async () => {
    const { body } = await call('POST', `/v1/approvals/${id}~1/links`, { key, body: {} });
    const path = new URL(String(body.url)).pathname;
    const texts = ['', 'decision=maybe', '%', 'comment=%ff'];
    const statuses = async (type: string): Promise<number[]> =>
      Promise.all(
        texts.map(async (text) => {
          const response = await send('POST', path, { key: null, text, headers: { 'content-type': type } });
          await response.text();
          return response.status;
        }),
      );
    expect(await statuses('application/x-www-form-urlencoded')).toEqual(texts.map(() => 400));
    expect(await statuses('application/json')).toEqual(texts.map(() => 400));
    expect(await statuses('text/plain')).toEqual(texts.map((text) => (text === '' ? 400 : 415)));
  });
});
