/** What a browser does to a page that is left, as its events and its failed requests tell it. */
import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JournalEvent, JsonObject } from '../../runtime/ports.js';
import { type BrowserHost, type BrowserHostOptions, createBrowserHost } from '../../web-component/browser-host.js';
import { databaseName } from '../../web-component/indexeddb-store.js';
import { CUT_OFF_TIME } from '../../web-component/page-lifecycle.js';
import { HandDriven, sequence, twoEffects, untilDriver } from '../support/browser-workflows.js';

let namespace = '';
let hosts: BrowserHost[] = [];

async function openHost(work: HandDriven, options: BrowserHostOptions = {}): Promise<BrowserHost> {
  const host = await createBrowserHost({ namespace, actions: [work.action], ...options });
  hosts.push(host);
  return host;
}

beforeEach(() => {
  namespace = `page-test-${crypto.randomUUID()}`;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const host of hosts) await host.close();
  hosts = [];
  await deleteDB(databaseName(namespace));
});

/** As Firefox has it: the page goes on, and its requests fail. */
const isBeingLeft = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
const hides = () => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
const isShownAgain = () => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
const cutOff = () => new TypeError('NetworkError when attempting to fetch resource.');

const told = (events: readonly JournalEvent[]) =>
  events.map((event) => ('step' in event && event.step !== undefined ? `${event.type} ${event.step}` : event.type));

/** Whatever a driver might still do with what it was told a moment ago. */
async function settle(host: BrowserHost): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await host.list();
}

describe('a page that is about to be left', () => {
  it('records no failure, and where it stays, makes the attempt again as one that was interrupted', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(twoEffects);
    (await work.call(1)).answer('one');
    const second = await work.call(2);
    const before = run.events.length;
    isBeingLeft();
    second.fail(cutOff());
    await settle(host);
    expect(run.events).toHaveLength(before);
    vi.advanceTimersByTime(CUT_OFF_TIME);
    const again = await work.call(3);
    expect(told(run.events.slice(before))).toEqual(['step_interrupted second', 'step_started second']);
    expect(again.context).toMatchObject({ attempt: 2, idempotencyKey: second.context.idempotencyKey });
    again.answer('two');
    expect(await run.settled()).toMatchObject({ status: 'completed' });
  });

  it('keeps what succeeds, and what fails by itself afterwards', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(twoEffects);
    const first = await work.call(1);
    isBeingLeft();
    first.answer('one');
    const second = await work.call(2);
    vi.advanceTimersByTime(CUT_OFF_TIME);
    second.fail(new Error('The other side is down'));
    expect(await run.settled()).toMatchObject({ status: 'failed' });
    expect(work.calls).toHaveLength(2);
  });

  it('leaves the runs alone in which nothing failed', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const [cut, whole] = [await host.start(twoEffects), await host.start(twoEffects)];
    const [first, second] = [await work.call(1), await work.call(2)];
    isBeingLeft();
    first.fail(cutOff());
    await settle(host);
    vi.advanceTimersByTime(CUT_OFF_TIME);
    const again = await work.call(3);
    expect(again.context.executionId).toBe(cut.id);
    expect(second.context.signal.aborted).toBe(false);
    second.answer('one');
    (await work.call(4)).answer('two');
    expect(await whole.settled()).toMatchObject({ status: 'completed' });
    expect(told(whole.events)).not.toContain('step_interrupted first');
  });

  it('asks a model again alike', async () => {
    const asked: { answer(text: string): void; fail(error: unknown): void }[] = [];
    const model = {
      complete: () =>
        new Promise<{ text: string }>((resolve, reject) => {
          asked.push({ answer: (text) => resolve({ text }), fail: reject });
          questions[asked.length - 1]?.();
        }),
    };
    const questions: (() => void)[] = [];
    const question = (number: number) => new Promise<void>((resolve) => (questions[number - 1] = resolve));
    const [first, second] = [question(1), question(2)];
    const host = await openHost(new HandDriven(), { model });
    const run = await host.start(sequence('Asks', { ask: ['llm', { systemPrompt: 'You.', userPrompt: 'Well?' }] }));
    await first;
    isBeingLeft();
    asked[0]?.fail(cutOff());
    await settle(host);
    vi.advanceTimersByTime(CUT_OFF_TIME);
    await second;
    asked[1]?.answer('Well.');
    expect(await run.settled()).toMatchObject({ status: 'completed' });
    expect(told(run.events)).toContain('step_interrupted ask');
  });
});

describe('a page that is left', () => {
  it('records nothing more, and gives the run to the next tab', async () => {
    const [here, there] = [new HandDriven(), new HandDriven()];
    const host = await openHost(here);
    const run = await host.start(twoEffects);
    const first = await here.call(1);
    hides();
    expect(first.context.signal.aborted).toBe(true);
    first.fail(cutOff());
    const elsewhere = await (await openHost(there)).open(run.id);
    const again = await there.call(1);
    expect(told(elsewhere?.events ?? [])).toEqual([
      'execution_started',
      'step_started start',
      'step_succeeded start',
      'step_started first',
      'step_interrupted first',
      'step_started first',
    ]);
    expect(again.context.attempt).toBe(2);
    expect(here.calls).toHaveLength(1);
  });

  it('goes on where it was, when it comes back out of the cache of the browser', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(twoEffects);
    await work.call(1);
    hides();
    await untilDriver(run, 'elsewhere');
    await settle(host);
    expect(work.calls).toHaveLength(1);
    isShownAgain();
    const again = await work.call(2);
    expect(again.context.attempt).toBe(2);
    again.answer('one');
    (await work.call(3)).answer('two');
    expect(await run.settled()).toMatchObject({ status: 'completed' });
  });

  it('lets go of what it was about to start', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const starting = host.start(twoEffects);
    hides();
    const run = await starting;
    await untilDriver(run, 'elsewhere');
    isShownAgain();
    await untilDriver(run, 'here');
  });

  it('is closed as ever', async () => {
    const host = await openHost(new HandDriven());
    await host.start(twoEffects);
    hides();
    await host.close();
  });
});

it('calls the methods of an action on the action itself', async () => {
  class Waits {
    readonly type = 'waits';
    readonly #limit = 5_000;
    timeoutOf(): number {
      return this.#limit;
    }
    run(): JsonObject {
      return { limit: this.#limit };
    }
  }
  const host = await createBrowserHost({ namespace, actions: [new Waits()] });
  hosts.push(host);
  const run = await host.start(sequence('Waits', { wait: ['action', { type: 'waits' }] }));
  await run.settled();
  expect(run.events).toContainEqual(expect.objectContaining({ type: 'step_succeeded', output: { limit: 5_000 } }));
});
