import { describe, expect, test } from 'vitest';
import { openTerminal, type Terminal } from './support.js';

/** Clears the screen, in the two ways there are; erases a line; turns the reading direction; forges a line. */
const EVIL = 'a\u001b[2Jb\u009b2Jc\u007f\rd\u202ee\n✔ completed in 7 d';
const TAME = 'a\\u001b[2Jb\\u009b2Jc\\u007f\\rd\\u202ee\\n✔ completed in 7 d';
const OURS = [0, 1, 2, 31, 32, 33, 34].map((code) => `\u001b[${code}m`);

/** What a terminal would obey, but for the colours that the command itself gives. */
function orders(text: string): string[] {
  const rest = OURS.reduce((left, colour) => left.replaceAll(colour, ''), text);
  return rest.match(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/gu) ?? [];
}

async function files(terminal: Terminal): Promise<void> {
  const action = (slug: string, next: string) => ({
    stepSlug: slug,
    stepType: 'action',
    config: { type: slug },
    nextSteps: { success: next },
  });
  await terminal.write('fail.json', {
    name: EVIL,
    steps: [
      action('tell', 'stop'),
      { stepSlug: 'stop', name: EVIL, stepType: 'fail', config: { code: '{{input.text}}', message: '{{input.text}}' } },
    ],
  });
  await terminal.write('output.json', {
    name: 'Output',
    steps: [action('tell', 'show'), { stepSlug: 'show', stepType: 'output', config: { mapping: '{{input}}' } }],
  });
  await terminal.write('event.json', {
    name: 'Event',
    steps: [{ stepSlug: 'hear', stepType: 'wait_for_event', config: { event: '{{input.text}}' }, nextSteps: {} }],
  });
  await terminal.write('broken.json', '{ "name": \u001b[2J }');
  await terminal.write('unknown.json', { name: 'x', steps: [], [EVIL]: 1 });
  await terminal.write('journal.json', { format: EVIL, definition: {}, events: [] });
  const quoted = JSON.stringify(EVIL);
  await terminal.write(
    'agents.yaml',
    `workflow:\n  name: ${quoted}\n  graph:\n    nodes: [{id: a, type: ${quoted}, ${quoted}: 1}]\n    edges: []\n`,
  );
  await terminal.write(
    'actions.js',
    `export const actions = {
      tell: (_, { log }) => { log('info', ${JSON.stringify(EVIL)}); return ${JSON.stringify(EVIL)}; },
    };`,
  );
  await terminal.write('throws.js', `throw new Error(${JSON.stringify(EVIL)});`);
  await terminal.write('failing.json', { tell: { error: { code: EVIL, message: EVIL } } });
}

const input = ['--input', JSON.stringify({ text: EVIL })];

describe('nothing that a document, an input or an action says orders the terminal about', () => {
  test.each([
    ['a failure, a name and a log entry', ['run', 'fail.json', ...input, '--actions', 'actions.js']],
    ['the failure of an action', ['run', 'fail.json', ...input, '--stubs', 'failing.json']],
    ['an output', ['run', 'output.json', ...input, '--actions', 'actions.js']],
    ['an event waited for', ['run', 'event.json', ...input]],
    ['an event sent', ['run', 'event.json', ...input, '--signal', `${EVIL}=1`]],
    ['what is no JSON', ['validate', 'broken.json']],
    ['what is no JSON, to be run', ['run', 'broken.json']],
    ['an unknown field', ['validate', 'unknown.json']],
    ['the name of a file', ['validate', EVIL]],
    ['the name of a file, to be run', ['run', EVIL]],
    ['the name of a command', [EVIL]],
    ['the name of an option', ['run', `--${EVIL}`]],
    ['a duration', ['run', 'fail.json', '--max-time', EVIL]],
    ['a journal', ['replay', 'journal.json']],
    ['a module', ['run', 'fail.json', '--actions', 'throws.js']],
    ['a drawing', ['graph', 'fail.json']],
    ['an import', ['import', 'agents.yaml']],
  ])('%s', async (_, argv) => {
    for (const colour of [false, true]) {
      const terminal = await openTerminal({ colour });
      await files(terminal);
      const { out, err } = await terminal.call(...argv);
      expect(orders(out + err)).toEqual([]);
      // A drawing has Mermaid's own escapes.
      expect(out + err).toMatch(/\\u001b|#27;/);
      expect(`${out}${err}`).not.toMatch(/^✔ completed in 7 d$/m);
    }
  });

  test('shows it escaped, within the colours of the command', async () => {
    const terminal = await openTerminal({ colour: true });
    await files(terminal);
    const { code, out } = await terminal.call('run', 'fail.json', ...input, '--actions', 'actions.js');
    expect(code).toBe(1);
    expect(out).toContain(`\u001b[1m${TAME}\u001b[0m `);
    expect(out).toContain(`tell info: ${TAME}\n`);
    expect(out).toContain(`in step "stop": ${TAME} \u001b[2m[${TAME}]\u001b[0m\n`);
  });

  test('leaves tabs, letters of any script and emoji as they are', async () => {
    const terminal = await openTerminal();
    await files(terminal);
    const text = 'a\tb שלום \u200f é 👩‍🚀';
    const { out } = await terminal.call(
      'run',
      'fail.json',
      '--input',
      JSON.stringify({ text }),
      '--stubs',
      'failing.json',
    );
    expect(out).toContain(TAME);
    const { out: shown } = await terminal.call(
      ...['run', 'fail.json', '--input', JSON.stringify({ text }), '--actions', 'actions.js'],
    );
    expect(shown).toContain(`in step "stop": ${text} [${text}]\n`);
  });

  test('an output is still the same JSON', async () => {
    const terminal = await openTerminal();
    await files(terminal);
    const { out } = await terminal.call('run', 'output.json', ...input, '--actions', 'actions.js');
    expect(JSON.parse(out.slice(out.indexOf('\n{')))).toEqual({ text: EVIL });
  });

  test('JSON for machines stays as it is', async () => {
    const terminal = await openTerminal();
    await files(terminal);
    const { out } = await terminal.call('run', 'output.json', ...input, '--actions', 'actions.js', '--json');
    const json: Record<string, unknown> = JSON.parse(out);
    expect(json.output).toEqual({ text: EVIL });
    expect(out).toBe(`${JSON.stringify(json, undefined, 2)}\n`);
  });
});
