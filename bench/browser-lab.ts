import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type JSHandle } from 'playwright';
import { chromiumLaunch } from '../test/support/chromium.mjs';
import type { BenchPage } from './browser/page.js';

/** Where run.mjs has put this program, the bundles beside it, and the data of what is measured. */
const scratch = fileURLToPath(new URL('.', import.meta.url));

/** The page of page.ts in Chromium, its profile on this disk. */
export class BrowserLab {
  readonly #server: Server;
  readonly #context: BrowserContext;
  readonly #profile: string;
  readonly #page: JSHandle<BenchPage>;

  private constructor(server: Server, context: BrowserContext, profile: string, page: JSHandle<BenchPage>) {
    this.#server = server;
    this.#context = context;
    this.#profile = profile;
    this.#page = page;
  }

  static async start(): Promise<BrowserLab> {
    const script = await readFile(join(scratch, 'page.mjs'), 'utf8');
    const server = createServer((request, response) => {
      const [type, body] =
        request.url === '/page.mjs'
          ? ['text/javascript', script]
          : ['text/html', '<!doctype html><title>Bench</title><script type="module" src="/page.mjs"></script>'];
      response.writeHead(200, { 'Content-Type': type }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const profile = await mkdtemp(join(scratch, 'chromium-'));
    const context = await chromium.launchPersistentContext(profile, chromiumLaunch());
    const page = await context.newPage();
    await page.goto(addressOf(server));
    return new BrowserLab(server, context, profile, await page.evaluateHandle<BenchPage>('window.bench'));
  }

  /** Milliseconds per step of a chain kept by our store. */
  ours(steps: number): Promise<number> {
    return this.#page.evaluate((page, count) => page.ours(count), steps);
  }

  /** Milliseconds per bare transaction. */
  transactions(steps: number): Promise<number> {
    return this.#page.evaluate((page, count) => page.transactions(count), steps);
  }

  async dispose(): Promise<void> {
    await this.#context.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return `http://127.0.0.1:${address.port}/`;
}
