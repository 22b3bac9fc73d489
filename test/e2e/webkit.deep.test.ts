/** The page host in WebKit, which cuts off the requests of a page while that goes on running. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEvent, Json } from '../../runtime/ports.js';
import { twoEffects } from '../support/browser-workflows.js';
import { ordinary, silence, World } from './browser-world.js';
import { WebKitPage, webKitLack } from './webkit.js';

const lack = webKitLack();
let page: WebKitPage;
let world: World;

beforeAll(async () => {
  if (lack === undefined) page = await WebKitPage.open();
});
afterAll(() => page?.close());
beforeEach(async (context) => {
  if (lack !== undefined) context.skip(lack);
  world = await World.create();
});
afterEach(() => world?.dispose());

/** Starts a run whose second effect gets no answer at first. */
async function startAndWait(): Promise<string> {
  world.behaviour = (effect, count) => (count === 2 ? silence(effect, count) : ordinary(effect, count));
  await page.goTo(world.address);
  const id = await page.evaluate(`return (await window.page).start(${JSON.stringify(JSON.stringify(twoEffects))})`);
  await world.performed(2);
  return String(id);
}

async function ended(id: string): Promise<readonly JournalEvent['type'][]> {
  const events = await page.evaluate(`return (await (await window.page).settled('${id}')).events`);
  return (Array.isArray(events) ? events : []).map((event: Json) => Object(event).type);
}

const repeatedOnce = [
  ...['execution_started', 'step_started', 'step_succeeded', 'step_started', 'step_succeeded', 'step_started'],
  ...['step_interrupted', 'step_started', 'step_succeeded', 'execution_completed'],
];

describe('in WebKit, in the middle of an effect', () => {
  it('a page that is reloaded repeats it', async () => {
    const id = await startAndWait();
    await page.reload();
    expect(await ended(id)).toEqual(repeatedOnce);
    expect(world.effects.map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
  });

  it('a page that is left, and gone back to, repeats it', async () => {
    const id = await startAndWait();
    await page.goTo(`${world.address}page.js`);
    await page.back();
    expect(await ended(id)).toEqual(repeatedOnce);
    expect(world.effects.map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
  });

  it('a page that stays where it is, as the link brought nothing to show, repeats it', async () => {
    const id = await startAndWait();
    await page.evaluate("location.href = '/nothing'");
    expect(await ended(id)).toEqual(repeatedOnce);
    expect(world.effects.map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
  });
});
