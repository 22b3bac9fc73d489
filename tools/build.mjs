/**
 * Builds dist/, which is what is published: every module of runtime/, src/ and web-component/ as JavaScript with its
 * declarations, in the same tree (so that entries share one copy of the core), and the element with all it needs as one
 * minified file for a page without a bundler.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
rmSync('.cache/types', { recursive: true, force: true });

const modules = globSync(['runtime/**/*.ts', 'src/**/*.{ts,tsx}', 'web-component/**/*.ts']).filter(
  (path) => !path.endsWith('.d.ts'),
);
/** @type {import('esbuild').BuildOptions} */
const common = { format: 'esm', target: 'es2022', sourcemap: true, logLevel: 'warning' };

await build({ ...common, entryPoints: modules, outdir: 'dist', outbase: '.' });
for (const data of globSync(['runtime/**/*.json', 'src/**/*.json', 'web-component/**/*.json'])) {
  if (!data.endsWith('tsconfig.json')) cpSync(data, `dist/${data}`);
}
if (existsSync('web-component/define.ts')) {
  await build({
    ...common,
    entryPoints: { 'element.min': 'web-component/define.ts' },
    outdir: 'dist',
    bundle: true,
    minify: true,
    platform: 'browser',
    conditions: ['production'],
    legalComments: 'eof',
  });
}
execFileSync('node_modules/.bin/tsc', ['-b', '--force', 'runtime', 'src/worker', 'src/cli', 'web-component'], {
  stdio: 'inherit',
});
cpSync('.cache/types', 'dist', { recursive: true });

/** @type {{ bin: Record<string, string>, exports: Record<string, string | Record<string, string>> }} */
const { bin, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const targets = Object.values(exports).flatMap((to) => (typeof to === 'string' ? [to] : Object.values(to)));
const missing = [...Object.values(bin), ...targets].filter((path) => !existsSync(path));
for (const path of missing) console.error(`package.json promises ${path}, which was not built`);
for (const path of Object.values(bin)) if (existsSync(path)) chmodSync(path, 0o755);
console.log(`dist/: ${modules.length} modules`);
process.exitCode = missing.length > 0 ? 1 : 0;
