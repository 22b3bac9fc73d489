/**
 * Writes the histories that runs make into the conformance cases named, into all with --all, or into those
 * that have none; to be read line by line before they are committed: node test/support/record-history.mjs [--all | name…]
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = [`${root}test/conformance/`, `${root}test/conformance/guide/`];
const fixtures = `${root}../shared/fixtures/guide/`;
const bundle = `${root}.cache/record-history.mjs`;

await build({
  stdin: {
    contents: `export { runCase, START_TIME } from './test/support/conformance.ts';
      export { MemoryStore } from './runtime/index.ts';
      export { VirtualClock } from './runtime/testing.ts';`,
    resolveDir: root,
  },
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: bundle,
});
const { MemoryStore, runCase, START_TIME, VirtualClock } = await import(pathToFileURL(bundle).href);
const wanted = process.argv.slice(2);

for (const folder of folders) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const path = `${folder}${file}`;
    const name = file.slice(0, -'.json'.length);
    const stored = JSON.parse(readFileSync(path, 'utf8'));
    const isWanted = wanted.length > 0 ? wanted.includes(name) : !(stored.expect.history?.length > 0);
    if (!isWanted && !wanted.includes('--all')) continue;
    if (stored.fixture !== undefined && !existsSync(`${fixtures}${stored.fixture}`)) continue;
    const definition = stored.definition ?? JSON.parse(readFileSync(`${fixtures}${stored.fixture}`, 'utf8'));
    try {
      const host = { store: new MemoryStore(), clock: new VirtualClock(START_TIME) };
      const { events } = await runCase({ ...stored, name, definition }, host);
      stored.expect.history = events;
      writeFileSync(path, `${written(stored, '')}\n`);
      console.log(`${name}: ${events.length} events`);
    } catch (error) {
      console.error(name, error);
      process.exitCode = 1;
    }
  }
}

/**
 * JSON with every value on one line that fits on it, as the formatter keeps it: an event is a line then.
 * @param {unknown} value
 * @param {string} indent
 * @returns {string}
 */
function written(value, indent, before = 0) {
  const line = oneLine(value);
  if (indent.length + before + line.length <= 118 || typeof value !== 'object' || value === null) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + written(item, inner)).join(',\n')}\n${indent}]`;
  const rows = Object.entries(value).map(([key, item]) => {
    const name = `${JSON.stringify(key)}: `;
    return inner + name + written(item, inner, name.length);
  });
  return `{\n${rows.join(',\n')}\n${indent}}`;
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function oneLine(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
