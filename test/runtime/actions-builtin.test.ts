import { describe, expect, it } from 'vitest';
import { builtinActions } from '../../runtime/actions.js';
import { compile, Driver, type Json, type JsonObject, type RuntimePorts, readHistory } from '../../runtime/index.js';
import { hostOf } from '../support/hand-driven.js';

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A network by hand: answers by address, and remembers what it was asked. */
function network(answers: Readonly<Record<string, () => Response>>) {
  const sent: Sent[] = [];
  const fetch: NonNullable<RuntimePorts['fetch']> = async (url, init = {}) => {
    sent.push({ url, method: init.method ?? 'GET', headers: Object(init.headers), body: init.body });
    const answer = answers[url];
    if (answer === undefined) throw new TypeError('fetch failed');
    return answer();
  };
  return { sent, fetch };
}

async function perform(
  type: string,
  parameters: JsonObject,
  ports: Partial<RuntimePorts> = {},
  options: Parameters<typeof builtinActions>[0] = {},
) {
  const host = hostOf(builtinActions(options));
  const plan = compile({ name: 'Do', steps: [{ stepSlug: 'do', stepType: 'action', config: { type, parameters } }] });
  const driver = await Driver.start({ ...host.ports, ...ports }, plan, { executionId: 'x', organizationId: 'org' });
  const state = await driver.settled();
  return { state, history: await readHistory(host.store, 'x') };
}

const json = (value: Json, init: ResponseInit = {}) =>
  new Response(JSON.stringify(value), { ...init, headers: { 'content-type': 'application/json', ...init.headers } });

