import type { Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEvent, Json } from '../../runtime/ports.js';
import { approval, sequence, twoEffects } from '../support/browser-workflows.js';
import type { RunReport } from '../support/page-api.js';
import { crash } from './browser-kill.js';
import { apiOf, ordinary, silence, World } from './browser-world.js';

let world: World;
beforeEach(async () => {
  world = await World.create();
});
afterEach(async () => {
  await world.dispose();
});

const start = async (page: Page, document: Json): Promise<string> =>
  (await apiOf(page)).evaluate((api, text) => api.start(text), JSON.stringify(document));
const settled = async (page: Page, id: string): Promise<RunReport> =>
  (await apiOf(page)).evaluate((api, run) => api.settled(run), id);
const report = async (page: Page, id: string): Promise<RunReport> =>
  (await apiOf(page)).evaluate((api, run) => api.report(run), id);
const reached = async (page: Page, id: string, type: JournalEvent['type']): Promise<void> =>
  (await apiOf(page)).evaluate((api, [run, what]) => api.reached(run, what), [id, type] as const);
const resumed = async (page: Page): Promise<readonly string[]> => (await apiOf(page)).evaluate((api) => api.resumed);
const retrying = sequence('Retrying', {
  work: ['action', { type: 'work', parameters: { part: 1 }, retry: { maxAttempts: 3, initialDelay: 1500, jitter: 0 } }],
});
const waiting = sequence('Waiting', {
  before: ['action', { type: 'work', parameters: { part: 1 } }],
  rest: ['wait', { for: '2s' }],
  after: ['action', { type: 'work', parameters: { part: 2 } }],
});

function expectWhole(events: readonly JournalEvent[]): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
}

/** How often each effect was performed, by its idempotency key's activation. */
function counts(): number[] {
  const byKey = new Map<string, number>();
  for (const { key } of world.effects) byKey.set(key, (byKey.get(key) ?? 0) + 1);
  return [...byKey.values()];
}

/** Ways for a page to end, each followed by a new page on the same profile. */
const endings: readonly [string, (page: Page) => Promise<Page>][] = [
  [
    'closed',
    async (page) => {
      await page.close();
      return world.openPage();
    },
  ],
  [
    'reloaded',
    async (page) => {
      await page.reload();
      return page;
    },
  ],
  [
    'lost with its whole browser',
    async () => {
      await world.killBrowser();
      return world.openPage();
    },
  ],
];

describe.each(endings)('a page that is %s', (_, end) => {
  it('in the middle of an effect: the effect is repeated once, its result is final', async () => {
    world.behaviour = async (effect, count) => (count === 2 ? silence(effect, count) : ordinary(effect, count));
    const page = await world.openPage();
    const id = await start(page, twoEffects);
    await world.performed(2);
    const next = await end(page);
    expect(await resumed(next)).toEqual([id]);
    const { summary, events, storage } = await settled(next, id);
    expect({ status: summary.status, storage }).toEqual({ status: 'completed', storage: 'indexeddb' });
    expect(counts()).toEqual([1, 2]);
    expectWhole(events);
    expect(events.filter((event) => event.type === 'step_interrupted')).toHaveLength(1);
    expect(world.effects.at(-1)).toMatchObject({ attempt: 2, parameters: { part: 2, before: { done: 1 } } });
  });

  it('while a retry is due: it is made at the time recorded, no effect more than promised', async () => {
    world.behaviour = async (effect, count) => (count === 1 ? { status: 503, body: {} } : ordinary(effect, count));
    const page = await world.openPage();
    const id = await start(page, retrying);
    await reached(page, id, 'step_failed');
    const { summary, events } = await settled(await end(page), id);
    expect(summary.status).toBe('completed');
    expect(counts()).toEqual([2]);
    const failed = events.find((event) => event.type === 'step_failed');
    const again = events.filter((event) => event.type === 'step_started').at(-1);
    expect(failed?.retryAt).toBeDefined();
    expect(again?.at).toBeGreaterThanOrEqual(failed?.retryAt ?? Number.POSITIVE_INFINITY);
    expect(events.filter((event) => event.type === 'step_interrupted')).toEqual([]);
  });

  it('in the middle of a wait: it ends at the time recorded, nothing before it is done again', async () => {
    const page = await world.openPage();
    const id = await start(page, waiting);
    await reached(page, id, 'timer_set');
    const before = await report(page, id);
    const next = await end(page);
    const { summary, events } = await settled(next, id);
    expect(summary.status).toBe('completed');
    expect(events.slice(0, before.events.length)).toEqual(before.events);
    expect(counts()).toEqual([1, 1]);
    const set = events.find((event) => event.type === 'timer_set');
    const fired = events.find((event) => event.type === 'timer_fired');
    expect(fired?.at).toBeGreaterThanOrEqual(set?.dueAt ?? Number.POSITIVE_INFINITY);
    expectWhole(events);
  });
});

