import { createExecutionContext, createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { dueTimes, nextTime, type ScheduleSpec } from '../../src/worker/directory/due-times.js';
import { ExecutionObject } from '../../src/worker/execution-object.js';
import worker from '../support/worker-entry.js';
import { call, newOrganization, put, workflow } from './client.js';

const MINUTE = 60_000;

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});

function scheduled(schedule: JsonObject, steps?: JsonObject[]): JsonObject {
  return { ...workflow('tick'), config: { schedule: { cron: '* * * * *', ...schedule } }, ...(steps ? { steps } : {}) };
}
const forever = [{ stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' } }];

async function scheduleOf(): Promise<JsonObject> {
  const { body } = await call('GET', '/v1/schedules', { key });
  const items = Array.isArray(body.items) ? body.items : [];
  expect(items).toHaveLength(1);
  return items[0];
}

async function runs(): Promise<JsonObject[]> {
  const { body } = await call('GET', '/v1/executions?workflow=tick', { key });
  return Array.isArray(body.items) ? body.items : [];
}

const runDue = (now: number): Promise<void> => env.DIRECTORY.getByName(organization).runDue(organization, now);

describe('scheduled()', () => {
  it('starts what is due, once per time, however often it is asked', async () => {
    await put(key, scheduled({}));
    const { nextRunAt } = await scheduleOf();
    const due = Number(nextRunAt);
    expect(due % MINUTE).toBe(0);
    const ask = (scheduledTime: number): Promise<void> =>
      worker.scheduled(
        createScheduledController({ scheduledTime: new Date(scheduledTime), cron: '* * * * *' }),
        env,
        createExecutionContext(),
      );
    await ask(due - 1000);
    expect(await runs()).toEqual([]);
    await Promise.all([ask(due), ask(due), ask(due + 5000)]);
    await expect.poll(async () => (await runs()).length).toBe(1);
    expect(await scheduleOf()).toMatchObject({
      workflow: 'tick',
      timezone: 'UTC',
      overlap: 'skip',
      catchUp: 'one',
      nextRunAt: due + MINUTE,
      lastRun: { scheduledAt: due, outcome: 'started' },
    });
    const [run] = await runs();
    const { body } = await call('GET', `/v1/executions/${run?.id}?wait=5`, { key });
    expect(body).toMatchObject({ status: 'completed', trigger: { type: 'schedule', scheduledAt: due } });
  });

  it.each([
    ['one', 1],
    ['all', 6],
    ['none', 0],
  ])('makes up for missed minutes as catchUp says: %s', async (catchUp, expected) => {
    await put(key, scheduled({ catchUp, overlap: 'allow' }));
    const due = Number((await scheduleOf()).nextRunAt);
    // Between two minutes, and late for the last one.
    await runDue(due + 5 * MINUTE + (catchUp === 'none' ? MINUTE * 60 * 24 - 1 : 30_000));
    if (catchUp !== 'none') {
      await expect.poll(async () => (await runs()).length).toBe(expected);
      expect(await scheduleOf()).toMatchObject({ nextRunAt: due + 6 * MINUTE });
    }
  });

  it('leaves a time out while the run before is not over, unless it may overlap', async () => {
    await put(key, scheduled({ overlap: 'skip' }, forever));
    const due = Number((await scheduleOf()).nextRunAt);
    await runDue(due);
    await runDue(due + MINUTE);
    expect(await scheduleOf()).toMatchObject({ lastRun: { scheduledAt: due + MINUTE, outcome: 'skipped' } });
    await expect.poll(async () => (await runs()).length).toBe(1);
    const [run] = await runs();
    await call('POST', `/v1/executions/${run?.id}/cancel`, { key });
    await runDue(due + 2 * MINUTE);
    expect(await scheduleOf()).toMatchObject({ lastRun: { outcome: 'started' } });
  });

  it('queues a time until the run before is over', async () => {
    await put(key, scheduled({ overlap: 'queue' }, forever));
    const due = Number((await scheduleOf()).nextRunAt);
    await runDue(due);
    await runDue(due + MINUTE);
    expect(await scheduleOf()).toMatchObject({ lastRun: { scheduledAt: due + MINUTE, outcome: 'pending' } });
    await expect.poll(async () => (await runs()).length).toBe(1);
    await call('POST', `/v1/executions/${(await runs())[0]?.id}/cancel`, { key });
    await runDue(due + MINUTE + 1000);
    expect(await scheduleOf()).toMatchObject({ lastRun: { scheduledAt: due + MINUTE, outcome: 'started' } });
  });

  it('tries again what could not be started, and starts it once', async () => {
    await put(key, scheduled({}));
    const due = Number((await scheduleOf()).nextRunAt);
    const fetch = vi.spyOn(ExecutionObject.prototype, 'fetch').mockImplementation(() => {
      throw new Error('The object is away.');
    });
    await runDue(due);
    expect(await scheduleOf()).toMatchObject({ lastRun: { scheduledAt: due, outcome: 'pending' } });
    fetch.mockRestore();
    await runDue(due + 1000);
    expect(await scheduleOf()).toMatchObject({ lastRun: { scheduledAt: due, outcome: 'started' } });
    await expect.poll(async () => (await runs()).length).toBe(1);
  });

  it('says why a run could not start', async () => {
    const parameters = [{ name: 'who', type: 'text', label: 'Who', required: true }];
    await put(key, { ...scheduled({}), parameters });
    await runDue(Number((await scheduleOf()).nextRunAt));
    const { lastRun } = await scheduleOf();
    expect(lastRun).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('not valid'),
      executionId: null,
    });
  });

  it('keeps the next time over a new version, and follows a new timetable', async () => {
    await put(key, scheduled({ cron: '0 0 1 1 *' }));
    const { nextRunAt } = await scheduleOf();
    await put(key, { ...scheduled({ cron: '0 0 1 1 *' }), name: 'Renamed' });
    expect(await scheduleOf()).toMatchObject({ nextRunAt, number: 2 });
    await put(key, scheduled({ cron: '*/5 * * * *', timezone: 'Europe/Berlin' }));
    expect(await scheduleOf()).toMatchObject({ timezone: 'Europe/Berlin', cron: '*/5 * * * *' });
    await call('POST', '/v1/workflows/tick/activate', { key, body: { version: 1 } });
    expect(await scheduleOf()).toMatchObject({ number: 1, cron: '0 0 1 1 *' });
    await put(key, workflow('tick'));
    expect((await call('GET', '/v1/schedules', { key })).body).toEqual({ items: [] });
  });

  it('ends with the workflow', async () => {
    await put(key, scheduled({}));
    const due = Number((await scheduleOf()).nextRunAt);
    await call('DELETE', '/v1/workflows/tick', { key });
    expect((await call('GET', '/v1/schedules', { key })).body).toEqual({ items: [] });
    await runDue(due);
    expect(await runs()).toEqual([]);
  });
});

