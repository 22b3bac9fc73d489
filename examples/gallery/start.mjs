import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');

/** Milliseconds that the server has to close by itself before it is ended. */
const GRACE = 5000;

/** Milliseconds between two runs of the Cron Trigger, as wrangler.toml has it. */
const MINUTE = 60_000;

if (Number(process.versions.node.split('.')[0]) < 22) runUnderOwnNode();
else await main();

/** Started with an older Node, as by hand: the one from the dev dependencies takes over. */
function runUnderOwnNode() {
  const node = join(root, 'node_modules/.bin/node');
  if (!existsSync(node)) {
    console.error('This needs Node 22 or newer, or the one that `npm ci` installs here. Run `npm ci` first.');
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 0));
}

async function main() {
  const port = await choosePort();
  const { buildSite } = await import('./build.mjs');
  console.log('Building the page…');
  await buildSite();
  const key = developmentKey();
  const server = serve(port);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => server.stop());
  await server.ready;
  triggerSchedules(`http://localhost:${port}`);
  console.log(banner(`http://localhost:${port}`, key));
  process.exit(await server.closed);
}

/**
 * The key of local development: made once, at random, and kept beside the Worker's configuration, out of Git.
 * @returns {string}
 */
function developmentKey() {
  const file = join(here, '.dev.vars');
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const found = /^NEWTFLOW_DEV_KEY="?([^"\n]+)"?$/m.exec(kept)?.[1];
  if (found !== undefined) return found;
  const key = `nf_dev_${randomBytes(24).toString('base64url')}`;
  const before = kept === '' || kept.endsWith('\n') ? kept : `${kept}\n`;
  writeFileSync(file, `${before}NEWTFLOW_DEV_KEY="${key}"\n`, { mode: 0o600 });
  return key;
}

/**
 * PORT where it is set, and then exactly that one; else the first free port from 8787 on.
 * @returns {Promise<number>}
 */
async function choosePort() {
  const wanted = process.env.PORT;
  if (wanted !== undefined && wanted !== '') {
    const port = Number(wanted);
    if (!Number.isInteger(port) || port < 1 || port > 65535) fail(`PORT is "${wanted}"; it must be 1 to 65535.`);
    if (!(await isFree(port))) fail(`Port ${port} is taken. Choose another: PORT=8080 npm start`);
    return port;
  }
  for (let port = 8787; port < 8887; port++) if (await isFree(port)) return port;
  return fail('No port from 8787 to 8886 is free. Choose one: PORT=8080 npm start');
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: 'localhost' }, () => probe.close(() => resolve(true)));
  });
}

/**
 * Runs the Worker in a process group of its own, so that nothing of it outlives this process. `wrangler dev` ends now and
 * then when a page closes a connection (cloudflare/workers-sdk#15451): it is started anew then, as what the Worker has
 * stored goes on by itself.
 * @param {number} port
 */
function serve(port) {
  let stopping = false;
  const first = runWorker(port);
  let running = first;
  /** @type {Promise<number>} */
  const closed = new Promise((resolve) => follow(resolve));
  void closed.then((code) => process.exit(code));
  return { ready: first.ready, closed, stop };

  /** @param {(code: number) => void} resolve */
  function follow(resolve) {
    const { child, ready, lastWords } = running;
    let begun = false;
    void ready.then(() => {
      begun = true;
    });
    child.once('exit', (code) => {
      endGroup(child.pid, 'SIGKILL');
      if (stopping) return resolve(0);
      console.error(`\nThe server ended by itself. Its last words:\n${lastWords()}`);
      if (!begun) return resolve(code || 1);
      console.error('It is started again; what it has stored goes on.');
      running = runWorker(port);
      follow(resolve);
    });
  }

  function stop() {
    const { child } = running;
    if (stopping) return endGroup(child.pid, 'SIGKILL');
    stopping = true;
    child.kill('SIGTERM');
    setTimeout(() => endGroup(child.pid, 'SIGKILL'), GRACE).unref();
  }
}

/** @param {number} port */
function runWorker(port) {
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/wrangler/bin/wrangler.js'),
      ...['dev', '--config', join(here, 'wrangler.toml'), '--ip', 'localhost', '--port', String(port)],
      // The Cron Trigger is run from here, so that wrangler need not warn that it does not run it itself.
      '--test-scheduled',
      ...[
        '--persist-to',
        process.env.NEWTFLOW_STATE ?? join(root, '.wrangler/state'),
        '--show-interactive-dev-session=false',
      ],
    ],
    {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', FORCE_COLOR: '0' },
    },
  );
  let output = '';
  /** @type {Promise<void>} */
  const ready = new Promise((resolve) => {
    /** @param {Buffer} chunk */
    const hear = (chunk) => {
      const text = chunk.toString();
      output = (output + text).slice(-10_000);
      if (/Ready on http/.test(output)) resolve();
      if (/\[ERROR\]|\[WARNING\]|✘|▲/.test(text)) process.stderr.write(text);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
  });
  return { child, ready, lastWords: () => output.slice(-3000) };
}

/**
 * Runs the Worker's Cron Trigger at the start of each minute, as the edge does and a local server does not.
 * @param {string} address
 */
function triggerSchedules(address) {
  const left = MINUTE - (Date.now() % MINUTE);
  setTimeout(() => {
    triggerSchedules(address);
    // A server that is just closing, or starting anew, misses a minute: at the next one it asks for all that is due.
    fetch(`${address}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`)
      .then((response) => response.text())
      .catch(() => undefined);
  }, left).unref();
}

/**
 * @param {number | undefined} leader
 * @param {NodeJS.Signals} signal
 */
function endGroup(leader, signal) {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch {
    // Nothing of the group is left: that is what was wanted.
  }
}

/**
 * @param {string} address
 * @param {string} key
 */
function banner(address, key) {
  const rule = '─'.repeat(72);
  return `
${rule}
  Newtflow is at   ${address}
  API key          ${key}
                   (this machine only; the page knows it already)
  Try it           curl -H "Authorization: Bearer ${key}" ${address}/v1/workflows
  Stop             Ctrl-C
${rule}`;
}
