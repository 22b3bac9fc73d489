import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../runtime/ports.js';
import { freePort } from '../support/free-port.js';

const DISPLAY = ':97';

/** What is missing here to test with WebKit, in words; undefined where nothing is. */
export function webKitLack(): string | undefined {
  const missing = ['WebKitWebDriver', 'Xvfb'].filter((name) => !isOnPath(name));
  if (missing.length === 0) return undefined;
  return `${missing.join(' and ')} not found; on Debian: apt-get install webkit2gtk-driver xvfb`;
}

function isOnPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A page in WebKitGTK's test browser, driven by WebDriver (https://www.w3.org/TR/webdriver2/). */
export class WebKitPage {
  readonly #processes: readonly ChildProcess[];
  readonly #home: string;
  readonly #driver: string;
  #session = '';

  private constructor(processes: readonly ChildProcess[], home: string, driver: string) {
    this.#processes = processes;
    this.#home = home;
    this.#driver = driver;
  }

  static async open(): Promise<WebKitPage> {
    const home = mkdtempSync(join(tmpdir(), 'newtflow-webkit-'));
    const port = await freePort();
    const env = {
      ...process.env,
      ...{ DISPLAY, HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1' },
      // In a container: no GPU, and no namespaces to make a sandbox of.
      ...{ LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_DMABUF_RENDERER: '1' },
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    };
    const screen = spawn('Xvfb', [DISPLAY, '-screen', '0', '1280x1024x24'], { stdio: 'ignore' });
    const driver = spawn('WebKitWebDriver', [`--port=${port}`], { env, stdio: 'ignore' });
    const page = new WebKitPage([driver, screen], home, `http://127.0.0.1:${port}`);
    await page.#begin();
    return page;
  }

  async goTo(url: string): Promise<void> {
    await this.#command('POST', '/url', { url });
  }

  async reload(): Promise<void> {
    await this.#command('POST', '/refresh', {});
  }

  async back(): Promise<void> {
    await this.#command('POST', '/back', {});
  }

  /** Runs the body of an asynchronous function in the page, and gives what it returns. */
  async evaluate(body: string): Promise<Json> {
    const script = `const done = arguments[0]; (async () => { ${body} })().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const answer = await this.#command('POST', '/execute/async', { script, args: [] });
    if (typeof answer === 'object' && answer !== null && 'error' in answer) throw new Error(String(answer.error));
    return Object(answer).value ?? null;
  }

  async close(): Promise<void> {
    if (this.#session !== '') await this.#command('DELETE', '');
    for (const child of this.#processes) child.kill();
    await rm(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The driver takes a moment to listen, and says nothing when it does. */
  async #begin(): Promise<void> {
    const capabilities = { alwaysMatch: { timeouts: { script: 30_000 } } };
    for (let left = 50; this.#session === ''; left--) {
      try {
        const { sessionId } = Object(await this.#send('POST', '/session', { capabilities }));
        this.#session = `/session/${sessionId}`;
      } catch (error) {
        if (left === 0) throw error;
        await sleep(200);
      }
    }
  }

  #command(method: string, path: string, body?: Json): Promise<Json> {
    return this.#send(method, `${this.#session}${path}`, body);
  }

  async #send(method: string, path: string, body?: Json): Promise<Json> {
    const response = await fetch(`${this.#driver}${path}`, {
      method,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const { value } = Object(await response.json());
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  }
}
