import { describe, expect, it } from 'vitest';
import { builtinActions } from '../../runtime/actions.js';
import { compile, Driver, type Json, type JsonObject, type RuntimePorts, readHistory } from '../../runtime/index.js';
import { hostOf } from '../support/hand-driven.js';

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly redirect: string | undefined;
}

/** A network by hand: answers by address, and remembers what it was asked. */
function network(answers: Readonly<Record<string, () => Response>>) {
  const sent: Sent[] = [];
  const fetch: NonNullable<RuntimePorts['fetch']> = async (url, init = {}) => {
    sent.push({
      url,
      method: init.method ?? 'GET',
      headers: Object(init.headers),
      body: init.body,
      redirect: init.redirect,
    });
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

const redirect = (status: number, location: string) => new Response('', { status, headers: { location } });

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
        redirect: 'manual',
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
    [503, { 'retry-after': 'Thursday, 01-Jan-26 00:01:00 GMT' }, { retryable: true, retryAfter: 60_000 }],
    [503, { 'retry-after': 'Thu Jan  1 00:01:00 2026' }, { retryable: true, retryAfter: 60_000 }],
    [
      503,
      { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Thu, 01 Jan 2026 00:00:50 GMT' },
      { retryable: true, retryAfter: 10_000 },
    ],
    [503, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, { retryable: true, retryAfter: 0 }],
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

  it.each(['soon', '7.5', '-1', '2026-01-01', 'Thu, 01 Jan 2026 00:01:00'])(
    'makes nothing of a Retry-After that is no date of HTTP: %s',
    async (after) => {
      const headers = { 'retry-after': after };
      const { fetch } = network({ 'https://example.com/': () => new Response('', { status: 503, headers }) });
      const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
      expect(state.error).toMatchObject({ code: 'HTTP_503', retryable: true });
      expect(state.error).not.toHaveProperty('retryAfter');
    },
  );

  it.each([408, 425, 429, 500, 502, 503, 504])('finds status %i worth another attempt', async (status) => {
    const { fetch } = network({ 'https://example.com/': () => new Response('', { status }) });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.error).toMatchObject({ code: `HTTP_${status}`, retryable: true });
  });

  it('quotes how the response of a failure begins, however long it is', async () => {
    const long = () => new Response(`${'x'.repeat(999)}😀${'y'.repeat(9000)}`, { status: 503 });
    const { fetch } = network({ 'https://example.com/': long });
    const http = { maxResponseBytes: 5000 };
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch }, { http });
    expect(state.error).toMatchObject({ code: 'HTTP_503', retryable: true, details: { body: 'x'.repeat(999) } });
  });

  it('says that a response broke off, and that another may not', async () => {
    const broken = () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(10)),
          pull: (controller) => controller.error(new TypeError('terminated')),
        }),
      );
    const { fetch } = network({ 'https://example.com/': broken });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.error).toMatchObject({ code: 'NETWORK_ERROR', retryable: true });
  });

  it('gives up after the time that its parameters grant, in the middle of a body too', async () => {
    const host = hostOf(builtinActions());
    let reading: () => void = () => undefined;
    const read = new Promise<void>((resolve) => {
      reading = resolve;
    });
    const stalled = new ReadableStream({ pull: () => reading() }, { highWaterMark: 0 });
    const fetch = async () => new Response(stalled);
    const parameters = { url: 'https://example.com/', timeout: 5000 };
    const steps = [{ stepSlug: 'do', stepType: 'action', config: { type: 'http_request', parameters } }];
    const driver = await Driver.start({ ...host.ports, fetch }, compile({ name: 'Do', steps }), { executionId: 'x' });
    await read;
    host.clock.advanceTo(host.clock.now() + 4999);
    expect(driver.state.status).toBe('running');
    host.clock.advanceTo(host.clock.now() + 1);
    expect((await driver.settled()).error).toMatchObject({ code: 'TIMEOUT', retryable: true });
  });

  it.each([
    [{ method: 'GET', body: { a: 1 } }, 'BODY_INVALID'],
    [{ method: 'HEAD', body: 'a' }, 'BODY_INVALID'],
    [{ headers: { 'x-a': 'b\r\nx-c: d' } }, 'HTTP_HEADER_REFUSED'],
    [{ headers: { 'x-a': '→' } }, 'HTTP_HEADER_REFUSED'],
    [{ headers: { 'x a': 'b' } }, 'HTTP_HEADER_REFUSED'],
    [{ headers: { 'Content-Length': 7 } }, 'HTTP_HEADER_REFUSED'],
  ])('sends nothing that cannot be sent as it is asked for: %j', async (parameters, code) => {
    const { sent, fetch } = network({});
    const { state } = await perform('http_request', { url: 'https://example.com/', ...parameters }, { fetch });
    expect(state.error).toMatchObject({ code });
    expect(state.error).not.toHaveProperty('retryable');
    expect(sent).toEqual([]);
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
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://192.0.0.192/',
    'http://192.0.2.1/',
    'http://168.63.129.16/',
    'http://127.0.0.1./',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://0xA9.0xFE.0xA9.0xFE/',
    'http://127。0。0。1/',
    'http://%6c%6f%63alhost/',
    'http://localhost../',
    'http://a.b.internal./',
    'http:\\\\127.0.0.1\\',
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
    'http://[3fff::1]/',
    'http://[2001::7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[0:0:0:0:0:ffff:127.0.0.1]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[64:ff9b:1::a00:1]/',
    'http://[fec0::1]/',
    'http://[fd00:ec2::254]/',
    'http://[100::1]/',
    'http://[4000::1]/',
    'https://user@example.com/',
    'http://example.com@127.0.0.1/',
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

  it.each([
    'http://169.254.169.254/',
    '//localhost/',
    'http://0x7f.1/',
    'http://[::ffff:10.0.0.1]/',
    'https://user:pass@other.example/',
    'file:///etc/passwd',
  ])('follows redirects itself, and judges each: %s is refused', async (location) => {
    const { sent, fetch } = network({
      'https://example.com/': () => redirect(302, '/second'),
      'https://example.com/second': () => redirect(307, location),
    });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.error).toMatchObject({ code: 'URL_REFUSED' });
    expect(sent.map(({ url }) => url)).toEqual(['https://example.com/', 'https://example.com/second']);
    expect(sent.map(({ redirect: how }) => how)).toEqual(['manual', 'manual']);
  });

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [301, 'PUT', 'PUT'],
    [303, 'PUT', 'GET'],
    [303, 'DELETE', 'GET'],
  ])('after status %i, what was a %s goes on as a %s', async (status, method, next) => {
    const { sent, fetch } = network({
      'https://example.com/': () => redirect(status, '/x'),
      'https://example.com/x': () => new Response('done'),
    });
    const headers = { authorization: 'Bearer abc', 'content-language': 'en' };
    await perform('http_request', { url: 'https://example.com/', method, body: { a: 1 }, headers }, { fetch });
    const kept = next === 'GET' ? undefined : '{"a":1}';
    expect(sent[1]).toMatchObject({ method: next, headers: { authorization: 'Bearer abc' } });
    expect(sent[1]?.body).toBe(kept);
    expect(Object.keys(sent[1]?.headers ?? {}).sort()).toEqual(
      kept === undefined ? ['authorization'] : ['authorization', 'content-language', 'content-type', 'idempotency-key'],
    );
  });

  it('keeps a HEAD a HEAD, and follows no status that is no redirect', async () => {
    const { sent, fetch } = network({
      'https://example.com/': () => redirect(303, '/x'),
      'https://example.com/x': () => new Response(null, { status: 300, headers: { location: '/y' } }),
    });
    const { state } = await perform('http_request', { url: 'https://example.com/', method: 'HEAD' }, { fetch });
    expect(sent.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
    expect(state.error).toMatchObject({ code: 'HTTP_300' });
  });

  it('lets go of the responses that it does not read', async () => {
    let cancelled = 0;
    const cancel = () => {
      cancelled += 1;
    };
    const body = () => new ReadableStream({ cancel });
    const { fetch } = network({
      'https://example.com/': () => new Response(body(), { status: 302, headers: { location: '/x' } }),
      'https://example.com/x': () => new Response('done'),
    });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.status).toBe('completed');
    expect(cancelled).toBe(1);
  });

  it('says so where the network of the host hides redirects, as that of a page does', async () => {
    const { fetch } = network({ 'https://example.com/': () => Response.error() });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.error).toMatchObject({ code: 'HTTP_REDIRECT_HIDDEN' });
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
      redirect: 'manual',
    });
  });

  it('stops where a host redirects for ever', async () => {
    const { sent, fetch } = network({ 'https://example.com/': () => redirect(307, '/') });
    const { state } = await perform('http_request', { url: 'https://example.com/' }, { fetch });
    expect(state.error).toMatchObject({ code: 'HTTP_REDIRECT_LIMIT' });
    expect(sent).toHaveLength(6);
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
