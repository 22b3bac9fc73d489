import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { greeting, openTerminal } from './support.js';

describe('usage', () => {
  test.each([
    [['vaildate', 'x.json'], 'There is no command "vaildate".', 'Did you mean `validate`?'],
    [['run', 'x.json', '--inptu', '{}'], 'has no option --inptu', 'Did you mean `--input`?'],
    [['run'], 'needs a workflow file', 'newtflow help run'],
    [['run', 'a.json', 'b.json'], 'takes one file, but "b.json"', ''],
    [['run', 'a.json', '--input'], '--input needs a value', ''],
    [['run', 'a.json', '--input', '--json'], '--input needs a value, but "--json" follows it', '--input=--json'],
    [['run', 'a.json', '--virtual-time=yes'], '--virtual-time takes no value', ''],
    [['validate'], 'needs at least one file', ''],
    [['schema', 'x.json'], 'takes no file', ''],
    [['run', 'nowhere.json'], 'Cannot read nowhere.json: there is no such file', ''],
    [['run', 'a.json', '--journal', 'no/folder.json'], 'Cannot write no/folder.json: there is no such file', ''],
    [['run', 'a.json', '--journal', '.'], 'Cannot write .: it is a folder', ''],
    [['run', 'a.json', '--actions', 'no.js'], 'Cannot load no.js: there is no such file or folder.', ''],
    [['run', 'a.json', '--signal', '=5'], '"=5" names no event', 'NAME=JSON'],
    [['run', '-', '--input', '@-'], 'Standard input can be read only once', ''],
  ])('%j says what is wrong and exits with 2', async (argv, message, hint) => {
    const { code, out, err } = await (await openTerminal()).call(...argv);
    expect({ code, out }).toEqual({ code: 2, out: argv.includes('--json') ? out : '' });
    expect(argv.includes('--json') ? out : err).toContain(argv.includes('--json') ? message.slice(0, 20) : message);
    if (!argv.includes('--json')) expect(err).toContain(hint);
    expect(err).not.toContain('    at ');
  });

  test('a file that is not UTF-8 is told of as that', async () => {
    const terminal = await openTerminal();
    await writeFile(join(terminal.folder, 'wide.json'), Buffer.from('{"name": "x"}', 'utf16le'));
    await writeFile(join(terminal.folder, 'latin.json'), Buffer.from('{"name": "caf\u00e9"}', 'latin1'));
    for (const name of ['latin.json', 'wide.json']) {
      const { code, out, err } = await terminal.call('run', name);
      expect([code, out, err]).toEqual([2, '', expect.stringContaining(name)]);
    }
    expect((await terminal.call('run', 'latin.json')).err).toContain('it is not text in UTF-8.\nSave it as UTF-8.');
  });

  test('the place of a slip in JSON is told once', async () => {
    const terminal = await openTerminal();
    await terminal.write('bad.json', '{"name": }');
    const { err } = await terminal.call('run', 'bad.json');
    expect(err).toBe('bad.json:1:10: error: Expected a value, found "}". [MALFORMED_JSON]\n');
  });

  test('a fault is JSON where JSON is asked for', async () => {
    const { code, json } = await (await openTerminal()).callJson('run', 'nowhere.json');
    expect(code).toBe(2);
    expect(json).toMatchObject({ error: { code: 'USAGE', message: expect.stringContaining('nowhere.json') } });
  });

  test('help lists every command, and each one its options', async () => {
    const terminal = await openTerminal();
    const overview = await terminal.call('help');
    expect(overview.code).toBe(0);
    for (const name of ['validate', 'run', 'replay', 'graph', 'schema']) {
      expect(overview.out).toContain(name);
      expect((await terminal.call('help', name)).out).toBe((await terminal.call(name, '--help')).out);
    }
    expect((await terminal.call('run', '--help')).out).toContain('--max-time DURATION');
    expect((await terminal.call()).code).toBe(2);
  });

  test('--version is that of the package', async () => {
    const { code, out } = await (await openTerminal()).call('--version');
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('schema prints the JSON Schema of the language', async () => {
    const { code, out } = await (await openTerminal()).call('schema');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ $schema: expect.stringContaining('json-schema.org') });
  });

  test('graph draws a flowchart or a picture, or gives nodes and edges', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    const drawn = await terminal.call('graph', file, '--mermaid');
    expect(drawn.code).toBe(0);
    expect(drawn.out).toMatch(/^flowchart /m);
    expect(drawn.out).toContain('greet');
    const picture = await terminal.call('graph', file, '--svg');
    expect(picture).toMatchObject({ code: 0, err: '' });
    expect(picture.out).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*>greet<.*<\/svg>\n$/s);
    const { json } = await terminal.callJson('graph', file);
    expect(json).toMatchObject({ nodes: [{ slug: 'start' }, { slug: 'greet' }, { slug: 'show' }] });
  });

  test('the picture in the docs is the one that graph draws', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const file = 'examples/workflows/refund_with_fallback.json';
    const { out } = await (await openTerminal({ cwd: root })).call('graph', file, '--svg');
    const kept = await readFile(join(root, 'docs/images/refund_with_fallback.svg'), 'utf8');
    expect(kept, `npx newtflow graph ${file} --svg > docs/images/refund_with_fallback.svg`).toBe(out);
  });

  test('graph takes one form at a time', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    const { code, out, err } = await terminal.call('graph', file, '--svg', '--mermaid');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Give one of --mermaid, --svg and --json.');
  });
});
