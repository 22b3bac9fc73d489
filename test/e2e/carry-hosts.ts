import type { JSHandle, Page } from 'playwright';
import {
  type ActionContext,
  ActionError,
  compile,
  createActionRegistry,
  type Decision,
  Driver,
  type JournalEvent,
  type Json,
  type JsonObject,
  MemoryStore,
  type RuntimePorts,
  readHistory,
} from '../../runtime/index.js';
import { confirmTransfer, exportExecution, importExecution } from '../../runtime/operations.js';
import { SystemClock, systemRandom } from '../../src/cli/system.js';
import { createRemoteHost } from '../../web-component/remote-host.js';
import type { RunHandle, RunSource } from '../../web-component/run-source.js';
import { type Arrival, type CarryPage, holds, type Mark, reached, type Tried } from '../support/carry-page-api.js';
import type { World } from './browser-world.js';
import { type Edge, KEY } from './edge.js';

/** A place that executions are carried to and from. What it refuses rejects with an error that has a `code`. */
export interface CarryHost {
  readonly name: string;
  start(document: JsonObject): Promise<string>;
  /** Once the history has come so far; also where it has already. */
  reached(id: string, mark: Mark): Promise<void>;
  signal(id: string, name: string, data: Json): Promise<void>;
  decide(id: string, activation: number, decision: Decision): Promise<void>;
  /** The text of the bundle. */
  export(id: string): Promise<string>;
  import(bundle: string): Promise<Arrival>;
  confirm(id: string, receipt: string): Promise<void>;
  /** The status that it ends with. */
  settled(id: string): Promise<string>;
  history(id: string): Promise<readonly JournalEvent[]>;
  /** Of all the executions there are. */
  ids(): Promise<readonly string[]>;
}

/** Node, in memory, by the system's clock. */
export function nodeHost(name: string, world: World): CarryHost {
  const store = new MemoryStore();
  const drivers = new Map<string, Driver>();
  const watchers = new Set<() => void>();
  const ports: RuntimePorts = {
    ...{ store, clock: new SystemClock(), random: systemRandom },
    actions: createActionRegistry([
      { type: 'work', run: (parameters, context) => perform(world, parameters, context) },
    ]),
    sink: {
      publish: () => {
        for (const look of [...watchers]) look();
      },
    },
  };
  const driving = async (id: string): Promise<Driver> => {
    const driver = drivers.get(id) ?? (await Driver.open(ports, id));
    if (driver === undefined) throw new Error(`There is no execution ${id}`);
    drivers.set(id, driver);
    return driver;
  };
  const history = (id: string): Promise<JournalEvent[]> => readHistory(store, id);
  return {
    name,
    start: async (document) => {
      const driver = await Driver.start(ports, compile(document));
      drivers.set(driver.id, driver);
      return driver.id;
    },
    reached: (id, mark) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!holds(store.readEvents(id), mark)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    signal: async (id, signalName, data) => {
      await (await driving(id)).signal({ name: signalName, data });
    },
    decide: async (id, activation, decision) => {
      await (await driving(id)).decide(activation, decision, 'decision');
    },
    export: async (id) => {
      const driver = drivers.get(id);
      return JSON.stringify(await exportExecution(ports, id, driver === undefined ? {} : { driver }));
    },
    import: async (bundle) => {
      const { id, duplicate, receipt } = await importExecution(ports, bundle);
      // One that came back is driven anew: who drove it before was told that it is gone.
      if (!duplicate) drivers.delete(id);
      await driving(id);
      return { duplicate, receipt: JSON.stringify(receipt) };
    },
    confirm: (id, receipt) => confirmTransfer(store, id, JSON.parse(receipt)),
    settled: async (id) => (await (await driving(id)).settled()).status,
    history,
    ids: async () => store.list().items.map(({ id }) => id),
  };
}