describe('http_request', () => {
  it('asks with query, headers and a JSON body under the idempotency key, and reads JSON', async () => {
    const { sent, fetch } = network({
      'https://api.example.com/orders?tag=a&tag=b&page=2': () =>
        json({ id: 7 }, { headers: { 'set-cookie': 'sid=1' } }),
    });
    const { state } = await perform(
      'http_request',
      {
        url: 'https://api.example.com/orders',
        query: { tag: ['a', 'b'], page: 2, none: null },
        headers: { 'X-Trace': 't1' },
        body: { total: 3 },
      },
      { fetch },
    );
    expect(state.output).toEqual({ status: 200, headers: { 'content-type': 'application/json' }, body: { id: 7 } });
    expect(sent).toEqual([
      {
        url: 'https://api.example.com/orders?tag=a&tag=b&page=2',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'x/1', 'x-trace': 't1' },
        body: '{"total":3}',
      },
    ]);
  });

  it.each([
    [{ body: { a: 1, b: ['x', 'y'] }, bodyType: 'form' }, 'application/x-www-form-urlencoded', 'a=1&b=x&b=y'],
    [{ body: 'plain' }, 'text/plain;charset=UTF-8', 'plain'],
    [{ body: 'quoted', bodyType: 'json' }, 'application/json', '"quoted"'],
  ])('sends a body as it is asked for: %j', async (parameters, type, body) => {
    const { sent, fetch } = network({ 'https://example.com/': () => new Response('') });
    await perform('http_request', { url: 'https://example.com/', ...parameters }, { fetch });
    expect(sent[0]).toMatchObject({ method: 'POST', body, headers: { 'content-type': type } });
  });

  it.each([
    [503, { 'retry-after': '7' }, { retryable: true, retryAfter: 7000 }],
    [429, { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, { retryable: true, retryAfter: 60_000 }],
    [502, {}, { retryable: true }],
    [404, { 'retry-after': '7' }, {}],
  ])('turns status %i into an error of its own', async (status, headers, expected) => {
    const { fetch } = network({ 'https://example.com/': () => new Response('no such order', { status, headers }) });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.error).toMatchObject({
      code: `HTTP_${status}`,
      details: { status, body: 'no such order' },
      ...expected,
    });
    if (!('retryable' in expected)) expect(state.error).not.toHaveProperty('retryable');
  });

  it('takes the statuses worth another attempt from the step', async () => {
    const { fetch } = network({ 'https://example.com/': () => new Response('', { status: 409 }) });
    const { state } = await perform('http_request', { url: 'https://example.com/', retryStatus: [409] }, { fetch });
    expect(state.error).toMatchObject({ code: 'HTTP_409', retryable: true });
  });

  it('says that a host could not be reached, and that it may be later', async () => {
    const { state } = await perform('http_request', { url: 'https://example.com/' }, network({}));
    expect(state.error).toMatchObject({ code: 'NETWORK_ERROR', retryable: true });
  });

  it('gives up a response that is larger than it reads', async () => {
    let cancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1000)),
          cancel: () => {
            cancelled = true;
          },
        }),
      );
    const { fetch } = network({ 'https://example.com/': endless });
    const http = { maxResponseBytes: 5000 };
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch }, { http });
    expect(state.error).toMatchObject({ code: 'RESPONSE_LIMIT' });
    expect(cancelled).toBe(true);
  });

  it.each([
    'http://localhost/',
    'http://LOCALHOST./',
    'http://db.localhost/',
    'http://printer.local/',
    'http://metadata.google.internal/',
    'http://intranet/',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://2130706433/',
    'http://0/',
    'http://10.1.2.3/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.100.100.200/',
    'http://198.19.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://①②⑦.0.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[fe80::1]/',
    'http://[fd12:3456::1]/',
    'http://[ff02::1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:db8::1]/',
    'https://user:pass@example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:text/plain,hello',
  ])('does not ask %s', async (url) => {
    const { sent, fetch } = network({});
    const { state } = await perform('http_request', { url }, { fetch });
    expect(state.error).toMatchObject({ code: 'URL_REFUSED', stepSlug: 'do' });
    expect(sent).toEqual([]);
  });

  it.each(['http://93.184.216.34/', 'http://[2606:4700::1111]/', 'https://example.com./', 'http://[::ffff:8.8.8.8]/'])(
    'asks %s',
    async (url) => {
      const { href } = new URL(url);
      const { fetch } = network({ [href]: () => new Response('ok') });
      expect((await perform('http_request', { url }, { fetch })).state.status).toBe('completed');
    },
  );

  it('asks a private host where its own host allows that', async () => {
    const { fetch } = network({ 'http://127.0.0.1/': () => new Response('ok') });
    const http = { allowPrivate: true };
    expect(
      (await perform('http_request', { url: 'http://127.0.0.1/' }, { fetch }, { http })).state.output,
    ).toMatchObject({
      body: 'ok',
    });
  });

  it('follows redirects itself, and judges each: a private one is refused', async () => {
    const { sent, fetch } = network({
      'https://example.com/': () => new Response('', { status: 302, headers: { location: 'http://169.254.169.254/' } }),
    });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.error).toMatchObject({ code: 'URL_REFUSED' });
    expect(sent).toHaveLength(1);
  });

  it('hands no credentials on to another origin, and turns a POST into a GET as browsers do', async () => {
    const { sent, fetch } = network({
      'https://example.com/': () => new Response('', { status: 303, headers: { location: 'https://other.example/x' } }),
      'https://other.example/x': () => new Response('done'),
    });
    const headers = { Authorization: 'Bearer abc', Cookie: 'a=1', accept: 'text/plain' };
    await perform('http_request', { url: 'https://example.com/', body: { a: 1 }, headers }, { fetch });
    expect(sent[1]).toEqual({
      url: 'https://other.example/x',
      method: 'GET',
      headers: { accept: 'text/plain' },
      body: undefined,
    });
  });

  it('stops where a host redirects for ever', async () => {
    const { fetch } = network({
      'https://example.com/': () => new Response('', { status: 307, headers: { location: '/' } }),
    });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.error).toMatchObject({ code: 'HTTP_REDIRECT_LIMIT' });
  });

  it('refuses parameters that do not fit, and headers that are the network’s own, before anything is sent', async () => {
    const { sent, fetch } = network({});
    const wrong = await perform('http_request', { url: 'https://example.com/', method: 'BREW', tries: 3 }, { fetch });
    expect(wrong.state.error).toMatchObject({ code: 'ACTION_INPUT_INVALID' });
    const host = await perform('http_request', { url: 'https://example.com/', headers: { Host: 'evil' } }, { fetch });
    expect(host.state.error).toMatchObject({ code: 'HTTP_HEADER_REFUSED' });
    expect(sent).toEqual([]);
  });
});

describe('the smaller ones', () => {
  it('log and checkpoint write into the history', async () => {
    const logged = await perform('log', { message: 'half way', level: 'warn', data: { n: 1 } });
    expect(logged.history.find(({ type }) => type === 'log')).toMatchObject({ level: 'warn', message: 'half way' });
    const marked = await perform('checkpoint', { name: 'page', data: 3 });
    expect(marked.history.find(({ type }) => type === 'checkpoint')).toMatchObject({ name: 'page', data: 3 });
  });

  it('emit_event hands the event to the host under a key that repeats keep', async () => {
    const events: unknown[] = [];
    const { state } = await perform(
      'emit_event',
      { event: 'order.paid', data: { id: 7 } },
      { events: { emit: (event) => void events.push(event) } },
    );
    expect(events).toMatchObject([{ name: 'order.paid', data: { id: 7 }, id: 'x/1', organization: 'org' }]);
    expect(state.output).toEqual({ event: 'order.paid', id: 'x/1' });
    expect((await perform('emit_event', { event: 'a' })).state.error).toMatchObject({ code: 'EVENTS_NOT_FOUND' });
  });

  it('transform gives its parameters back as rendered', async () => {
    const { state } = await perform('transform', { sum: '{{1 + 2}}', list: [{ id: '{{executionId}}' }] });
    expect(state.output).toEqual({ sum: 3, list: [{ id: 'x' }] });
  });
});
