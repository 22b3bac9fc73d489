import { describe, expect, it } from 'vitest';
import { inputCases, verdict } from '../support/attacks-inputs.js';
import { openTerminal } from './support.js';

interface Printed {
  readonly output?: unknown;
  readonly error?: { readonly issues?: readonly { readonly code: string; readonly path: string }[] } | null;
}

describe('the command judges an input as the library does', () => {
  it('has inputs of both kinds', () => {
    const refused = inputCases().filter((one) => 'issues' in verdict(one));
    expect(refused.length).toBeGreaterThanOrEqual(12);
    expect(inputCases().length - refused.length).toBeGreaterThanOrEqual(6);
  });

  it('finds every problem at once', () => {
    const all = inputCases().find(({ name }) => name === 'everything an object');
    const given = all === undefined ? undefined : verdict(all);
    expect(given && 'issues' in given ? given.issues.length : 0).toBe(13);
  });

  it.each(inputCases())('$name', async (one) => {
    const terminal = await openTerminal();
    await terminal.write('flow.json', one.document);
    const { out } = await terminal.call('run', 'flow.json', '--input', JSON.stringify(one.input), '--json');
    const printed: Printed = JSON.parse(out);
    const issues = printed.error?.issues?.map(({ code, path }) => ({ code, path }));
    expect(issues === undefined ? { input: printed.output } : { issues }).toEqual(verdict(one));
  });
});
