import { expect, test } from 'vitest';
import { doubling } from '../support/twice.js';
import { openTerminal } from './support.js';

const actions = ['--actions', 'host.mjs'];
const twice = `{ name: 'twice', signature: 'number|twice: number', description: 'Doubled.', call: (n) => n * 2 }`;

/** A folder with a workflow that calls a function, and a module that has it. */
async function folder() {
  const terminal = await openTerminal();
  await terminal.write('doubled.json', doubling('work'));
  await terminal.write('host.mjs', `export const actions = { work: (p) => p }; export const functions = [${twice}];`);
  return terminal;
}

test('the functions of the module of --actions may be called, whatever is done with the workflow', async () => {
  const { call, callJson, write } = await folder();
  const input = ['--input', '{"n":2}'];
  const { json } = await callJson('run', 'doubled.json', ...input, ...actions, '--journal', 'journal.json');
  expect(json).toMatchObject({ status: 'completed', output: 8 });
  expect((await call('validate', 'doubled.json', ...actions)).out).toBe('doubled.json: valid\n');
  expect((await call('graph', 'doubled.json', ...actions)).out).toContain('work');
  expect((await call('replay', 'journal.json', ...actions)).code).toBe(0);
  const recorded = await call('test', '--record', 'journal.json', ...actions);
  await write('doubled.workflow-test.json', recorded.out);
  expect((await call('test', ...actions)).out).toContain('1 case passed, 0 failed');
  await write('caller.json', {
    name: 'Caller',
    steps: [
      {
        stepSlug: 'call',
        stepType: 'workflow',
        config: { workflow: 'doubled', input: { n: '{{twice(1)}}' } },
        nextSteps: { success: 'show' },
      },
      { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.call.output|twice}}' } },
    ],
  });
  const caller = await callJson('run', 'caller.json', ...actions, '--workflow', 'doubled.json');
  expect(caller.json).toMatchObject({ status: 'completed', output: 16 });
});

test('without the module it is said which function is missing', async () => {
  const { call, write } = await folder();
  await call('run', 'doubled.json', '--input', '{"n":2}', ...actions, '--journal', 'journal.json');
  for (const command of ['run', 'validate', 'graph']) {
    const { code, out, err } = await call(command, 'doubled.json');
    expect(code).toBe(2);
    expect(out + err).toMatch(/doubled\.json:1:\d+: error: There is no function twice/);
  }
  const { code, err } = await call('replay', 'journal.json');
  expect(code).toBe(2);
  expect(err).toContain('There is no function twice');
  await write('registry.mjs', `export const functions = new Map([['twice', ${twice}]]);`);
  expect((await call('replay', 'journal.json', '--actions', 'registry.mjs')).code).toBe(0);
});

test.each([
  ['functions = 1', 'neither a list nor a registry'],
  ['functions = [(n) => n * 2]', 'functions[0] of odd.mjs is no function for expressions.'],
  [`functions = [{ ...${twice}, name: 'not a name' }]`, 'A function cannot be named "not a name".'],
  [`functions = [${twice}, ${twice}]`, 'Two functions are named twice.'],
])('%s is refused', async (exported, message) => {
  const { call, write } = await folder();
  await write('odd.mjs', `export const ${exported};`);
  const { code, err } = await call('validate', 'doubled.json', '--actions', 'odd.mjs');
  expect(code).toBe(2);
  expect(err).toContain(message);
});
