/**
 * A page that executions are carried to and from: a host without any user interface, in the namespace that its address
 * names, so that two of them share nothing.
 */
import { NewtflowError, readHistory } from '../../runtime/index.js';
import { confirmTransfer, type ExecutionBundle, importExecution } from '../../runtime/operations.js';
import type { Action } from '../../runtime/ports.js';
import { BrowserClock, createBrowserHost, IndexedDbStore, type RunHandle } from '../../web-component/browser.js';
import { work } from './browser-work.js';
import { type CarryPage, reached, type Tried } from './carry-page-api.js';

declare global {
  interface Window {
    carry: Promise<CarryPage>;
  }
}

const actions: readonly Action[] = [work];

async function openPage(namespace: string): Promise<CarryPage> {
  const host = await createBrowserHost({ namespace, actions });
  // Receipts are for the store: the host keeps a bundle until somebody hands one in.
  const store = await IndexedDbStore.open({ namespace });
  const open = async (id: string): Promise<RunHandle> => {
    const run = await host.open(id);
    if (run === undefined) throw new Error(`There is no run ${id}`);
    return run;
  };
  return {
    start: async (document) => (await host.start(JSON.parse(document))).id,
    reached: async (id, mark) => reached(await open(id), mark),
    signal: (id, name, data) => done(async () => (await open(id)).signal(name, data)),
    decide: (id, activation, decision) => done(async () => (await open(id)).decide(activation, decision)),
    export: (id) => tried(async () => JSON.stringify(await host.exportRun(id))),
    import: (bundle) =>
      tried(async () => {
        const { executionId, transferId }: ExecutionBundle = JSON.parse(bundle);
        const before = await readHistory(store, executionId);
        const duplicate = before.some((e) => e.type === 'execution_imported' && e.transferId === transferId);
        const run = await host.importRun(bundle);
        // The same transfer again changes nothing, and tells the receipt.
        const { receipt } = await importExecution({ store, clock: new BrowserClock() }, bundle);
        return { duplicate, receipt: JSON.stringify({ ...receipt, executionId: run.id }) };
      }),
    confirm: (id, receipt) => done(async () => confirmTransfer(store, id, JSON.parse(receipt))),
    settled: async (id) => (await (await open(id)).settled()).status,
    history: async (id) => (await open(id)).events,
    ids: async () => (await host.list()).items.map(({ id }) => id),
  };
}

async function done(work: () => Promise<unknown>): Promise<Tried<null>> {
  return tried(async () => {
    await work();
    return null;
  });
}

async function tried<T>(work: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof NewtflowError) return { code: error.code, message: error.message };
    throw error;
  }
}

window.carry = openPage(new URLSearchParams(location.search).get('namespace') ?? 'carry');
