import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { compile, createActionRegistry, Driver, MemoryStore } from '../../runtime/index.js';
import { exportExecution } from '../../runtime/operations.js';
import type { JsonObject } from '../../runtime/ports.js';
import { VirtualClock } from '../../runtime/testing.js';
import { workerRandom } from '../../src/worker/clock.js';
import { testActions } from '../support/worker-actions.js';
import { performed } from '../support/worker-entry.js';
import { type Answer, call, expectProblem, keyFor, newOrganization, put, run, start } from './client.js';

let key: string;
let organization: string;
beforeEach(async () => {
  ({ key, organization } = await newOrganization());
});

const act = (stepSlug: string, next?: string, config: JsonObject = { type: 'echo', parameters: {} }): JsonObject => ({
  ...{ stepSlug, stepType: 'action', config },
  ...(next === undefined ? {} : { nextSteps: { success: next } }),
});
const hold: JsonObject = {
  ...{ stepSlug: 'hold', stepType: 'wait_for_event', config: { event: 'go' } },
  nextSteps: { success: 'after' },
};
const patient = (extra: JsonObject = {}): JsonObject => ({
  ...{ name: 'patient', slug: 'patient', config: { output: '{{steps.hold.output}}' } },
  steps: [act('before', 'hold'), hold, act('after')],
  ...extra,
});

const at = (id: unknown, rest = ''): string => `/v1/executions/${id}${rest}`;
const post = (id: unknown, what: string, body: JsonObject = {}, by = key): Promise<Answer> =>
  call('POST', at(id, `/${what}`), { key: by, body });
const read = (id: unknown, wait = 5): Promise<Answer> => call('GET', at(id, `?wait=${wait}`), { key });
const stubOf = (id: unknown, of = organization) => env.EXECUTIONS.getByName(`${of}/${id}`);

async function waiting(definition = patient()): Promise<string> {
  await put(key, definition);
  const { id } = await start(key, String(definition.slug));
  await expect.poll(async () => (await read(id, 0)).body.status).toBe('waiting');
  return id;
}
async function typesOf(id: unknown, by = key): Promise<unknown[]> {
  const { body } = await call('GET', at(id, '/events'), { key: by });
  return Array.isArray(body.items) ? body.items.map(({ type }) => type) : [];
}

describe('cancelling what has failed and is being undone', () => {
  it('answers 200 and has no effect; what is done is undone once, and it ends as failed', async () => {
    const book = { type: 'echo', parameters: {}, compensate: { type: 'hang_first', parameters: { of: 'book' } } };
    await put(key, {
      ...{ name: 'undoing', slug: 'undoing' },
      steps: [
        act('book', 'stop', book),
        { stepSlug: 'stop', stepType: 'fail', config: { code: 'STOP', message: 'No' } },
      ],
    });
    const { id } = await start(key, 'undoing');
    await expect.poll(() => typesOf(id)).toContain('compensation_started');
    expect(await post(id, 'cancel')).toMatchObject({ status: 200, body: { status: 'running' } });
    await evictDurableObject(stubOf(id));
    await runDurableObjectAlarm(stubOf(id));
    expect((await read(id)).body).toMatchObject({ status: 'failed', error: { code: 'STOP' } });
    expect((await typesOf(id)).slice(-3)).toEqual(['step_started', 'step_succeeded', 'execution_failed']);
    expect(await typesOf(id)).not.toContain('execution_cancelled');
  });

  it('answers 202 again where it was cancelled and that is being undone', async () => {
    const book = { type: 'echo', parameters: {}, compensate: { type: 'hang_first', parameters: { of: 'book' } } };
    const id = await waiting({ ...patient(), steps: [act('before', 'hold', book), hold, act('after')] });
    expect(await post(id, 'cancel', { reason: 'no' })).toMatchObject({ status: 202, body: { status: 'running' } });
    expect((await post(id, 'cancel')).status).toBe(202);
    await evictDurableObject(stubOf(id));
    await runDurableObjectAlarm(stubOf(id));
    expect((await read(id)).body).toMatchObject({ status: 'cancelled', error: { message: 'no' } });
    expect((await post(id, 'cancel')).status).toBe(200);
  });
});

