import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openTerminal } from './support.js';

const examples = fileURLToPath(new URL('../../examples/tests', import.meta.url));

const workflow = {
  name: 'Charge',
  steps: [
    {
      stepSlug: 'pay',
      stepType: 'action',
      config: { type: 'card_charge', parameters: { amount: '{{input.amount}}' } },
      nextSteps: { success: 'thank', error: 'sorry' },
    },
    { stepSlug: 'thank', stepType: 'output', config: { mapping: { receipt: '{{steps.pay.output.id}}' } } },
    { stepSlug: 'sorry', stepType: 'output', config: { mapping: { why: '{{error.code}}' } } },
  ],
};
const paid = {
  name: 'is paid',
  input: { amount: 3 },
  stubs: { card_charge: { output: { id: 'R1' } } },
  expect: { output: { receipt: 'R1' }, path: ['pay', 'thank'], calls: { card_charge: { with: { amount: 3 } } } },
};

describe('newtflow test', () => {
  test('runs the tests of the examples, each workflow by an error path too', async () => {
    expect(readdirSync(examples).length).toBeGreaterThanOrEqual(3);
    const terminal = await openTerminal();
    const { code, json } = await terminal.callJson('test', examples);
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, failed: 0 });
  });

  test('says what differed, where, with both sides, and what was never taken', async () => {
    const terminal = await openTerminal();
    await terminal.write('charge.json', workflow);
    const wrong = { ...paid, name: 'is wrong', expect: { output: { receipt: 'R2' }, calls: { card_charge: 2 } } };
    await terminal.write('charge.workflow-test.json', { workflow: 'charge.json', cases: [paid, wrong] });
    const { code, out } = await terminal.call('test');
    expect(code).toBe(1);
    expect(out).toMatch(/✔ is paid/);
    expect(out).toMatch(/✘ is wrong/);
    expect(out).toContain('/output/receipt\n        expected "R2"\n        got      "R1"');
    expect(out).toContain('/calls/card_charge\n        expected 2\n        got      1');
    expect(out).toContain('never taken: pay/error, sorry');
    expect(out).toContain('1 case passed, 1 failed in 1 file');
  });

  test('says everything that is wrong with an input, and what a run does that waits for no decision', async () => {
    const terminal = await openTerminal();
    const strict = {
      ...workflow,
      parameters: ['amount', 'card'].map((name) => ({ name, type: 'number', required: true })),
    };
    const wait = { name: 'Wait', steps: [{ stepSlug: 'w', stepType: 'wait_for_event', config: { event: 'go' } }] };
    const decided = { name: 'd', signals: [{ decide: { step: 'w', decision: 'approved' } }], expect: {} };
    await terminal.write('a.workflow-test.json', { definition: strict, cases: [{ ...paid, input: {} }] });
    await terminal.write('b.workflow-test.json', { definition: wait, cases: [decided] });
    const { out } = await terminal.call('test');
    expect(out).toMatch(/is not valid\n\s+\/amount .*\n\s+\/card /);
    expect(out).toContain("'w' waits for no decision: the run is waiting, 'w' waits for the event 'go'");
  });

  test('gives machines the same', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('b.workflow-test.json', { definition: workflow, cases: [paid] });
    const { code, json } = await terminal.callJson('test', file);
    expect(code).toBe(0);
    expect(json).toMatchObject({ passed: 1, failed: 0, files: [{ missed: ['pay/error', 'sorry'] }] });
  });

  test('refuses a file that is none, with the line of what is wrong', async () => {
    const terminal = await openTerminal();
    const bad = { cases: [{ name: 'x', expects: {}, signals: [{ at: 'soon' }] }] };
    const file = await terminal.write('bad.workflow-test.json', bad);
    const { code, err } = await terminal.call('test', file);
    expect(code).toBe(2);
    expect(err).toMatch(
      /bad\.workflow-test\.json:\d+:\d+: error: `expects` is not a field of this\. \[UNKNOWN_FIELD\]/,
    );
    expect(err).toContain('Did you mean `expect`?');
    expect(err).toContain('`expect` is missing');
  });

  test('cancels in between what comes from outside', async () => {
    const terminal = await openTerminal();
    const wait = { name: 'Wait', steps: [{ stepSlug: 'w', stepType: 'wait_for_event', config: { event: 'go' } }] };
    const cancelled = {
      name: 'is cancelled before the event comes',
      signals: [{ at: '1h', name: 'go' }],
      cancelAt: '10m',
      expect: { status: 'cancelled', events: [{ type: 'execution_cancelled', at: 1_767_226_200_000 }] },
    };
    const file = await terminal.write('d.workflow-test.json', { definition: wait, cases: [cancelled] });
    expect(await terminal.call('test', file)).toMatchObject({ code: 0 });
  });

  test('pauses and resumes, and waits where that is expected', async () => {
    const terminal = await openTerminal();
    const asks = { name: 'Asks', steps: [{ stepSlug: 'w', stepType: 'wait', config: { for: '1h' } }] };
    const signals = [{ at: '10m', do: 'pause', reason: 'lunch' }];
    const cases = [
      { name: 'is paused', signals, expect: { status: 'paused' } },
      {
        name: 'goes on late',
        signals: [...signals, { at: '3h', do: 'resume' }],
        expect: {
          events: [
            { type: 'execution_paused', reason: 'lunch' },
            { type: 'timer_fired', at: 1_767_236_400_000 },
          ],
        },
      },
    ];
    const file = await terminal.write('p.workflow-test.json', { definition: asks, cases });
    expect(await terminal.call('test', file)).toMatchObject({ code: 0 });
  });

  test.each([
    ['completes', { card_charge: { output: { id: 'R1' } } }, { status: 'completed', output: { receipt: 'R1' } }],
    ['takes the error port', { card_charge: { error: { code: 'NO', retryable: false } } }, { output: { why: 'NO' } }],
    ['never answers', { card_charge: { never: true } }, { status: 'cancelled' }],
  ])('records a run that %s, as a test that passes and can be changed', async (_, stubs, end) => {
    const terminal = await openTerminal();
    await terminal.write('charge.json', workflow);
    await terminal.write('stubs.json', stubs);
    const options = ['--stubs', 'stubs.json', '--virtual-time', '--max-time', '1h', '--journal', 'run.json'];
    await terminal.call('run', 'charge.json', '--input', '{"amount": 3}', ...options);
    const { code, json } = await terminal.callJson('test', '--record', 'run.json');
    expect(code).toBe(0);
    expect(json).toMatchObject({ cases: [{ input: { amount: 3 }, expect: end }] });
    const file = await terminal.write('recorded.workflow-test.json', json);
    expect(await terminal.call('test', file)).toMatchObject({ code: 0 });
    const other = {
      ...json,
      definition: { ...workflow, steps: [{ ...workflow.steps[1], config: { mapping: 'other' } }] },
    };
    await terminal.write('recorded.workflow-test.json', other);
    expect(await terminal.call('test', file)).toMatchObject({ code: 1 });
  });

  test('records nothing but a journal', async () => {
    const terminal = await openTerminal();
    await terminal.write('charge.json', workflow);
    expect(await terminal.call('test', '--record', 'charge.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('[INVALID_JOURNAL]'),
    });
    expect((await terminal.call('test', 'x', '--record', 'charge.json')).err).toContain('--record prints a file');
  });

  test.each([
    [{ stubs: { a: { outputs: 1 } } }, '/stubs'],
    [{ now: 'soon' }, 'BAD_TIME'],
    [{ signals: [{}] }, 'One of `name`, `decide` and `do` must be there.'],
    [{ signals: [{ name: 'a', do: 'pause' }] }, 'One of `name`, `decide` and `do` must be there.'],
    [{ signals: [{ do: 'stop' }] }, 'BAD_VALUE'],
    [
      {
        signals: [
          { at: '2h', name: 'a' },
          { at: '1h', name: 'b' },
        ],
      },
      'stands in the order of its times',
    ],
    [{ expect: { calls: { a: 'often' } } }, 'Expect a count, or `{times, with}`.'],
  ])('refuses %j, at its place', async (wrong, told) => {
    const terminal = await openTerminal();
    const file = await terminal.write('e.workflow-test.json', { definition: workflow, cases: [{ ...paid, ...wrong }] });
    const { code, err } = await terminal.call('test', file);
    expect(code).toBe(2);
    expect(err).toMatch(/^e\.workflow-test\.json:\d+:\d+: error: /);
    if (told !== '/stubs') expect(err).toContain(told);
  });

  test('has the actions that come with Newtflow, but no network', async () => {
    const terminal = await openTerminal();
    const definition = {
      name: 'Comes with',
      steps: [
        {
          ...{ stepSlug: 'shape', stepType: 'action', nextSteps: { success: 'call' } },
          config: { type: 'transform', parameters: { value: { n: '{{input.n}}' } } },
        },
        {
          ...{ stepSlug: 'call', stepType: 'action', nextSteps: { success: 'end', error: 'no' } },
          config: { type: 'http_request', parameters: { url: 'https://example.com/' }, retry: { maxAttempts: 1 } },
        },
        { stepSlug: 'no', stepType: 'output', config: { mapping: '{{steps.shape.output}}' } },
      ],
    };
    const input = { n: 3 };
    const cases = [
      { name: 'has no network', input, expect: { path: ['shape', 'call', 'no'], steps: { shape: { attempts: 1 } } } },
      { name: 'is answered', input, stubs: { call: { output: {} } }, expect: { path: ['shape', 'call'] } },
    ];
    const file = await terminal.write('n.workflow-test.json', { definition, cases });
    const { code, out } = await terminal.call('test', file);
    expect([code, out]).toEqual([0, expect.stringContaining('2 cases passed')]);
  });

  test('says which stubs nothing asks for', async () => {
    const terminal = await openTerminal();
    const child = {
      name: 'Child',
      steps: [{ stepSlug: 'x', stepType: 'llm', config: { systemPrompt: 'Hi', tools: ['look'] } }],
    };
    const parent = {
      name: 'Parent',
      steps: [
        { stepSlug: 'call', stepType: 'workflow', config: { workflow: 'child' }, nextSteps: { success: 'get' } },
        {
          ...{ stepSlug: 'get', stepType: 'action', nextSteps: { success: 'end' } },
          config: { type: 'customer', parameters: { operation: 'get' }, compensate: { type: 'undo', parameters: {} } },
        },
      ],
    };
    const any = { output: 1 };
    const known = {
      call: any,
      child: any,
      llm: any,
      'x.look': any,
      look: any,
      'customer.get': any,
      'get.compensate': any,
    };
    const stubs = { ...known, costumer: any, 'customer.put': any, 'undo.any': any };
    const cases = [{ name: 'runs', stubs: { gett: any }, expect: {} }];
    const test = { definition: parent, workflows: { child }, stubs, cases };
    const file = await terminal.write('s.workflow-test.json', test);
    const { out } = await terminal.call('test', file);
    expect(out).toContain('! No step asks for the stub "costumer". Did you mean `customer`?');
    const { json } = await terminal.callJson('test', file);
    expect(json).toMatchObject({
      files: [{ unknownStubs: [{ key: 'costumer' }, { key: 'customer.put' }, { key: 'gett' }] }],
    });
  });

  test.each([
    [{ definition: { ...workflow, steps: [{ ...workflow.steps[0], stepType: 'actoin' }] } }],
    [{ definition: workflow, workflows: { other: { ...workflow, name: 7 } } }],
  ])('refuses a workflow within the file that is not valid, at its line', async (wrong) => {
    const terminal = await openTerminal();
    const file = await terminal.write('w.workflow-test.json', JSON.stringify({ cases: [paid], ...wrong }, null, 1));
    const { code, err } = await terminal.call('test', file);
    expect(code).toBe(2);
    const [, line = ''] = /^w\.workflow-test\.json:(\d+):\d+: error: /.exec(err) ?? [];
    expect((await terminal.read('w.workflow-test.json')).split('\n')[Number(line) - 1]).toMatch(/"actoin"|"name": 7/);
  });

  test('refuses a workflow that is not valid, with its own lines', async () => {
    const terminal = await openTerminal();
    await terminal.write('broken.json', { name: 'Broken', steps: [] });
    const file = await terminal.write('c.workflow-test.json', { workflow: 'broken.json', cases: [paid] });
    const { code, err } = await terminal.call('test', file);
    expect(code).toBe(2);
    expect(err).toContain('[NO_STEPS]');
  });

  test('says where there is nothing to test, whatever else there is', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('w.workflow-test.json', { definition: workflow, cases: [paid] });
    await mkdir(join(terminal.folder, 'flows'));
    const { code, err } = await terminal.call('test', file, 'flows');
    expect(code).toBe(2);
    expect(err).toContain('There is no file in flows whose name ends in .workflow-test.json.');
    const empty = await openTerminal();
    expect((await empty.call('test')).err).toContain('There is no file in this folder whose name');
  });

  test('prints the schema of these files', async () => {
    const terminal = await openTerminal();
    const { out } = await terminal.call('schema', '--tests');
    const published = readFileSync(new URL('../../schema/workflow-test.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(out), 'npx newtflow schema --tests > schema/workflow-test.schema.json').toEqual(
      JSON.parse(published),
    );
  });
});
