import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../runtime/ports.js';
import * as testing from '../../runtime/testing.js';
import { examplesOf } from '../support/doc-examples.js';

const page = new URL('../../docs/testing.md', import.meta.url);
const blocks = examplesOf(page);

/** The workflow that the page speaks of. */
const order = {
  name: 'Order',
  steps: [
    { stepSlug: 'charge', stepType: 'action', config: { type: 'card_charge' }, nextSteps: { success: 'paid' } },
    {
      ...{ stepSlug: 'paid', stepType: 'wait_for_event', nextSteps: { success: 'ship' } },
      config: { event: 'paid', timeout: '2h' },
    },
    {
      ...{ stepSlug: 'ship', stepType: 'action', nextSteps: { success: 'end' } },
      config: { type: 'parcel_ship', parameters: { id: '{{steps.charge.output.id}}' } },
    },
  ],
};

/** Runs the block that uses a name, and gives what its lines of the form `value; // what it is` came to. */
async function shown(name: string, given: object): Promise<readonly (readonly [actual: unknown, told: string])[]> {
  const block = blocks.find(({ kind, text }) => kind === 'ts' && text.includes(`${name}(document`));
  if (block === undefined) throw new Error(`No block of the page uses '${name}'.`);
  const body = block.text
    .replace(/^import (\{.*\}) from 'newtflow\/testing';$/m, 'const $1 = testing;')
    .replace(
      /^([\w.]+); \/\/ (.*)$/gm,
      (_, value: string, told: string) => `shown.push([${value}, ${JSON.stringify(told)}]);`,
    );
  const run: (...values: unknown[]) => Promise<(readonly [unknown, string])[]> = runInThisContext(
    `(async (testing, ${Object.keys(given).join(', ')}) => { const shown = []; ${body}; return shown; })`,
  );
  return run(testing, ...Object.values(given));
}

describe('the page about tests', () => {
  test('every block is one that is run here', () => {
    expect(blocks.map(({ kind }) => kind)).toEqual(['json', 'ts', 'ts', 'ts']);
  });

  test('the file of tests', async () => {
    const { file, issues } = testing.checkTestFile(JSON.parse(blocks[0]?.text ?? ''));
    expect(issues).toEqual([]);
    const path = new URL(file?.workflow ?? '', new URL('../../examples/tests/', import.meta.url));
    const workflow: Json = JSON.parse(readFileSync(path, 'utf8'));
    for (const one of file?.cases ?? []) {
      expect(await testing.runTestCase(workflow, one, { stubs: file?.stubs, workflows: {} })).toMatchObject({
        ok: true,
      });
    }
    expect(file?.cases).toHaveLength(1);
  });

  test('a run from code', async () => {
    const lines = await shown('testWorkflow', { document: order });
    expect(lines).toHaveLength(2);
    for (const [actual, told] of lines) expect(actual).toMatchObject(written(told));
  });

  test('one step alone', async () => {
    const lines = await shown('testStep', { document: order });
    expect(lines).toHaveLength(2);
    for (const [actual, told] of lines) expect([actual]).toEqual([written(told)]);
  });

  test('a run as a fixture', async () => {
    const run = await testing.testWorkflow(order, { stubs: { charge: { output: { id: 1 } }, ship: { output: 'P' } } });
    await run.advance('30m');
    await run.signal('paid');
    const [[again, told] = []] = await shown('playFixture', { document: order, history: run.history });
    expect([again, told]).toEqual([run.history, 'the same history again']);
  });
});

/** A value as the page writes it, but for what it leaves out. */
function written(told: string): object {
  return runInThisContext(`(${told.replace(/, \w+: …/g, '')})`);
}
