import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
export const site = join(root, '.cache/site');

/** What the pages may do: only what this origin serves; no code and no style from text. */
const headers = `/*
  Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
  Cache-Control: no-cache
`;

/**
 * Builds the gallery, the element's own bundle and the embedding example into `.cache/site`. Writes over what is
 * there, so that a server that is running from it never finds it empty; and apart from `dist`, which each build clears.
 */
export async function buildSite() {
  mkdirSync(site, { recursive: true });
  await build({
    entryPoints: { main: join(here, 'main.ts'), 'element.min': join(root, 'web-component/define.ts') },
    outdir: site,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'styles.css', 'newt.svg']) cpSync(join(here, name), join(site, name));
  cpSync(join(root, 'examples/workflows'), join(site, 'workflows'), { recursive: true });
  cpSync(join(root, 'examples/embed'), join(site, 'embed'), { recursive: true });
  writeFileSync(join(site, '_headers'), headers);
}
