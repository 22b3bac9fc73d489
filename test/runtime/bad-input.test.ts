import { beforeEach, describe, expect, it } from 'vitest';
import { compile, Driver, MemoryStore, ValidationError, validate } from '../../runtime/index.js';
import type { RuntimePorts } from '../../runtime/ports.js';
import { createStubs, VirtualClock } from '../../runtime/testing.js';
import { parseDocument } from '../../runtime/tooling.js';
import { badDocuments, badInputs, expectIssue, mailing } from '../support/bad-input.js';

let ports: RuntimePorts;
beforeEach(() => {
  const { actions, model } = createStubs({ mail_send: { output: 'sent' } });
  const random = { id: () => 'exec_1', seed: () => 1 };
  ports = { store: new MemoryStore(), clock: new VirtualClock(0), random, actions, model };
});

async function expectNothingStored(): Promise<void> {
  expect(await ports.store.list()).toEqual({ items: [] });
}

/** What was thrown, and not merely that something was. */
async function refusal(work: () => unknown): Promise<ValidationError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('a bad definition is located, cannot be compiled, and so starts nothing', () => {
  it.each(badDocuments)('$name', async (bad) => {
    const parsed = parseDocument(bad.text());
    if (!parsed.ok) {
      expect(expectIssue(parsed.issues, bad).location).toMatchObject({ line: bad.line });
      return;
    }
    const { document } = parsed;
    const result = validate(document);
    expect(result.ok).toBe(false);
    const { path } = expectIssue(result.issues, bad);
    expect(parsed.locate(String(path))?.line).toBe(bad.line);
    const error = await refusal(() => Driver.start(ports, compile(document)));
    expect(error.code).toBe('INVALID_DEFINITION');
    expectIssue(error.issues, bad);
    await expectNothingStored();
  });
});

describe('bad input starts nothing', () => {
  it.each(badInputs)('$name', async (bad) => {
    const error = await refusal(() => Driver.start(ports, compile(mailing), { input: bad.input }));
    expect(error.code).toBe('INVALID_INPUT');
    expectIssue(error.issues, bad);
    await expectNothingStored();
  });
});

describe('an unknown execution', () => {
  it('opens nothing and leaves nothing', async () => {
    expect(await Driver.open(ports, 'no-such-run')).toBeUndefined();
    expect(await ports.store.read('no-such-run')).toBeUndefined();
    await expectNothingStored();
  });
});
