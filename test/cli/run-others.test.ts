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
  expect([code, err + out]).toEqual([2, expect.stringContaining('[REQUIRED]')]);
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

test('an approval in what was started is decided too, and an event reaches it', async () => {
  const terminal = await openTerminal();
  const then = { stepSlug: 'then', stepType: 'wait_for_event', config: { event: 'go' }, nextSteps: { success: 'end' } };
  const [approval] = ask.steps;
  const child = { name: 'Ask', steps: [{ ...approval, nextSteps: { approved: 'then' } }, then] };
  await terminal.write('call.json', call);
  await terminal.write('ask.json', child);
  const run = ['run', 'call.json', '--workflow', 'ask.json', '--virtual-time'];
  const left = await terminal.call(...run);
  expect([left.code, left.out]).toEqual([1, expect.stringContaining('give it with --decide ask=approved.')]);
  const decision = 'ask={"decision":"approved","fields":{"why":"because"}}';
  const { code, json } = await terminal.callJson(...run, '--decide', decision, '--signal', 'go=7');
  expect([code, json.output]).toEqual([0, 7]);
});

test.each([
  ['aks=approved', 'Did you mean `ask`?'],
  ['other=approved', 'There is `ask`.'],
  ['ask={"decision":"approved","fields":[1]}', 'an object of values by name'],
  ['ask={"decision":"approved","commnet":"x"}', 'Did you mean `comment`?'],
  ['ask={"decision":"approved","by":5}', '"by" of a decision is a text.'],
])('the decision %s is refused before anything runs', async (decision, says) => {
  const terminal = await openTerminal();
  await terminal.write('ask.json', ask);
  const { code, out, err } = await terminal.call('run', 'ask.json', '--decide', decision);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(says);
});

test('fields that do not fit are told of as those of the decision', async () => {
  const terminal = await openTerminal();
  await terminal.write('ask.json', ask);
  const { code, err } = await terminal.call('run', 'ask.json', '--decide', 'ask=approved');
  expect([code, err]).toEqual([2, expect.stringMatching(/^--decide ask: error: .*required\. \[REQUIRED\]\n$/)]);
});

test('a workflow to start that was not given is failed for, with what to give', async () => {
  const terminal = await openTerminal();
  await terminal.write('call.json', call);
  const { out } = await terminal.call('run', 'call.json');
  expect(out).toContain('Give it with --workflow FILE.');
});
