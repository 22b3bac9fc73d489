import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type BrowserContext, chromium, type JSHandle, type Page } from 'playwright';
import { chromiumLaunch } from '../support/chromium.mjs';
import type { PageApi } from '../support/page-api.js';
import { childrenNamed, killNow } from '../support/processes.js';

/** One performance of an effect, as the world outside of the browser saw it. */
export interface Effect {
  readonly key: string;
  readonly attempt: number;
  readonly parameters: {
    readonly part?: number | string;
    /** What the server does at the first attempt; it answers when absent. */
    readonly first?: 'busy' | 'silent';
  };
}
/** What the world answers; a status other than 200 makes the action fail. */
export type Behaviour = (effect: Effect, count: number) => Promise<{ status: number; body: unknown }>;

const answer: Behaviour = async ({ parameters }) => ({ status: 200, body: { done: parameters.part ?? 0 } });
const document = '<!doctype html><title>Test</title><script type="module" src="/page.js"></script>';

/** A server that hands out the test's page and performs its effects, and a browser profile that outlives browsers. */
export class World {
  readonly effects: Effect[] = [];
  behaviour: Behaviour = answer;
  readonly #server: Server;
  readonly #profile: string;
  readonly #script: string;
  readonly #watchers = new Set<() => void>();
  #context: BrowserContext | undefined;

  private constructor(script: string, profile: string) {
    this.#script = script;
    this.#profile = profile;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  /** `script` is the module of its page, relative to this folder. */
  static async create(script = '../support/browser-page.ts'): Promise<World> {
    const bundle = await build({
      entryPoints: [join(import.meta.dirname, script)],
      bundle: true,
      format: 'esm',
      target: 'es2022',
      write: false,
    });
    const world = new World(bundle.outputFiles[0]?.text ?? '', await mkdtemp(join(tmpdir(), 'newtflow-')));
    await new Promise<void>((resolve) => world.#server.listen(0, '127.0.0.1', resolve));
    return world;
  }

  /** Of the page; its effects are at `effect` beneath. */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port');
    return `http://127.0.0.1:${address.port}/`;
  }

  async browser(): Promise<BrowserContext> {
    this.#context ??= await chromium.launchPersistentContext(this.#profile, chromiumLaunch());
    return this.#context;
  }

  /** @param query of its address */
  async openPage(query = ''): Promise<Page> {
    const page = await (await this.browser()).newPage();
    await page.goto(`${this.address}${query}`);
    return page;
  }

  /** Ends the browser's processes with no chance to write anything more. */
  async killBrowser(): Promise<void> {
    const context = await this.browser();
    const gone = new Promise((resolve) => context.once('close', resolve));
    killNow(childrenNamed(this.#profile));
    await gone;
    this.#context = undefined;
  }

  async closeBrowser(): Promise<void> {
    await this.#context?.close();
    this.#context = undefined;
  }

  async dispose(): Promise<void> {
    await this.closeBrowser();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Resolves once this many effects have been asked for in all. */
  performed(count: number): Promise<void> {
    return this.asked(count, () => true);
  }

  /** As {@link performed}, of those effects alone. */
  asked(count: number, whether: (effect: Effect) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.effects.filter(whether).length < count) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/page.js')
      return void response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(this.#script);
    if (request.url === '/nothing') return void response.writeHead(204).end();
    if (request.url !== '/effect') return void response.writeHead(200, { 'Content-Type': 'text/html' }).end(document);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const effect: Effect = JSON.parse(Buffer.concat(chunks).toString());
    this.effects.push(effect);
    const answering = this.behaviour(effect, this.effects.length);
    for (const watcher of [...this.#watchers]) watcher();
    const { status, body } = await answering;
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }
}

/** Never: the page is gone before it could hear. */
export const silence: Behaviour = () => new Promise(() => undefined);
export const ordinary = answer;

/** What the page offers, once it has taken up what was left to it. */
export function apiOf(page: Page): Promise<JSHandle<PageApi>> {
  return page.evaluateHandle<PageApi>('window.page');
}
