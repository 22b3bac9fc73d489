import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventOf, EventType } from '../../runtime/index.js';
import type { JsonObject } from '../../runtime/ports.js';
import { type BrowserHost, type BrowserHostOptions, createBrowserHost } from '../../web-component/browser-host.js';
import { databaseName } from '../../web-component/indexeddb-store.js';
import type { RunHandle } from '../../web-component/run-source.js';
import { HandDriven, sequence } from '../support/browser-workflows.js';

const patient = { pingEvery: 50, patience: 60 };
const child: JsonObject = {
  ...sequence('Child', { book: ['action', { type: 'work', parameters: { what: '{{input.what}}' } }] }),
  parameters: [{ name: 'what', type: 'string', required: true }],
};
const call = (config: JsonObject): JsonObject => sequence('Parent', { call: ['workflow', config] });
const parent = call({ workflow: 'child', input: { what: 'tea' } });
const workflows = { child };

let namespace = '';
let hosts: BrowserHost[] = [];

async function openHost(work: HandDriven, options: BrowserHostOptions = {}): Promise<BrowserHost> {
  const host = await createBrowserHost({ namespace, actions: [work.action], workflows, leader: patient, ...options });
  hosts.push(host);
  return host;
}

beforeEach(() => {
  namespace = `children-${crypto.randomUUID()}`;
});
afterEach(async () => {
  for (const host of hosts) await host.close();
  hosts = [];
  await deleteDB(databaseName(namespace));
});

/** The first event of that type, as soon as it is known. */
function until<T extends EventType>(run: RunHandle, type: T): Promise<EventOf<T>> {
  return new Promise((resolve) => {
    const end = run.subscribe(({ events }) => {
      for (const event of events) if (isOf(event, type)) resolve(event);
    });
    void run.settled().then(end, () => undefined);
  });
}
const isOf = <T extends EventType>(event: { readonly type: string }, type: T): event is EventOf<T> =>
  event.type === type;

/** The id of the run that a run has started. */
async function childOf(run: RunHandle): Promise<string> {
  return (await until(run, 'child_started')).executionId;
}

describe('a run that starts another', () => {
  it('waits for it in the same page, and hands up its output', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(parent);
    const booking = await work.call(1);
    expect(booking.parameters).toEqual({ what: 'tea' });
    const inner = await host.open(await childOf(run));
    expect(inner).toMatchObject({ driver: 'here', summary: { workflow: 'child', status: 'running' } });
    booking.answer({ ref: 7 });
    expect(await run.settled()).toMatchObject({ status: 'completed' });
    expect(run.events.at(-1)).toMatchObject({ type: 'execution_completed', output: { ref: 7 } });
    expect(inner?.events[0]).toMatchObject({ trigger: { type: 'workflow', executionId: run.id } });
  });

  it('begins it at once where a page has its runs to itself', async () => {
    const work = new HandDriven();
    const host = await openHost(work, { store: 'memory', leader: { pingEvery: 3_600_000 } });
    const run = await host.start(parent);
    (await work.call(1)).answer('here');
    expect(await run.settled()).toMatchObject({ status: 'completed' });
  });

  it('takes its workflows from a function, too, and asks for the version named', async () => {
    const asked: unknown[] = [];
    const work = new HandDriven();
    const host = await openHost(work, {
      workflows: async (slug, version) => {
        asked.push([slug, version]);
        return slug === 'child' ? child : undefined;
      },
    });
    await host.start(call({ workflow: 'child', version: '1.0.0', input: { what: 'tea' } }));
    await work.call(1);
    expect(asked).toEqual([['child', '1.0.0']]);
  });

  it('fails where there is no such workflow or version, or where the input does not fit', async () => {
    const host = await openHost(new HandDriven());
    const codeOf = async (config: JsonObject): Promise<string | undefined> =>
      (await (await host.start(call(config))).settled()).error?.code;
    expect(await codeOf({ workflow: 'nobody' })).toBe('WORKFLOW_NOT_FOUND');
    expect(await codeOf({ workflow: 'child', version: '9.9.9', input: { what: 'tea' } })).toBe('WORKFLOW_NOT_FOUND');
    expect(await codeOf({ workflow: 'child', input: {} })).toBe('INVALID_INPUT');
    // Names that every object has are no workflows.
    expect(await codeOf({ workflow: 'constructor' })).toBe('WORKFLOW_NOT_FOUND');
    expect((await host.list({ workflow: 'child' })).items).toEqual([]);
  });

  it('goes on at once where it does not wait for it, and neither hears of the other again', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(call({ workflow: 'child', mode: 'detach', input: { what: 'tea' } }));
    expect(await run.settled()).toMatchObject({ status: 'completed' });
    const booking = await work.call(1);
    const [inner] = (await host.list({ workflow: 'child' })).items;
    const other = await host.open(inner?.id ?? '');
    expect(other).toMatchObject({ driver: 'here', summary: { status: 'running' } });
    booking.answer(null);
    expect(await other?.settled()).toMatchObject({ status: 'completed' });
    expect(run.events.at(-1)?.type).toBe('execution_completed');
  });

  it('cancels what it started', async () => {
    const work = new HandDriven();
    const host = await openHost(work);
    const run = await host.start(parent);
    const { context } = await work.call(1);
    const inner = await host.open(await childOf(run));
    await run.cancel('Enough');
    expect(await inner?.settled()).toMatchObject({ status: 'cancelled' });
    expect(context.signal.aborted).toBe(true);
  });

  it('goes on with it when the page has closed and opens again', async () => {
    const [before, after] = [new HandDriven(), new HandDriven()];
    const first = await openHost(before);
    const run = await first.start(parent);
    await before.call(1);
    await first.close();
    const second = await openHost(after);
    const again = await second.open(run.id);
    const booking = await after.call(1);
    expect(booking.context.attempt).toBe(2);
    booking.answer('done');
    expect(await again?.settled()).toMatchObject({ status: 'completed' });
    expect(again?.events.filter((event) => event.type === 'child_started')).toHaveLength(1);
  });

  it('hears of the end of one that another tab drives', async () => {
    const [here, there] = [new HandDriven(), new HandDriven()];
    const one = await openHost(here);
    const run = await one.start(parent);
    await here.call(1);
    const id = await childOf(run);
    // The second tab waits for the inner run alone; the first lets go, and takes up only the outer one.
    const two = await openHost(there);
    const inner = await two.open(id);
    await one.close();
    const booking = await there.call(1);
    const three = await openHost(new HandDriven());
    const outer = await three.open(run.id);
    expect(outer?.driver).toBe('here');
    expect(inner?.driver).toBe('here');
    booking.answer('from the other tab');
    expect(await outer?.settled()).toMatchObject({ status: 'completed' });
    expect(outer?.events.at(-1)).toMatchObject({ output: 'from the other tab' });
  });

  it('is left to a page that knows workflows', async () => {
    const work = new HandDriven();
    const first = await openHost(work);
    const run = await first.start(parent);
    await work.call(1);
    await first.close();
    const poor = await createBrowserHost({ namespace, actions: [work.action], leader: patient });
    hosts.push(poor);
    const seen = await poor.open(run.id);
    expect(seen).toMatchObject({ driver: 'none', problem: { code: 'PAGE_LACKS_ACTIONS' } });
    expect(seen?.problem?.message).toContain('the workflows it starts');
  });
});

