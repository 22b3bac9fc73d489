import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActionError, canonicalJson } from '../../runtime/index.js';
import type { JournalEvent } from '../../runtime/ports.js';
import { VirtualClock } from '../../runtime/testing.js';
import { type BrowserHost, type BrowserHostOptions, createBrowserHost } from '../../web-component/browser-host.js';
import { databaseName, IndexedDbStore } from '../../web-component/indexeddb-store.js';
import type { RunHandle } from '../../web-component/run-source.js';
import { approval, HandDriven, sequence, twoEffects, undoing, untilDriver } from '../support/browser-workflows.js';

/** Long enough that a busy machine does not take a living tab for a frozen one. */
const patient = { pingEvery: 50, patience: 60 };
const hears = sequence('Hears', { hear: ['wait_for_event', { event: 'go' }] });
const asks = { name: 'Asks', steps: [{ stepSlug: 'ask', stepType: 'approval', config: { title: 'Go?' } }] };
let namespace = '';
let hosts: BrowserHost[] = [];

/** Each host stands for a tab: it has its own connection, channel and locks. */
async function openHost(work: HandDriven, options: BrowserHostOptions = {}): Promise<BrowserHost> {
  const host = await createBrowserHost({ namespace, actions: [work.action], leader: patient, ...options });
  hosts.push(host);
  return host;
}

beforeEach(() => {
  namespace = `host-test-${crypto.randomUUID()}`;
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const host of hosts) await host.close();
  hosts = [];
  await deleteDB(databaseName(namespace));
});

/** What one listener was told, and its being without gap or repetition. */
function record(run: RunHandle): { readonly events: JournalEvent[]; readonly batches: number[] } {
  const seen = { events: [] as JournalEvent[], batches: [] as number[] };
  run.subscribe(({ events }) => {
    seen.events.push(...events);
    seen.batches.push(events.length);
  });
  return seen;
}

function expectWhole(events: readonly JournalEvent[]): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
}