describe('pausing', () => {
  it('holds what comes until it is resumed, though the object is lost', async () => {
    const id = await waiting();
    expect(await post(id, 'pause', { reason: 'lunch' })).toMatchObject({ status: 202, body: { status: 'paused' } });
    expect((await post(id, 'pause')).status).toBe(200);
    await post(id, 'signals/go', { data: 5 });
    await evictDurableObject(stubOf(id));
    expect((await read(id, 0)).body).toMatchObject({ status: 'paused' });
    await runDurableObjectAlarm(stubOf(id));
    const listed = async (): Promise<unknown> => (await call('GET', '/v1/executions?status=paused', { key })).body;
    await expect.poll(listed).toMatchObject({ items: [{ id }] });
    expect((await post(id, 'resume')).status).toBe(202);
    expect((await read(id)).body).toMatchObject({ status: 'completed', output: 5 });
    expect(performed.get(`${id}/3`)).toBe(1);
    expectProblem(await post(id, 'resume'), 409, 'EXECUTION_FINISHED');
    expectProblem(await post(id, 'pause'), 409, 'EXECUTION_FINISHED');
  });

  it('refuses what it does not know, and viewers', async () => {
    const id = await waiting();
    expectProblem(await post(id, 'pause', { until: 5 }), 400, 'INVALID_REQUEST');
    expectProblem(await post(id, 'resume', { reason: 'x' }), 400, 'INVALID_REQUEST');
    expectProblem(await post('none', 'pause'), 404, 'EXECUTION_NOT_FOUND');
    const viewer = await keyFor(organization, 'viewer');
    for (const what of ['pause', 'resume', 'retry', 'export', 'receipt', 'cancel']) {
      expectProblem(await post(id, what, {}, viewer), 403, 'FORBIDDEN');
    }
    const other = await newOrganization();
    for (const what of ['pause', 'resume', 'retry', 'export', 'cancel']) {
      expectProblem(await post(id, what, {}, other.key), 404, 'EXECUTION_NOT_FOUND');
    }
  });
});

describe('retrying', () => {
  const failing = (type: string): JsonObject => ({
    ...{ name: 'fails', slug: 'fails' },
    steps: [act('one', 'two'), act('two', 'three', { type, parameters: { n: '{{input.n}}' } }), act('three')],
  });

  it('begins a new execution at the step that failed, under the version that is active now', async () => {
    await put(key, failing('no_such_action'));
    const { body: old } = await run(key, 'fails', { input: { n: 1 } });
    expect(old).toMatchObject({ status: 'failed' });
    await put(key, failing('echo'));
    const answer = await post(old.id, 'retry', { definition: 'current', input: { n: 2 } });
    expect(answer).toMatchObject({
      status: 202,
      body: { origin: { executionId: old.id, step: 'two' }, effectsRepeated: ['two'] },
    });
    const { id } = answer.body;
    expect(answer.headers.get('location')).toBe(at(id));
    expect((await read(id)).body).toMatchObject({ id, status: 'completed', steps: { two: { output: { n: 2 } } } });
    expect(performed.get(`${id}/1`)).toBeUndefined();
    expect(performed.get(`${id}/3`)).toBe(1);
    expect((await read(old.id)).body).toMatchObject({ status: 'failed' });
    const all = async (): Promise<unknown> => (await call('GET', '/v1/executions', { key })).body.items;
    await expect.poll(all).toHaveLength(2);
  });

  it('from a step or a visit named, once under one Idempotency-Key', async () => {
    await put(key, failing('echo'));
    const { body: old } = await run(key, 'fails');
    const options = { key, body: { from: 'one' }, headers: { 'idempotency-key': 'again' } };
    const [one, two] = [
      await call('POST', at(old.id, '/retry'), options),
      await call('POST', at(old.id, '/retry'), options),
    ];
    expect(two.body.id).toBe(one.body.id);
    expect((await read(one.body.id)).body).toMatchObject({ status: 'completed' });
    expect(performed.get(`${one.body.id}/1`)).toBe(1);
    expect((await post(old.id, 'retry', { from: 2 })).body).toMatchObject({ origin: { step: 'two', activation: 2 } });
  });

  it('says why it cannot', async () => {
    await put(key, failing('echo'));
    const { body: old } = await run(key, 'fails');
    expectProblem(await post(old.id, 'retry'), 409, 'NO_FAILED_STEP');
    expectProblem(await post(old.id, 'retry', { from: 'nowhere' }), 404, 'STEP_NOT_VISITED');
    expectProblem(await post(old.id, 'retry', { from: 'one', definition: 9 }), 404, 'WORKFLOW_NOT_FOUND');
    expectProblem(await post(old.id, 'retry', { from: 'one', input: [] }), 422, 'INVALID_INPUT');
    for (const body of [
      { from: {} },
      { from: 0 },
      { from: '' },
      { definition: 'newest' },
      { definition: 0 },
      { x: 1 },
    ]) {
      expectProblem(await post(old.id, 'retry', body), 400, 'INVALID_REQUEST');
    }
    const id = await waiting();
    expectProblem(await post(id, 'retry', { from: 'before' }), 409, 'EXECUTION_NOT_FINISHED');
    await call('DELETE', '/v1/workflows/fails', { key });
    expectProblem(await post(old.id, 'retry', { from: 'one', definition: 'current' }), 404, 'WORKFLOW_NOT_FOUND');
  });
});

