/** The page of the end-to-end tests: a host without any user interface, whose effects are requests to the test's server. */
import type { Action } from '../../runtime/ports.js';
import { createBrowserHost, type RunHandle } from '../../web-component/browser.js';
import { work } from './browser-work.js';
import type { PageApi, RunReport } from './page-api.js';

declare global {
  interface Window {
    page: Promise<PageApi>;
  }
}

/** Needs nothing outside of the page. */
const local: Action = { type: 'local', run: (parameters) => parameters };

async function openPage(): Promise<PageApi> {
  const host = await createBrowserHost({
    namespace: 'e2e',
    actions: [work, local],
    leader: { pingEvery: 200, patience: 15 },
  });
  const resumed = await host.resumeAll();
  const watched: number[] = [];
  const open = async (id: string): Promise<RunHandle> => {
    const run = await host.open(id);
    if (run === undefined) throw new Error(`There is no run ${id}`);
    return run;
  };
  const report = async (id: string): Promise<RunReport> => {
    const { driver, summary, events } = await open(id);
    return { driver, storage: host.storage, summary, events };
  };
  return {
    resumed,
    start: async (document) => (await host.start(JSON.parse(document))).id,
    report,
    settled: async (id) => {
      await (await open(id)).settled();
      return report(id);
    },
    reached: async (id, type) => {
      const run = await open(id);
      await new Promise<void>((resolve) => {
        run.subscribe(({ events }) => {
          if (events.some((event) => event.type === type)) resolve();
        });
      });
    },
    signal: async (id, name, data) => (await open(id)).signal(name, data),
    watch: async (id) => {
      (await open(id)).subscribe(({ events }) => watched.push(...events.map((event) => event.seq)));
    },
    watched: () => watched,
  };
}

window.page = openPage();
