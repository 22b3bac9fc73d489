import { describe, expect, it } from 'vitest';
import { StorageError } from '../../runtime/index.js';
import { CHUNK, split } from '../../src/worker/chunks.js';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import { commitOf, newExecution, stateOf } from '../contract/fixtures.js';
import { ownCases } from '../support/conformance-cases.js';
import { alone, cutOffAtEachWrite, takenOverAtEachWrite } from '../support/cut-off.js';
import { withSqlite } from './cut-off.js';
import { inNewObject } from './in-object.js';

describe('a commit to SQLite (I1)', () => {
  it('leaves nothing when its last part fails', () =>
    inNewObject(async ({ storage }) => {
      let broken = false;
      const store = new SqliteStore(storage, {
        committing: () => {
          if (broken) throw new Error('The alarm could not be set.');
        },
      });
      store.create(newExecution({ id: 'a' }));
      const before = [store.read('a'), store.readEvents('a'), store.list()];
      broken = true;
      const snapshot = { seq: 3, state: stateOf({ id: 'a', seq: 3, variables: { big: 'x'.repeat(3 * CHUNK) } }) };
      expect(() => store.commit('a', commitOf('a', 1, { count: 2, snapshot }))).toThrow(StorageError);
      expect(() => store.create(newExecution({ id: 'b' }))).toThrow(StorageError);
      expect([store.read('a'), store.readEvents('a'), store.list()]).toEqual(before);
      expect(store.read('b')).toBeUndefined();
    }));

  it('takes the alarm with it when it fails (I5)', () =>
    inNewObject(async ({ storage }) => {
      const store = new SqliteStore(storage, {
        committing: ({ seq }) => {
          void storage.setAlarm(Date.now() + 3_600_000 * seq);
          if (seq > 1) throw new Error('Too late.');
        },
      });
      store.create(newExecution({ id: 'a' }));
      const armed = await storage.getAlarm();
      expect(armed).not.toBeNull();
      expect(() => store.commit('a', commitOf('a', 1))).toThrow(StorageError);
      expect(await storage.getAlarm()).toBe(armed);
    }));

  it('refuses what was written by a newer release', () =>
    inNewObject(({ storage }) => {
      new SqliteStore(storage).create(newExecution({ id: 'a' }));
      storage.sql.exec('UPDATE newtflow_schema SET version = 99');
      expect(() => new SqliteStore(storage).read('a')).toThrow(/newer release/);
    }));
});

describe('text in parts', () => {
  it('is whole again, and never cut through a character', () => {
    const text = `a${'🦎'.repeat(1000)}`;
    for (const size of [2, 3, 7, 100]) {
      const parts = split(text, size);
      expect(parts.join('')).toBe(text);
      expect(parts.every((part) => part.length <= size && part.isWellFormed())).toBe(true);
    }
    expect(split('')).toEqual(['']);
  });
});

/** Each type of step, and each thing that a crash could lose: `npm run test:deep` takes all cases. */
const sample = [
  ...['action-success', 'action-error-port', 'switch-cases', 'set-variables-secure', 'fail-step'],
  ...['loop-nested', 'loop-concurrent', 'cycle-pagination'],
  ...['parallel-all', 'parallel-any', 'parallel-interleaved', 'parallel-of-loops'],
  ...['wait-for', 'event-in-loop', 'event-timeout', 'retry-backoff'],
  ...['approval-approved', 'approval-timeout', 'workflow-nested', 'workflow-waits'],
  ...['compensate-branches', 'compensate-cancel', 'llm-thread', 'secrets-masked', 'cancel-waiting'],
];

const contested = ['loop-concurrent', 'parallel-interleaved', 'retry-backoff', 'event-in-loop', 'approval-approved'];

describe('cut off at each write, and taken up again from SQLite', () => {
  const cases = ownCases().filter(({ name }) => sample.includes(name));
  it('finds all that it is to take', () => expect(cases).toHaveLength(sample.length));
  it.each(cases)('$name', (testCase) => cutOffAtEachWrite(testCase, withSqlite));
});

describe('taken over at each write by another driver on the same SQLite, while the first lives on', () => {
  const cases = alone(ownCases()).filter(({ name }) => contested.includes(name));
  it('finds all that it is to take', () => expect(cases).toHaveLength(contested.length));
  it.each(cases)('$name', (testCase) => takenOverAtEachWrite(testCase, withSqlite));
});
