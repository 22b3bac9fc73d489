import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { functionRegistry } from '../../runtime/index.js';
import { type BrowserHost, type BrowserHostOptions, createBrowserHost } from '../../web-component/browser-host.js';
import { databaseName } from '../../web-component/indexeddb-store.js';
import { createRemoteHost } from '../../web-component/remote-host.js';
import { HandDriven } from '../support/browser-workflows.js';
import { doubling, twice } from '../support/twice.js';
import { cleanPage, next, showRunner } from './element-page.js';

const functions = [twice];
const caller = {
  name: 'Caller',
  slug: 'caller',
  steps: [
    {
      stepSlug: 'call',
      stepType: 'workflow',
      config: { workflow: 'doubled', input: { n: '{{input.n|twice}}' } },
      nextSteps: { success: 'show' },
    },
    { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.call.output|twice}}' } },
  ],
};

describe('a page with functions', () => {
  let namespace = '';
  let hosts: BrowserHost[] = [];
  const open = async (options: BrowserHostOptions): Promise<BrowserHost> => {
    const host = await createBrowserHost({ namespace, leader: { pingEvery: 50, patience: 60 }, ...options });
    hosts.push(host);
    return host;
  };
  beforeEach(() => {
    namespace = `functions-${crypto.randomUUID()}`;
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    hosts = [];
    await deleteDB(databaseName(namespace));
  });

  it('goes on after it was closed, retries and carries its runs, and leaves them to a page that has the functions', async () => {
    const work = new HandDriven();
    const actions = [work.action];
    const first = await open({ actions, functions });
    const { id } = await first.start(doubling('work'), { input: { n: 2 } });
    expect((await work.call(1)).parameters).toEqual({ n: 4 });
    await first.close();
    const poor = await open({ actions });
    await expect(poor.start(doubling('work'))).rejects.toMatchObject({ code: 'INVALID_DEFINITION' });
    const seen = await poor.open(id);
    expect(seen?.problem).toMatchObject({ code: 'FUNCTION_NOT_FOUND', message: expect.stringContaining('`twice`') });
    expect(await poor.resumeAll()).toEqual([]);
    const second = await open({ actions, functions: functionRegistry(functions) });
    const run = (await second.open(id)) ?? expect.unreachable();
    (await work.call(2)).answer({ n: 4 });
    expect((await run.settled()).status).toBe('completed');
    await expect(poor.retry(id, { from: 'work' })).rejects.toMatchObject({ code: 'FUNCTION_NOT_FOUND' });
    const retried = await second.retry(id, { from: 'work', input: { n: 5 } });
    expect((await work.call(3)).parameters).toEqual({ n: 10 });
    const bundle = await second.exportRun(retried.id);
    await expect((await open({ actions, store: 'memory' })).importRun(bundle)).rejects.toMatchObject({
      code: 'FUNCTION_NOT_FOUND',
    });
    const away = await open({ actions, functions, store: 'memory' });
    const { run: carried, receipt } = await away.importRun(bundle);
    await second.confirmTransfer(receipt);
    (await work.call(4)).answer({ n: 1 });
    await carried.settled();
    expect(carried.events.at(-1)).toMatchObject({ type: 'execution_completed', output: 2 });
  });

  it('has them in the workflows that its runs start', async () => {
    const actions = [{ type: 'work', run: (parameters: unknown) => parameters }];
    const host = await open({ store: 'memory', actions, functions, workflows: { doubled: doubling('work') } });
    const run = await host.start(caller, { input: { n: 1 } });
    await run.settled();
    expect(run.events.at(-1)).toMatchObject({ type: 'execution_completed', output: 16 });
    const poor = await open({ store: 'memory', actions, workflows: { doubled: doubling('work') } });
    const call = { workflow: 'doubled', input: { n: 1 } };
    const failed = await poor.start({
      name: 'Plain',
      steps: [{ stepSlug: 'call', stepType: 'workflow', config: call }],
    });
    await failed.settled();
    expect(failed.events.at(-1)).toMatchObject({ type: 'execution_failed', error: { code: 'FUNCTION_NOT_FOUND' } });
  });
});

it('a page that runs on a Worker asks that only for what its functions let it understand', async () => {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (input) => {
    asked.push(new URL(String(input)).pathname);
    return Response.json({ code: 'FORBIDDEN', status: 403, detail: 'No.', title: 'No' }, { status: 403 });
  };
  const poor = createRemoteHost({ endpoint: 'https://edge.example', fetch });
  await expect(poor.start(doubling('work'))).rejects.toMatchObject({ code: 'INVALID_DEFINITION' });
  expect(asked).toEqual([]);
  const able = createRemoteHost({ endpoint: 'https://edge.example', fetch, functions });
  await expect(able.start(doubling('work'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(asked[0]).toBe('/v1/workflows/doubled');
  for (const host of [poor, able]) await host.close();
});

describe('an element', () => {
  afterEach(cleanPage);

  it('calls the functions it is given, also where they come after the workflow', async () => {
    const actions = { work: (parameters: unknown) => parameters };
    const element = await showRunner({ workflow: doubling('work'), input: { n: 2 }, actions });
    expect(await element.validate()).toMatchObject([
      { severity: 'error', message: expect.stringContaining('no function twice') },
      { severity: 'error' },
    ]);
    const loaded = next(element, 'workflowload');
    element.functions = functions;
    expect(await loaded).toMatchObject({ slug: 'doubled', warnings: [] });
    const finished = next(element, 'runfinish');
    await element.start();
    expect(await finished).toMatchObject({ output: 8 });
  });
});
