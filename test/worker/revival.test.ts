import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StorageError } from '../../runtime/index.js';
import type { JsonObject } from '../../runtime/ports.js';
import { DirectoryObject } from '../../src/worker/directory-object.js';
import type { ExecutionObject } from '../../src/worker/execution-object.js';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import { performed } from '../support/worker-entry.js';
import { call, newOrganization, put, start, workflow } from './client.js';

const HOUR = 3_600_000;

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});
afterEach(() => {
  vi.restoreAllMocks();
});

const stubOf = (id: string): DurableObjectStub<ExecutionObject> => env.EXECUTIONS.getByName(`${organization}/${id}`);
const alarmOf = (id: string): Promise<number | null> =>
  runInDurableObject(stubOf(id), (_, { storage }) => storage.getAlarm());
const finished = (id: string): Promise<{ body: JsonObject }> => call('GET', `/v1/executions/${id}?wait=5`, { key });

/** A workflow that waits, then acts. */
function waits(duration: string): JsonObject {
  return {
    name: 'waits',
    slug: 'waits',
    steps: [
      { stepSlug: 'rest', stepType: 'wait', config: { for: duration }, nextSteps: { success: 'act' } },
      { stepSlug: 'act', stepType: 'action', config: { type: 'echo', parameters: {} } },
    ],
  };
}

/** Resolves when the directory knows: until then the alarm is also for telling it. */
async function listedAsWaiting(id: string): Promise<void> {
  const listed = async (): Promise<unknown> => (await call('GET', '/v1/executions?status=waiting', { key })).body;
  await expect.poll(listed).toMatchObject({ items: [{ id }] });
}

async function eventTypes(id: string): Promise<unknown[]> {
  const { body } = await call('GET', `/v1/executions/${id}/events`, { key });
  return Array.isArray(body.items) ? body.items.map((event) => event.type) : [];
}