describe('a run in one tab', () => {
  it('starts, is followed live, and ends', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    expect(host).toMatchObject({ place: 'browser', storage: 'indexeddb', storageReason: undefined });
    const run = await host.start(twoEffects);
    expect(run.driver).toBe('here');
    const seen = record(run);
    expect(seen.events[0]?.type).toBe('execution_started');
    (await work.call(1)).answer('one');
    const second = await work.call(2);
    expect(second.parameters).toEqual({ part: 2, before: 'one' });
    second.answer('two');
    expect(await run.settled()).toMatchObject({ status: 'completed', id: run.id });
    expect(seen.events.at(-1)?.type).toBe('execution_completed');
    expectWhole(seen.events);
    expect(run.events).toEqual(seen.events);
    await untilDriver(run, 'none');
    expect(run.problem).toBeUndefined();
    expect((await host.list()).items).toMatchObject([{ id: run.id, status: 'completed' }]);
  });

  it('gives the whole history at once to who comes later, and to who opens it after its end', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(twoEffects);
    (await work.call(1)).answer(null);
    (await work.call(2)).answer(null);
    await run.settled();
    const late = record(run);
    expect(late.batches).toHaveLength(1);
    const again = await host.open(run.id);
    expect(again?.events).toEqual(late.events);
    expect(again?.driver).toBe('none');
    const other = await (await openHost(work)).open(run.id);
    expect(other?.events.map((event) => canonicalJson(event))).toEqual(
      late.events.map((event) => canonicalJson(event)),
    );
    expect(other?.definition).toEqual(run.definition);
  });

  it('takes a run whose steps all end at once', async () => {
    const host = await openHost(new HandDriven());
    const run = await host.start(
      sequence('Pure', { set: ['action', { type: 'set_variables', parameters: { a: 1 } }] }),
    );
    expect((await run.settled()).status).toBe('completed');
    expect(run.events.at(-1)?.type).toBe('execution_completed');
  });

  it('stores nothing of an invalid document or input, and says everything that is wrong', async () => {
    const host = await openHost(new HandDriven());
    await expect(host.start({ name: 'Bad', steps: [{ stepSlug: 'a', stepType: 'teleport' }] })).rejects.toMatchObject({
      name: 'ValidationError',
      code: 'INVALID_DEFINITION',
    });
    const needs = { ...twoEffects, parameters: [{ name: 'amount', type: 'number', required: true }] };
    await expect(host.start(needs, { input: {} })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect((await host.list()).items).toEqual([]);
    expect((await host.start(needs, { input: { amount: 3 } })).id).toMatch(/^run_[0-9a-f]{32}$/);
  });

  it('knows nothing of a run that does not exist', async () => {
    const host = await openHost(new HandDriven());
    expect(await host.open('run_none')).toBeUndefined();
  });

  it('starts once for one key, also in two tabs at the same moment', async () => {
    const work = new HandDriven();
    const [one, two] = [await openHost(work), await openHost(work)];
    const runs = await Promise.all([
      one.start(twoEffects, { idempotencyKey: 'order-7' }),
      two.start(twoEffects, { idempotencyKey: 'order-7' }),
    ]);
    expect(runs[0]?.id).toBe(runs[1]?.id);
    expect((await one.list()).items).toHaveLength(1);
    await work.call(1);
    expect(work.calls).toHaveLength(1);
    const changed = { ...twoEffects, description: 'Another version' };
    await expect(one.start(changed, { idempotencyKey: 'order-7' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    await expect(one.start(twoEffects, { idempotencyKey: '' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('is cancelled, its effect told so', async () => {
    const work = new HandDriven();
    const run = await (await openHost(work)).start(twoEffects);
    const { context } = await work.call(1);
    await run.cancel('Not wanted');
    expect(await run.settled()).toMatchObject({ status: 'cancelled' });
    expect(context.signal.aborted).toBe(true);
    await expect(run.cancel()).rejects.toMatchObject({ name: 'ConflictError', code: 'EXECUTION_FINISHED' });
    await expect(run.signal('x')).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('takes a signal once per id', async () => {
    const work = new HandDriven();
    const run = await (await openHost(work)).start(approval);
    await run.signal('approved', { by: 'Ada' }, 'decision-1');
    await run.signal('approved', { by: 'Eve' }, 'decision-1');
    const call = await work.call(1);
    expect(call.parameters).toEqual({ by: 'Ada' });
    expect(run.events.filter((event) => event.type === 'signal_received')).toHaveLength(1);
    call.answer(null);
    await run.settled();
  });

  it('knows a signal that is sent again after it ended by that, whoever is asked', async () => {
    const host = await openHost(new HandDriven());
    const run = await host.start(hears);
    await run.signal('go', 1, 's1');
    expect((await run.settled()).status).toBe('completed');
    await run.signal('go', 1, 's1');
    await host.close();
    const next = await (await openHost(new HandDriven())).open(run.id);
    await next?.signal('go', 1, 's1');
    await expect(next?.signal('go', 1, 's2')).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
    await expect(next?.decide(1, { decision: 'approved' }, 's1 of another')).rejects.toMatchObject({
      code: 'EXECUTION_FINISHED',
    });
    expect(next?.events.filter(({ type }) => type === 'signal_received')).toHaveLength(1);
  });

  it('knows a decision that is sent again after it ended by that, whoever is asked', async () => {
    const host = await openHost(new HandDriven());
    const run = await host.start(asks);
    await run.decide(1, { decision: 'approved' }, 'd1');
    expect((await run.settled()).status).toBe('completed');
    await host.close();
    const next = await (await openHost(new HandDriven())).open(run.id);
    await next?.decide(1, { decision: 'approved' }, 'd1');
    await expect(next?.decide(1, { decision: 'rejected' }, 'd2')).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('is not hurt by a listener that throws', async () => {
    const reported = vi.spyOn(globalThis, 'reportError').mockImplementation(() => undefined);
    const work = new HandDriven();
    const run = await (await openHost(work)).start(twoEffects);
    run.subscribe(() => {
      throw new Error('The page has a fault');
    });
    const seen = record(run);
    (await work.call(1)).answer(null);
    (await work.call(2)).answer(null);
    expect((await run.settled()).status).toBe('completed');
    expectWhole(seen.events);
    expect(reported).toHaveBeenCalled();
  });
});

describe('a page that closes', () => {
  it('leaves no trace, and the next one goes on in the middle of an effect', async () => {
    const before = new HandDriven();
    const first = await openHost(before);
    const run = await first.start(twoEffects);
    const { context } = await before.call(1);
    const history = [...run.events];
    const settled = run.settled();
    await first.close();
    await expect(settled).rejects.toMatchObject({ code: 'SOURCE_CLOSED' });
    expect(context.signal.aborted).toBe(true);
    await expect(first.start(twoEffects)).rejects.toMatchObject({ code: 'SOURCE_CLOSED' });

    const after = new HandDriven();
    const second = await openHost(after);
    expect(await second.resumeAll()).toEqual([run.id]);
    const resumed = await second.open(run.id);
    expect(resumed?.events.slice(0, history.length)).toEqual(history);
    const repeated = await after.call(1);
    expect(repeated.context.attempt).toBe(2);
    expect(repeated.context.idempotencyKey).toBe(context.idempotencyKey);
    repeated.answer('one');
    (await after.call(2)).answer('two');
    expect((await resumed?.settled())?.status).toBe('completed');
    expectWhole(resumed?.events ?? []);
    expect(await second.resumeAll()).toEqual([]);
  });

  it('resumes a retry and a wait at the time that was recorded, not later', async () => {
    const clock = new VirtualClock(1_767_225_600_000);
    const before = new HandDriven();
    const retrying = sequence('Retry', {
      work: ['action', { type: 'work', parameters: {}, retry: { maxAttempts: 2, initialDelay: 60_000, jitter: 0 } }],
      rest: ['wait', { for: '1h' }],
    });
    const first = await openHost(before, { clock });
    const run = await first.start(retrying);
    const failed = new Promise<void>((resolve) => {
      run.subscribe(({ events }) => {
        if (events.some((event) => event.type === 'step_failed')) resolve();
      });
    });
    (await before.call(1)).fail(new ActionError('Busy'));
    await failed;
    const due = run.summary.wakeAt;
    expect(due).toBe(clock.now() + 60_000);
    await first.close();
    clock.advanceTo(clock.now() + 59_999);

    const after = new HandDriven();
    const second = await openHost(after, { clock });
    const resumed = await second.open(run.id);
    expect(resumed?.summary.wakeAt).toBe(due);
    expect(after.calls).toHaveLength(0);
    const waiting = new Promise<number | null>((resolve) => {
      resumed?.subscribe(({ events, summary }) => {
        if (events.some((event) => event.type === 'timer_set' && event.timer === 'wait')) resolve(summary.wakeAt);
      });
    });
    clock.advanceTo(clock.now() + 1);
    (await after.call(1)).answer(null);
    const end = clock.now() + 3_600_000;
    expect(await waiting).toBe(end);
    await second.close();

    const third = await openHost(new HandDriven(), { clock });
    clock.advanceTo(end + 5_000);
    const last = await third.open(run.id);
    expect((await last?.settled())?.status).toBe('completed');
  });
});

describe('two tabs', () => {
  it('see the same run live, driven by one of them', async () => {
    const work = new HandDriven();
    const [one, two] = [await openHost(work), await openHost(work)];
    const here = await one.start(twoEffects);
    const there = await two.open(here.id);
    if (there === undefined) throw new Error('The other tab does not see the run');
    expect([here.driver, there.driver]).toEqual(['here', 'elsewhere']);
    const seen = record(there);
    (await work.call(1)).answer(null);
    (await work.call(2)).answer(null);
    await Promise.all([here.settled(), there.settled()]);
    expectWhole(seen.events);
    expect(seen.events).toEqual(here.events);
    expect(work.calls).toHaveLength(2);
    expect(await two.resumeAll()).toEqual([]);
  });

  it('take over when the one that drives closes', async () => {
    const [before, after] = [new HandDriven(), new HandDriven()];
    const [one, two] = [await openHost(before), await openHost(after)];
    const here = await one.start(twoEffects);
    const there = await two.open(here.id);
    if (there === undefined) throw new Error('The other tab does not see the run');
    const seen = record(there);
    (await before.call(1)).answer('one');
    await before.call(2);
    await one.close();
    await untilDriver(there, 'here');
    const call = await after.call(1);
    expect(call.parameters).toEqual({ part: 2, before: 'one' });
    call.answer(null);
    expect((await there.settled()).status).toBe('completed');
    expectWhole(seen.events);
  });

  it('take over from one that is frozen, whose late result is refused', async () => {
    const [before, after] = [new HandDriven(), new HandDriven()];
    const one = await openHost(before);
    const two = await openHost(after, { leader: { pingEvery: 50, patience: 2 } });
    // A frozen tab keeps its lock, but hears no question and so answers none.
    const answers = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(() => undefined);
    const here = await one.start(twoEffects);
    const stale = await before.call(1);
    const there = await two.open(here.id);
    if (there === undefined) throw new Error('The other tab does not see the run');
    await untilDriver(there, 'here');
    answers.mockRestore();
    stale.answer('from the frozen tab');
    (await after.call(1)).answer('one');
    const second = await after.call(2);
    expect(second.parameters).toEqual({ part: 2, before: 'one' });
    second.answer(null);
    expect((await there.settled()).status).toBe('completed');
    await untilDriver(here, 'none');
    expect(here.events).toEqual(there.events);
    expect(before.calls).toHaveLength(1);
  });

  it('are fenced by the epoch even where no lock tells them: the driver before learns it at its next write', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(twoEffects);
    const first = await work.call(1);
    // Someone who asks for no lock opens the execution: only the store can keep the two apart.
    const store = await IndexedDbStore.open({ namespace });
    expect((await store.open(run.id))?.epoch).toBe(2);
    store.close();
    first.answer('refused by the store');
    const again = await work.call(2);
    expect(again.context.attempt).toBe(2);
    again.answer('one');
    const last = await work.call(3);
    expect(last.parameters).toEqual({ part: 2, before: 'one' });
    last.answer(null);
    expect((await run.settled()).status).toBe('completed');
    expectWhole(run.events);
  });

  it('pass a signal or a cancellation on to the one that drives', async () => {
    const work = new HandDriven();
    const [one, two] = [await openHost(work), await openHost(work)];
    const here = await one.start(approval);
    const there = await two.open(here.id);
    await there?.signal('approved', { by: 'Bob' }, 'd1');
    expect((await work.call(1)).parameters).toEqual({ by: 'Bob' });
    await there?.signal('approved', { by: 'Eve' }, 'd1');
    expect(await there?.cancel('Changed our minds')).toBe(true);
    expect(await there?.settled()).toMatchObject({ status: 'cancelled' });
    expect(here.events.filter((event) => event.type === 'signal_received')).toHaveLength(1);
    await expect(there?.signal('approved')).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('hear that a cancellation had no effect, as the run has failed and is being undone', async () => {
    const work = new HandDriven();
    const [one, two] = [await openHost(work), await openHost(work)];
    const here = await one.start(undoing);
    const there = await two.open(here.id);
    (await work.call(1)).answer(null);
    const call = await work.call(2);
    expect(await there?.cancel()).toBe(false);
    expect(await here.cancel()).toBe(false);
    call.answer(null);
    expect(await there?.settled()).toMatchObject({ status: 'failed', error: { code: 'STOP' } });
    expect(work.calls).toHaveLength(2);
  });

  it('do it themselves when the one that drives is gone', async () => {
    const [before, after] = [new HandDriven(), new HandDriven()];
    const [one, two] = [await openHost(before), await openHost(after)];
    const here = await one.start(approval);
    const there = await two.open(here.id);
    const sent = there?.signal('approved', { by: 'Bob' });
    await one.close();
    await sent;
    expect((await after.call(1)).parameters).toEqual({ by: 'Bob' });
  });

  it('leave a run to a page that has the actions for it', async () => {
    const work = new HandDriven();
    const first = await openHost(work);
    const run = await first.start(twoEffects);
    await work.call(1);
    const poor = await openHost(new HandDriven('something else'));
    const seen = await poor.open(run.id);
    expect(seen).toMatchObject({ driver: 'elsewhere', problem: { code: 'PAGE_LACKS_ACTIONS' } });
    expect(seen?.problem?.message).toContain('"work"');
    await first.close();
    expect(await poor.resumeAll()).toEqual([]);
    await expect(seen?.signal('x')).rejects.toMatchObject({ code: 'PAGE_LACKS_ACTIONS' });
    const after = new HandDriven();
    const right = await openHost(after);
    expect(await right.resumeAll()).toEqual([run.id]);
    (await after.call(1)).answer(null);
    (await after.call(2)).answer(null);
    expect((await seen?.settled())?.status).toBe('completed');
  });
});

describe('a tab that was asleep', () => {
  it('reads in the store what it did not hear, as soon as it is looked at again', async () => {
    const work = new HandDriven();
    const [one, two] = [await openHost(work), await openHost(work)];
    const here = await one.start(twoEffects);
    const there = await two.open(here.id);
    if (there === undefined) throw new Error('The other tab does not see the run');
    const seen = record(there);
    const lost = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(() => undefined);
    (await work.call(1)).answer(null);
    await work.call(2);
    expect(seen.events.length).toBeLessThan(here.events.length);
    lost.mockRestore();
    const caughtUp = new Promise<void>((resolve) => {
      there.subscribe(() => {
        if (there.events.length === here.events.length) resolve();
      });
    });
    document.dispatchEvent(new Event('visibilitychange'));
    await caughtUp;
    expectWhole(seen.events);
    expect(seen.events).toEqual(here.events);
  });
});

describe('storage', () => {
  it('falls back to memory when the browser refuses, and says why', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('Denied', 'SecurityError');
    });
    const work = new HandDriven();
    const host = await openHost(work);
    expect(host.storage).toBe('memory');
    expect(host.storageReason).toMatch(/only until this page closes.*lets this page keep nothing/s);
    const run = await host.start(twoEffects);
    (await work.call(1)).answer(null);
    (await work.call(2)).answer(null);
    expect((await run.settled()).status).toBe('completed');
    expectWhole(run.events);
  });

  it('keeps in memory where asked to, apart from every other tab', async () => {
    const work = new HandDriven();
    const host = await openHost(work, { store: 'memory' });
    expect(host).toMatchObject({ storage: 'memory', storageReason: undefined });
    const run = await host.start(twoEffects);
    expect(await (await openHost(work)).open(run.id)).toBeUndefined();
    expect(await host.storageState()).toBeUndefined();
  });

  it('says what the browser grants', async () => {
    expect(await (await openHost(new HandDriven())).storageState()).toMatchObject({ persisted: expect.any(Boolean) });
  });

  it('shows that the disk is full, and goes on when there is room', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(twoEffects);
    const first = await work.call(1);
    const put = IDBObjectStore.prototype.put;
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      if (this.name === 'events') throw new DOMException('No room', 'QuotaExceededError');
      return put.apply(this, args);
    });
    first.answer('lost');
    await untilDriver(run, 'none');
    expect(run.problem).toMatchObject({ code: 'STORAGE_FULL' });
    full.mockRestore();
    const again = await work.call(2);
    expect(run).toMatchObject({ driver: 'here', problem: undefined });
    again.answer('one');
    (await work.call(3)).answer(null);
    expect((await run.settled()).status).toBe('completed');
    expectWhole(run.events);
  });

  it('says that a run is gone when the data of the site was cleared under it', async () => {
    const work = new HandDriven();
    const run = await (await openHost(work)).start(twoEffects);
    const first = await work.call(1);
    await deleteDB(databaseName(namespace));
    first.answer('one');
    await untilDriver(run, 'none');
    expect(run.problem).toMatchObject({ code: 'EXECUTION_GONE' });
    await expect(run.signal('x')).rejects.toMatchObject({ code: 'EXECUTION_GONE' });
  });

  it('starts nothing on a disk that is full, and says so', async () => {
    const host = await openHost(new HandDriven());
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('No room', 'QuotaExceededError');
    });
    await expect(host.start(twoEffects)).rejects.toMatchObject({ name: 'StorageError', code: 'STORAGE_FULL' });
    vi.restoreAllMocks();
    expect((await host.list()).items).toEqual([]);
  });
});

describe('many runs', () => {
  it('are all resumed, those beyond a page of the list too', async () => {
    const before = new HandDriven();
    const first = await openHost(before);
    for (let index = 0; index < 5; index += 1) await first.start(index % 2 ? approval : twoEffects);
    await first.close();
    const list = IndexedDbStore.prototype.list;
    vi.spyOn(IndexedDbStore.prototype, 'list').mockImplementation(function (this: IndexedDbStore, query) {
      return list.call(this, { ...query, limit: 2 });
    });
    const second = await openHost(new HandDriven());
    expect(await second.resumeAll()).toHaveLength(5);
  });

  it('hands a driver of this page no run of another namespace', async () => {
    const work = new HandDriven();
    const run = await (await openHost(work)).start(twoEffects);
    const other = `${namespace}-other`;
    const apart = await openHost(work, { namespace: other });
    expect(await apart.resumeAll()).toEqual([]);
    expect(await apart.open(run.id)).toBeUndefined();
    await apart.close();
    await deleteDB(databaseName(other));
  });
});
