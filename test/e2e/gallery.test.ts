import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { stories } from '../../examples/gallery/stories.js';
import { chromiumLaunch } from '../support/chromium.mjs';
import { freePort } from '../support/free-port.js';

/** Milliseconds until a run of the gallery must be over; the longest takes about ten seconds on an idle machine. */
const RUN = 45_000;

/** What each workflow must come to with its default input: a text that its result shows on both sides. */
const expected: Readonly<Record<string, { readonly status: 'completed' | 'failed'; readonly shows: string }>> = {
  order_fulfilment: { status: 'completed', shows: 'PO_' },
  support_triage: { status: 'completed', shows: 'I have looked at order A-1042' },
  trip_booking: { status: 'failed', shows: 'Undone: Book the hotel, Book the flight.' },
  expense_claim: { status: 'completed', shows: '"granted"' },
  weekly_newsletter: { status: 'completed', shows: 'Notes from the greenhouse' },
  refund_with_fallback: { status: 'completed', shows: 'The card has expired' },
  research_digest: { status: 'completed', shows: 'My own 3 notes agree that cool roofs pay' },
  delivery_confirmation: { status: 'completed', shows: 'Noor at the door' },
  signup_welcome: { status: 'completed', shows: 'Welcome to Paperkite, Noor Vidal!' },
  invoice_reminder: { status: 'completed', shows: 'INV-260' },
  catalogue_sync: { status: 'completed', shows: '"pages": 3' },
  price_import: { status: 'failed', shows: '"36,oo" is not a price. Write it with a point' },
};

let base = '';
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), chromium.launch(chromiumLaunch())]);
  base = server.base;
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const ENDED = 'The local server ended by itself in the middle of this test';

/**
 * `wrangler dev` ends now and then when a page closes a connection (cloudflare/workers-sdk#15451), and is started again:
 * what that failed is tried once more, and nothing else.
 */
const onceMore = { count: 1, condition: new RegExp(ENDED) };

beforeEach(async ({ onTestFailed }) => {
  const isThere = async (): Promise<unknown> => fetch(base).catch(isThere);
  await isThere();
  const { endings } = server;
  onTestFailed(() => {
    if (server.endings > endings) throw new Error(ENDED);
  });
});

