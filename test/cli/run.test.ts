import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { greeting, openTerminal } from './support.js';

const waiting = {
  name: 'Waiting',
  steps: [
    { stepSlug: 'nap', stepType: 'wait', config: { for: '2d' }, nextSteps: { success: 'listen' } },
    {
      stepSlug: 'listen',
      stepType: 'wait_for_event',
      config: { event: 'paid' },
      nextSteps: { success: 'show' },
    },
    { stepSlug: 'show', stepType: 'output', config: { mapping: '{{steps.listen.output}}' } },
  ],
};

const slow = {
  name: 'Slow',
  steps: [{ stepSlug: 'call', stepType: 'action', config: { type: 'slow_do' }, nextSteps: { success: 'end' } }],
};

describe('run', () => {
  test('tells of each step as it happens, and prints the output', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    const stubs = await terminal.write('stubs.json', { greeting_make: { output: 'Hi Ada' } });
    const { code, out, err } = await terminal.call('run', file, '--input', '{"name": "Ada"}', '--stubs', stubs);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^Greeting .*\n.*✓ start → success .*\n.*✓ greet → success .*"Hi Ada"\n.*✓ show .*\n✔ completed in .*\n/,
    );
    expect(out).toContain('{\n  "text": "Hi Ada"\n}\n');
  });

  test('prints one object for machines', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    const stubs = await terminal.write('stubs.json', { greet: { output: 'Hi Ada' } });
    const { code, json } = await terminal.callJson('run', file, '--input={"name":"Ada"}', '--stubs', stubs);
    expect(code).toBe(0);
    expect(Object.keys(json)).toEqual(['executionId', 'status', 'output', 'error', 'variables', 'steps', 'history']);
    expect(json).toMatchObject({
      status: 'completed',
      output: { text: 'Hi Ada' },
      error: null,
      steps: { greet: { output: 'Hi Ada', error: null, attempts: 1 } },
    });
  });

  test('a workflow that fails exits with 1 and says where and why', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    const { code, out } = await terminal.call('run', file, '--input', '{"name": "Ada"}');
    expect(code).toBe(1);
    expect(out).toMatch(/✗ greet ACTION_NOT_FOUND: No action "greeting_make"/);
    expect(out).toMatch(/✘ failed after .* in step "greet": .*\[ACTION_NOT_FOUND\]\n {4}Give it .*--stubs\.\n$/);
  });

  test('runs the actions and the model of a module', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    const module = await terminal.write('actions.mjs', 'export default { greeting_make: ({ to }) => "Hi " + to };');
    const { json } = await terminal.callJson('run', file, '--input', '{"name":"Eve"}', '--actions', module);
    expect(json).toMatchObject({ status: 'completed', output: { text: 'Hi Eve' } });
  });

  test('has the actions that come with Newtflow, and wakes what waits for an event', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('wakes.json', {
      name: 'Wakes',
      steps: [
        {
          stepSlug: 'both',
          stepType: 'parallel',
          config: { branches: ['hear', 'say'] },
          nextSteps: { hear: 'listen', say: 'shape', done: 'end' },
        },
        { stepSlug: 'listen', stepType: 'wait_for_event', config: { event: 'paid' }, nextSteps: {} },
        {
          stepSlug: 'shape',
          stepType: 'action',
          config: { type: 'transform', parameters: { total: '{{20 + 1}}' } },
          nextSteps: { success: 'tell' },
        },
        {
          stepSlug: 'tell',
          stepType: 'action',
          config: { type: 'emit_event', parameters: { event: 'paid', data: '{{steps.shape.output}}' } },
          nextSteps: {},
        },
      ],
    });
    const { json } = await terminal.callJson('run', file);
    expect(json).toMatchObject({ status: 'completed', steps: { listen: { output: { total: 21 } } } });
  });

  test('gives actions the network, and refuses addresses inside of it to http_request', async () => {
    const server = createServer((_request, response) => response.end('pong'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
    const terminal = await openTerminal();
    const file = await terminal.write('asks.json', {
      name: 'Asks',
      steps: [
        {
          stepSlug: 'own',
          stepType: 'action',
          config: { type: 'ping', parameters: { url } },
          nextSteps: { success: 'builtin' },
        },
        {
          stepSlug: 'builtin',
          stepType: 'action',
          config: { type: 'http_request', parameters: { url } },
          nextSteps: { success: 'end' },
        },
      ],
    });
    const module = await terminal.write(
      'ping.mjs',
      `export const actions = { ping: async ({ url }, { fetch }) => {
        const { value } = await (await fetch(url)).body.getReader().read();
        return new TextDecoder().decode(value);
      } };`,
    );
    const { json } = await terminal.callJson('run', file, '--actions', module);
    expect(json).toMatchObject({ error: { code: 'URL_REFUSED' }, steps: { own: { output: 'pong' } } });
  });

  test('opens the breaker of an action that fails again and again', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('calls.json', {
      name: 'Calls',
      steps: [
        {
          stepSlug: 'call',
          stepType: 'action',
          config: { type: 'slow_do', retry: { maxAttempts: 3, initialDelay: 1 } },
          nextSteps: { success: 'end' },
        },
      ],
    });
    const module = await terminal.write(
      'down.mjs',
      `export const actions = [{ type: 'slow_do', breaker: { failureThreshold: 2, openMs: 60000 },
        run: () => { throw new Error('It is down'); } }];`,
    );
    const { json } = await terminal.callJson('run', file, '--actions', module, '--virtual-time');
    expect(json).toMatchObject({ error: { code: 'CIRCUIT_OPEN', attempts: 3 } });
  });

  test.each([
    ['invalid input', ['--input', '{}'], /--input.*name.*\[/],
    ['input that is not JSON', ['--input', '{name: 1}'], /--input.*\[MALFORMED_JSON\]/],
    ['no duration', ['--max-time', 'soon'], /"soon" is no duration/],
    ['a module that is not there', ['--actions', 'none.mjs'], /Cannot load none\.mjs/],
    ['a module of something else', ['--actions', 'empty.mjs'], /empty\.mjs exports no actions/],
    ['stubs that are none', ['--stubs', 'bad.json'], /bad\.json:1:\d+: error: An answer is .*\[INVALID_STUB\]/],
    ['a signal that is not JSON', ['--signal', 'paid={'], /--signal.*\[MALFORMED_JSON\]/],
  ])('%s exits with 2 and runs nothing', async (_what, options, message) => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    await terminal.write('empty.mjs', 'export const nothing = 1;');
    await terminal.write('bad.json', { greet: { outptu: 1 } });
    const { code, out, err } = await terminal.call('run', file, ...options);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).not.toContain('    at ');
  });

  test('an invalid definition is located and exits with 2', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write(
      'bad.json',
      '{ "name": "Bad",\n  "steps": [{ "stepSlug": "a", "stepType": "acton" }] }',
    );
    const { code, out, err } = await terminal.call('run', file);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^bad\.json:2:\d+: error: .*acton/);
  });

  test('with virtual time, days pass at once, and signals come when nothing else can go on', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('waiting.json', waiting);
    const { code, json } = await terminal.callJson('run', file, '--virtual-time', '--signal', 'paid={"id":3}');
    expect(code).toBe(0);
    expect(json).toMatchObject({ status: 'completed', output: { id: 3 } });
  });

  test('what is prepared by a name that looks like a slip is told of, and what may be for others is not', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('greeting.json', greeting);
    const stubs = await terminal.write(
      'stubs.json',
      '{ "greting_make": { "output": 1 },\n  "other": { "output": 2 } }',
    );
    const ask = ['run', file, '--input', '{"name": "Ada"}', '--stubs'];
    const { err } = await terminal.call(...ask, stubs, '--signal', 'paid');
    expect(err).toMatch(
      /^stubs\.json:1:\d+: warning: .*"greting_make"\. \[UNASKED_STUB\]\n {4}Did you mean `greeting_make`\?\n/,
    );
    expect(err).toMatch(
      /--signal: warning: No step waits for the event "paid"\. \[UNASKED_SIGNAL\]\n {4}Nothing is waited for\.\n$/,
    );
    const both = await terminal.write('both.json', {
      greet: { output: 1 },
      greeting_make: { output: 1 },
      greeting_mke: { output: 2 },
    });
    expect(await terminal.call(...ask, both)).toMatchObject({ code: 0, err: '' });
    const waits = await terminal.write('waiting.json', waiting);
    const sent = ['--virtual-time', '--signal', 'paid=1'];
    expect(await terminal.call('run', waits, ...sent)).toMatchObject({ code: 0, err: '' });
    expect((await terminal.call('run', waits, ...sent, '--signal', 'piad')).err).toContain('Did you mean `paid`?');
  });

  test('a run that waits for an event nobody sends says which', async () => {
    const terminal = await openTerminal();
    const { code, out } = await terminal.call('run', await terminal.write('waiting.json', waiting), '--virtual-time');
    expect(code).toBe(1);
    expect(out).toContain('nap waits 2 d');
    expect(out).toContain(`Step "listen" waits for the event "paid": send it with --signal 'paid={…}'.`);
  });

  test('--max-time cancels, even what never answers', async () => {
    const terminal = await openTerminal();
    const file = await terminal.write('slow.json', slow);
    const stubs = await terminal.write('stubs.json', { slow_do: { never: true } });
    const { code, json } = await terminal.callJson('run', file, '--stubs', stubs, '--max-time', '1h', '--virtual-time');
    expect(code).toBe(1);
    expect(json).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
  });

  test('an interrupt cancels, and the history is still written', async () => {
    const terminal = await openTerminal({
      onInterrupt: (callback) => {
        queueMicrotask(callback);
        return () => undefined;
      },
    });
    const file = await terminal.write('waiting.json', waiting);
    const { code } = await terminal.call('run', file, '--journal', 'out.json');
    expect(code).toBe(1);
    expect(await terminal.read('out.json')).toContain('"type":"execution_cancelled"');
  });

  test('secrets come from the environment and are printed nowhere', async () => {
    const terminal = await openTerminal({ env: { NEWTFLOW_SECRET_API_KEY: 's3cr3t-value' } });
    const workflow = {
      name: 'Secret',
      config: { secrets: { apiKey: { kind: 'reference', name: 'API_KEY' } } },
      steps: [
        {
          stepSlug: 'call',
          stepType: 'action',
          config: { type: 'key_length', parameters: { key: '{{secrets.apiKey}}' } },
          nextSteps: { success: 'end' },
        },
      ],
    };
    const file = await terminal.write('secret.json', workflow);
    const module = await terminal.write(
      'actions.mjs',
      'export const actions = { key_length: ({ key }) => key.length };',
    );
    const { code, out } = await terminal.call('run', file, '--actions', module, '--journal', 'out.json', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ output: 12 });
    expect(out).not.toContain('s3cr3t-value');
    expect(await terminal.read('out.json')).not.toContain('s3cr3t-value');
  });

  test('colours only where they are wanted', async () => {
    const terminal = await openTerminal({ colour: true });
    const stubs = await terminal.write('stubs.json', { greet: { output: 1 } });
    const file = await terminal.write('greeting.json', greeting);
    expect((await terminal.call('run', file, '--stubs', stubs, '--input', '{"name":"A"}')).out).toContain(
      '\u001b[32m✓',
    );
  });
});
