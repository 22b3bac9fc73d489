import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare, type Request as MiniflareRequest, Response as MiniflareResponse } from 'miniflare';
import type { Json, JsonObject } from '../../runtime/ports.js';
import { childrenNamed, killNow } from './processes.js';

export const KEY = 'a-key-for-the-tests';

/** What lies outside of the Worker. Undefined: it never answers. */
export type World = (step: string, key: string, times: number) => { status: number; body: Json } | undefined;

/** A Worker on a directory of its own that can be killed and started again on it. */
export class MiniflareHost {
  readonly #script: string;
  readonly #directory: string;
  readonly #world: World;
  readonly #bindings: Record<string, string>;
  #miniflare: Miniflare | undefined;
  /** Told the next time that an effect arrives. */
  readonly #waiting = new Set<() => void>();
  /** How often each effect was asked for, by `step idempotencyKey`. */
  readonly performed = new Map<string, number>();

  private constructor(script: string, directory: string, world: World, bindings: Record<string, string>) {
    this.#bindings = bindings;
    this.#script = script;
    this.#directory = directory;
    this.#world = world;
  }

  static async start(world: World, bindings: Record<string, string> = {}): Promise<MiniflareHost> {
    const built = await build({
      entryPoints: [fileURLToPath(new URL('./worker-e2e.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      conditions: ['workerd', 'worker', 'browser'],
      external: ['cloudflare:*'],
    });
    const directory = await mkdtemp(join(tmpdir(), 'newtflow-'));
    const host = new MiniflareHost(built.outputFiles[0]?.text ?? '', directory, world, bindings);
    await host.boot();
    return host;
  }

  async boot(): Promise<void> {
    this.#miniflare = new Miniflare({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: this.#script }],
      compatibilityDate: '2026-07-01',
      bindings: { NEWTFLOW_DEV_KEY: KEY, ...this.#bindings },
      durableObjects: {
        EXECUTIONS: { className: 'ExecutionObject', useSQLite: true },
        DIRECTORY: { className: 'DirectoryObject', useSQLite: true },
      },
      durableObjectsPersist: this.#directory,
      outboundService: (request: MiniflareRequest) => this.#perform(request),
    });
    await this.#miniflare.ready;
  }

  /** Kills the process that runs the Worker, which has no chance to do anything more; what is on disk stays. */
  async kill(): Promise<void> {
    if (this.#miniflare === undefined) return;
    const running = childrenNamed('workerd');
    if (running.length === 0) throw new Error('The process of the Worker was not found.');
    killNow(running);
    await this.#miniflare.dispose();
    this.#miniflare = undefined;
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** The address that the Worker answers at. */
  async url(): Promise<URL> {
    return this.#running.ready;
  }

  async call(method: string, path: string, body?: Json): Promise<{ status: number; body: JsonObject }> {
    const response = await this.#running.dispatchFetch(`http://localhost${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  }

  async scheduled(time: number): Promise<void> {
    const worker = await this.#running.getWorker();
    await worker.scheduled({ scheduledTime: new Date(time), cron: '* * * * *' });
  }

  /** Resolves when an effect of that step arrives, also one that arrived before this was asked. */
  async arrivalOf(step: string, times = 1): Promise<void> {
    while (this.timesOf(step) < times) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Resolves when so many effects have been asked for in all, repetitions too. */
  async arrivals(times: number): Promise<void> {
    while (this.timesOf('') < times) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Of the empty text: of all steps. */
  timesOf(step: string): number {
    let times = 0;
    for (const [effect, count] of this.performed) if (step === '' || effect.startsWith(`${step} `)) times += count;
    return times;
  }

  get #running(): Miniflare {
    if (this.#miniflare) return this.#miniflare;
    throw new Error('The Worker is not running.');
  }

  async #perform(request: MiniflareRequest): Promise<MiniflareResponse> {
    const step = new URL(request.url).pathname.slice(1);
    const effect = `${step} ${request.headers.get('idempotency-key')}`;
    const times = (this.performed.get(effect) ?? 0) + 1;
    this.performed.set(effect, times);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    const answer = this.#world(step, effect, times);
    if (answer === undefined) return new Promise(() => undefined);
    return new MiniflareResponse(JSON.stringify(answer.body), { status: answer.status });
  }
}
