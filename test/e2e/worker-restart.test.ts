import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { KEY, MiniflareHost } from '../support/miniflare-host.js';

/** Three effects in a row, the second as the test wants it. */
function threeSteps(slug: string, second: JsonObject): JsonObject {
  const act = (name: string, next: string): JsonObject => ({
    stepSlug: name,
    stepType: 'action',
    config: { type: 'perform', parameters: { after: '{{lastOutput}}' } },
    nextSteps: { success: next },
  });
  return {
    name: slug,
    slug,
    steps: [act('first', 'second'), { ...act('second', 'third'), ...second }, act('third', 'end')],
    config: { output: { first: '{{steps.first.output}}', third: '{{steps.third.output}}' } },
  };
}

let host: MiniflareHost;
/** Steps whose first call is never answered. */
const silent = new Set<string>();
/** Steps whose first call fails. */
const failing = new Set<string>();

beforeEach(async () => {
  silent.clear();
  failing.clear();
  host = await MiniflareHost.start((step, _, times) => {
    if (silent.has(step) && times === 1) return undefined;
    if (failing.has(step) && times === 1) return { status: 503, body: null };
    return { status: 200, body: { done: step } };
  });
});
afterEach(async () => {
  await host.dispose();
});

async function start(definition: JsonObject): Promise<string> {
  const put = await host.call('PUT', `/v1/workflows/${definition.slug}`, definition);
  expect(put.status, JSON.stringify(put.body)).toBe(201);
  const { status, body } = await host.call('POST', `/v1/workflows/${definition.slug}/executions`, {});
  expect(status).toBe(202);
  return String(body.id);
}

async function expectDone(id: string): Promise<JsonObject> {
  const { body } = await host.call('GET', `/v1/executions/${id}?wait=30`);
  expect(body).toMatchObject({
    status: 'completed',
    output: { first: { done: 'first' }, third: { done: 'third' } },
  });
  return body;
}

async function eventsOf(id: string): Promise<JsonObject[]> {
  const { body } = await host.call('GET', `/v1/executions/${id}/events`);
  return Array.isArray(body.items) ? body.items : [];
}

describe('a Worker killed and started again on its directory', () => {
  it('during an effect: goes on by itself, and asks for that effect once more', async () => {
    silent.add('second');
    const id = await start(threeSteps('effect', {}));
    await host.arrivalOf('second');
    await host.kill();
    await host.boot();
    // Nobody asks for anything: the alarm alone revives it.
    await host.arrivalOf('third');
    await expectDone(id);
    expect([host.timesOf('first'), host.timesOf('second'), host.timesOf('third')]).toEqual([1, 2, 1]);
    expect((await eventsOf(id)).filter((event) => event.type === 'step_interrupted')).toHaveLength(1);
  });

  it('during a retry wait: retries when it is due, and no attempt is lost or added', async () => {
    failing.add('second');
    const retry = { maxAttempts: 3, initialDelay: 2500, jitter: 0 };
    const id = await start(threeSteps('retry', { config: { type: 'perform', parameters: {}, retry } }));
    await host.arrivalOf('second');
    await expect.poll(async () => (await host.call('GET', `/v1/executions/${id}`)).body.status).toBe('waiting');
    const failed = (await eventsOf(id)).find((event) => event.type === 'step_failed');
    await host.kill();
    await host.boot();
    await host.arrivalOf('third');
    await expectDone(id);
    expect([host.timesOf('first'), host.timesOf('second'), host.timesOf('third')]).toEqual([1, 2, 1]);
    const again = (await eventsOf(id)).find((event) => event.type === 'step_started' && event.attempt === 2);
    expect(Number(again?.at)).toBeGreaterThanOrEqual(Number(failed?.retryAt));
  });

  it('during a wait: the deadline stays what it was, and nothing is repeated', async () => {
    const id = await start(threeSteps('wait', { stepType: 'wait', config: { for: '3s' } }));
    await expect.poll(async () => (await host.call('GET', `/v1/executions/${id}`)).body.status).toBe('waiting');
    const set = (await eventsOf(id)).find((event) => event.type === 'timer_set');
    await host.kill();
    await host.boot();
    await host.arrivalOf('third');
    const { updatedAt } = await expectDone(id);
    expect(Number(updatedAt)).toBeGreaterThanOrEqual(Number(set?.dueAt));
    expect([host.timesOf('first'), host.timesOf('third')]).toEqual([1, 1]);
  });

  it('while down past a deadline: fires it as soon as it is up', async () => {
    const id = await start(threeSteps('late', { stepType: 'wait', config: { for: '2s' } }));
    await expect.poll(async () => (await host.call('GET', `/v1/executions/${id}`)).body.status).toBe('waiting');
    await host.kill();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await host.boot();
    await host.arrivalOf('third');
    await expectDone(id);
    expect(host.timesOf('first')).toBe(1);
  });

  it('twice, at different effects: each is repeated once', async () => {
    silent.add('first').add('third');
    const id = await start(threeSteps('twice', {}));
    for (const step of ['first', 'third']) {
      await host.arrivalOf(step);
      await host.kill();
      await host.boot();
    }
    await host.arrivalOf('third', 2);
    await expectDone(id);
    expect([host.timesOf('first'), host.timesOf('second'), host.timesOf('third')]).toEqual([2, 1, 2]);
  });

  it('under a watcher: the stream goes on after the last event it had, none lost, none repeated', async () => {
    silent.add('second');
    const id = await start(threeSteps('watched', {}));
    await host.arrivalOf('second');
    const before = await readNumbers(id, 0, (numbers) => numbers.length >= 4);
    await host.kill();
    await host.boot();
    const after = await readNumbers(id, before.at(-1) ?? 0, () => false);
    const all = [...before, ...after];
    expect(all).toEqual(Array.from({ length: all.length }, (_, index) => index + 1));
    expect(all).toHaveLength((await eventsOf(id)).length);
  });

  it('keeps definitions, the list, idempotency keys and schedules', async () => {
    const definition = { ...threeSteps('kept', {}), slug: 'kept' };
    const id = await start(definition);
    await expectDone(id);
    await host.call('PUT', '/v1/workflows/tick', {
      ...threeSteps('tick', {}),
      config: { schedule: { cron: '* * * * *' } },
    });
    await expect
      .poll(async () => (await host.call('GET', '/v1/executions')).body)
      .toMatchObject({ items: [{ id, status: 'completed' }] });
    await host.kill();
    await host.boot();
    expect((await host.call('GET', '/v1/workflows')).body).toMatchObject({
      items: [{ slug: 'kept' }, { slug: 'tick' }],
    });
    expect((await host.call('GET', '/v1/executions')).body).toMatchObject({ items: [{ id, status: 'completed' }] });
    const { body } = await host.call('GET', '/v1/schedules');
    const [schedule] = Array.isArray(body.items) ? body.items : [];
    await host.scheduled(schedule.nextRunAt);
    const after = await host.call('GET', '/v1/schedules');
    expect(after.body).toMatchObject({ items: [{ lastRun: { outcome: 'started' } }] });
  });
});

