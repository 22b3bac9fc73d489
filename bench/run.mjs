/**
 * `npm run bench [-- --json] [--only NAME] [--quick]`: bundles the benchmarks, which are TypeScript, and runs them in a
 * fresh Node that may collect garbage on demand. NODE_OPTIONS reaches it, so `--cpu-prof` can be given there.
 *
 * --json   one JSON object on standard output, and nothing else there
 * --only   the benchmarks whose name begins with NAME
 * --quick  tiny sizes and few rounds: shows that everything runs; the numbers mean nothing
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.exitCode = await run(process.argv.slice(2));

/**
 * @param {string[]} options
 * @returns {Promise<number>} exit code
 */
async function run(options) {
  // Inside the project, so that the packages compared with are found from there.
  mkdirSync(join(root, '.cache'), { recursive: true });
  const scratch = mkdtempSync(join(root, '.cache', 'bench-'));
  try {
    const bundle = join(scratch, 'main.mjs');
    await Promise.all([
      bundled('bench/main.ts', bundle, { packages: 'external', platform: 'node', sourcemap: 'inline' }),
      // What runs in workerd and in the browser lies beside it.
      bundled('bench/workerd/worker.ts', join(scratch, 'worker.mjs'), {
        conditions: ['workerd', 'worker', 'browser'],
        external: ['cloudflare:*'],
      }),
      bundled('bench/browser/page.ts', join(scratch, 'page.mjs'), {}),
    ]);
    // A forced collection would drop compiled code that rests a while, and the next run would be timed while it is made anew.
    return await execute(['--expose-gc', '--no-flush-bytecode', bundle, ...options]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} entry
 * @param {string} outfile
 * @param {import('esbuild').BuildOptions} options
 */
async function bundled(entry, outfile, options) {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
    ...options,
  });
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
function execute(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
