import type { Page } from 'playwright';
import { expect } from 'vitest';
import { apiOf, ordinary, World } from './browser-world.js';
import { eventful, expectPromised, type Moment } from './kills.js';

/** What is killed: the process of the page alone, or all of the browser. */
export type Victim = 'page' | 'browser';

/** Runs the eventful workflow in a page that is killed at these moments, each followed by a new page on its profile. */
export async function runKilledPage(moments: readonly Moment[], victim: Victim): Promise<void> {
  const document = eventful('work');
  const world = await World.create();
  world.behaviour = async (effect, count) =>
    effect.parameters.first === 'busy' && effect.attempt === 1 ? { status: 503, body: {} } : ordinary(effect, count);
  try {
    let page = await world.openPage();
    const id = await (await apiOf(page)).evaluate((api, text) => api.start(text), JSON.stringify(document));
    for (const { effects, delay } of moments) {
      await world.performed(effects);
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (victim === 'browser') await world.killBrowser();
      else await crash(page);
      page = await world.openPage();
    }
    const { summary, events, storage } = await (await apiOf(page)).evaluate((api, run) => api.settled(run), id);
    expect({ status: summary.status, storage }).toEqual({ status: 'failed', storage: 'indexeddb' });
    const performed = world.effects.map(({ key, parameters }) => ({ name: String(parameters.part), key }));
    expectPromised(document, events, performed, moments.length);
  } finally {
    await world.dispose();
  }
}

/** Ends the process of a page. */
export async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = new Promise((resolve) => page.once('crash', resolve));
  // The page answers a crash by being gone.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
}
