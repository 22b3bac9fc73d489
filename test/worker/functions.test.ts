import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { doubling, twice } from '../support/twice.js';
import { functions, logged } from '../support/worker-entry.js';
import { call, expectProblem, newOrganization, put, start } from './client.js';

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});

const read = (id: string) => call('GET', `/v1/executions/${id}?wait=5`, { key });
const evict = (id: string) => evictDurableObject(env.EXECUTIONS.getByName(`${organization}/${id}`));

it('runs a workflow that calls a function of the Worker, and goes on with it after its object was lost', async () => {
  await put(key, doubling('hang_first'));
  const { id } = await start(key, 'doubled', { input: { n: 2 } });
  await evict(id);
  expect((await read(id)).body).toMatchObject({ status: 'completed', output: 8 });
  await put(key, doubling('echo'));
  const retried = await call('POST', `/v1/executions/${id}/retry`, {
    key,
    body: { from: 'work', definition: 'current', input: { n: 3 } },
  });
  expect((await read(String(retried.body.id))).body).toMatchObject({ status: 'completed', output: 12 });
});

it('is told which function it lacks, and goes on once it has it', async () => {
  await put(key, doubling('hang_first'));
  const { id } = await start(key, 'doubled', { input: { n: 2 } });
  const held = await call('POST', `/v1/executions/${id}/pause`, { key, body: {} });
  expect(held.status).toBe(202);
  // As after a deployment that has forgotten it.
  functions.delete('twice');
  try {
    await evict(id);
    const refused = await read(id);
    expectProblem(refused, 501, 'FUNCTION_NOT_FOUND');
    expect(refused.body.detail).toMatch(/function `twice`.* give it to the host/);
    const unstarted = await call('POST', '/v1/workflows/doubled/executions', { key, body: { input: { n: 1 } } });
    expectProblem(unstarted, 501, 'FUNCTION_NOT_FOUND');
    const sent = await call('PUT', '/v1/workflows/doubled', { key, body: doubling('echo') });
    expectProblem(sent, 422, 'INVALID_DEFINITION');
  } finally {
    functions.set('twice', twice);
  }
  await call('POST', `/v1/executions/${id}/resume`, { key, body: {} });
  expect((await read(id)).body).toMatchObject({ status: 'completed', output: 8 });
});

it('asks it in the filter of an event', async () => {
  const trigger = { type: 'event', eventType: 'counted', filter: 'event.n|twice > 5' };
  await put(key, {
    name: 'starts',
    slug: 'starts',
    steps: [
      { stepSlug: 'begin', stepType: 'trigger', config: trigger, nextSteps: { success: 'show' } },
      { stepSlug: 'show', stepType: 'output', config: { mapping: '{{input.n|twice}}' } },
    ],
  });
  for (const n of [2, 3]) await call('POST', '/v1/events', { key, body: { name: 'counted', data: { n } } });
  const items = async () => (await call('GET', '/v1/executions?status=completed', { key })).body.items;
  await expect.poll(items).toMatchObject([{ workflow: 'starts' }]);
});

it('keeps what waits for its turn, and begins it once it has the function', async () => {
  const bound = { concurrency: { limit: 1 } };
  const hold = { stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' } };
  await put(key, { ...doubling('echo', bound), steps: [hold] });
  const first = await start(key, 'doubled');
  await put(key, doubling('echo', bound));
  const second = await start(key, 'doubled', { input: { n: 2 } });
  expect(second.status).toBe('queued');
  functions.delete('twice');
  try {
    await call('POST', `/v1/executions/${first.id}/signals/go`, { key, body: {} });
    await expect.poll(() => logged.filter((line) => line.includes('it will be told again'))).toHaveLength(1);
  } finally {
    functions.set('twice', twice);
  }
  await runDurableObjectAlarm(env.DIRECTORY.getByName(organization));
  await expect.poll(async () => (await read(second.id)).body).toMatchObject({ status: 'completed', output: 8 });
});
