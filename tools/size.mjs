/**
 * What a page or a Worker has to load: each entry of size-budget.json bundled alone with its dependencies, minified and
 * gzipped, in KB of 1,000 bytes; of several entries, all of them together. What an `import()` loads later is not in it.
 * Fails when one is over its budget. `--detail [NAME]` tells what each is made of.
 */
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** @type {Record<string, { entry: string | string[], what: string, budgetKB?: number }>} */
const budgets = JSON.parse(readFileSync(new URL('./size-budget.json', import.meta.url), 'utf8'));

const [flag, only] = process.argv.slice(2);
const detail = flag === '--detail';
/** Parts of an entry that are listed with --detail: those of at least so many minified bytes. */
const worthTelling = 300;

/** @type {import('esbuild').Plugin} */
const later = {
  name: 'later',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
};

let over = 0;
for (const [name, { entry, what, budgetKB }] of Object.entries(budgets)) {
  if (only !== undefined && only !== name) continue;
  const entries = [entry].flat();
  const missing = entries.find((file) => !existsSync(file));
  if (missing !== undefined) {
    console.log(`${name.padEnd(8)} ${missing} is missing`);
    over++;
    continue;
  }
  const contents = entries.map((file) => `export * from './${file}';`).join('\n');
  const { outputFiles, metafile } = await build({
    ...(entries.length === 1 ? { entryPoints: entries } : { stdin: { contents, resolveDir: '.' } }),
    plugins: [later],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['browser', 'import', 'production'],
    external: ['cloudflare:*', 'node:*'],
    legalComments: 'none',
    write: false,
    metafile: true,
    outfile: 'out.js',
    logLevel: 'error',
  });
  const bytes = outputFiles[0]?.contents ?? new Uint8Array();
  const zipped = gzipSync(bytes, { level: 9 }).length / 1000;
  const tooBig = budgetKB !== undefined && zipped > budgetKB;
  const limit = budgetKB === undefined ? '' : ` of ${budgetKB}`;
  const sizes = `${zipped.toFixed(1).padStart(6)}${limit} KB gz, ${(bytes.length / 1000).toFixed(1)} KB minified`;
  console.log(`${name.padEnd(8)} ${sizes}: ${what}${tooBig ? '. OVER ITS BUDGET' : ''}`);
  if (tooBig) over++;
  if (detail) printParts(Object.values(metafile.outputs)[0]?.inputs ?? {});
}

/** @param {Record<string, { bytesInOutput: number }>} inputs minified, not zipped: what is alike in several zips away */
function printParts(inputs) {
  const parts = Object.entries(inputs).map(([file, { bytesInOutput }]) => ({ file, bytes: bytesInOutput }));
  for (const { file, bytes } of parts.sort((a, b) => b.bytes - a.bytes)) {
    if (bytes >= worthTelling) console.log(`  ${String(bytes).padStart(7)} ${file}`);
  }
}
process.exitCode = over > 0 ? 1 : 0;
