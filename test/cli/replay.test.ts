import { describe, expect, test } from 'vitest';
import { greeting, openTerminal, type Terminal } from './support.js';

async function record(): Promise<{ terminal: Terminal; text: string }> {
  const terminal = await openTerminal();
  const file = await terminal.write('greeting.json', greeting);
  const stubs = await terminal.write('stubs.json', { greet: { output: 'Hi Ada' } });
  await terminal.call('run', file, '--input', '{"name": "Ada"}', '--stubs', stubs, '--journal', 'out.json');
  return { terminal, text: await terminal.read('out.json') };
}

describe('replay', () => {
  test('a journal as it was written replays to the same end', async () => {
    const { terminal } = await record();
    const { code, out } = await terminal.call('replay', 'out.json');
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ \d+ events replayed, all equal; the run is completed\.\n {4}digest: [0-9a-f]{64}\n$/);
    expect((await terminal.callJson('replay', 'out.json')).json).toMatchObject({
      ok: true,
      output: { text: 'Hi Ada' },
    });
  });

  test('the first divergence is named, with what was recorded and what is made of it now', async () => {
    const { terminal, text } = await record();
    const changed = text.replace('{"text":"Hi Ada"}', '{"text":"Hi Eve"}');
    expect(changed).not.toBe(text);
    const seq = text
      .split('\n')
      .find((event) => event.includes('{"text":"Hi Ada"}'))
      ?.match(/"seq":(\d+)/)?.[1];
    const { code, out } = await terminal.call('replay', await terminal.write('changed.json', changed));
    expect(code).toBe(1);
    expect(out).toContain(`The replay diverges at event ${seq}.`);
    expect(out).toMatch(/recorded: .*Hi Eve.*\n {4}replayed: .*Hi Ada/);
  });

  test('a change that the interpreter cannot notice is found by the digest', async () => {
    const { terminal, text } = await record();
    const changed = text.replaceAll('"Hi Ada"', '"Hi Eve"');
    const { code, out } = await terminal.call('replay', await terminal.write('changed.json', changed));
    expect(code).toBe(1);
    expect(out).toContain('The journal was altered');
  });

  test('a definition that was changed where the run did not come by is found by its hash', async () => {
    const { terminal, text } = await record();
    const changed = text.replace('"name":"Greeting"', '"name":"Other"').replace(/"digest": "[0-9a-f]+",\n/, '');
    const { code, out } = await terminal.call('replay', await terminal.write('changed.json', changed));
    expect(code).toBe(1);
    expect(out).toContain('its definition is not the one that ran');
  });

  test.each([
    ['another file', { name: 'x' }, '/format'],
    ['no events', { format: 'newtflow-journal/1', definition: greeting, events: [] }, 'at least one'],
    [
      'events that are none',
      { format: 'newtflow-journal/1', definition: greeting, events: [{ seq: 'x' }] },
      'An event has',
    ],
    ['a list', [], 'A journal is an object'],
    [
      'a definition that is none',
      { format: 'newtflow-journal/1', definition: { name: 'x' }, events: [{ seq: 1, at: 1, type: 'x' }] },
      'steps',
    ],
  ])('%s is no journal', async (_what, content, message) => {
    const terminal = await openTerminal();
    const { code, err } = await terminal.call('replay', await terminal.write('bad.json', content));
    expect(code).toBe(2);
    expect(err).toContain(message === '/format' ? 'The format must be' : message);
  });
});