describe('the gallery', { retry: onceMore }, () => {
  it('has an expectation for every workflow', () => {
    expect(Object.keys(expected).sort()).toEqual(stories.map(({ slug }) => slug).sort());
  });

  it.each(stories)(
    'runs $name in the page and on the edge, to equal histories',
    async ({ slug, event, decides }) => {
      const page = await open(`#/${slug}`);
      await start(page);
      if (event !== undefined) {
        const send = page.getByRole('button', { name: event.label });
        await send.click({ timeout: RUN });
      }
      if (decides) {
        // Decided in the page; the edge is told the same.
        await pageSide(page).getByRole('combobox', { name: 'Cost centre' }).selectOption({ label: 'office' });
        await pageSide(page).getByRole('textbox', { name: 'Comment' }).fill('Well earned');
        await edgeSide(page).getByRole('button', { name: 'Approve' }).waitFor({ timeout: RUN });
        await pageSide(page).getByRole('button', { name: 'Approve' }).click();
      }
      await verdict(page, 'equal');
      const { status, shows } = expected[slug] ?? { status: 'completed', shows: '' };
      for (const side of [pageSide(page), edgeSide(page)]) {
        expect(await side.getAttribute('data-status')).toBe(status);
        await side.getByText(shows).first().waitFor();
      }
      const digests = page.locator('.digests dd');
      const digest = await digests.first().getAttribute('title');
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
      expect(await digests.last().getAttribute('title')).toBe(digest);
    },
    RUN + 20_000,
  );

  it(
    'goes on in both places after a reload in mid-run, and performs nothing twice but what was cut off',
    async () => {
      const page = await open('#/order_fulfilment');
      await start(page);
      // During the durable wait, nothing is under way that a reload could cut off.
      await pageSide(page).and(page.locator('[data-status="waiting"][data-steps="pack"]')).waitFor({ timeout: RUN });
      await edgeSide(page).and(page.locator('[data-status="waiting"][data-steps="pack"]')).waitFor({ timeout: RUN });
      const address = page.url();
      const rows = await page.locator('.rows tbody tr').count();
      await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Reload mid-run' }).click()]);
      await verdict(page, 'equal');
      expect(page.url()).toBe(address);
      expect(await page.locator('.rows tbody tr').count()).toBeGreaterThan(rows);
      expect(await page.locator('.aside').count()).toBe(0);
      for (const side of [pageSide(page), edgeSide(page)]) {
        expect(await side.getAttribute('data-status')).toBe('completed');
      }
    },
    RUN + 20_000,
  );

  it(
    'sets an attempt aside that a reload cut off, and says so',
    async () => {
      const page = await open('#/support_triage');
      await start(page);
      await pageSide(page).and(page.locator('[data-steps="draft_reply"]')).waitFor({ timeout: RUN });
      await page.reload();
      await verdict(page, 'equal');
      await page.getByText('cut off by a reload and performed again').waitFor();
    },
    RUN + 20_000,
  );

  it(
    'shows branches that meet, where nothing is sold out',
    async () => {
      const page = await open('#/trip_booking');
      await page.locator('.control').getByRole('combobox', { name: 'Hire cars' }).selectOption({ label: 'available' });
      await start(page);
      await verdict(page, 'equal');
      for (const side of [pageSide(page), edgeSide(page)]) {
        expect(await side.getAttribute('data-status')).toBe('completed');
        expect(await side.locator('.join.met').count()).toBe(1);
      }
    },
    RUN + 20_000,
  );

  it(
    'carries a run from the page to the edge, where it ends as if it had begun there',
    async () => {
      const page = await open('#/order_fulfilment');
      await start(page);
      await pageSide(page).and(page.locator('[data-status="waiting"][data-steps="pack"]')).waitFor({ timeout: RUN });
      const runner = (place: string): string => `document.querySelector('[data-place=${place}] workflow-runner')`;
      await page.evaluate(`${runner('page')}.exportRun()
        .then((bundle) => ${runner('edge')}.importRun(bundle))
        .then(({ receipt }) => ${runner('page')}.confirmTransfer(receipt))`);
      await edgeSide(page).and(page.locator('[data-status="completed"]')).waitFor({ timeout: RUN });
      await edgeSide(page).getByText('PO_').first().waitFor();
      expect(await pageSide(page).getAttribute('data-status')).toBe('transferred');
    },
    RUN + 20_000,
  );

  it(
    'shows where two histories part',
    async () => {
      const page = await open('#/delivery_confirmation');
      await start(page);
      await edgeSide(page).and(page.locator('[data-steps="arrival"]')).waitFor({ timeout: RUN });
      await pageSide(page).and(page.locator('[data-steps="arrival"]')).waitFor({ timeout: RUN });
      await pageSide(page).getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Courier: it is delivered' }).click();
      await verdict(page, 'differ');
      await page.locator('.difference').getByText('execution_cancelled').waitFor();
    },
    RUN + 20_000,
  );

  it(
    'asks the edge for nothing before the workflow is there, however soon Run is pressed',
    async () => {
      const page = await open('');
      const asked: string[] = [];
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      page.on('request', (request) => {
        if (request.url().includes('/v1/')) asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
      });
      await page.route('**/v1/workflows/catalogue_sync', async (route) => {
        if (route.request().method() === 'PUT') await released;
        await route.continue();
      });
      await page.evaluate("location.hash = '#/catalogue_sync'");
      await start(page);
      // Each of these is as long a way as the element's own first requests.
      for (let round = 0; round < 5; round++) await page.evaluate("fetch('/dev/key').then((answer) => answer.text())");
      expect(asked).toEqual(['PUT /v1/workflows/catalogue_sync']);
      release();
      await verdict(page, 'equal');
    },
    RUN + 20_000,
  );

  it('refuses an input that does not fit before anything runs', async () => {
    const page = await open('#/order_fulfilment');
    await page.getByRole('textbox', { name: 'Order' }).first().fill('12');
    await page.locator('.control').getByRole('button', { name: /^Run/ }).click();
    await page.locator('.control').getByText('does not have the form').first().waitFor();
    expect(await page.locator('.rows').count()).toBe(0);
  });

  it('says so when the address names no workflow', async () => {
    const page = await open('#/order_fulfillment');
    await page.getByRole('alert').getByText('There is no workflow “order_fulfillment” here.').waitFor();
  });

  it('serves the smallest embedding page, where the page itself serves the actions', async () => {
    const page = await open('embed/');
    await page.getByRole('button', { name: /^Run/ }).first().click();
    await page.getByText('credit-mira@example.com').first().waitFor({ timeout: RUN });
  });

  it.each([
    ['the gallery', '', 'light'],
    ['the gallery', '', 'dark'],
    ['a stage', '#/order_fulfilment', 'light'],
    ['a stage', '#/order_fulfilment', 'dark'],
    ['how to use it', '#/start', 'light'],
    ['how to use it', '#/start', 'dark'],
  ] as const)('has no accessibility violation in %s %s, %s', async (_name, path, colorScheme) => {
    const page = await open(path, { colorScheme });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()');
    expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`)).toEqual([]);
  });

  it('never scrolls sideways, down to 360 pixels', async () => {
    for (const path of ['', '#/order_fulfilment', '#/start']) {
      const page = await open(path, { viewport: { width: 360, height: 740 } });
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate<number>('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(360);
    }
  });

  it('says so when the port asked for is taken, and starts nothing', async () => {
    const child = spawn(process.execPath, ['examples/gallery/start.mjs'], {
      env: { ...process.env, PORT: new URL(base).port },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await expect(untilSays(child, 'Newtflow is at')).rejects.toThrow(/Port \d+ is taken. Choose another/);
  });

  it('serves a policy that allows neither code nor style from text', async () => {
    const response = await fetch(base);
    expect(response.status).toBe(200);
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  it('is there again when its server has ended by itself, with what it had stored', async () => {
    const { key }: { key: string } = JSON.parse(await (await fetch(`${base}/dev/key`)).text());
    const headers = { Authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const address = `${base}/v1/workflows/catalogue_sync`;
    const body = readFileSync('examples/workflows/catalogue_sync.json', 'utf8');
    expect((await fetch(address, { method: 'PUT', headers, body })).ok).toBe(true);
    server.crash();
    const again = async (): Promise<Response> => fetch(address, { headers }).catch(again);
    expect((await again()).status).toBe(200);
  });
});

// --- The page --------------------------------------------------------------------------------------------------------

type Context = Parameters<Browser['newContext']>[0];

/** A fresh visitor, who fails the test by the first word on the console and by any request to elsewhere. */
async function open(path: string, options: Context = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const broken: string[] = [];
  page.on('response', (response) => {
    if (response.status() === 500 && !response.url().includes('/v1/')) broken.push(response.url());
  });
  page.on('console', (message) => {
    complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) complaints.push(`asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(`${base}/${path}`);
  // That too `wrangler dev` does now and then after a page has closed a connection.
  if (broken.length > 0) {
    process.stderr.write(`The local server answered 500 for ${broken.join(', ')}: the page is loaded again\n`);
    complaints.length = 0;
    await page.reload();
  }
  return page;
}

async function start(page: Page): Promise<void> {
  await page.locator('.control').getByRole('button', { name: /^Run/ }).click();
}

async function verdict(page: Page, value: 'equal' | 'differ'): Promise<void> {
  await page.locator('.ledger:is([data-verdict="equal"], [data-verdict="differ"])').waitFor({ timeout: RUN });
  const text = (await page.locator('.difference').allInnerTexts()).join('\n');
  expect(await page.locator('.ledger').getAttribute('data-verdict'), text).toBe(value);
}

function pageSide(page: Page): Locator {
  return page.locator('.side[data-place="page"]');
}

function edgeSide(page: Page): Locator {
  return page.locator('.side[data-place="edge"]');
}

// --- The server ------------------------------------------------------------------------------------------------------

interface Server {
  readonly base: string;
  /** How often what serves has ended by itself. */
  readonly endings: number;
  /** Kills what serves, as if it had ended by itself. */
  crash(): void;
  stop(): Promise<void>;
}

/** Runs what `npm start` runs, on a free port, with a state of its own. */
async function startServer(): Promise<Server> {
  const port = await freePort();
  const state = mkdtempSync(join(tmpdir(), 'newtflow-gallery-'));
  const child = spawn(process.execPath, ['examples/gallery/start.mjs'], {
    env: { ...process.env, PORT: String(port), NEWTFLOW_STATE: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let ended = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    // What it has to say when it ends by itself belongs into the log of the tests.
    process.stderr.write(chunk);
    if (chunk.includes('The server ended by itself')) ended++;
  });
  const closed = new Promise((resolve) => child.once('exit', resolve));
  await untilSays(child, 'Newtflow is at');
  return {
    base: `http://localhost:${port}`,
    get endings() {
      return ended;
    },
    crash: () => process.kill(processWith(state), 'SIGKILL'),
    stop: async () => {
      const group = child.exitCode === null ? processWith(state) : undefined;
      child.kill('SIGINT');
      expect(await closed).toBe(0);
      if (group !== undefined) await untilGone(group);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** The id of the process, and of its group, that was started with that text among its arguments. */
function processWith(text: string): number {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return Number.parseInt(lines.find((line) => line.includes(text)) ?? '', 10);
}

/** Those killed may stand in the table a moment longer. */
async function untilGone(group: number): Promise<void> {
  for (const deadline = Date.now() + 5000; isAlive(group); ) {
    if (Date.now() > deadline) throw new Error(`A process of the group ${group} outlived the server.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

function untilSays(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const hear = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes(words)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${output}`)));
  });
}
