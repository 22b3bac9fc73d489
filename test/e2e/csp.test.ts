import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttackReport, ownAttacks } from '../support/attacks.js';
import { attackScript, corpus } from '../support/attacks-bundle.js';
import { corpusAttacks } from '../support/attacks-corpus.js';
import { describeBeside } from '../support/beside.js';
import { chromiumLaunch } from '../support/chromium.mjs';

/** As strict as a page can be that runs a script at all; lit asks for its policy by name. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

/** Pollutes the page before anything of ours is loaded: what is asked for by name is there for everything. */
const POLLUTION = `
for (const [key, value] of Object.entries({ leak: 'leaked', isAdmin: true, admin: true })) {
  Object.defineProperty(Object.prototype, key, { value, writable: true, configurable: true });
}
Object.defineProperty(Array.prototype, 'leak', { value: 'leaked', writable: true, configurable: true });
`;

const WORKFLOW = {
  name: '<img src=x onerror="window.hit = 1">',
  slug: 'strict',
  parameters: [
    {
      name: 'name',
      type: 'text',
      label: '<b onclick="window.hit = 1">Name</b>',
      help: '<script>window.hit = 1</script>',
      default: 'Ada',
    },
    { name: 'page', type: 'url', label: 'Page', default: 'https://example.com/' },
  ],
  steps: [
    {
      stepSlug: 'hello',
      name: '"><svg onload="window.hit = 1">',
      stepType: 'action',
      config: { type: 'set_variables', parameters: { html: '<img src=x onerror="window.hit = 1"> {{input.name}}' } },
      nextSteps: { success: 'out' },
    },
    { stepSlug: 'out', stepType: 'output', config: { mapping: { html: '{{html}}', link: 'javascript:window.hit=1' } } },
  ],
};

const ELEMENT = `
import '../../web-component/define.js';
const runner = document.querySelector('workflow-runner');
runner.workflow = ${JSON.stringify(WORKFLOW)};
window.outcome = runner.ready.then(() => new Promise((resolve, reject) => {
  runner.addEventListener('runfinish', (event) => resolve(event.detail), { once: true });
  runner.addEventListener('runfail', (event) => resolve(event.detail), { once: true });
  runner.start({ name: '<img src=x onerror="window.hit = 1">' }).catch(reject);
}));
`;

let server: Server;
let base = '';
let browser: Browser;
beforeAll(async () => {
  const files = new Map<string, string>([
    ['/attacks.js', await attackScript('window.report = report; document.title = "done";')],
    ['/pollute.js', POLLUTION],
    ['/element.js', await bundle(ELEMENT)],
  ]);
  server = createServer(({ url = '/' }, response) => {
    const script = files.get(url);
    const type = script === undefined ? 'text/html' : 'text/javascript';
    response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Security-Policy': POLICY });
    response.end(script ?? pageFor(url));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  browser = await chromium.launch(chromiumLaunch());
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function bundle(contents: string): Promise<string> {
  const made = await build({
    stdin: { contents, resolveDir: join(import.meta.dirname) },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  });
  return made.outputFiles[0]?.text ?? '';
}

/** `/attacks`, `/element`; with `-polluted` the page is bent before they are loaded. */
function pageFor(url: string): string {
  const [, script, polluted] = /^\/(\w+)(-polluted)?/.exec(url) ?? [];
  const first = polluted === undefined ? '' : '<script src="/pollute.js"></script>';
  return `<!doctype html><title>Strict</title>${first}<workflow-runner></workflow-runner>
    <script type="module" src="/${script}.js"></script>`;
}

/** A page under the policy, and what of it the policy kept from being done. */
async function open(path: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon')) complaints.push(message.text());
  });
  await page.goto(base + path);
  return { page, complaints };
}

describe('in Chromium, under a policy that allows no code from text', () => {
  let report: AttackReport;
  beforeAll(async () => {
    const { page } = await open('/attacks');
    await page.waitForFunction('document.title === "done"', undefined, { timeout: 110_000 });
    report = await page.evaluate<AttackReport>('window.report');
    await page.close();
  }, 120_000);
  const hitsOf = (id: string) => report.results.find((result) => result.id === id)?.hits;

  it('is tried where no code can be made of text', () => expect(report.generatesCode).toBe(false));

  describeBeside(corpus !== null, '../shared/security/attack-corpus.json', 'published attacks', () => {
    const ids = corpus === null ? [] : corpusAttacks(corpus).map(({ id }) => id);
    it.each(ids)('%s', (id) => expect(hitsOf(id)).toEqual([]));
  });

  describe('attacks of our own', () => {
    it.each(ownAttacks().map(({ id }) => id))('%s', (id) => expect(hitsOf(id)).toEqual([]));
  });
});

describe('in Chromium, where the page polluted the prototypes before we were loaded', () => {
  it('every attack comes to as little', async () => {
    const { page } = await open('/attacks-polluted');
    await page.waitForFunction('document.title === "done"', undefined, { timeout: 110_000 });
    const { results } = await page.evaluate<AttackReport>('window.report');
    await page.close();
    expect(results.length).toBeGreaterThanOrEqual(ownAttacks().length);
    expect(results.filter(({ hits }) => hits.length > 0)).toEqual([]);
  }, 120_000);
});

describe('the element under the policy', () => {
  it.each(['/element', '/element-polluted'])('%s runs, and shows hostile names and values as text', async (path) => {
    const { page, complaints } = await open(path);
    const outcome = await page.evaluate<{ output?: unknown }>('window.outcome');
    expect(outcome).toMatchObject({
      output: {
        html: '<img src=x onerror="window.hit = 1"> <img src=x onerror="window.hit = 1">',
        link: 'javascript:window.hit=1',
      },
    });
    const shown = await page.locator('workflow-runner').evaluate((runner) => {
      const root = runner.shadowRoot;
      const links = [...(root?.querySelectorAll('a') ?? [])].map((link) => link.href);
      return { markup: root?.querySelectorAll('img, script, [onload], [onclick], [onerror]').length, links };
    });
    expect(shown.markup).toBe(0);
    expect(shown.links.filter((link) => link.startsWith('javascript:'))).toEqual([]);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
