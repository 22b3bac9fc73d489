import type { Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../runtime/ports.js';
import { twoEffects } from '../support/browser-workflows.js';
import type { EndpointPage } from '../support/page-api.js';
import { ordinary, World } from './browser-world.js';
import { Edge, KEY } from './edge.js';

let world: World;
let edge: Edge;
beforeEach(async () => {
  world = await World.create('../support/browser-endpoint-page.ts');
  edge = await Edge.create(`${world.address}effect`);
  await edge.start();
});
afterEach(async () => {
  await edge.dispose();
  await world.dispose();
});

/** Shows the workflow in an element that runs it on the Worker. */
async function open(page: Page): Promise<void> {
  const settings = { endpoint: edge.endpoint, key: KEY, workflow: twoEffects };
  await page.evaluate(`window.show(${JSON.stringify(settings)})`);
}

/** What the element told, and its run. */
const look = (page: Page): Promise<EndpointPage> => page.evaluate('window.look()');

const expectWhole = (events: readonly JournalEvent[]): void =>
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));

describe('the element, its workflow run on a Worker', () => {
  it('shows each event as it comes, and the result', async () => {
    // The second effect waits until the first is seen to be told.
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.behaviour = async (effect, count) => {
      if (count === 2) await held;
      return ordinary(effect, count);
    };
    const page = await world.openPage();
    await open(page);
    await page.getByText('On the edge', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Run' }).click();
    await world.performed(2);
    await expect
      .poll(async () => (await look(page)).told)
      .toEqual([
        ...['runstart', 'stepstart start', 'stepfinish start', 'stepstart first', 'stepfinish first'],
        'stepstart second',
      ]);
    await page.getByText('Running', { exact: true }).waitFor();
    release();
    await page.locator('[part=status]', { hasText: 'Completed' }).waitFor();
    const { told, run } = await look(page);
    expect(told.slice(6)).toEqual(['stepfinish second', 'runfinish']);
    expectWhole(run?.events ?? []);
    expect(world.effects).toHaveLength(2);
  });

  it('goes on with the run after a reload, which goes on by itself meanwhile', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.behaviour = async (effect, count) => {
      if (count === 1) await held;
      return ordinary(effect, count);
    };
    const page = await world.openPage();
    await open(page);
    await page.getByRole('button', { name: 'Run' }).click();
    await world.performed(1);
    await page.locator('[part=status]', { hasText: 'Running' }).waitFor();
    const before = await look(page);
    await page.reload();
    await open(page);
    expect((await look(page)).run?.id).toBe(before.run?.id);
    await page.locator('[part=badge]', { hasText: 'Resumed' }).waitFor();
    release();
    await page.locator('[part=status]', { hasText: 'Completed' }).waitFor();
    const { told, run } = await look(page);
    expectWhole(run?.events ?? []);
    expect(told).toContain('runfinish');
    expect(world.effects).toHaveLength(2);
  });
});
