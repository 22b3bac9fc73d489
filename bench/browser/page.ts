/** The page of the benchmarks in a browser: a chain of steps kept in IndexedDB, and bare transactions of the same size. */
import {
  type Action,
  type Commit,
  compile,
  createActionRegistry,
  Driver,
  type ExecutionStore,
  MemoryStore,
  type NewExecution,
} from '../../runtime/index.js';
import { BrowserClock, browserRandom, IndexedDbStore } from '../../web-component/browser.js';
import { chainDefinition } from '../chains.js';
import { checkHandled, firstOrder, handle, isOrder } from '../order.js';

/** What the page may be asked for. Both give the milliseconds per step. */
export interface BenchPage {
  /** A chain of so many steps, from its start to its end. */
  ours(steps: number): Promise<number>;
  /** What such a chain writes, each write put as one value in one strict transaction, one after the other. */
  transactions(steps: number): Promise<number>;
}

declare global {
  interface Window {
    bench: Promise<BenchPage>;
  }
}

const action: Action = {
  type: 'order_handle',
  run: ({ order }) => {
    if (!isOrder(order)) throw new Error('There is no order');
    return handle(order);
  },
};

async function runChain(store: ExecutionStore, steps: number): Promise<void> {
  const ports = {
    store,
    clock: new BrowserClock(),
    random: browserRandom,
    actions: createActionRegistry([action]),
  };
  const driver = await Driver.start(ports, compile(chainDefinition(steps, action.type)), {
    input: { order: { ...firstOrder } },
  });
  checkHandled((await driver.settled()).output, steps);
}

type Written = NewExecution | Commit;

class RecordingStore extends MemoryStore {
  readonly written: Written[] = [];

  override create(execution: NewExecution): void {
    super.create(execution);
    this.written.push(execution);
  }

  override commit(id: string, commit: Commit): void {
    super.commit(id, commit);
    this.written.push(commit);
  }
}

/** All that a chain of so many steps writes, one commit per step and one for its creation. */
async function writesOf(steps: number): Promise<readonly Written[]> {
  const store = new RecordingStore();
  await runChain(store, steps);
  return store.written;
}

function openBare(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('bare', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('writes', { autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function put(database: IDBDatabase, value: Written): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction('writes', 'readwrite', { durability: 'strict' });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.objectStore('writes').put(value);
  });
}

async function perStep(steps: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / steps;
}

async function openPage(): Promise<BenchPage> {
  const store = await IndexedDbStore.open({ namespace: 'bench' });
  const bare = await openBare();
  return {
    ours: (steps) => perStep(steps, () => runChain(store, steps)),
    transactions: async (steps) => {
      const written = await writesOf(steps);
      return perStep(steps, async () => {
        for (const value of written) await put(bare, value);
      });
    },
  };
}

window.bench = openPage();
