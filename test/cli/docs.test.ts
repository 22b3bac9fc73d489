import { readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openTerminal } from './support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(root, 'docs/cli.md'), 'utf8');

const documents = [...text.matchAll(/^Say that `([^`]+)` is\n\n```json\n(.*?)^```/gms)];
const samples = [...text.matchAll(/^```\n\$ newtflow ([^\n]*)\n(.*?)^```/gms)];

test('every sample of the documentation is what the command prints, in their order', async () => {
  expect([documents.length, samples.length]).toEqual([1, 3]);
  const terminal = await openTerminal();
  await symlink(join(root, 'examples'), join(terminal.folder, 'examples'));
  for (const [, name = '', document = ''] of documents) await terminal.write(name, document);
  for (const [, command = '', printed = ''] of samples) {
    const { out, err } = await terminal.call(...command.split(' '));
    expect(comparable(out + err), command).toBe(comparable(printed));
  }
});

/** What differs from run to run: the id of the execution, and by it and the time the digest. */
function comparable(printed: string): string {
  return printed.replace(/execution [0-9a-f-]{36}/, 'execution …').replace(/digest: [0-9a-f]{64}/, 'digest: …');
}
