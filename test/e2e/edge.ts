import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { freePort } from '../support/free-port.js';

/** The key that opens it. */
export const KEY = 'a-key-for-this-test';

/** The Worker itself, in workerd, with its storage in a folder that outlives it. */
export class Edge {
  readonly #script: string;
  readonly #origin: string;
  readonly #folder: string;
  readonly #port: number;
  #miniflare: Miniflare | undefined;

  private constructor(script: string, origin: string, folder: string, port: number) {
    this.#script = script;
    this.#origin = origin;
    this.#folder = folder;
    this.#port = port;
  }

  /** `effects` is the address that performs the effects of its action `work`; pages of that origin may call it. */
  static async create(effects: string): Promise<Edge> {
    const bundle = await build({
      stdin: { contents: workerFor(effects), resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      format: 'esm',
      target: 'es2022',
      conditions: ['workerd', 'browser'],
      external: ['cloudflare:*'],
      write: false,
    });
    const folder = await mkdtemp(join(tmpdir(), 'newtflow-edge-'));
    const script = bundle.outputFiles[0]?.text ?? '';
    return new Edge(script, new URL(effects).origin, folder, await freePort());
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const durableObject = (className: string) => ({ className, useSQLite: true });
    this.#miniflare = new Miniflare({
      modules: true,
      script: this.#script,
      compatibilityDate: '2026-07-01',
      host: '127.0.0.1',
      port: this.#port,
      bindings: { NEWTFLOW_DEV_KEY: KEY, NEWTFLOW_ALLOWED_ORIGINS: this.#origin },
      durableObjects: { EXECUTIONS: durableObject('ExecutionObject'), DIRECTORY: durableObject('DirectoryObject') },
      durableObjectsPersist: this.#folder,
    });
    await this.#miniflare.ready;
  }

  async stop(): Promise<void> {
    await this.#miniflare?.dispose();
    this.#miniflare = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function workerFor(effects: string): string {
  return `
    import { ActionError } from '../../runtime/index.js';
    import { createWorker } from '../../src/worker/index.js';
    const work = {
      type: 'work',
      run: async (parameters, { idempotencyKey: key, attempt }) => {
        const response = await fetch('${effects}', { method: 'POST', body: JSON.stringify({ key, attempt, parameters }) });
        if (!response.ok) throw new ActionError('The server is busy', { code: 'BUSY' });
        return response.json();
      },
    };
    const worker = createWorker({ actions: [work], leaseMs: 1000 });
    export const { ExecutionObject, DirectoryObject } = worker;
    export default worker.handler;`;
}
