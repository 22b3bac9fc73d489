import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BrowserHost, type BrowserHostOptions, createBrowserHost } from '../../web-component/browser-host.js';
import { databaseName } from '../../web-component/indexeddb-store.js';
import type { RunHandle } from '../../web-component/run-source.js';
import { HandDriven, sequence, twoEffects } from '../support/browser-workflows.js';

const patient = { pingEvery: 50, patience: 60 };
const names = new Set<string>();
let namespace = '';
let hosts: BrowserHost[] = [];

async function openHost(work: HandDriven, options: BrowserHostOptions = {}): Promise<BrowserHost> {
  names.add(options.namespace ?? namespace);
  const host = await createBrowserHost({ namespace, actions: [work.action], leader: patient, ...options });
  hosts.push(host);
  return host;
}

beforeEach(() => {
  namespace = `control-${crypto.randomUUID()}`;
});
afterEach(async () => {
  for (const host of hosts) await host.close();
  hosts = [];
  for (const name of names) await deleteDB(databaseName(name));
  names.clear();
});

/** Resolves once the run has that status, here and now or later. */
function untilStatus(run: RunHandle, status: string): Promise<void> {
  return new Promise((resolve) => {
    run.subscribe(({ summary }) => {
      if (summary.status === status) resolve();
    });
  });
}

describe('a tab that does not drive', () => {
  it('pauses and resumes the run of the one that does', async () => {
    const work = new HandDriven();
    const [one, two] = [await openHost(work), await openHost(new HandDriven())];
    const here = await one.start(twoEffects);
    const first = await work.call(1);
    const there = await two.open(here.id);
    await there?.pause('Not now');
    expect(here.summary.status).toBe('paused');
    await there?.pause();
    first.answer('kept');
    await untilStatus(here, 'paused');
    await there?.resume();
    expect((await work.call(2)).parameters).toEqual({ part: 2, before: 'kept' });
    expect(here.events.filter(({ type }) => type === 'execution_paused')).toHaveLength(1);
  });

  it('gives the run away, by the one that does; the effect under way is told so', async () => {
    const [work, target] = [new HandDriven(), new HandDriven()];
    const [one, two] = [await openHost(work), await openHost(new HandDriven())];
    const here = await one.start(twoEffects);
    const { context } = await work.call(1);
    await two.open(here.id);
    const bundle = await two.exportRun(here.id);
    expect(context.signal.aborted).toBe(true);
    expect(await here.settled()).toMatchObject({ status: 'transferred' });
    expect(here).toMatchObject({ driver: 'none', problem: undefined });
    expect(await one.exportRun(here.id)).toEqual(bundle);
    const gone = { name: 'TransferredError', code: 'TRANSFERRED' };
    await expect(here.resume()).rejects.toMatchObject(gone);
    await expect(here.signal('go')).rejects.toMatchObject(gone);
    const away = await openHost(target, { namespace: `${namespace}-away` });
    await expect(away.importRun(bundle, { digest: '0'.repeat(64) })).rejects.toMatchObject({ code: 'BUNDLE_ALTERED' });
    const { run: carried, id, duplicate, receipt, secrets } = await away.importRun(bundle);
    expect({ id, duplicate, secrets }).toEqual({ id: here.id, duplicate: false, secrets: [] });
    expect(carried.id).toBe(here.id);
    expect(await away.importRun(bundle)).toMatchObject({ id, duplicate: true, receipt });
    (await target.call(1)).answer('one');
    (await target.call(2)).answer('two');
    expect(await carried.settled()).toMatchObject({ status: 'completed' });
    await expect(one.importRun(bundle)).rejects.toMatchObject({ code: 'TRANSFER_SOURCE' });
    await expect(one.confirmTransfer({ ...receipt, digest: 'other' })).rejects.toMatchObject({ code: 'WRONG_RECEIPT' });
    expect(await two.exportRun(here.id)).toEqual(bundle);
    await one.confirmTransfer(receipt);
    await two.confirmTransfer(receipt);
    await expect(two.exportRun(here.id)).rejects.toMatchObject({ code: 'TRANSFER_CONFIRMED' });
    await expect(away.confirmTransfer(receipt)).rejects.toMatchObject({ code: 'NOT_TRANSFERRED' });
  });
});

describe('a run that nobody drives', () => {
  it('is found again while it is paused', async () => {
    const [before, after] = [new HandDriven(), new HandDriven()];
    const first = await openHost(before);
    const run = await first.start(twoEffects);
    await before.call(1);
    await run.pause();
    await first.close();
    const second = await openHost(after);
    expect(await second.resumeAll()).toEqual([run.id]);
    const again = await second.open(run.id);
    expect(again?.summary.status).toBe('paused');
    expect(after.calls).toEqual([]);
    await again?.resume();
    (await after.call(1)).answer(null);
  });

  it('is given away from the store, where the page could not perform it', async () => {
    const first = await openHost(new HandDriven());
    const run = await first.start(
      sequence('Sleep', { nap: ['wait', { for: 3_600_000 }], rest: ['action', { type: 'work', parameters: {} }] }),
    );
    await first.close();
    const poor = await openHost(new HandDriven('something else'));
    expect(await poor.exportRun(run.id)).toMatchObject({ executionId: run.id });
    const gone = await poor.open(run.id);
    expect(gone?.summary.status).toBe('transferred');
    expect(gone?.events.at(-1)?.type).toBe('execution_transferred');
    await expect(poor.exportRun('run_none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
