/** Bundles the attacks into one script, for hosts that are started for them; the published ones travel within it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Corpus } from './attacks-corpus.js';

const path = new URL('../../../shared/security/attack-corpus.json', import.meta.url);
const here = fileURLToPath(new URL('.', import.meta.url));

/** The published attacks; null where they do not lie beside this checkout. */
export const corpus: Corpus | null = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;

/** A module that carries out all attacks and hands the report to `then`, a piece of code that sees it as `report`. */
export async function attackScript(then: string): Promise<string> {
  const contents = `import { carryOutAll } from './attacks.js';
    const report = await carryOutAll(${JSON.stringify(corpus)});
    ${then}`;
  const bundle = await build({
    stdin: { contents, resolveDir: here },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'silent',
  });
  return bundle.outputFiles[0]?.text ?? '';
}
