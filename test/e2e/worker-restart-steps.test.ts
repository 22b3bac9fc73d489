import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../runtime/index.js';
import { exportExecution, importExecution } from '../../runtime/operations.js';
import type { JsonObject } from '../../runtime/ports.js';
import { VirtualClock } from '../../runtime/testing.js';
import { systemRandom } from '../../src/cli/system.js';
import { MiniflareHost } from '../support/miniflare-host.js';

/** Effects whose first call is never answered, by the step they belong to. */
const silent = new Set<string>();
let host: MiniflareHost;
beforeEach(async () => {
  silent.clear();
  host = await MiniflareHost.start((step, _, times) =>
    silent.has(step) && times === 1 ? undefined : { status: 200, body: { done: step } },
  );
});
afterEach(async () => {
  await host.dispose();
});

const act = (stepSlug: string, next?: string): JsonObject => ({
  stepSlug,
  stepType: 'action',
  config: { type: 'perform', parameters: {} },
  ...(next === undefined ? {} : { nextSteps: { success: next } }),
});
const show = (mapping: unknown): JsonObject => ({
  stepSlug: 'show',
  stepType: 'output',
  config: { mapping: JSON.parse(JSON.stringify(mapping)) },
});
const workflow = (slug: string, steps: JsonObject[]): JsonObject => ({ name: slug, slug, steps });

async function put(definition: JsonObject): Promise<void> {
  const { status, body } = await host.call('PUT', `/v1/workflows/${definition.slug}`, definition);
  expect(status, JSON.stringify(body)).toBe(201);
}
async function start(definition: JsonObject): Promise<string> {
  await put(definition);
  const { status, body } = await host.call('POST', `/v1/workflows/${definition.slug}/executions`, {});
  expect(status).toBe(202);
  return String(body.id);
}
const read = async (id: string, wait = 30): Promise<JsonObject> =>
  (await host.call('GET', `/v1/executions/${id}?wait=${wait}`)).body;
const waiting = (id: string): Promise<void> =>
  expect.poll(async () => (await read(id, 0)).status, { timeout: 20_000 }).toBe('waiting');
async function restart(): Promise<void> {
  await host.kill();
  await host.boot();
}

describe('a Worker killed and started again on its directory, in a parallel', () => {
  const both = workflow('both', [
    {
      stepSlug: 'fork',
      stepType: 'parallel',
      config: { branches: ['left', 'right'] },
      nextSteps: { left: 'quick', right: 'slow', done: 'after' },
    },
    act('quick', 'fork'),
    act('slow', 'fork'),
    act('after', 'show'),
    show('{{steps.fork.output}}'),
  ]);

  it('during one branch: the other one is not done again, and both are joined', async () => {
    silent.add('slow');
    const id = await start(both);
    await host.arrivalOf('slow');
    await expect
      .poll(async () => JSON.stringify((await host.call('GET', `/v1/executions/${id}/events`)).body))
      .toContain('branch_ended');
    await restart();
    // Nobody asks for anything: the alarm alone revives it.
    await host.arrivalOf('after');
    expect(await read(id)).toMatchObject({ status: 'completed' });
    expect([host.timesOf('quick'), host.timesOf('slow'), host.timesOf('after')]).toEqual([1, 2, 1]);
  });

  it('during both branches: each is repeated once', async () => {
    silent.add('slow').add('quick');
    const id = await start(both);
    await Promise.all([host.arrivalOf('slow'), host.arrivalOf('quick')]);
    await restart();
    await host.arrivalOf('after');
    expect(await read(id)).toMatchObject({ status: 'completed' });
    expect([host.timesOf('quick'), host.timesOf('slow'), host.timesOf('after')]).toEqual([2, 2, 1]);
  });
});

describe('a Worker killed and started again on its directory, at an approval', () => {
  const asks = (config: JsonObject = {}): JsonObject =>
    workflow('asks', [
      act('before', 'ask'),
      {
        stepSlug: 'ask',
        stepType: 'approval',
        config: { title: 'Go on?', ...config },
        nextSteps: { approved: 'after', rejected: 'end', timeout: 'after' },
      },
      act('after', 'show'),
      show('{{steps.ask.output}}'),
    ]);

  it('while it waits: it is listed still, and decided once', async () => {
    const id = await start(asks());
    await waiting(id);
    const listed = async (): Promise<JsonObject> => (await host.call('GET', '/v1/approvals')).body;
    await expect.poll(listed).toMatchObject({ items: [{ executionId: id }] });
    await restart();
    const found = await listed();
    expect(found).toMatchObject({ items: [{ executionId: id, title: 'Go on?' }] });
    const [{ id: approval }] = Array.isArray(found.items) ? found.items : [];
    expect((await host.call('POST', `/v1/approvals/${approval}`, { decision: 'approved' })).status).toBe(202);
    await host.arrivalOf('after');
    expect(await read(id)).toMatchObject({ status: 'completed', output: { decision: 'approved', by: 'development' } });
    expect([host.timesOf('before'), host.timesOf('after')]).toEqual([1, 1]);
  });

  it('just after the decision was answered: the decision holds', async () => {
    silent.add('after');
    const id = await start(asks());
    await waiting(id);
    const decided = await host.call('POST', `/v1/approvals/${id}~2`, { decision: 'approved' });
    expect(decided).toMatchObject({ status: 202, body: { duplicate: false } });
    await restart();
    await host.arrivalOf('after');
    expect(await read(id)).toMatchObject({ status: 'completed', output: { decision: 'approved' } });
    expect(host.timesOf('before')).toBe(1);
  });

  it('while down past its timeout: it times out as soon as it is up', async () => {
    const id = await start(asks({ timeout: '2s' }));
    await waiting(id);
    await host.kill();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await host.boot();
    await host.arrivalOf('after');
    expect(await read(id)).toMatchObject({ status: 'completed' });
  });
});

