import { expect, test } from 'vitest';
import { openTerminal } from './support.js';

const ask = {
  name: 'Ask',
  steps: [
    {
      stepSlug: 'ask',
      stepType: 'approval',
      config: { title: 'Go?', fields: [{ name: 'why', type: 'string', required: true }] },
      nextSteps: { approved: 'yes', rejected: 'no' },
    },
    { stepSlug: 'yes', stepType: 'output', config: { mapping: '{{steps.ask.output.fields.why}}' } },
    { stepSlug: 'no', stepType: 'output', config: { mapping: 'no' } },
  ],
};
const call = {
  name: 'Call',
  steps: [{ stepSlug: 'call', stepType: 'workflow', config: { workflow: 'ask' }, nextSteps: { success: 'end' } }],
};

test('an approval is decided on the command line, by a word or with its fields', async () => {
  const terminal = await openTerminal();
  await terminal.write('ask.json', ask);
  expect((await terminal.callJson('run', 'ask.json', '--decide', 'ask=rejected')).json.output).toBe('no');
  const decision = 'ask={"decision":"approved","fields":{"why":"a = b"}}';
  expect((await terminal.callJson('run', 'ask.json', '--decide', decision)).json.output).toBe('a = b');
  const { code, err, out } = await terminal.call('run', 'ask.json', '--decide', 'ask=approved');
  expect([code, err + out]).toEqual([2, expect.stringContaining('INVALID_FIELDS')]);
});

test('an approval that nobody decides is told of, with how to', async () => {
  const terminal = await openTerminal();
  await terminal.write('ask.json', ask);
  const { code, out } = await terminal.call('run', 'ask.json', '--virtual-time');
  expect(code).toBe(1);
  expect(out).toContain('Step "ask" waits for a decision: give it with --decide ask=approved.');
  expect((await terminal.call('run', 'ask.json', '--decide', 'ask=maybe')).err).toContain(
    '"ask=maybe" is no decision.',
  );
});

test('the workflows that one may start are named, and what they come to is told', async () => {
  const terminal = await openTerminal();
  await terminal.write('call.json', call);
  const quick = {
    name: 'Ask',
    slug: 'ask',
    steps: [{ stepSlug: 'a', stepType: 'output', config: { mapping: 'from the other' } }],
  };
  await terminal.write('quick.json', quick);
  const { json } = await terminal.callJson('run', 'call.json', '--workflow', 'quick.json');
  expect(json).toMatchObject({ status: 'completed', output: 'from the other' });
  expect((await terminal.callJson('run', 'call.json')).json).toMatchObject({ error: { code: 'WORKFLOW_NOT_FOUND' } });
});

test('a stub stands for another workflow, and takes its time', async () => {
  const terminal = await openTerminal();
  await terminal.write('call.json', call);
  await terminal.write('stubs.json', { ask: { output: 'stubbed', after: '3h' } });
  const { code, json } = await terminal.callJson('run', 'call.json', '--stubs', 'stubs.json', '--virtual-time');
  expect([code, json.output]).toEqual([0, 'stubbed']);
  // Where time goes by itself, it is waited for.
  await terminal.write('soon.json', { call: { output: 'soon', after: 5 } });
  expect((await terminal.callJson('run', 'call.json', '--stubs', 'soon.json')).json.output).toBe('soon');
});
