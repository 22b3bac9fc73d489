/**
 * The test command: runs every step, carries on past failures, and ends with the true counts alone on the last line.
 * Each static check counts as one test. `--check` runs the static checks only; `--deep` runs the *.deep.test.ts files.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium, howToInstallChromium } from './support/chromium.mjs';

/** @typedef {import('./support/tally-reporter.mjs').Tally} Tally */
/** @typedef {{ name: string, run: () => Promise<Tally> }} Step */

const root = fileURLToPath(new URL('..', import.meta.url));
const mode = process.argv[2];
const stepTimeout = mode === '--deep' ? 3_600_000 : 600_000;
const scratch = mkdtempSync(join(tmpdir(), 'newtflow-test-'));
process.chdir(root);
// The project's own Node stands first, whatever the machine has.
process.env.PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);

const checks = [
  check('format', 'biome', 'check', '--linter-enabled=false', '--error-on-warnings', '.'),
  check('lint', 'biome', 'lint', '--error-on-warnings', '.'),
  check('types', 'tsc', '-b', '--pretty'),
  check('boundaries', 'node', 'tools/boundaries.mjs'),
];
const everything = [
  ...checks,
  check('build', 'node', 'tools/build.mjs'),
  check('size budget', 'node', 'tools/size.mjs'),
  suite('unit', 'node'),
  suite('workerd', 'workerd'),
  suite('chromium', 'browser', { needsChromium: true }),
  suite('e2e', 'e2e', { needsChromium: true }),
];
/** @type {[title: string, project: string, folders: string, options?: { needsChromium: boolean }][]} */
const deepSuites = [
  ['unit, deep', 'node', '{runtime,contract,conformance,cli,node}'],
  ['workerd, deep', 'workerd', 'worker'],
  ['chromium, deep', 'browser', 'browser', { needsChromium: true }],
  ['e2e, deep', 'e2e', 'e2e', { needsChromium: true }],
];

process.exitCode = await runAll(stepsOf(mode));

/**
 * @param {string | undefined} chosen
 * @returns {Step[]}
 */
function stepsOf(chosen) {
  if (chosen === undefined) return everything;
  if (chosen === '--check') return checks;
  if (chosen !== '--deep') throw new Error(`Unknown option ${chosen}: use --check, --deep or none`);
  process.env.NEWTFLOW_DEEP = '1';
  return deepSuites
    .filter(([, , folders]) => globSync(`test/${folders}/**/*.deep.test.ts`).length > 0)
    .map(([title, project, , options]) => suite(title, project, options));
}

/** @param {Step[]} steps */
async function runAll(steps) {
  /** @type {Tally} */
  const total = { passed: 0, failed: 0, skipped: [], failures: [] };
  for (const { name, run } of steps) {
    console.log(`\n=== ${name} ===`);
    const startedAt = Date.now();
    const tally = await run();
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(`--- ${name}: ${counts(tally)} (${seconds} s)`);
    for (const line of skippedBy(tally)) console.log(`    skipped: ${line}`);
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped.push(...tally.skipped);
    total.failures.push(...tally.failures.map((failure) => `${name}: ${failure}`));
  }
  rmSync(scratch, { recursive: true, force: true });
  if (total.failures.length > 0) console.log(`\nFailed:\n${total.failures.map((line) => `  ${line}`).join('\n')}`);
  if (total.passed + total.failed === 0) console.log('\nNo test ran.');
  console.log(`\n${counts(total)}`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/**
 * A line for each reason in each file, with the test's name where it is one alone.
 * @param {Tally} tally
 */
function skippedBy({ skipped }) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const { name, reason } of skipped) {
    const key = `${name.split(' > ')[0]}\n${reason}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups].map(([key, names]) => {
    const [file, reason] = key.split('\n');
    return `${names.length === 1 ? names[0] : `${names.length} tests of ${file}`}: ${reason}`;
  });
}

/** @param {Tally} tally */
function counts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
}

/**
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @returns {Step}
 */
function check(name, command, ...args) {
  return {
    name,
    run: async () => {
      const failure = await execute(command, args);
      return failure === undefined ? { passed: 1, failed: 0, skipped: [], failures: [] } : failed(failure);
    },
  };
}

/**
 * @param {string} name
 * @param {string} project
 * @param {{ needsChromium: boolean }} [options]
 * @returns {Step}
 */
function suite(name, project, options) {
  return {
    name,
    run: async () => {
      if (options?.needsChromium && !ensureChromium(console.log)) return failed(howToInstallChromium);
      const file = join(scratch, `${project}.json`);
      process.env.NEWTFLOW_TALLY = file;
      const reporters = ['--reporter=default', '--reporter=./test/support/tally-reporter.mjs'];
      const failure = await execute('vitest', ['run', '--project', project, ...reporters]);
      return readTally(file, failure);
    },
  };
}

/**
 * What the suite reported, made to fail where its process did, or where it ran nothing.
 * @param {string} file
 * @param {string | undefined} failure
 * @returns {Tally}
 */
function readTally(file, failure) {
  if (!existsSync(file)) return failed(failure ?? 'reported nothing');
  /** @type {Tally} */
  const tally = JSON.parse(readFileSync(file, 'utf8'));
  if (tally.passed + tally.failed === 0) tally.failures.push('no test ran');
  else if (failure !== undefined && tally.failed === 0) tally.failures.push(failure);
  tally.failed = tally.failures.length;
  return tally;
}

/**
 * @param {string} reason
 * @returns {Tally}
 */
function failed(reason) {
  console.log(reason);
  return { passed: 0, failed: 1, skipped: [], failures: [reason] };
}

/**
 * Runs a command to its end, in a process group of its own so that nothing it started outlives it.
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<string | undefined>} why it failed, or undefined
 */
function execute(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    const stop = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The whole group has ended already.
      }
    };
    /** @param {NodeJS.Signals} signal */
    const interrupt = (signal) => {
      stop();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, stepTimeout);
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    /** @param {string | undefined} failure */
    const end = (failure) => {
      clearTimeout(timer);
      stop();
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      resolve(failure);
    };
    child.once('error', (error) => end(`${command} could not start: ${error.message}`));
    child.once('exit', (code) => {
      if (late) end(`took longer than ${stepTimeout / 1000} s`);
      else end(code === 0 ? undefined : `exit code ${code}`);
    });
  });
}
