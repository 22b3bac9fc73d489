/**
 * Writes the table of transforms into docs/language.md, from what the runtime says of each: node tools/docs.mjs
 * With --check it writes nothing, and fails when the table is not current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const page = `${root}docs/language.md`;
const bundle = `${root}.cache/docs.mjs`;
const MARKED = /(<!-- transforms: .*? -->\n)[\s\S]*?(<!-- \/transforms -->)/;

await build({
  stdin: { contents: `export { describedFunctions } from './runtime/expression/function-docs.ts';`, resolveDir: root },
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: bundle,
});
const { describedFunctions } = await import(pathToFileURL(bundle).href);

const text = readFileSync(page, 'utf8');
if (!MARKED.test(text)) throw new Error(`${page} has no place for the table of transforms.`);
const current = text.replace(MARKED, (_match, begin, end) => `${begin}${table(describedFunctions)}${end}`);
if (process.argv.includes('--check')) {
  if (current !== text) {
    console.error('The table of transforms in docs/language.md is not current: run `node tools/docs.mjs`.');
    process.exitCode = 1;
  }
} else {
  writeFileSync(page, current);
  console.log(`docs/language.md: ${describedFunctions.length} transforms`);
}

/** @param {readonly { name: string, signature: string, description: string }[]} functions */
function table(functions) {
  const rows = functions
    .toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
    .map(({ name, signature, description }) => `| \`${name}\` | \`${cell(signature)}\` | ${cell(description)} |\n`);
  return `\n| transform | takes and gives | does |\n|---|---|---|\n${rows.join('')}\n`;
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|');
}
