import { describe, expect, it } from 'vitest';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import { ownCases } from '../support/conformance-cases.js';
import { assertSurvives, runUnharmed } from '../support/crash-assert.js';
import { cutOffAtEachWrite } from './cut-off.js';
import { inNewObject } from './in-object.js';

describe('cut off at each write, and taken up again from SQLite: every case', () => {
  it.each(ownCases())('$name', cutOffAtEachWrite);
});

describe('cut off at every third write, and taken up again from SQLite', () => {
  it.each(ownCases())('$name', async (testCase) => {
    const unharmed = await runUnharmed(testCase);
    await inNewObject(async ({ storage }) => {
      const store = new SqliteStore(storage);
      const run = await assertSurvives(testCase, unharmed, (write) => (write % 3 === 0 ? 'after' : undefined), store);
      expect(run.crashes).toBe(Math.floor(run.writes / 3));
    });
  });
});