const ask: JsonObject = {
  name: 'Ask',
  steps: [
    {
      ...{ stepSlug: 'ask', stepType: 'approval', nextSteps: { approved: 'pay', rejected: 'end' } },
      config: { title: 'Pay?', fields: [{ name: 'amount', type: 'number', label: 'Amount', required: true }] },
    },
    {
      ...{ stepSlug: 'pay', stepType: 'action' },
      config: { type: 'work', parameters: { amount: '{{steps.ask.output.fields.amount}}' } },
    },
  ],
};

describe('an approval', () => {
  it('is decided through the run, its fields checked', async () => {
    const work = new HandDriven();
    const run = await (await openHost(work)).start(ask);
    const { activation } = await until(run, 'approval_requested');
    const decision = { decision: 'approved', fields: { amount: 'much' } } as const;
    await expect(run.decide(activation, decision)).rejects.toMatchObject({
      ...{ name: 'ValidationError', code: 'INVALID_FIELDS' },
      issues: [{ path: '/amount' }],
    });
    await run.decide(activation, { decision: 'approved', fields: { amount: 12 }, comment: 'Fine' }, 'd1');
    await run.decide(activation, { decision: 'approved', fields: { amount: 13 } }, 'd1');
    expect((await work.call(1)).parameters).toEqual({ amount: 12 });
    await expect(run.decide(activation, { decision: 'rejected' })).rejects.toMatchObject({ code: 'NOT_WAITING' });
  });

  it('is decided in a tab that does not drive, errors and all', async () => {
    const work = new HandDriven();
    const [one, two] = [await openHost(work), await openHost(work)];
    const here = await one.start(ask);
    const there = await two.open(here.id);
    const { activation } = await until(here, 'approval_requested');
    await expect(there?.decide(activation, { decision: 'approved', fields: {} })).rejects.toMatchObject({
      ...{ name: 'ValidationError', code: 'INVALID_FIELDS' },
      issues: [{ code: 'REQUIRED', path: '/amount' }],
    });
    await there?.decide(activation, { decision: 'approved', fields: { amount: 3 } });
    expect((await work.call(1)).parameters).toEqual({ amount: 3 });
  });
});