describe('two tabs', () => {
  const fates: readonly [string, (page: Page) => Promise<void>][] = [
    ['is closed', (page) => page.close()],
    ['crashes', crash],
  ];

  it.each(fates)('the other goes on when the one that drives %s', async (_, fate) => {
    world.behaviour = async (effect, count) => (count === 2 ? silence(effect, count) : ordinary(effect, count));
    const first = await world.openPage();
    const id = await start(first, twoEffects);
    await world.performed(1);
    const second = await world.openPage();
    await (await apiOf(second)).evaluate((api, run) => api.watch(run), id);
    await world.performed(2);
    expect((await report(second, id)).driver).toBe('elsewhere');
    await fate(first);
    const { summary, events } = await settled(second, id);
    expect(summary.status).toBe('completed');
    expect(counts()).toEqual([1, 2]);
    expectWhole(events);
    const seen = await (await apiOf(second)).evaluate((api) => api.watched());
    expect(seen).toEqual(events.map((event) => event.seq));
  });

  it('the other goes on when the one that drives stands still, which then follows', async () => {
    world.behaviour = async (effect, count) => (count === 2 ? silence(effect, count) : ordinary(effect, count));
    const first = await world.openPage();
    const id = await start(first, twoEffects);
    await world.performed(2);
    const session = await first.context().newCDPSession(first);
    await session.send('Debugger.enable');
    const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
    await session.send('Debugger.pause');
    const second = await world.openPage();
    await paused;
    const { summary, events } = await settled(second, id);
    expect(summary.status).toBe('completed');
    expect(counts()).toEqual([1, 2]);
    await session.send('Debugger.disable');
    const late = await settled(first, id);
    expect(late.events).toEqual(events);
    expect(late.driver).toBe('none');
    expect(counts()).toEqual([1, 2]);
  });

  it('a signal sent from the one that does not drive reaches the run, and both see it end', async () => {
    const first = await world.openPage();
    const id = await start(first, approval);
    const second = await world.openPage();
    await (await apiOf(second)).evaluate((api, run) => api.signal(run, 'approved', { by: 'Ada' }), id);
    const [here, there] = await Promise.all([settled(first, id), settled(second, id)]);
    expect(here.events).toEqual(there.events);
    expect(world.effects).toMatchObject([{ parameters: { by: 'Ada' } }]);
  });
});

it('works with no network, and registers no service worker', async () => {
  const page = await world.openPage();
  await (await world.browser()).setOffline(true);
  const id = await start(
    page,
    sequence('Offline', {
      one: ['action', { type: 'local', parameters: { a: 1 } }],
      rest: ['wait', { for: '100ms' }],
      two: ['action', { type: 'local', parameters: { b: '{{steps.one.output.a}}' } }],
    }),
  );
  const { summary, storage } = await settled(page, id);
  expect({ status: summary.status, storage }).toEqual({ status: 'completed', storage: 'indexeddb' });
  expect(await page.evaluate<number>('navigator.serviceWorker.getRegistrations().then((all) => all.length)')).toBe(0);
});
