import { describe, expect, test } from 'vitest';
import { greeting, openTerminal } from './support.js';

const stubs = { greeting_make: { output: 'Hello Ada' } };
const input = ['--input', '{"name": "Ada"}', '--stubs', 'stubs.json'];

describe('compile', () => {
  test('writes a plan that runs as its definition does', async () => {
    const terminal = await openTerminal();
    await terminal.write('stubs.json', stubs);
    const file = await terminal.write('greeting.json', greeting);
    const compiled = await terminal.call('compile', file, '--out', 'greeting.plan.json');
    expect(compiled).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^greeting\.plan\.json: Greeting /),
    });
    const stored = JSON.parse(await terminal.read('greeting.plan.json'));
    expect(stored).toMatchObject({ format: 'newtflow-plan', version: 1, definition: { name: 'Greeting' } });
    const fromPlan = await terminal.callJson('run', 'greeting.plan.json', ...input);
    const fromDefinition = await terminal.callJson('run', file, ...input);
    expect(fromPlan.code).toBe(0);
    expect(fromPlan.json).toMatchObject({ status: 'completed', output: { text: 'Hello Ada' } });
    expect(fromPlan.json.steps).toEqual(fromDefinition.json.steps);
    expect((await terminal.call('graph', 'greeting.plan.json')).out).toBe((await terminal.call('graph', file)).out);
  });

  test('prints it where no file is named, and warns beside it', async () => {
    const terminal = await openTerminal();
    const unreached = {
      ...greeting,
      steps: [...greeting.steps, { stepSlug: 'more', stepType: 'trigger', config: {} }],
    };
    const { code, out, err } = await terminal.call('compile', await terminal.write('greeting.json', unreached));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ format: 'newtflow-plan', entry: 'start' });
    expect(err).toContain('[UNREACHABLE_STEP]');
  });

  test('says what is wrong with a definition, and with a plan that cannot be used', async () => {
    const terminal = await openTerminal();
    await terminal.write('broken.json', { name: 'Broken', steps: [] });
    expect(await terminal.call('compile', 'broken.json', '--out', 'x.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('[NO_STEPS]'),
    });
    expect((await terminal.call('compile', 'broken.json', '--out', 'no/x.json')).err).toContain('Cannot write');
    await terminal.write('greeting.json', greeting);
    await terminal.call('compile', 'greeting.json', '--out', 'plan.json');
    const stored = JSON.parse(await terminal.read('plan.json'));
    await terminal.write('newer.json', { ...stored, version: 2 });
    expect((await terminal.call('run', 'newer.json')).err).toMatch(/^newer\.json:1:\d+: error: .* \[PLAN_VERSION\]\n/);
    await terminal.write('changed.json', { ...stored, entry: 'nowhere' });
    expect((await terminal.call('run', 'changed.json')).err).toMatch(
      /^changed\.json:1:\d+: error: There is no such step\. \[PLAN_INVALID\]\n {4}Store the plan again/,
    );
    expect(await terminal.call('validate', 'plan.json')).toMatchObject({ code: 0, out: 'plan.json: valid\n' });
    expect(await terminal.call('validate', 'changed.json')).toMatchObject({
      code: 2,
      out: expect.stringMatching(/^changed\.json:1:\d+: error: There is no such step\. \[PLAN_INVALID\]\n/),
    });
    expect((await terminal.call('compile', 'plan.json')).err).toContain('plan.json is a stored plan already.');
    await terminal.write('calling.json', { ...stored, functions: ['twice'] });
    expect((await terminal.call('run', 'calling.json')).err).toContain('`twice`');
  });

  test('takes the functions of a module, which the plan then needs', async () => {
    const terminal = await openTerminal();
    await terminal.write('twice.json', {
      name: 'Twice',
      steps: [{ stepSlug: 'show', stepType: 'output', config: { mapping: '{{input.n|twice}}' } }],
    });
    await terminal.write(
      'actions.mjs',
      `export const functions = [{ name: 'twice', signature: 'number|twice: number', description: 'Doubles.', call: (n) => n * 2 }];`,
    );
    const actions = ['--actions', 'actions.mjs'];
    expect((await terminal.call('compile', 'twice.json', ...actions, '--out', 'plan.json')).code).toBe(0);
    expect((await terminal.callJson('run', 'plan.json', '--input', '{"n": 21}', ...actions)).json.output).toBe(42);
    expect((await terminal.call('run', 'plan.json', '--input', '{"n": 21}')).err).toContain('[FUNCTION_NOT_FOUND]');
  });
});
