import { afterEach, describe, expect, it } from 'vitest';
import { Leader, type LeaderOptions } from '../../web-component/leader.js';
import { TabChannel } from '../../web-component/tab-channel.js';

/** Fast enough to test with, slow enough for a busy machine. */
const quick: LeaderOptions = { pingEvery: 40, patience: 2 };
const never = new AbortController().signal;

describe.each([
  ['with Web Locks', {}],
  ['without Web Locks, by asking', { locks: undefined }],
])('leader %s', (_, variant: LeaderOptions) => {
  const scope = `leader-test-${crypto.randomUUID()}`;
  const made: { leader: Leader; channel: TabChannel }[] = [];
  let name = '';
  let counter = 0;

  /** One "tab": its own channel and its own leader; `freeze` silences it while it keeps what it holds. */
  function tab(options: LeaderOptions = quick): { leader: Leader; channel: TabChannel; freeze(): void } {
    counter += 1;
    name = `run-${Math.ceil(counter / 10)}`;
    const channel = new TabChannel(scope);
    const leader = new Leader(`${scope}:`, channel, { ...options, ...variant });
    made.push({ leader, channel });
    return { leader, channel, freeze: () => channel.close() };
  }
  afterEach(() => {
    for (const { leader, channel } of made.splice(0)) {
      leader.close();
      channel.close();
    }
    counter += 10;
  });

  it('gives a name to one tab at a time', async () => {
    const [one, two] = [tab(), tab()];
    const lease = await one.leader.tryAcquire(name);
    expect(lease).toBeDefined();
    expect(await two.leader.tryAcquire(name)).toBeUndefined();
    expect(await two.leader.tryAcquire(`${name}-other`)).toBeDefined();
    await lease?.release();
    expect(await two.leader.tryAcquire(name)).toBeDefined();
  });

  it('gives it to the one in line when it is released', async () => {
    const [one, two] = [tab(), tab()];
    const lease = await one.leader.tryAcquire(name);
    const waiting = two.leader.acquire(name, never);
    await lease?.release();
    expect((await waiting)?.lost.aborted).toBe(false);
  });

  it('leaves it with a holder that answers, however long another waits', async () => {
    const [one, two] = [tab(), tab({ pingEvery: 30, patience: 10 })];
    const lease = await one.leader.tryAcquire(name);
    let answers = 0;
    const manyAnswers = new Promise<void>((resolve) => {
      two.channel.on('pong', () => {
        answers += 1;
        if (answers > 15) resolve();
      });
    });
    let taken = false;
    const waiting = two.leader.acquire(name, never).then(() => {
      taken = true;
    });
    await manyAnswers;
    expect(taken).toBe(false);
    expect(lease?.lost.aborted).toBe(false);
    await lease?.release();
    await waiting;
  });

  it('takes it from a holder that is frozen', async () => {
    const [one, two] = [tab(), tab()];
    const lease = await one.leader.tryAcquire(name);
    one.freeze();
    const robbed = await two.leader.acquire(name, never);
    expect(robbed).toBeDefined();
    if (variant.locks === undefined && 'locks' in variant) return;
    expect(lease?.lost.aborted).toBe(true);
    await lease?.release();
    expect(await one.leader.tryAcquire(name)).toBeUndefined();
    await robbed?.release();
  });

  it('takes it from a holder that the browser says it freezes, and leaves it once that resumed', async () => {
    const [one, two] = [tab(), tab()];
    const first = await one.leader.tryAcquire(name);
    document.dispatchEvent(new Event('freeze'));
    const second = await two.leader.acquire(name, never);
    expect(second).toBeDefined();
    document.dispatchEvent(new Event('resume'));
    await first?.release();
    await expect(one.leader.tryAcquire(name)).resolves.toBeUndefined();
    await second?.release();
  });

  it('stops waiting when told so', async () => {
    const [one, two] = [tab(), tab()];
    const lease = await one.leader.tryAcquire(name);
    const patience = new AbortController();
    const waiting = two.leader.acquire(name, patience.signal);
    patience.abort();
    expect(await waiting).toBeUndefined();
    expect(await two.leader.acquire(name, patience.signal)).toBeUndefined();
    await lease?.release();
    expect(await one.leader.tryAcquire(name)).toBeDefined();
  });
});

it('serves several in line one after the other', async () => {
  const scope = `leader-test-${crypto.randomUUID()}`;
  const order: number[] = [];
  const tabs = [1, 2, 3].map((number) => {
    const channel = new TabChannel(scope);
    return { number, channel, leader: new Leader(`${scope}:`, channel, quick) };
  });
  await Promise.all(
    tabs.map(async ({ number, leader }) => {
      const lease = await leader.acquire('run', never);
      order.push(number);
      await lease?.release();
    }),
  );
  expect(order).toEqual([1, 2, 3]);
  for (const { leader, channel } of tabs) {
    leader.close();
    channel.close();
  }
});
