import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { ExecutionObject } from '../../src/worker/execution-object.js';
import { performed } from '../support/worker-entry.js';
import { type Answer, call, newOrganization, put, run, start, workflow } from './client.js';

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});
afterEach(() => {
  vi.restoreAllMocks();
});

const stubOf = (id: string): DurableObjectStub<ExecutionObject> => env.EXECUTIONS.getByName(`${organization}/${id}`);
const read = (id: string, wait = 10): Promise<Answer> => call('GET', `/v1/executions/${id}?wait=${wait}`, { key });
const statusOf = async (id: string): Promise<unknown> => (await read(id, 0)).body.status;
const alarmOf = (id: string): Promise<number | null> =>
  runInDurableObject(stubOf(id), (_, { storage }) => storage.getAlarm());

/** A workflow that runs another one. */
function calls(child: string, config: JsonObject = {}): JsonObject {
  return {
    name: 'parent',
    slug: 'parent',
    steps: [
      {
        stepSlug: 'call',
        stepType: 'workflow',
        config: { workflow: child, input: { name: '{{input.name}}' }, ...config },
        nextSteps: { success: 'show' },
      },
      { stepSlug: 'show', stepType: 'output', config: { mapping: { got: '{{steps.call.output}}' } } },
    ],
  };
}

const patient: JsonObject = {
  name: 'patient',
  slug: 'patient',
  steps: [
    { stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' }, nextSteps: { success: 'show' } },
    { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.hold.output}}' } },
  ],
};

describe('a workflow step', () => {
  it('runs another workflow of the organisation, and goes on with its output', async () => {
    await put(key, workflow('greet'));
    await put(key, calls('greet'));
    const { body } = await run(key, 'parent', { input: { name: 'Bo' } });
    expect(body).toMatchObject({ status: 'completed', output: { got: { hello: 'Bo' } } });
    const child = await read(`${body.id}.1`);
    expect(child.body).toMatchObject({
      status: 'completed',
      trigger: { type: 'workflow', executionId: body.id, activation: 1, depth: 1, root: 'parent' },
    });
    expect((await call('GET', `/v1/executions/${body.id}.1/events`, { key })).status).toBe(200);
    await expect.poll(() => alarmOf(String(body.id))).toBeNull();
    await expect.poll(() => alarmOf(`${body.id}.1`)).toBeNull();
  });

  it('runs the version that it names, by its text or its number', async () => {
    await put(key, { ...workflow('greet', { type: 'echo', parameters: { v: 1 } }), version: '1.0.0' });
    await put(key, { ...workflow('greet', { type: 'echo', parameters: { v: 2 } }), version: '2.0.0' });
    await put(key, calls('greet', { version: '1.0.0' }));
    expect((await run(key, 'parent', { input: { name: 'a' } })).body).toMatchObject({ output: { got: { v: 1 } } });
    await put(key, calls('greet', { version: '2' }));
    expect((await run(key, 'parent', { input: { name: 'a' } })).body).toMatchObject({ output: { got: { v: 2 } } });
    await put(key, calls('greet', { version: '9' }));
    expect((await run(key, 'parent', { input: { name: 'a' } })).body).toMatchObject({
      status: 'failed',
      error: { code: 'WORKFLOW_NOT_FOUND' },
    });
  });

  it('fails where there is no such workflow, be there one in another organisation', async () => {
    const other = await newOrganization();
    await put(other.key, workflow('theirs'));
    await put(key, calls('theirs'));
    const { body } = await run(key, 'parent', { input: { name: 'a' } });
    expect(body).toMatchObject({ status: 'failed', error: { code: 'WORKFLOW_NOT_FOUND' } });
    expect((await call('GET', '/v1/executions', { key: other.key })).body).toEqual({ items: [] });
    expect((await call('GET', `/v1/executions/${body.id}.1`, { key })).status).toBe(404);
  });

  it('fails with what is wrong with the input', async () => {
    await put(key, workflow('greet'));
    await put(key, calls('greet', { input: { name: 7 } }));
    expect((await run(key, 'parent')).body).toMatchObject({
      status: 'failed',
      error: { code: 'INVALID_INPUT', details: [{ path: '/name' }] },
    });
  });

  it('tells how the other one failed', async () => {
    await put(key, workflow('broken', { type: 'no_such_action', parameters: {} }));
    await put(key, calls('broken', { input: {} }));
    const { body } = await run(key, 'parent');
    expect(body).toMatchObject({
      status: 'failed',
      error: { code: 'ACTION_NOT_FOUND', details: { executionId: `${body.id}.1`, status: 'failed' } },
    });
  });

  it('leaves alone what it only starts', async () => {
    await put(key, patient);
    await put(key, calls('patient', { mode: 'detach', input: {} }));
    const { body } = await run(key, 'parent');
    expect(body).toMatchObject({ status: 'completed', output: { got: { executionId: `${body.id}.1` } } });
    expect(await statusOf(`${body.id}.1`)).toBe('waiting');
  });

  it('runs through five objects, one in the other', async () => {
    await put(key, workflow('level0', { type: 'echo', parameters: { deep: true } }));
    for (const level of [1, 2, 3, 4]) {
      await put(key, { ...calls(`level${level - 1}`, { input: {} }), slug: `level${level}` });
    }
    const { body } = await run(key, 'level4');
    expect(body).toMatchObject({ status: 'completed', output: { got: { got: { got: { got: { deep: true } } } } } });
    expect((await read(`${body.id}.1.1.1.1`)).body).toMatchObject({ workflow: 'level0' });
  });
});