async function perform(
  world: World,
  parameters: Json,
  { idempotencyKey: key, attempt, signal }: ActionContext,
): Promise<Json> {
  const aborter = new AbortController();
  signal.addEventListener('abort', () => aborter.abort());
  const body = JSON.stringify({ key, attempt, parameters });
  const response = await fetch(`${world.address}effect`, { method: 'POST', body, signal: aborter.signal });
  if (!response.ok) throw new ActionError('The server is busy', { code: 'BUSY' });
  return JSON.parse(await response.text());
}

/** The Worker, in workerd, by its HTTP API alone. */
export function edgeHost(name: string, edge: Edge): CarryHost & { close(): Promise<void> } {
  const source: RunSource = createRemoteHost({ endpoint: edge.endpoint, getToken: () => KEY });
  const call = async (method: string, path: string, body?: string): Promise<string> => {
    const response = await fetch(`${edge.endpoint}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (response.ok) return text;
    const { code, detail } = JSON.parse(text);
    throw Object.assign(new Error(`${code}: ${detail}`), { code });
  };
  const open = async (id: string): Promise<RunHandle> => {
    const run = await source.open(id);
    if (run === undefined) throw new Error(`There is no execution ${id}`);
    return run;
  };
  return {
    name,
    start: async (document) => (await source.start(document)).id,
    reached: async (id, mark) => reached(await open(id), mark),
    signal: async (id, signalName, data) => {
      await call('POST', `/executions/${id}/signals/${signalName}`, JSON.stringify({ data }));
    },
    decide: async (id, activation, decision) => {
      await call('POST', `/approvals/${id}~${activation}`, JSON.stringify({ decision: decision.decision }));
    },
    export: (id) => call('POST', `/executions/${id}/export`),
    import: async (bundle) => {
      const { duplicate, receipt } = JSON.parse(await call('POST', '/executions/import', bundle));
      return { duplicate, receipt: JSON.stringify(receipt) };
    },
    confirm: async (id, receipt) => {
      await call('POST', `/executions/${id}/receipt`, receipt);
    },
    settled: async (id) => (await (await open(id)).settled()).status,
    history: async (id) => (await open(id)).events,
    ids: async () => (await source.list()).items.map(({ id }) => id),
    close: () => source.close(),
  };
}

/** A page in Chromium, in IndexedDB; each name is a namespace of its own. */
export async function pageHost(name: string, world: World): Promise<CarryHost> {
  const page: Page = await world.openPage(`?namespace=${encodeURIComponent(name)}`);
  const api: JSHandle<CarryPage> = await page.evaluateHandle<CarryPage>('window.carry');
  return {
    name,
    start: (document) => api.evaluate((host, text) => host.start(text), JSON.stringify(document)),
    reached: (id, mark) => api.evaluate((host, [run, to]) => host.reached(run, to), [id, mark] as const),
    signal: async (id, signalName, data) => {
      const given = [id, signalName, JSON.stringify(data)] as const;
      granted(await api.evaluate((host, [run, what, text]) => host.signal(run, what, JSON.parse(text)), given));
    },
    decide: async (id, activation, decision) => {
      const given = [id, activation, JSON.stringify(decision)] as const;
      granted(await api.evaluate((host, [run, which, text]) => host.decide(run, which, JSON.parse(text)), given));
    },
    export: async (id) => granted(await api.evaluate((host, run) => host.export(run), id)),
    import: async (bundle) => granted(await api.evaluate((host, text) => host.import(text), bundle)),
    confirm: async (id, receipt) => {
      granted(await api.evaluate((host, [run, text]) => host.confirm(run, text), [id, receipt] as const));
    },
    settled: (id) => api.evaluate((host, run) => host.settled(run), id),
    history: (id) => api.evaluate((host, run) => host.history(run), id),
    ids: () => api.evaluate((host) => host.ids()),
  };
}

function granted<T>(answer: Tried<T>): T {
  if ('value' in answer) return answer.value;
  throw Object.assign(new Error(answer.message), { code: answer.code });
}