describe('carrying an execution', () => {
  /** As if it came from a host that knows no organisations. */
  const send = (bundle: JsonObject, by = key, query = ''): Promise<Answer> =>
    call('POST', `/v1/executions/import${query}`, { key: by, body: bundle });

  it('gives it away once, keeps the bundle until the receipt comes, and takes nothing back of its own', async () => {
    const id = await waiting();
    const { status, body: bundle } = await post(id, 'export');
    expect(status).toBe(200);
    expect(bundle).toMatchObject({ format: 'newtflow-execution', executionId: id });
    expect((await read(id)).body).toMatchObject({ status: 'transferred' });
    expectProblem(await post(id, 'signals/go'), 409, 'TRANSFERRED');
    expectProblem(await post(id, 'pause'), 409, 'TRANSFERRED');
    const decision = { key, body: { decision: 'approved' } };
    expectProblem(await call('POST', `/v1/approvals/${id}~1`, decision), 409, 'TRANSFERRED');
    await abortAllDurableObjects();
    expect((await post(id, 'export')).body).toEqual(bundle);
    expect((await call('GET', at(id, '/bundle'), { key })).body).toEqual(bundle);
    expectProblem(await send(bundle), 409, 'TRANSFER_SOURCE');
    const receipt = { transferId: '', executionId: id, digest: '', importedAt: Date.now() };
    expectProblem(await post(id, 'receipt', receipt), 400, 'INVALID_REQUEST');
    expectProblem(await post(id, 'receipt', { ...receipt, transferId: 'x', digest: 'y' }), 409, 'WRONG_RECEIPT');
    const right = { ...receipt, transferId: String(bundle.transferId), digest: String(bundle.digest) };
    expect((await post(id, 'receipt', right)).status).toBe(204);
    expectProblem(await call('GET', at(id, '/bundle'), { key }), 409, 'TRANSFER_CONFIRMED');
    const list = async (): Promise<unknown> => (await call('GET', '/v1/executions?status=transferred', { key })).body;
    await expect.poll(list).toMatchObject({ items: [{ id }] });
  });

  it('takes one over from elsewhere, goes on with it, and answers twice with the same receipt', async () => {
    const bundle = await made();
    const answer = await send(bundle, key, `?digest=${bundle.digest}`);
    expect(answer).toMatchObject({
      status: 201,
      body: { id: bundle.executionId, duplicate: false, receipt: { digest: bundle.digest } },
    });
    expect((await send(bundle)).body).toEqual({ ...answer.body, duplicate: true });
    await abortAllDurableObjects();
    await post(bundle.executionId, 'signals/go', { data: 7 });
    expect((await read(bundle.executionId)).body).toMatchObject({ status: 'completed', output: 7 });
    const list = async (): Promise<unknown> => (await call('GET', '/v1/executions', { key })).body;
    await expect.poll(list).toMatchObject({ items: [{ id: bundle.executionId, status: 'completed' }] });
    expect(await typesOf(bundle.executionId)).toContain('execution_imported');
  });

  it('refuses what was altered, what is another organisation’s, and what is none, and stores nothing', async () => {
    const bundle = await made();
    const altered = { ...bundle, transferId: 'other' };
    expect((await send(altered)).status).toBe(422);
    expectProblem(await send(bundle, key, `?digest=${'0'.repeat(64)}`), 422, 'BUNDLE_ALTERED');
    expectProblem(await send(bundle, key, '?digest=x'), 400, 'INVALID_REQUEST');
    for (const body of [{}, { executionId: '../x' }, { executionId: 5 }, { executionId: 'x' }]) {
      expect((await send(body)).status, JSON.stringify(body)).toBe(422);
    }
    const deep = `{"executionId":"x","journal":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    expect((await call('POST', '/v1/executions/import', { key, text: deep })).status).toBe(422);
    expectProblem(await call('POST', '/v1/executions/import', { key, text: '{' }), 400, 'MALFORMED_JSON');
    const operator = await keyFor(organization, 'operator');
    expectProblem(await send(bundle, operator), 403, 'FORBIDDEN');
    expect((await call('GET', '/v1/executions', { key })).body).toEqual({ items: [] });

    const id = await waiting();
    const { body: own } = await post(id, 'export');
    const other = await newOrganization();
    expectProblem(await send(own, other.key), 403, 'FOREIGN_BUNDLE');
    expectProblem(await call('GET', at(id), { key: other.key }), 404, 'EXECUTION_NOT_FOUND');
  });

  it('is not for an execution that waits for another one', async () => {
    await put(key, patient());
    const parent = {
      ...{ name: 'parent', slug: 'parent' },
      steps: [{ stepSlug: 'call', stepType: 'workflow', config: { workflow: 'patient' } }],
    };
    const id = await waiting(parent);
    expectProblem(await post(id, 'export'), 409, 'CHILD_UNDER_WAY');
    expectProblem(await post(`${id}.1`, 'export'), 409, 'CHILD_UNDER_WAY');
    await post(id, 'cancel');
  });
});

describe('versions', () => {
  it('are told apart by which executions could go on under them', async () => {
    const id = await waiting();
    await put(key, patient({ steps: [act('before', 'hold'), hold, act('after'), act('more')] }));
    await put(key, patient({ steps: [act('before', 'after'), act('after')], config: {} }));
    const ask = (version: unknown, by = key): Promise<Answer> =>
      call('GET', `/v1/workflows/patient/versions/${version}/compatibility`, { key: by });
    await expect.poll(async () => (await ask(1)).body.items).toMatchObject([{ executionId: id, ok: true }]);
    expect((await ask(2)).body.items).toMatchObject([{ executionId: id, status: 'waiting', ok: true }]);
    expect((await ask(3)).body.items).toMatchObject([
      { executionId: id, ok: false, reasons: [{ code: 'STEP_GONE', step: 'hold', message: expect.any(String) }] },
    ]);
    expectProblem(await ask(4), 404, 'WORKFLOW_NOT_FOUND');
    expectProblem(await ask('x'), 400, 'INVALID_REQUEST');
    const other = await newOrganization();
    expectProblem(await ask(1, other.key), 404, 'WORKFLOW_NOT_FOUND');
    await post(id, 'signals/go');
    await read(id);
    await expect.poll(async () => (await ask(3)).body.items).toEqual([]);
  });
});

/** The bundle of an execution that another host gave away while it waited. */
async function made(): Promise<JsonObject> {
  const store = new MemoryStore();
  const ports = {
    store,
    clock: new VirtualClock(Date.now()),
    random: workerRandom,
    actions: createActionRegistry(testActions(new Map())),
  };
  const driver = await Driver.start(ports, compile(patient()));
  await driver.idle();
  const bundle = await exportExecution(ports, driver.id, { driver });
  return JSON.parse(JSON.stringify(bundle));
}