describe('times of a schedule', () => {
  const spec = (cron: string, timezone: string, catchUp: ScheduleSpec['catchUp'] = 'all'): ScheduleSpec => ({
    cron,
    timezone,
    overlap: 'allow',
    catchUp,
  });
  const at = (text: string): number => Date.parse(text);

  it('follow the time zone over the change to summer time and back', () => {
    const daily = spec('0 9 * * *', 'America/New_York');
    expect(nextTime(daily, at('2026-03-07T15:00:00Z'))).toBe(at('2026-03-08T13:00:00Z'));
    expect(nextTime(daily, at('2026-03-06T15:00:00Z'))).toBe(at('2026-03-07T14:00:00Z'));
    expect(nextTime(daily, at('2026-10-31T15:00:00Z'))).toBe(at('2026-11-01T14:00:00Z'));
  });

  it('run once on the day that has an hour twice, and on the day that lacks it', () => {
    const early = spec('30 1 * * *', 'America/New_York');
    const back = dueTimes(early, at('2026-11-01T00:00:00Z'), at('2026-11-02T00:00:00Z'));
    expect(back.due).toEqual([at('2026-11-01T05:30:00Z')]);
    const lacking = spec('30 2 * * *', 'America/New_York');
    const forth = dueTimes(lacking, at('2026-03-08T00:00:00Z'), at('2026-03-09T00:00:00Z'));
    expect(forth.due).toHaveLength(1);
  });

  it('are those since the one recorded, oldest first, as far back as the window goes', () => {
    const hourly = spec('0 * * * *', 'UTC');
    const now = at('2026-01-10T00:30:00Z');
    const { due, next } = dueTimes(hourly, at('2026-01-09T21:00:00Z'), now);
    expect(due).toEqual([21, 22, 23, 24].map((hour) => at('2026-01-09T00:00:00Z') + hour * 3_600_000));
    expect(next).toBe(at('2026-01-10T01:00:00Z'));
    expect(dueTimes(hourly, at('2026-01-01T00:00:00Z'), now).due).toHaveLength(24);
    expect(dueTimes(spec('* * * * *', 'UTC'), at('2026-01-01T00:00:00Z'), now).due).toHaveLength(100);
  });

  it('count the very time that is now', () => {
    const now = at('2026-01-10T00:00:00Z');
    expect(dueTimes(spec('0 0 * * *', 'UTC', 'one'), now, now).due).toEqual([now]);
    expect(dueTimes(spec('0 0 * * *', 'UTC', 'none'), now, now).due).toEqual([now]);
  });

  it('are none when they were missed and are not made up for', () => {
    const daily = spec('0 0 * * *', 'UTC', 'none');
    expect(dueTimes(daily, at('2026-01-08T00:00:00Z'), at('2026-01-10T00:05:00Z')).due).toEqual([]);
  });

  it('may have an end', () => {
    const { next } = dueTimes(spec('0 0 0 1 1 * 2026', 'UTC'), at('2026-01-01T00:00:00Z'), at('2026-06-01T00:00:00Z'));
    expect(next).toBeNull();
  });
});
