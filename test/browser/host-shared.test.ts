/** What the runs of a browser share: places under `config.concurrency`, circuit breakers, events and the network. */
import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtinActions } from '../../runtime/actions.js';
import { type Action, ActionError, defineAction } from '../../runtime/index.js';
import type { JsonObject } from '../../runtime/ports.js';
import { type BrowserHost, type BrowserHostOptions, createBrowserHost } from '../../web-component/browser-host.js';
import { databaseName, IndexedDbStore } from '../../web-component/indexeddb-store.js';
import type { RunHandle } from '../../web-component/run-source.js';
import { HandDriven, sequence } from '../support/browser-workflows.js';

const patient = { pingEvery: 50, patience: 60 };
let namespace = '';
let hosts: BrowserHost[] = [];

/** Each host stands for a tab. */
async function openHost(actions: readonly Action[], options: BrowserHostOptions = {}): Promise<BrowserHost> {
  const host = await createBrowserHost({ namespace, actions, leader: patient, ...options });
  hosts.push(host);
  return host;
}

beforeEach(() => {
  namespace = `shared-${crypto.randomUUID()}`;
});
afterEach(async () => {
  for (const host of hosts) await host.close();
  hosts = [];
  await deleteDB(databaseName(namespace));
});

function bounded(concurrency: JsonObject, name = 'Bounded'): JsonObject {
  return {
    ...sequence(name, { book: ['action', { type: 'work', parameters: { of: '{{input.of}}' } }] }),
    config: { concurrency },
  };
}

function untilEvent(run: RunHandle, type: string): Promise<void> {
  return new Promise((resolve) => {
    run.subscribe(({ events }) => {
      if (events.some((event) => event.type === type)) resolve();
    });
  });
}

/** Nobody is told when a start is queued: it is read until it is there. */
async function untilQueued(): Promise<void> {
  const store = await IndexedDbStore.open({ namespace });
  for (let queued = 0; queued === 0; ) {
    for (const key of await store.admissions.keys()) {
      queued += await store.admissions.update(key, (row) => ({ row, result: row?.queued.length ?? 0 }));
    }
  }
  store.close();
}

