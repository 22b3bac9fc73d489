import { describe, expect, test } from 'vitest';
import { greeting, openTerminal } from './support.js';

const broken = `{
  "name": "Broken",
  "steps": [
    { "stepSlug": "a", "stepType": "action", "config": { "type": "x_do", "parameters": { "v": "{{inptu.x}}" } },
      "nextSteps": { "success": "bb" } },
    { "stepSlug": "b", "stepType": "action", "config": { "type": "x_do" } }
  ]
}
`;

describe('validate', () => {
  test('a valid definition exits with 0', async () => {
    const terminal = await openTerminal();
    const { code, out } = await terminal.call('validate', await terminal.write('greeting.json', greeting));
    expect({ code, out }).toEqual({ code: 0, out: 'greeting.json: valid\n' });
  });

  test('every issue has its line and column, what to do, and its code', async () => {
    const terminal = await openTerminal();
    const { code, out } = await terminal.call('validate', await terminal.write('broken.json', broken));
    expect(code).toBe(2);
    expect(out).toMatch(/^broken\.json:4:\d+: error: .*inptu.* \[[A-Z_]+\]\n {4}.*input/m);
    expect(out).toMatch(/^broken\.json:5:\d+: error: .*bb.* \[[A-Z_]+\]\n {4}.*b/m);
    expect(out).toMatch(/2 errors and \d+ warnings? in 1 file\n$/);
  });

  test('the same for machines', async () => {
    const terminal = await openTerminal();
    const { code, json } = await terminal.callJson('validate', await terminal.write('broken.json', broken));
    expect(code).toBe(2);
    expect(json).toMatchObject({ ok: false, errors: 2, files: [{ file: 'broken.json', ok: false }] });
  });

  test('a name that stands twice is a warning at the second', async () => {
    const terminal = await openTerminal();
    const text = JSON.stringify(greeting, undefined, 1).replace('{', '{\n"name": "Before",\n');
    const { code, out } = await terminal.call('validate', await terminal.write('twice.json', text));
    expect(code).toBe(0);
    expect(out).toMatch(/^twice\.json:\d+:\d+: warning: "name" stands twice .*\[DUPLICATE_KEY\]$/m);
  });

  test('malformed JSON is located too', async () => {
    const terminal = await openTerminal();
    const { code, out } = await terminal.call('validate', await terminal.write('torn.json', '{\n  "name": "Torn",\n'));
    expect(code).toBe(2);
    expect(out).toContain('torn.json');
    expect(out).toContain('[MALFORMED_JSON]');
    expect(out).toMatch(/^torn\.json:3:1: error: Expected a key/);
  });

  test.each([
    ['n8n', { name: 'Mine', nodes: [], connections: {} }, 'written anew'],
    ['AWS Step Functions', { StartAt: 'A', States: {} }, 'written anew'],
    ['GenXAI', { workflow: { graph: {} } }, 'newtflow import'],
    [
      'Node-RED',
      [
        { id: 'a', type: 'tab' },
        { id: 'b', type: 'inject', wires: [['c']] },
      ],
      'written anew',
    ],
  ])('a workflow of %s is told to be one, and nothing else', async (system, document, hint) => {
    const terminal = await openTerminal();
    const { code, out } = await terminal.call('validate', await terminal.write('other.json', document));
    expect(code).toBe(2);
    expect(out).toContain(`other.json:1:1: error: This is a workflow of ${system}, not one of ours. [OTHER_SYSTEM]\n`);
    expect(out).toContain(hint);
    expect(out).toContain('1 error and 0 warnings in 1 file');
  });

  test('a definition inside something else is told to be there, and nothing else', async () => {
    const terminal = await openTerminal();
    const { code, out } = await terminal.call('validate', await terminal.write('in.json', { workflow: greeting }));
    expect(code).toBe(2);
    expect(out).toContain('error: The definition stands inside `workflow`. [UNKNOWN_FIELD]\n');
    expect(out).toContain('stand at the top');
    expect(out).toContain('1 error and 0 warnings in 1 file');
  });

  test.each([
    ['```json\n{"name": "x"}\n```', 'The JSON stands alone'],
    ['Here it is:\n{"name": "x"}', 'The JSON stands alone'],
    ['{"name": "x"}\n```', 'The JSON stands alone'],
    ['{“name”: "x"}', 'straight double quotes'],
    ['{"name": "x\ny"}', '`\\n`'],
  ])('what stands around or in JSON, %j, is told of', async (text, hint) => {
    const { code, out } = await (await openTerminal({ input: text })).call('validate', '-');
    expect(code).toBe(2);
    expect(out).toContain('[MALFORMED_JSON]');
    expect(out).toContain(hint);
  });

  test('of several files, one that cannot be read does not hide the others', async () => {
    const terminal = await openTerminal();
    const good = await terminal.write('greeting.json', greeting);
    const { code, out } = await terminal.call('validate', 'nowhere.json', good);
    expect(code).toBe(2);
    expect(out).toContain('nowhere.json: error: Cannot read nowhere.json');
    expect(out).toContain('greeting.json: valid');
  });

  test('reads standard input', async () => {
    const { code, out } = await (await openTerminal({ input: broken })).call('validate', '-');
    expect(code).toBe(2);
    expect(out).toContain('<stdin>:5:');
  });

  test('warns of actions that a module does not have', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    const module = await terminal.write('actions.mjs', 'export const actions = { other_do: () => 1 };');
    const { code, out } = await terminal.call('validate', file, '--actions', module);
    expect(code).toBe(0);
    expect(out).toMatch(/greeting\.json:1:\d+: warning: .*greeting_make/);
  });
});
