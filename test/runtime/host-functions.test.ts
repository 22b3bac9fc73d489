import { describe, expect, it } from 'vitest';
import {
  compile,
  Driver,
  ExecutionHost,
  functionRegistry,
  type JsonObject,
  type Plan,
  type RuntimePorts,
  readExecution,
  readHistory,
  ValidationError,
} from '../../runtime/index.js';
import {
  BoundedHost,
  confirmTransfer,
  exportExecution,
  importExecution,
  MemoryAdmissionStore,
  readBundle,
  retryFrom,
} from '../../runtime/operations.js';
import { playFixture, recordCase, recordFixture, runTestCase, testStep, testWorkflow } from '../../runtime/testing.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';
import { doubling, twice } from '../support/twice.js';

const functions = functionRegistry([twice]);

const lacking = {
  code: 'FUNCTION_NOT_FOUND',
  message: expect.stringMatching(/function `twice`.* give it to the host/),
};

const definition = (config: JsonObject = {}): JsonObject => doubling('work', config);
const plan: Plan = compile(definition(), { functions });
const bounded: Plan = compile(definition({ concurrency: { limit: 1 } }), { functions });

/** Two processes over one store: one has the function, the other, as after a careless deployment, does not. */
function house() {
  const work = new HandDriven('work');
  const { ports: without, store } = hostOf([work.action]);
  const ports: RuntimePorts = { ...without, functions };
  const before = async () => ({ read: store.read('x'), history: await readHistory(store, 'x') });
  return { work, ports, without, store, before };
}

/** Left with its effect under way, as by a process that ended. */
async function left() {
  const all = house();
  const driver = await Driver.start(all.ports, plan, { executionId: 'x', input: { n: 4 } });
  expect((await all.work.call(1)).parameters).toEqual({ n: 8 });
  driver.stop();
  return all;
}

