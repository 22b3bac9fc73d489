import { afterEach, describe, expect, it } from 'vitest';
import { compile, createActionRegistry, Driver, isFinal, MemoryStore } from '../../runtime/index.js';
import type { ExecutionSummary, JournalEvent, Json, RuntimePorts } from '../../runtime/ports.js';
import { VirtualClock } from '../../runtime/testing.js';
import { RemoteError } from '../../web-component/remote-error.js';
import { createRemoteHost } from '../../web-component/remote-host.js';
import type { RunSource } from '../../web-component/run-source.js';
import { serverMessages } from '../../web-component/server-messages.js';
import { approval, HandDriven, twoEffects, undoing } from '../support/browser-workflows.js';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly search: URLSearchParams;
  readonly headers: Headers;
  readonly body: Record<string, Json>;
}
type Answer = (request: Request) => Response | Promise<Response> | undefined;

const json = (body: unknown, status = 200): Response => Response.json(body, { status });
const problem = (status: number, code: string, extra: object = {}): Response =>
  Response.json(
    { type: 'about:blank', title: code, status, detail: `Said by the server: ${code}`, code, ...extra },
    { status },
  );

/** A Worker in miniature behind `fetch`: the engine itself, with the API of docs/http-api.md around it. */
class Edge {
  readonly requests: Request[] = [];
  readonly work = new HandDriven();
  readonly store = new MemoryStore();
  readonly #streams = new Set<{
    id: string;
    sent: number;
    controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  }>();
  readonly #drivers = new Map<string, Driver>();
  readonly #versions: { number: number; hash: string; definition: unknown }[] = [];
  /** Asked first; what it answers goes out in place of the usual answer. */
  before: Answer = () => undefined;
  #active = 0;

  readonly #ports: RuntimePorts = {
    store: this.store,
    clock: new VirtualClock(1_767_225_600_000),
    random: { id: () => `exec_${this.#drivers.size + 1}`, seed: () => 1 },
    actions: createActionRegistry([this.work.action]),
    sink: { publish: (id, events, summary) => this.#publish(id, events, summary) },
  };

  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input));
    const request: Request = {
      method: init.method ?? 'GET',
      path: url.pathname,
      search: url.searchParams,
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : {},
    };
    this.requests.push(request);
    return (await this.before(request)) ?? this.#answer(request, init.signal ?? undefined);
  };

  get paths(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  /** Breaks every open stream, as a train in a tunnel does. */
  breakStreams(): void {
    for (const stream of this.#streams) stream.controller.error(new TypeError('network error'));
    this.#streams.clear();
  }

  async #answer(request: Request, signal?: AbortSignal): Promise<Response> {
    const [collection, name = '', what = '', signalName = ''] = request.path.replace(/^.*\/v1\//, '').split('/');
    if (collection === 'workflows') return this.#workflows(request, name, what);
    const driver = this.#drivers.get(name);
    if (driver === undefined) return name === '' ? json(await this.store.list()) : problem(404, 'EXECUTION_NOT_FOUND');
    if (what === 'cancel') {
      const changed = !isFinal(driver.state.status) && (await driver.cancel());
      return json(driver.summary, changed ? 202 : 200);
    }
    if (what === 'signals') {
      if (isFinal(driver.state.status)) return problem(409, 'EXECUTION_FINISHED');
      const { id, data = null } = request.body;
      return json(await driver.signal({ id: String(id), name: signalName, data }), 202);
    }
    if (what === 'events') return this.#events(request, driver, signal);
    return json({ ...driver.summary, input: {}, definition: driver.plan.definition });
  }

  async #workflows(request: Request, slug: string, what: string): Promise<Response> {
    const active = this.#versions[this.#active - 1];
    if (request.method === 'PUT') {
      const plan = compile(request.body);
      this.#versions.push({ number: this.#versions.length + 1, hash: plan.hash, definition: plan.definition });
      this.#active = this.#versions.length;
      return json({ slug, number: this.#active, hash: plan.hash }, 201);
    }
    if (active === undefined) return problem(404, 'WORKFLOW_NOT_FOUND');
    if (what === 'versions') return json({ items: this.#versions });
    if (what === '') return json({ slug, ...active });
    const { version, input = {} } = request.body;
    const chosen = this.#versions.find((item) => item.number === (version ?? this.#active)) ?? active;
    const driver = await Driver.start(this.#ports, compile(chosen.definition), { input });
    this.#drivers.set(driver.id, driver);
    return json(driver.summary, 202);
  }

  #events(request: Request, driver: Driver, signal?: AbortSignal): Response {
    const after = Number(request.search.get('after') ?? request.headers.get('last-event-id') ?? 0);
    const events = this.store.readEvents(driver.id, { after });
    if (request.headers.get('accept') !== 'text/event-stream') {
      const items = events.slice(0, 3);
      return json({ items, last: items.at(-1)?.seq ?? after, more: items.length < events.length });
    }
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        const stream = { id: driver.id, sent: after, controller };
        this.#streams.add(stream);
        signal?.addEventListener('abort', () => {
          if (this.#streams.delete(stream)) controller.error(signal.reason);
        });
        this.#publish(driver.id, events, driver.summary);
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  }

  #publish(id: string, events: readonly JournalEvent[], summary: ExecutionSummary): void {
    for (const stream of this.#streams) {
      if (stream.id !== id) continue;
      const fresh = events.filter((event) => event.seq > stream.sent);
      stream.sent = Math.max(stream.sent, events.at(-1)?.seq ?? 0);
      const lines = fresh.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
      lines.push(`event: summary\ndata: ${JSON.stringify(summary)}\n\n`);
      const over = isFinal(summary.status);
      if (over) lines.push(`event: end\ndata: {"status":"${summary.status}"}\n\n`);
      stream.controller.enqueue(new TextEncoder().encode(lines.join('')));
      if (!over) continue;
      stream.controller.close();
      this.#streams.delete(stream);
    }
  }
}

let sources: RunSource[] = [];
afterEach(async () => {
  for (const source of sources) await source.close();
  sources = [];
});
function connect(edge: Edge): RunSource {
  const source = createRemoteHost({ endpoint: 'https://edge.test/base/', getToken: () => 'key-1', fetch: edge.fetch });
  sources.push(source);
  return source;
}
const expectWhole = (events: readonly JournalEvent[]): void =>
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));

describe('a run on a Worker', () => {
  it('puts a workflow that the Worker does not have, starts it, and follows it to its end', async () => {
    const edge = new Edge();
    const source = connect(edge);
    expect(source).toMatchObject({ place: 'edge', storage: 'edge' });
    const run = await source.start(twoEffects, { input: { a: 1 }, threadId: 't1' });
    expect(edge.paths).toEqual([
      'GET /base/v1/workflows/two_effects',
      'PUT /base/v1/workflows/two_effects',
      'POST /base/v1/workflows/two_effects/executions',
    ]);
    const started = edge.requests.at(-1);
    expect(started?.body).toEqual({ version: 1, input: { a: 1 }, threadId: 't1' });
    expect(started?.headers.get('idempotency-key')).toMatch(/^run_/);
    expect(edge.requests.every(({ headers }) => headers.get('authorization') === 'Bearer key-1')).toBe(true);
    expect(run.driver).toBe('server');
    const seen: JournalEvent[] = [];
    run.subscribe(({ events }) => seen.push(...events));
    (await edge.work.call(1)).answer('one');
    (await edge.work.call(2)).answer('two');
    expect((await run.settled()).status).toBe('completed');
    expect(seen).toEqual(edge.store.readEvents(run.id));
    expect(run.events).toEqual(seen);
    expect(run.driver).toBe('none');
  });

  it('puts nothing when an equal version is there, and starts that one', async () => {
    const edge = new Edge();
    const source = connect(edge);
    await source.start(twoEffects);
    await source.start({ ...twoEffects, description: 'Newer' });
    edge.requests.length = 0;
    await source.start(twoEffects, { idempotencyKey: 'mine' });
    expect(edge.paths.filter((path) => path.startsWith('PUT'))).toEqual([]);
    expect(edge.requests.at(-1)?.body).toEqual({ version: 1 });
    expect(edge.requests.at(-1)?.headers.get('idempotency-key')).toBe('mine');
  });

  it("starts the Worker's own version where the key may put nothing", async () => {
    const edge = new Edge();
    const source = connect(edge);
    await source.start(twoEffects);
    edge.before = ({ method }) => (method === 'PUT' ? problem(403, 'FORBIDDEN') : undefined);
    const run = await source.start({ ...twoEffects, description: 'Newer' });
    expect(run.definition).toEqual(compile(twoEffects).definition);
    const empty = new Edge();
    empty.before = edge.before;
    await expect(connect(empty).start(twoEffects)).rejects.toMatchObject({ name: 'RemoteError', code: 'FORBIDDEN' });
  });

  it('opens a run with its whole history, page by page, and goes on from there without a repetition', async () => {
    const edge = new Edge();
    const { id } = await connect(edge).start(twoEffects);
    (await edge.work.call(1)).answer('one');
    await edge.work.call(2);
    const run = await connect(edge).open(id);
    if (run === undefined) throw new Error('Not found');
    expect(run.events).toEqual(edge.store.readEvents(id));
    expect(run.events.length).toBeGreaterThan(3);
    const seen: JournalEvent[] = [];
    run.subscribe(({ events }) => seen.push(...events));
    (await edge.work.call(2)).answer('two');
    await run.settled();
    expect(seen).toEqual(edge.store.readEvents(id));
    expect(await connect(edge).open('none')).toBeUndefined();
  });

  it('loses and repeats nothing when the connection breaks, and says so meanwhile', async () => {
    const edge = new Edge();
    const run = await connect(edge).start(twoEffects);
    const seen: JournalEvent[] = [];
    const streaming = new Promise<void>((resolve) => {
      run.subscribe(({ events }) => {
        seen.push(...events);
        if (events.length > 0) resolve();
      });
    });
    await streaming;
    const problems: (string | undefined)[] = [];
    const changed = new Promise<void>((resolve) => {
      run.onDriverChange(() => {
        problems.push(run.problem?.code);
        resolve();
      });
    });
    edge.breakStreams();
    await changed;
    (await edge.work.call(1)).answer('one');
    (await edge.work.call(2)).answer('two');
    await run.settled();
    expectWhole(seen);
    expect(seen).toEqual(edge.store.readEvents(run.id));
    expect(problems[0]).toBe('NETWORK_ERROR');
    expect(run.problem).toBeUndefined();
  });

  it('stays connected only while somebody listens or waits', async () => {
    const edge = new Edge();
    const run = await connect(edge).start(twoEffects);
    const streams = (): number => edge.requests.filter(({ headers }) => headers.get('accept') !== null).length;
    expect(streams()).toBe(0);
    const end = run.subscribe(() => undefined);
    await edge.work.call(1);
    end();
    await connect(edge).list();
    expect(streams()).toBe(1);
    const settled = run.settled();
    await edge.work.call(1).then((call) => call.answer(null));
    await edge.work.call(2).then((call) => call.answer(null));
    expect((await settled).status).toBe('completed');
    expect(streams()).toBe(2);
  });

  it('sends signals and cancels', async () => {
    const edge = new Edge();
    const run = await connect(edge).start(approval);
    await run.signal('approved', { by: 'Ada' }, 'd1');
    expect((await edge.work.call(1)).parameters).toEqual({ by: 'Ada' });
    expect(edge.requests.at(-1)?.path).toBe(`/base/v1/executions/${run.id}/signals/approved`);
    expect(await run.cancel('Enough')).toBe(true);
    expect(edge.requests.at(-1)?.body).toEqual({ reason: 'Enough' });
    await expect(run.cancel()).rejects.toMatchObject({ name: 'ConflictError', code: 'EXECUTION_FINISHED' });
    await expect(run.signal('approved')).rejects.toMatchObject({ name: 'ConflictError', code: 'EXECUTION_FINISHED' });
    expect((await run.settled()).status).toBe('cancelled');
  });

  it('says that a cancellation had no effect where the run has failed and is being undone', async () => {
    const edge = new Edge();
    const run = await connect(edge).start(undoing);
    const settled = run.settled();
    (await edge.work.call(1)).answer(null);
    const call = await edge.work.call(2);
    expect(await run.cancel()).toBe(false);
    call.answer(null);
    expect(await settled).toMatchObject({ status: 'failed', error: { code: 'STOP' } });
    await expect(run.cancel()).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('tells what the Worker refused: code, words and issues', async () => {
    const edge = new Edge();
    const issue = { code: 'REQUIRED', severity: 'error', path: '/amount', message: 'amount is missing' };
    edge.before = ({ path }) =>
      path.endsWith('/executions') ? problem(422, 'INVALID_INPUT', { issues: [issue] }) : undefined;
    const refused = connect(edge).start(twoEffects);
    await expect(refused).rejects.toBeInstanceOf(RemoteError);
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      status: 422,
      message: 'Said by the server: INVALID_INPUT',
      issues: [issue],
    });
  });

  it('sends no key where the page has none', async () => {
    const edge = new Edge();
    for (const getToken of [undefined, () => undefined, () => '']) {
      await createRemoteHost({ endpoint: 'https://edge.test/v1', getToken, fetch: edge.fetch }).list();
    }
    expect(edge.requests.map(({ headers }) => headers.get('authorization'))).toEqual([null, null, null]);
    expect(edge.paths[0]).toBe('GET /v1/executions');
  });

  it('asks the Worker nothing when the document itself is wrong', async () => {
    const edge = new Edge();
    await expect(connect(edge).start({ name: 'Bad' })).rejects.toMatchObject({ code: 'INVALID_DEFINITION' });
    expect(edge.requests).toEqual([]);
  });

  it('starts once although the first answer was lost', async () => {
    const edge = new Edge();
    let lost = 0;
    edge.before = ({ path }) => {
      if (!path.endsWith('/executions') || lost > 0) return undefined;
      lost += 1;
      throw new TypeError('Failed to fetch');
    };
    await connect(edge).start(twoEffects);
    const keys = edge.requests
      .filter(({ path }) => path.endsWith('/executions'))
      .map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  it.each([
    ['no answer', () => Promise.reject(new TypeError('Failed to fetch')), 'NETWORK_ERROR'],
    ['a page of another server', () => new Response('<html>', { status: 200 }), 'UNEXPECTED_ANSWER'],
    ['a failure in plain text', () => new Response('Bad gateway', { status: 502 }), 'REMOTE_FAILED'],
    ['a wrong key', () => problem(401, 'UNAUTHORIZED'), 'UNAUTHORIZED'],
  ])('tells %s apart', async (_, answer, code) => {
    const edge = new Edge();
    edge.before = answer;
    await expect(connect(edge).list()).rejects.toMatchObject({ name: 'RemoteError', code });
  });

  it('gives up following what may not be read, and says why', async () => {
    const edge = new Edge();
    const run = await connect(edge).start(twoEffects);
    edge.before = ({ path }) => (path.endsWith('/events') ? problem(403, 'FORBIDDEN') : undefined);
    const told = new Promise<void>((resolve) => {
      run.onDriverChange(() => resolve());
    });
    run.subscribe(() => undefined);
    await told;
    expect(run.problem).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('lets go of every run when closed', async () => {
    const edge = new Edge();
    const source = connect(edge);
    const run = await source.start(twoEffects);
    const settled = run.settled();
    await source.close();
    await expect(settled).rejects.toMatchObject({ code: 'SOURCE_CLOSED' });
    await expect(source.list()).rejects.toMatchObject({ code: 'SOURCE_CLOSED' });
  });
});

describe('event stream', () => {
  async function read(chunks: readonly string[], silence?: number): Promise<unknown[]> {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        if (silence === undefined) controller.close();
      },
    });
    const messages: unknown[] = [];
    for await (const message of serverMessages(body, silence)) messages.push(message);
    return messages;
  }
  const expected = [
    { event: 'message', data: 'a\nb', id: '1' },
    { event: 'summary', data: '{"x": 1}', id: undefined },
  ];

  it.each(['\n', '\r\n', '\r'])('is read with the line end %j, cut anywhere', async (end) => {
    const text = [
      ': hello',
      '',
      'id: 1',
      'data: a',
      'data:b',
      '',
      'event: summary',
      'data: {"x": 1}',
      'other',
      '',
      '',
    ].join(end);
    expect(await read([text])).toEqual(expected);
    expect(await read([...text])).toEqual(expected);
  });

  it('leaves out a message that was cut off', async () => {
    expect(await read(['data: whole\n\ndata: ha'])).toHaveLength(1);
  });

  it('is given up when nothing is heard', async () => {
    await expect(read(['data: a\n\n'], 30)).rejects.toThrow('Nothing was heard');
  });
});