describe('runs under config.concurrency', () => {
  const one = bounded({ limit: 1 });

  it.each(['indexeddb', 'memory'] as const)(
    'begin one after the other, in the order in which they came: %s',
    async (store) => {
      const work = new HandDriven();
      const host = await openHost([work.action], { store });
      const first = await host.start(one, { input: { of: 1 } });
      const second = host.start(one, { input: { of: 2 } });
      const third = host.start(one, { input: { of: 3 } });
      (await work.call(1)).answer(null);
      await first.settled();
      const next = await second;
      expect((await work.call(2)).parameters).toEqual({ of: 2 });
      expect(work.calls).toHaveLength(2);
      await next.cancel();
      await third;
      expect((await work.call(3)).parameters).toEqual({ of: 3 });
    },
  );

  it('are refused where the workflow says so', async () => {
    const work = new HandDriven();
    const host = await openHost([work.action]);
    const strict = bounded({ limit: 1, onLimit: 'refuse' });
    const first = await host.start(strict);
    await expect(host.start(strict)).rejects.toMatchObject({ code: 'CONCURRENCY_LIMIT' });
    (await work.call(1)).answer(null);
    await first.settled();
    await host.start(strict);
    expect((await host.list()).items).toHaveLength(2);
  });

  it('are counted by key, and refused where the input gives none', async () => {
    const work = new HandDriven();
    const host = await openHost([work.action]);
    const byKey = bounded({ key: '{{input.of|upper}}', limit: 1, onLimit: 'refuse' });
    await host.start(byKey, { input: { of: 'a' } });
    await host.start(byKey, { input: { of: 'b' } });
    await expect(host.start(byKey, { input: { of: 'A' } })).rejects.toMatchObject({ code: 'CONCURRENCY_LIMIT' });
    const broken = bounded({ key: '{{range(0, input.of)}}', limit: 1 });
    await expect(host.start(broken, { input: { of: 1e12 } })).rejects.toMatchObject({
      code: 'CONCURRENCY_KEY_INVALID',
    });
  });

  it('give their places on when they are over as soon as they begin', async () => {
    const host = await openHost([]);
    const pure = {
      ...sequence('Pure', { note: ['action', { type: 'set_variables', parameters: { seen: true } }] }),
      config: { concurrency: { limit: 1 } },
    };
    for (let count = 0; count < 3; count += 1) {
      expect(await (await host.start(pure)).settled()).toMatchObject({ status: 'completed' });
    }
  });

  it('wait for one another across tabs', async () => {
    const [here, there] = [new HandDriven(), new HandDriven()];
    const first = await (await openHost([here.action])).start(one, { input: { of: 1 } });
    const waiting = (await openHost([there.action])).start(one, { input: { of: 2 } });
    (await here.call(1)).answer(null);
    await first.settled();
    const second = await waiting;
    const begun = await Promise.race([here.call(2), there.call(1)]);
    expect(begun.parameters).toEqual({ of: 2 });
    begun.answer(null);
    expect(await second.settled()).toMatchObject({ status: 'completed' });
  });

  it('begin when a page is next opened, where all were closed', async () => {
    const work = new HandDriven();
    const before = await openHost([work.action]);
    await before.start(one, { input: { of: 1 } });
    const lost = before.start(one, { input: { of: 2 } });
    const refusal = expect(lost).rejects.toMatchObject({ code: 'SOURCE_CLOSED' });
    await work.call(1);
    await untilQueued();
    await before.close();
    await refusal;
    const again = new HandDriven();
    const after = await openHost([again.action]);
    expect(await after.resumeAll()).toHaveLength(1);
    (await again.call(1)).answer(null);
    expect((await again.call(2)).parameters).toEqual({ of: 2 });
  });

  it('find a place that was not given on', async () => {
    const work = new HandDriven();
    const before = await openHost([work.action]);
    const run = await before.start(one);
    await work.call(1);
    await before.close();
    // It ends in a store of its own, as when the page goes in the moment of the end.
    const store = await IndexedDbStore.open({ namespace });
    const stored = await store.open(run.id);
    if (stored === undefined) throw new Error('The run is gone');
    const { summary, epoch } = stored;
    await store.commit(run.id, { after: summary.seq, epoch, events: [], summary: { ...summary, status: 'cancelled' } });
    store.close();
    const after = await openHost([work.action]);
    await after.start(one);
    expect((await work.call(2)).context.attempt).toBe(1);
  });

  it('hold the runs that others start, and call off those that wait', async () => {
    const work = new HandDriven();
    const host = await openHost([work.action], { workflows: { child: bounded({ limit: 1 }, 'Child') } });
    const parent = sequence('Parent', { call: ['workflow', { workflow: 'child', input: { of: '{{input.of}}' } }] });
    const first = await host.start(parent, { input: { of: 1 } });
    await work.call(1);
    const [second, third] = [
      await host.start(parent, { input: { of: 2 } }),
      await host.start(parent, { input: { of: 3 } }),
    ];
    // Its child has an id and a place, though it has not begun.
    await Promise.all([second, third].map((run) => untilEvent(run, 'child_started')));
    await second.cancel();
    (await work.call(1)).answer('one');
    expect(await first.settled()).toMatchObject({ status: 'completed' });
    expect((await work.call(2)).parameters).toEqual({ of: 3 });
    (await work.call(2)).answer('three');
    expect(await third.settled()).toMatchObject({ status: 'completed' });
  });

  it('count what a retry makes, beyond the limit too', async () => {
    const work = new HandDriven();
    const host = await openHost([work.action]);
    const old = await host.start(one, { input: { of: 1 } });
    await old.cancel();
    const retried = await host.retry(old.id, { from: 'book' });
    const next = host.start(one, { input: { of: 2 } });
    await untilQueued();
    expect(work.calls).toHaveLength(2);
    await retried.cancel();
    await next;
    expect((await work.call(3)).parameters).toEqual({ of: 2 });
  });

  it('tell the runs that start one too many that another time may do', async () => {
    const work = new HandDriven();
    const child = bounded({ limit: 1, onLimit: 'refuse' }, 'Child');
    const host = await openHost([work.action], { workflows: { child } });
    await host.start(child);
    const parent = await host.start(sequence('Parent', { call: ['workflow', { workflow: 'child' }] }));
    expect((await parent.settled()).error).toMatchObject({ code: 'CONCURRENCY_LIMIT', retryable: true });
  });
});