describe('an execution whose definition calls a function of its host', () => {
  it('goes on after a restart', async () => {
    const { work, ports, store } = await left();
    const driver = (await Driver.open(ports, 'x')) ?? expect.unreachable();
    (await work.call(2)).answer({ n: 21 });
    expect((await driver.settled()).output).toBe(42);
    expect((await readExecution(store, 'x', functions))?.state.output).toBe(42);
  });

  it('is left as it was by a host that lacks it, which is told what it lacks', async () => {
    const { work, ports, without, store } = await left();
    const history = await readHistory(store, 'x');
    for (const take of [Driver.open(without, 'x'), readExecution(store, 'x')]) {
      const error: unknown = await take.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ValidationError);
      expect(error).toMatchObject({ ...lacking, details: { functions: ['twice'] } });
    }
    expect(await readHistory(store, 'x')).toEqual(history);
    const driver = (await Driver.open(ports, 'x')) ?? expect.unreachable();
    (await work.call(2)).answer({ n: 1 });
    expect((await driver.settled()).output).toBe(2);
  });

  it('is told of every function that is missing, and of what else is wrong with a definition as ever', async () => {
    const { without, store } = await left();
    const stored = store.read('x') ?? expect.unreachable();
    const steps = [
      { stepSlug: 'a', stepType: 'condition', config: { expression: 'input.n|once > 1' }, nextSteps: { true: 'b' } },
      { stepSlug: 'b', stepType: 'output', config: { mapping: '{{twice(input.n)}} {{input.n|upper}}' } },
    ];
    const altered = { ...store, ...stored, definition: { ...definition(), steps } };
    const reading = { ...without.store, read: () => altered, readEvents: () => [] };
    await expect(readExecution({ ...store, ...reading }, 'x')).rejects.toMatchObject({
      code: 'FUNCTION_NOT_FOUND',
      details: { functions: ['once', 'twice'] },
    });
    const broken = { ...altered, definition: { name: 'x', steps: [] } };
    await expect(readExecution({ ...store, ...reading, read: () => broken }, 'x')).rejects.toMatchObject({
      code: 'INVALID_DEFINITION',
    });
  });

  it('is carried to a host that has it, and to no other', async () => {
    const { ports, without } = await left();
    const bundle = await exportExecution(ports, 'x');
    expect(await readBundle(ports.store, 'x', functions)).toEqual(bundle);
    await expect(readBundle(ports.store, 'x')).rejects.toMatchObject(lacking);
    const away = house();
    await expect(importExecution(away.without, bundle)).rejects.toMatchObject({
      ...{ name: 'BundleError', ...lacking },
      field: expect.stringMatching(/^\/definition\/steps\/0\//),
    });
    expect(away.store.read('x')).toBeUndefined();
    const { receipt } = await importExecution(away.ports, bundle);
    await expect(confirmTransfer(without.store, 'x', receipt)).rejects.toMatchObject(lacking);
    await confirmTransfer(ports.store, 'x', receipt, functions);
    const driver = (await Driver.open(away.ports, 'x')) ?? expect.unreachable();
    (await away.work.call(1)).answer({ n: 3 });
    expect((await driver.settled()).output).toBe(6);
  });

  it('is retried by a host that has it, and by no other', async () => {
    const { work, ports, without } = await left();
    const driver = (await Driver.open(ports, 'x')) ?? expect.unreachable();
    (await work.call(2)).answer({ n: 1 });
    await driver.settled();
    await expect(retryFrom(without, 'x', { step: 'work', executionId: 'y' })).rejects.toMatchObject(lacking);
    expect(ports.store.read('y')).toBeUndefined();
    await retryFrom(ports, 'x', { step: 'work', executionId: 'y' });
    const again = (await Driver.open(ports, 'y')) ?? expect.unreachable();
    again.wake();
    (await work.call(3)).answer({ n: 5 });
    expect((await again.settled()).output).toBe(10);
  });

  it('is started and awaited by another one', async () => {
    const { work, ports } = house();
    const call = { workflow: 'doubled', input: { n: 1 } };
    const steps = [{ stepSlug: 'call', stepType: 'workflow', config: call }];
    const host = new ExecutionHost(ports, (slug) => (slug === 'doubled' ? plan : undefined));
    const parent = await host.begin(compile({ name: 'Caller', steps }), { executionId: 'p' });
    (await work.call(1)).answer({ n: 2 });
    expect((await parent.settled()).status).toBe('completed');
    expect((await host.outcome('p.1'))?.output).toBe(4);
  });

  it('keeps its place in the queue while only hosts without it take that up', async () => {
    const { work, ports, without } = house();
    const rows = new MemoryAdmissionStore();
    const find = () => undefined;
    const host = new BoundedHost(ports, find, rows);
    await host.begin(bounded, { executionId: 'x', input: { n: 1 } });
    await new Promise<unknown>((queued) => {
      host.begin(bounded, { executionId: 'y', input: { n: 2 } }, queued).catch(() => undefined);
    });
    host.stop();
    const first = (await Driver.open(ports, 'x')) ?? expect.unreachable();
    (await work.call(2)).answer({ n: 0 });
    await first.settled();
    const told: string[] = [];
    const logger = { log: (_: unknown, message: string) => void told.push(message) };
    await new BoundedHost({ ...without, logger }, find, rows).resumeAll();
    expect(told.join()).toMatch(/function `twice`/);
    expect(without.store.read('y')).toBeUndefined();
    const able = new BoundedHost(ports, find, rows);
    await able.resumeAll();
    const [driver = expect.unreachable()] = able.drivers;
    expect(driver.id).toBe('y');
    (await work.call(3)).answer({ n: 7 });
    expect((await driver.settled()).output).toBe(14);
  });
});

describe('a test of a workflow that calls a function of its host', () => {
  const stubs = { work: { output: { n: 3 } } };

  it('has it, as a whole, for one step, from a record and from data', async () => {
    const setting = { functions, stubs, input: { n: 1 } };
    const run = await testWorkflow(definition(), setting);
    expect(run.expectCalled('work', { with: { n: 2 } }).output).toBe(6);
    const step = await testStep(definition(), 'show', { functions, steps: { work: { n: 5 } } });
    expect(step.output).toBe(10);
    const played = await playFixture(definition(), recordFixture(run.history, definition(), functions), { functions });
    expect(played.history).toEqual(run.history);
    const recorded = recordCase(definition(), run.history, functions);
    expect(await runTestCase(definition(), recorded, { workflows: {}, functions })).toMatchObject({ ok: true });
    expect(await runTestCase(definition(), recorded, { workflows: {} })).toMatchObject({
      problem: expect.stringContaining('There is no function twice'),
    });
  });

  it('has it in the workflows that the one under test starts', async () => {
    const call = { workflow: 'doubled', input: { n: 1 } };
    const steps = [
      { stepSlug: 'call', stepType: 'workflow', config: call, nextSteps: { success: 'show' } },
      { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.call.output|twice}}' } },
    ];
    const workflows = { doubled: definition() };
    const run = await testWorkflow({ name: 'Caller', steps }, { functions, stubs, workflows });
    expect(run.output).toBe(12);
  });
});
