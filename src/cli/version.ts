import { readFile } from 'node:fs/promises';

/** The version of the package this file belongs to, wherever it was built to. */
export async function version(): Promise<string> {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const manifest = await readManifest(new URL('package.json', folder));
    if (manifest?.name === 'newtflow') return manifest.version;
    if (folder.pathname === '/') return 'unknown';
  }
}

async function readManifest(url: URL): Promise<{ name: string; version: string } | undefined> {
  try {
    return JSON.parse(await readFile(url, 'utf8'));
  } catch {
    // No manifest here: the folder above may have it.
    return undefined;
  }
}