describe('cancelling', () => {
  it('reaches the child', async () => {
    await put(key, patient);
    await put(key, calls('patient', { input: {} }));
    const { id } = await start(key, 'parent');
    await expect.poll(() => statusOf(`${id}.1`)).toBe('waiting');
    await call('POST', `/v1/executions/${id}/cancel`, { key });
    expect((await read(`${id}.1`)).body).toMatchObject({ status: 'cancelled' });
  });

  it('reaches the child later when it could not be told at once, though the parent was lost', async () => {
    await put(key, patient);
    await put(key, calls('patient', { input: {} }));
    const { id } = await start(key, 'parent');
    await expect.poll(() => statusOf(id)).toBe('waiting');
    const original = ExecutionObject.prototype.cancel;
    const cancelling = vi.spyOn(ExecutionObject.prototype, 'cancel');
    cancelling.mockImplementation(function (this: ExecutionObject, reason) {
      if (this.requireSummary().id.endsWith('.1')) throw new Error('Away.');
      return Reflect.apply(original, this, [reason]);
    });
    await call('POST', `/v1/executions/${id}/cancel`, { key, body: { reason: 'by hand' } });
    expect(await statusOf(id)).toBe('cancelled');
    expect(await statusOf(`${id}.1`)).toBe('waiting');
    cancelling.mockRestore();
    await abortAllDurableObjects();
    expect(await alarmOf(id)).not.toBeNull();
    await runDurableObjectAlarm(stubOf(id));
    expect((await read(`${id}.1`)).body).toMatchObject({ status: 'cancelled' });
    await expect.poll(() => alarmOf(id)).toBeNull();
  });
});

describe('the end of a child', () => {
  it('wakes a parent whose object was evicted', async () => {
    await put(key, patient);
    await put(key, calls('patient', { input: {} }));
    const { id } = await start(key, 'parent');
    await expect.poll(() => statusOf(`${id}.1`)).toBe('waiting');
    await expect.poll(() => statusOf(id)).toBe('waiting');
    await evictDurableObject(stubOf(id));
    await call('POST', `/v1/executions/${id}.1/signals/go`, { key, body: { data: 5 } });
    expect((await read(id)).body).toMatchObject({ status: 'completed', output: { got: 5 } });
  });

  it('is told again until the parent has it, though the child was lost in between', async () => {
    await put(key, patient);
    await put(key, calls('patient', { input: {} }));
    const { id } = await start(key, 'parent');
    await expect.poll(() => statusOf(`${id}.1`)).toBe('waiting');
    await expect.poll(() => statusOf(id)).toBe('waiting');
    const told = vi.spyOn(ExecutionObject.prototype, 'childEnded').mockRejectedValue(new Error('Away.'));
    await call('POST', `/v1/executions/${id}.1/signals/go`, { key, body: { data: 5 } });
    expect((await read(`${id}.1`)).body).toMatchObject({ status: 'completed' });
    await expect.poll(() => told.mock.calls.length).toBeGreaterThan(0);
    expect(await alarmOf(`${id}.1`)).not.toBeNull();
    told.mockRestore();
    await abortAllDurableObjects();
    // Nobody asks the parent; the child's alarm alone tells it.
    expect(await runDurableObjectAlarm(stubOf(`${id}.1`))).toBe(true);
    await runInDurableObject(stubOf(id), (parent) => parent.waitForEnd(5000));
    expect((await read(id)).body).toMatchObject({ status: 'completed', output: { got: 5 } });
    expect(await alarmOf(`${id}.1`)).toBeNull();
  });

  it('is asked for by a parent that is taken up again', async () => {
    await put(key, workflow('stuck', { type: 'hang_first', parameters: { a: 1 } }));
    await put(key, calls('stuck', { input: {} }));
    const { id } = await start(key, 'parent');
    await expect.poll(() => performed.get(`${id}.1/1`)).toBe(1);
    await abortAllDurableObjects();
    // To ask the parent is to ask the child, which goes on.
    expect((await read(id)).body).toMatchObject({ status: 'completed', output: { got: { a: 1 } } });
    expect(performed.get(`${id}.1/1`)).toBe(2);
  });
});

describe('ids of children', () => {
  it('are accepted where they can be one, and nowhere else', async () => {
    for (const id of ['a.b', 'a.', '.1', 'a..1', `${'a'.repeat(65)}.1`, 'a.1234567890']) {
      const answer = await call('GET', `/v1/executions/${encodeURIComponent(id)}`, { key });
      expect(answer.body, id).toMatchObject({ status: 404, code: 'EXECUTION_NOT_FOUND' });
    }
  });
});