describe('an execution whose object is lost', () => {
  it('goes on when the alarm goes off, and repeats the effect that was under way once', async () => {
    await put(key, workflow('stuck', { type: 'hang_first', parameters: { a: 1 } }));
    const { id } = await start(key, 'stuck');
    const armed = await alarmOf(id);
    expect(armed).toBeGreaterThan(Date.now() - 1000);
    expect(armed).toBeLessThanOrEqual(Date.now() + 30_000);
    await evictDurableObject(stubOf(id));
    expect(await runDurableObjectAlarm(stubOf(id))).toBe(true);
    expect((await finished(id)).body).toMatchObject({ status: 'completed', output: { a: 1 } });
    expect(performed.get(`${id}/1`)).toBe(2);
    expect(await eventTypes(id)).toContain('step_interrupted');
  });

  it('goes on when anyone asks for it', async () => {
    await put(key, workflow('stuck', { type: 'hang_first', parameters: {} }));
    const { id } = await start(key, 'stuck');
    await evictDurableObject(stubOf(id));
    expect((await finished(id)).body).toMatchObject({ status: 'completed' });
    expect(performed.get(`${id}/1`)).toBe(2);
  });

  it('does not repeat what must not be repeated', async () => {
    await put(key, workflow('once', { type: 'hang_once', parameters: {} }));
    const { id } = await start(key, 'once');
    await evictDurableObject(stubOf(id));
    await runDurableObjectAlarm(stubOf(id));
    expect((await finished(id)).body).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(performed.get(`${id}/1`)).toBe(1);
  });

  it('keeps its place in a wait, for a signal too', async () => {
    const patient = {
      ...waits('1h'),
      steps: [{ stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' } }],
    };
    await put(key, patient);
    const { id } = await start(key, 'waits');
    await evictDurableObject(stubOf(id));
    const sent = await call('POST', `/v1/executions/${id}/signals/go`, { key, body: { data: 5 } });
    expect(sent.body).toEqual({ duplicate: false });
    expect((await finished(id)).body).toMatchObject({ status: 'completed', output: 5 });
  });

  it('retries after a retry wait that began before', async () => {
    const retry = { maxAttempts: 2, initialDelay: 1500, jitter: 0 };
    await put(key, workflow('flaky', { type: 'fail_first', parameters: {}, retry }));
    const { id } = await start(key, 'flaky');
    await expect.poll(async () => (await call('GET', `/v1/executions/${id}`, { key })).body.status).toBe('waiting');
    await evictDurableObject(stubOf(id));
    expect((await finished(id)).body).toMatchObject({ status: 'completed', steps: { act: { attempts: 2 } } });
    expect(performed.get(`${id}/1`)).toBe(2);
  });
});

describe('the alarm', () => {
  it('that comes early or twice changes nothing, and is set to the deadline exactly', async () => {
    await put(key, waits('1h'));
    const { id, startedAt } = await start(key, 'waits');
    await listedAsWaiting(id);
    const before = await eventTypes(id);
    for (let time = 0; time < 3; time += 1) {
      expect(await runDurableObjectAlarm(stubOf(id))).toBe(true);
      expect(await eventTypes(id)).toEqual(before);
      const armed = await alarmOf(id);
      expect(armed).toBeGreaterThanOrEqual(startedAt + HOUR);
      expect(armed).toBeLessThan(startedAt + HOUR + 5000);
    }
  });

  it('is gone when the execution is over and the directory knows', async () => {
    await put(key, workflow('greet'));
    const { id } = await start(key, 'greet');
    await finished(id);
    await expect.poll(() => alarmOf(id)).toBeNull();
    expect(await runDurableObjectAlarm(stubOf(id))).toBe(false);
  });

  it('that comes after the end is not armed again', async () => {
    await put(key, workflow('greet'));
    const { id } = await start(key, 'greet');
    await finished(id);
    await expect.poll(() => alarmOf(id)).toBeNull();
    await runInDurableObject(stubOf(id), (_, { storage }) => storage.setAlarm(Date.now() + HOUR));
    expect(await runDurableObjectAlarm(stubOf(id))).toBe(true);
    expect(await alarmOf(id)).toBeNull();
  });

  it('is not left armed by an execution that only waits for a signal', async () => {
    await put(key, {
      ...waits('1h'),
      steps: [{ stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' } }],
    });
    const { id } = await start(key, 'waits');
    await listedAsWaiting(id);
    await runDurableObjectAlarm(stubOf(id));
    await expect.poll(() => alarmOf(id)).toBeNull();
  });

  it('stays while an effect is under way', async () => {
    await put(key, workflow('stuck', { type: 'hang_first', parameters: {} }));
    const { id } = await start(key, 'stuck');
    const running = await alarmOf(id);
    expect(running).not.toBeNull();
    await call('POST', `/v1/executions/${id}/cancel`, { key });
  });
});

describe('a write that fails', () => {
  it('stops the driver, and the next one goes on from what is stored', async () => {
    await put(key, workflow('greet'));
    const commit = vi.spyOn(SqliteStore.prototype, 'commit');
    commit.mockImplementationOnce(() => {
      throw new StorageError('The disk is full.');
    });
    const { id } = await start(key, 'greet');
    await expect.poll(() => commit.mock.calls.length).toBeGreaterThan(0);
    await runDurableObjectAlarm(stubOf(id));
    expect((await finished(id)).body).toMatchObject({ status: 'completed' });
    expect(performed.get(`${id}/1`)).toBe(2);
  });
});

describe('the directory', () => {
  it('learns of an execution later when it could not be told at once', async () => {
    await put(key, workflow('greet'));
    const index = vi.spyOn(DirectoryObject.prototype, 'index');
    index.mockImplementation(() => {
      throw new Error('The directory is away.');
    });
    const { id } = await start(key, 'greet');
    expect((await finished(id)).body).toMatchObject({ status: 'completed' });
    await expect.poll(() => index.mock.calls.length).toBeGreaterThan(0);
    expect((await call('GET', '/v1/executions', { key })).body).toEqual({ items: [] });
    index.mockRestore();
    // Harder than an eviction, and without waiting: nothing that was in memory is left.
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(stubOf(id))).toBe(true);
    expect((await call('GET', '/v1/executions', { key })).body).toMatchObject({ items: [{ id, status: 'completed' }] });
  });

  it('keeps the newer of two reports that arrive in the wrong order', async () => {
    const directory = env.DIRECTORY.getByName(organization);
    const report = (seq: number, status: string): string =>
      JSON.stringify({ id: 'x', workflow: 'w', status, startedAt: 1, seq });
    await directory.index(report(5, 'completed'));
    await directory.index(report(3, 'running'));
    const page = await directory.list({});
    expect('items' in page && page.items.map((text) => JSON.parse(text))).toMatchObject([
      { seq: 5, status: 'completed' },
    ]);
  });
});