describe('circuit breakers', () => {
  const calls = sequence('Calls', { call: ['action', { type: 'flaky' }] });
  const breaker = { failureThreshold: 2, openMs: 60_000 };

  it('are shared by the runs of a browser, and outlive its pages', async () => {
    let asked = 0;
    const flaky = defineAction({
      ...{ type: 'flaky', breaker },
      run: () => {
        asked += 1;
        throw new ActionError('It is down', { code: 'DOWN' });
      },
    });
    const outcome = async (host: BrowserHost): Promise<unknown> => {
      const run = await host.start(calls);
      return (await run.settled()).error?.code;
    };
    const host = await openHost([flaky]);
    expect([await outcome(host), await outcome(host), await outcome(host)]).toEqual(['DOWN', 'DOWN', 'CIRCUIT_OPEN']);
    await host.close();
    expect(await outcome(await openHost([flaky]))).toBe('CIRCUIT_OPEN');
    expect(asked).toBe(2);
  });

  it('are written by who has read them last', async () => {
    const store = await IndexedDbStore.open({ namespace });
    const state = { failures: 1, openUntil: null, probes: [] };
    expect(await store.breakers.read('k')).toBeUndefined();
    expect(await store.breakers.write('k', state, 0)).toBe(true);
    expect(await store.breakers.write('k', { ...state, failures: 9 }, 0)).toBe(false);
    expect(await store.breakers.read('k')).toEqual({ state, version: 1 });
    store.close();
  });
});

describe('an event', () => {
  it('wakes the runs of the browser that wait for it, whichever tab drives them', async () => {
    const here = await openHost(builtinActions());
    const there = await openHost(builtinActions());
    const listens = sequence('Listens', { hear: ['wait_for_event', { event: 'paid' }] });
    const [first, second] = [await here.start(listens), await there.start(listens)];
    const deaf = await here.start(sequence('Deaf', { hear: ['wait_for_event', { event: 'other' }] }));
    const emits = sequence('Emits', {
      say: ['action', { type: 'emit_event', parameters: { event: 'paid', data: { sum: 3 } } }],
    });
    expect(await (await here.start(emits)).settled()).toMatchObject({ status: 'completed' });
    for (const run of [first, second]) {
      expect(await run.settled()).toMatchObject({ status: 'completed' });
      expect(run.events.at(-1)).toMatchObject({ output: { sum: 3 } });
    }
    expect(deaf.events.map(({ type }) => type)).not.toContain('signal_received');
  });
});

describe('the network', () => {
  it('is the page’s, or what it gives in its place', async () => {
    const asked: string[] = [];
    const host = await openHost(builtinActions(), {
      fetch: async (url) => {
        asked.push(url);
        return new Response('{"ok":true}', { headers: { 'content-type': 'application/json' } });
      },
    });
    const asks = sequence('Asks', {
      ask: ['action', { type: 'http_request', parameters: { url: 'https://example.com/a' } }],
    });
    const run = await host.start(asks);
    expect(await run.settled()).toMatchObject({ status: 'completed' });
    expect(run.events.at(-1)).toMatchObject({ output: { status: 200, body: { ok: true } } });
    expect(asked).toEqual(['https://example.com/a']);
  });
});

describe('a database of the version before', () => {
  it('is taken over with its runs', async () => {
    const old = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(databaseName(namespace), 1);
      request.onupgradeneeded = () => {
        const executions = request.result.createObjectStore('executions', { keyPath: 'summary.id' });
        executions.createIndex('start', ['summary.startedAt', 'summary.id']);
        executions.createIndex('workflow', ['summary.workflow', 'summary.startedAt', 'summary.id']);
        executions.createIndex('status', ['summary.status', 'summary.startedAt', 'summary.id']);
        for (const name of ['definitions', 'snapshots', 'events']) request.result.createObjectStore(name);
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const kept = { epoch: 1, summary: { id: 'old', workflow: 'w', startedAt: 1, status: 'completed', seq: 1 } };
    const writing = old.transaction(['executions'], 'readwrite');
    writing.objectStore('executions').put(kept);
    await new Promise((resolve) => {
      writing.oncomplete = resolve;
    });
    old.close();
    const store = await IndexedDbStore.open({ namespace });
    expect(await store.readSummary('old')).toEqual(kept.summary);
    expect(await store.breakers.read('k')).toBeUndefined();
    expect(await store.admissions.keys()).toEqual([]);
    store.close();
  });
});
