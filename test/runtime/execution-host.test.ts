import { describe, expect, it } from 'vitest';
import {
  compile,
  Driver,
  ExecutionHost,
  isFinal,
  type Json,
  MemoryStore,
  readExecution,
  StorageError,
} from '../../runtime/index.js';
import { retryFrom } from '../../runtime/operations.js';
import type { Awaitable, Commit, ExecutionStore } from '../../runtime/ports.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';

const callStep = (config: Record<string, Json> = {}) => ({
  stepSlug: 'call',
  stepType: 'workflow',
  config: { workflow: 'child', ...config },
  nextSteps: { success: 'end' },
});
const parent = (config?: Record<string, Json>) => compile({ name: 'Parent', steps: [callStep(config)] });
const child = compile({
  name: 'Child',
  steps: [{ stepSlug: 'work', stepType: 'action', config: { type: 'work' }, nextSteps: { success: 'end' } }],
});

function hosted(work = new HandDriven('work')) {
  const host = hostOf([work.action]);
  const executions = () => new ExecutionHost(host.ports, (slug) => (slug === 'child' ? child : undefined));
  return { ...host, work, executions };
}

/** Whose commits of one execution can be held back. */
class HeldStore extends MemoryStore implements ExecutionStore {
  #held: { readonly id: string; readonly commits: (() => void)[] } | undefined;

  override commit(id: string, commit: Commit): Awaitable<void> {
    const held = this.#held;
    if (id !== held?.id) return super.commit(id, commit);
    return new Promise((resolve) => {
      held.commits.push(() => {
        super.commit(id, commit);
        resolve();
      });
    });
  }

  /** @returns a function that makes them */
  hold(id: string): () => void {
    const commits: (() => void)[] = [];
    const held = { id, commits };
    this.#held = held;
    return () => {
      this.#held = undefined;
      for (const make of held.commits) make();
    };
  }
}

