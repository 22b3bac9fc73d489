import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

/** Where run.mjs has put this program, the bundles beside it, and the data of what is measured. */
const scratch = fileURLToPath(new URL('.', import.meta.url));

/** The Worker of worker.ts in workerd, its data on this disk. */
export class WorkerdLab {
  readonly #miniflare: Miniflare;
  readonly #folder: string;
  #calls = 0;

  private constructor(miniflare: Miniflare, folder: string) {
    this.#miniflare = miniflare;
    this.#folder = folder;
  }

  static async start(): Promise<WorkerdLab> {
    const contents = await readFile(join(scratch, 'worker.mjs'), 'utf8');
    const folder = await mkdtemp(join(scratch, 'workerd-'));
    const object = (className: string) => ({ className, useSQLite: true });
    const miniflare = new Miniflare({
      modules: [{ type: 'ESModule', path: 'worker.mjs', contents }],
      compatibilityDate: '2026-07-01',
      durableObjects: {
        EXECUTIONS: object('ExecutionObject'),
        DIRECTORY: object('DirectoryObject'),
        GATES: object('Gate'),
        WRITES: object('Writes'),
        RECOVERIES: object('Recoveries'),
      },
      durableObjectsPersist: join(folder, 'objects'),
      workflows: { CHAIN: { name: 'chain', className: 'Chain' } },
      workflowsPersist: join(folder, 'workflows'),
    });
    await miniflare.ready;
    return new WorkerdLab(miniflare, folder);
  }

  /** An id that nothing here has had yet. */
  newId(): string {
    this.#calls += 1;
    return `run-${this.#calls}`;
  }

  /** @throws Error with what the Worker says, unless it did what it was asked for */
  async ask(work: string, query: Readonly<Record<string, string | number>>): Promise<void> {
    const url = new URL(`http://localhost/${work}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const response = await this.#miniflare.dispatchFetch(url);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${work} failed in workerd: ${text}`);
  }

  async dispose(): Promise<void> {
    await this.#miniflare.dispose();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