describe('a Worker killed and started again on its directory, with a child', () => {
  const child = workflow('child', [act('inner', 'show'), show('{{steps.inner.output.done}}')]);
  const parent = workflow('parent', [
    { stepSlug: 'call', stepType: 'workflow', config: { workflow: 'child' }, nextSteps: { success: 'after' } },
    act('after', 'show'),
    show('{{steps.call.output}}'),
  ]);

  it('during the effect of the child: both go on by themselves, and the effect is repeated once', async () => {
    silent.add('inner');
    await put(child);
    const id = await start(parent);
    await host.arrivalOf('inner');
    await restart();
    // Nobody asks for either: their alarms alone revive them.
    await host.arrivalOf('after');
    expect(await read(id)).toMatchObject({ status: 'completed', output: 'inner' });
    expect([host.timesOf('inner'), host.timesOf('after')]).toEqual([2, 1]);
    const { body } = await host.call('GET', '/v1/executions?workflow=child');
    expect(body.items).toHaveLength(1);
  });

  it('as the child ends: the parent learns of it, once', async () => {
    await put(child);
    const id = await start(parent);
    await host.arrivalOf('inner');
    // What is committed by now is the process's own affair: before the end, after it, or after the report of it.
    await restart();
    await host.arrivalOf('after');
    expect(await read(id)).toMatchObject({ status: 'completed', output: 'inner' });
    expect(host.timesOf('inner')).toBeLessThanOrEqual(2);
    expect(host.timesOf('after')).toBeLessThanOrEqual(2);
    const { body } = await host.call('GET', `/v1/executions/${id}/events`);
    const ends = Array.isArray(body.items) ? body.items.filter(({ type }) => type === 'child_ended') : [];
    expect(ends).toHaveLength(1);
  });

  it('just after the parent was cancelled: the child is cancelled too', async () => {
    silent.add('inner');
    await put(child);
    const id = await start(parent);
    await host.arrivalOf('inner');
    await waiting(id);
    expect((await host.call('POST', `/v1/executions/${id}/cancel`)).status).toBe(202);
    await restart();
    await expect.poll(async () => (await read(`${id}.1`, 0)).status, { timeout: 20_000 }).toBe('cancelled');
    expect(host.timesOf('after')).toBe(0);
  });
});

describe('a Worker killed and started again on its directory, carrying an execution', () => {
  const held = workflow('held', [
    act('before', 'hold'),
    {
      stepSlug: 'hold',
      stepType: 'wait_for_event',
      config: { event: 'go' },
      nextSteps: { success: 'after', timeout: 'end' },
    },
    act('after', 'show'),
    show('{{steps.after.output.done}}'),
  ]);
  const elsewhere = () => ({ store: new MemoryStore(), clock: new VirtualClock(Date.now()), random: systemRandom });

  it('just after it gave it away: the bundle is there still, and it never goes on here', async () => {
    const id = await start(held);
    await waiting(id);
    const given = await host.call('POST', `/v1/executions/${id}/export`);
    expect(given.status).toBe(200);
    await restart();
    expect((await host.call('GET', `/v1/executions/${id}/bundle`)).body).toEqual(given.body);
    const signal = await host.call('POST', `/v1/executions/${id}/signals/go`, {});
    expect(signal).toMatchObject({ status: 409, body: { code: 'TRANSFERRED' } });
    expect(await read(id, 0)).toMatchObject({ status: 'transferred' });
    expect(host.timesOf('after')).toBe(0);
  });

  it('just after it took it back, an effect under way: it goes on by itself, and comes back once', async () => {
    silent.add('after');
    const id = await start(held);
    await waiting(id);
    await host.call('POST', `/v1/executions/${id}/signals/go`, {});
    await host.arrivalOf('after');
    const { body: given } = await host.call('POST', `/v1/executions/${id}/export`);
    const ports = elsewhere();
    await importExecution(ports, given);
    const back = JSON.parse(JSON.stringify(await exportExecution(ports, id)));
    expect((await host.call('POST', '/v1/executions/import', back)).status).toBe(201);
    await restart();
    // The answer may have been lost with the process: it is sent again.
    expect(await host.call('POST', '/v1/executions/import', back)).toMatchObject({
      status: 200,
      body: { duplicate: true },
    });
    expect(await read(id)).toMatchObject({ status: 'completed', output: 'after' });
    expect(host.timesOf('before')).toBe(1);
    // Once before it was carried, once after it came back, and once more where the kill cut that off.
    expect(host.timesOf('after')).toBeLessThanOrEqual(3);
    const { body } = await host.call('GET', `/v1/executions/${id}/events`);
    const imports = Array.isArray(body.items) ? body.items.filter(({ type }) => type === 'execution_imported') : [];
    expect(imports).toHaveLength(2);
  });
});