describe('executions that start one another', () => {
  it('are told apart: what is started again by a retry is no child of the one before', async () => {
    const { ports } = hostOf([{ type: 'ready', run: () => 'ready' }]);
    const step = (stepSlug: string, stepType: string, config: Json, success?: string) => ({
      ...{ stepSlug, stepType, config },
      ...(success === undefined ? {} : { nextSteps: { success } }),
    });
    const leaf = compile({ name: 'Leaf', steps: [step('show', 'output', { mapping: 'of the leaf' })] });
    const middle = compile({
      name: 'Middle',
      steps: [
        step('ready', 'action', { type: 'ready' }, 'ask'),
        step('ask', 'workflow', { workflow: 'leaf' }, 'stop'),
        step('stop', 'fail', { code: 'STOP', message: 'No' }),
      ],
    });
    const host = new ExecutionHost(ports, (slug) => (slug === 'leaf' ? leaf : middle));
    const driver = await host.begin(parent({ retry: { maxAttempts: 2, initialDelay: 0 } }), { executionId: 'p' });
    expect(await driver.settled()).toMatchObject({ status: 'failed', error: { code: 'STOP', attempts: 2 } });
    const { items } = await ports.store.list();
    expect(items.map(({ id, workflow }) => `${workflow} ${id}`).sort()).toEqual([
      ...['leaf p.1.2', 'leaf p.1r2.2', 'middle p.1', 'middle p.1r2', 'parent p'],
    ]);
  });

  it('are cancelled where the step is given up just as they have begun, though the parent goes on', async () => {
    const work = new HandDriven('work');
    const store = new HeldStore();
    const { ports, clock } = hostOf([work.action], store);
    let found = (): void => undefined;
    const finding = new Promise<typeof child>((resolve) => {
      found = () => resolve(child);
    });
    const host = new ExecutionHost(ports, () => finding);
    const patient = compile({
      name: 'Patient',
      steps: [
        { ...callStep({ timeout: 1000 }), nextSteps: { error: 'rest' } },
        { stepSlug: 'rest', stepType: 'wait', config: { for: '1h' } },
      ],
    });
    const driver = await host.begin(patient, { executionId: 'p' });
    const letGo = store.hold('p');
    clock.advanceToNext();
    found();
    const { context } = await work.call(1);
    await new Promise((resolve) => setImmediate(resolve));
    const inner = host.drivers.find(({ id }) => id === 'p.1');
    expect(inner?.state.status).toBe('running');
    letGo();
    expect(await inner?.settled()).toMatchObject({ status: 'cancelled' });
    expect(context.signal.aborted).toBe(true);
    expect(driver.summary).toMatchObject({ status: 'waiting', currentSteps: ['rest'] });
  });

  it('are cancelled where the store kept the end of the parent, and failed to say so', async () => {
    const work = new HandDriven('work');
    const store = new HeldStore();
    const { ports } = hostOf([work.action], store);
    const host = new ExecutionHost(ports, () => child);
    const driver = await host.begin(parent(), { executionId: 'p' });
    const { context } = await work.call(1);
    await host.idle(() => 1);
    const inner = host.drivers.find(({ id }) => id === 'p.1');
    const { commit } = store;
    store.commit = (id, given) => {
      commit.call(store, id, given);
      if (id === 'p') throw new StorageError('The connection was lost');
    };
    await expect(driver.cancel()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await inner?.settled()).toMatchObject({ status: 'cancelled' });
    expect(context.signal.aborted).toBe(true);
  });

  it('tell a parent that is just being opened, and asked a moment before they ended', async () => {
    const work = new HandDriven('work');
    const store = new HeldStore();
    const { ports } = hostOf([work.action], store);
    const first = new ExecutionHost(ports, () => child);
    await first.begin(parent(), { executionId: 'p' });
    await work.call(1);
    await first.idle(() => 1);
    first.stop();
    let letGo = (): void => undefined;
    class Second extends ExecutionHost {
      override outcome(id: string) {
        const asked = super.outcome(id);
        letGo();
        return asked;
      }
    }
    const second = new Second(ports, () => child);
    await second.open('p.1');
    letGo = store.hold('p.1');
    (await work.call(2)).answer('done');
    await new Promise((resolve) => setImmediate(resolve));
    const driver = (await second.open('p')) ?? expect.unreachable();
    await second.idle();
    expect(driver.state).toMatchObject({ status: 'completed', output: 'done' });
  });

  it('keep the parent waiting until the child has ended', async () => {
    const { executions, work } = hosted();
    const host = executions();
    const driver = await host.begin(parent(), { executionId: 'p', organizationId: 'org', threadId: 't' });
    const { context, answer } = await work.call(1);
    expect(context).toMatchObject({ executionId: 'p.1', organization: 'org', idempotencyKey: 'p.1/1' });
    await host.idle(() => 1);
    expect(driver.summary).toMatchObject({ status: 'waiting', currentSteps: ['call'] });
    answer({ done: true });
    expect((await driver.settled()).output).toEqual({ done: true });
    expect(host.drivers.filter(({ state }) => !isFinal(state.status))).toEqual([]);
  });

  it('are given the mask of a secure variable, which would stand in their journals else', async () => {
    const set = {
      stepSlug: 'set',
      stepType: 'action',
      config: {
        type: 'set_variables',
        parameters: { variables: [{ name: 'token', value: '{{secrets.k}}', secure: true }] },
      },
      nextSteps: { success: 'call' },
    };
    const plan = compile({
      name: 'Parent',
      config: { secrets: { k: { kind: 'reference' } } },
      steps: [set, callStep({ input: { token: '{{token}}' } })],
    });
    const { ports, work } = hosted();
    const secrets = { resolve: () => 'swordfish' };
    const host = new ExecutionHost({ ...ports, secrets }, () => child);
    await host.begin(plan, { executionId: 'p' });
    await work.call(1);
    const inner = host.drivers.find(({ id }) => id === 'p.2');
    expect(inner?.state.input).toEqual({ token: '[secret:token]' });
    host.stop();
  });

  it('are taken up together by another host, the child under its own id', async () => {
    const { executions, work } = hosted();
    const first = executions();
    await first.begin(parent(), { executionId: 'p' });
    await work.call(1);
    await first.idle(() => 1);
    first.stop();
    const second = executions();
    const driver = await second.open('p');
    const again = await work.call(2);
    expect(again.context).toMatchObject({ executionId: 'p.1', attempt: 2, idempotencyKey: 'p.1/1' });
    again.answer('late');
    expect((await driver?.settled())?.output).toBe('late');
  });

  it('are cancelled where the parent was cancelled while it started them', async () => {
    const { ports, work } = hosted();
    let found: (plan: typeof child) => void = () => undefined;
    const finding = new Promise<typeof child>((resolve) => {
      found = resolve;
    });
    const host = new ExecutionHost(ports, () => finding);
    const driver = await host.begin(parent(), { executionId: 'p' });
    await driver.cancel();
    found(child);
    await work.call(1);
    const inner = host.drivers.find(({ id }) => id === 'p.1');
    expect(await inner?.settled()).toMatchObject({
      ...{ status: 'cancelled', error: { message: 'The step that started it waits no more' } },
    });
  });

  it('are cancelled where the parent was, though its host went before it could tell them', async () => {
    const { executions, work, ports } = hosted();
    const first = executions();
    await first.begin(parent(), { executionId: 'p' });
    await work.call(1);
    await first.idle(() => 1);
    first.stop();
    await (await Driver.open(ports, 'p'))?.cancel();
    const second = executions();
    expect((await second.open('p.1'))?.state.status).toBe('cancelled');
    expect(work.calls).toHaveLength(2);
  });

  it('tell a parent that was not there when its child ended', async () => {
    const { executions, work, ports } = hosted();
    const first = executions();
    await first.begin(parent(), { executionId: 'p' });
    await work.call(1);
    await first.idle(() => 1);
    first.stop();
    const alone = executions();
    const orphan = await alone.open('p.1');
    (await work.call(2)).answer('done');
    await orphan?.settled();
    expect((await readExecution(ports.store, 'p'))?.state.status).toBe('waiting');
    const driver = await executions().open('p');
    expect((await driver?.settled())?.output).toBe('done');
  });

  it('cancel the child with the parent, and give its effect up', async () => {
    const { executions, work, ports } = hosted();
    const host = executions();
    const driver = await host.begin(parent(), { executionId: 'p' });
    const { context } = await work.call(1);
    await host.idle(() => 1);
    await driver.cancel('enough');
    await host.idle();
    expect(context.signal.aborted).toBe(true);
    expect((await readExecution(ports.store, 'p.1'))?.state).toMatchObject({
      status: 'cancelled',
      error: { message: 'The execution went on without this step' },
    });
  });

  it('leave alone what is made anew of a child that has failed: nobody waits for that', async () => {
    const { executions, work, ports, clock } = hosted();
    const host = executions();
    const driver = await host.begin(parent(), { executionId: 'p' });
    (await work.call(1)).fail(new Error('no'));
    expect((await driver.settled()).status).toBe('failed');
    const { id } = await retryFrom(ports, 'p.1');
    const again = await host.open(id);
    clock.advanceToNext();
    (await work.call(2)).answer('done');
    expect(await again?.settled()).toMatchObject({ status: 'completed', output: 'done' });
  });

  it('leave a detached child alone', async () => {
    const { executions, work, ports } = hosted();
    const host = executions();
    const driver = await host.begin(parent({ mode: 'detach' }), { executionId: 'p' });
    expect((await driver.settled()).output).toEqual({ executionId: 'p.1' });
    (await work.call(1)).answer(1);
    await host.idle();
    expect((await readExecution(ports.store, 'p.1'))?.state.status).toBe('completed');
  });

  it('drop the end of a child that nobody waits for any more', async () => {
    const { executions, work, ports } = hosted();
    const host = executions();
    const driver = await host.begin(parent(), { executionId: 'p' });
    await work.call(1);
    await host.idle(() => 1);
    const before = driver.state.seq;
    await driver.childEnded(1, { executionId: 'p.9', status: 'completed', output: 'forged' });
    await driver.childEnded(7, { executionId: 'p.1', status: 'completed', output: 'forged' });
    expect(driver.state.seq).toBe(before);
    expect((await readExecution(ports.store, 'p'))?.state.status).toBe('waiting');
  });

  it('say that a host without workflows has none', async () => {
    const { ports } = hostOf([]);
    const driver = await Driver.start(ports, parent(), { executionId: 'p' });
    expect((await driver.settled()).error).toMatchObject({ code: 'WORKFLOWS_NOT_FOUND', stepSlug: 'call' });
  });
});