describe('an object whose time is kept by its alarm alone', () => {
  beforeEach(async () => {
    await host.dispose();
    host = await MiniflareHost.start(
      (step, _, times) => (silent.has(step) && times === 1 ? undefined : { status: 200, body: { done: step } }),
      { NO_TIMERS: '1' },
    );
  });

  it('times an attempt out when it is due, though that is later than a lease', async () => {
    silent.add('second');
    const retry = { maxAttempts: 2, initialDelay: 300, jitter: 0 };
    const config = { type: 'perform', parameters: {}, timeout: 2500, retry };
    const id = await start(threeSteps('timeout', { config }));
    await expectDone(id);
    const events = await eventsOf(id);
    const timer = events.find((event) => event.type === 'timer_set' && event.timer === 'attempt_timeout');
    const fired = events.find((event) => event.type === 'timer_fired' && event.timer === 'attempt_timeout');
    const dueAt = Number(timer?.dueAt ?? Number(events.find((event) => event.step === 'second')?.at) + 2500);
    expect(Number(fired?.at) - dueAt).toBeGreaterThanOrEqual(0);
    expect(Number(fired?.at) - dueAt).toBeLessThan(900);
    expect(host.timesOf('second')).toBe(2);
  });

  it('ends a wait when it is due, and not before', async () => {
    const id = await start(threeSteps('rest', { stepType: 'wait', config: { for: '2500ms' } }));
    await expectDone(id);
    const events = await eventsOf(id);
    const dueAt = Number(events.find((event) => event.type === 'timer_set')?.dueAt);
    const late = Number(events.find((event) => event.type === 'timer_fired')?.at) - dueAt;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(900);
  });
});

/** The numbers of the events of a stream, until there are enough or it ends. */
async function readNumbers(id: string, after: number, enough: (numbers: number[]) => boolean): Promise<number[]> {
  const response = await fetch(new URL(`/v1/executions/${id}/events`, await host.url()), {
    headers: { authorization: `Bearer ${KEY}`, accept: 'text/event-stream', 'last-event-id': String(after) },
  });
  let text = '';
  let numbers: number[] = [];
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    numbers = [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    if (enough(numbers)) break;
  }
  return numbers;
}
