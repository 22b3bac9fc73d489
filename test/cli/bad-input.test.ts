import { describe, expect, test } from 'vitest';
import { type BadDocument, badDocuments, badInputs, expectIssue, mailing } from '../support/bad-input.js';
import { openTerminal, type Terminal } from './support.js';

/** What stands before and after the message: the place where an editor goes, and the code. */
function expectLocated(text: string, bad: BadDocument): void {
  expect(text).toMatch(new RegExp(`^bad\\.json:${bad.line}:\\d+: error: .+ \\[${bad.code}\\]$`, 'm'));
  expect(text).not.toContain('    at ');
}

async function expectNothingWritten(terminal: Terminal): Promise<void> {
  await expect(terminal.read('out.json')).rejects.toThrow('ENOENT');
}

describe('a bad definition exits with 2, at file and line, and writes nothing', () => {
  test.each(badDocuments.map((bad) => [bad.name, bad] as const))(
    '%s',
    async (_name, bad) => {
      const terminal = await openTerminal();
      const file = await terminal.write('bad.json', bad.text());

      const validated = await terminal.call('validate', file);
      expect({ code: validated.code, err: validated.err }).toEqual({ code: 2, err: '' });
      expectLocated(validated.out, bad);
      if (bad.large) return;

      const run = await terminal.call('run', file, '--journal', 'out.json');
      expect({ code: run.code, out: run.out }).toEqual({ code: 2, out: '' });
      expectLocated(run.err, bad);
      await expectNothingWritten(terminal);

      const told = await terminal.callJson('run', file, '--journal', 'out.json');
      expect(told).toMatchObject({ code: 2, json: { error: { code: 'INVALID_FILE', file: 'bad.json' } } });
      const issue = expectIssue(Object(told.json.error).issues, bad);
      expect(issue.line).toBe(bad.line);
      await expectNothingWritten(terminal);
      // The largest of them is read to its end, which takes seconds on a busy machine.
    },
    60_000,
  );
});

describe('bad input exits with 2 and writes nothing', () => {
  test.each(badInputs.map((bad) => [bad.name, bad] as const))('%s', async (_name, bad) => {
    const terminal = await openTerminal();
    const file = await terminal.write('mail.json', mailing);
    const input = ['--input', `@${await terminal.write('input.json', bad.input)}`];
    const { code, out, err } = await terminal.call('run', file, ...input, '--journal', 'out.json');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(new RegExp(`^input\\.json:1:\\d+: error: .+ \\[${bad.code}\\]$`, 'm'));
    await expectNothingWritten(terminal);
  });
});

test('an unknown execution: a journal that is not there exits with 2', async () => {
  const { code, json } = await (await openTerminal()).callJson('replay', 'no-such-run.json');
  expect(code).toBe(2);
  expect(json).toMatchObject({ error: { code: 'USAGE', message: expect.stringContaining('no-such-run.json') } });
});
