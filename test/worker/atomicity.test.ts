import { describe, expect, it } from 'vitest';
import { isFinal, StorageError } from '../../runtime/index.js';
import { createStubs, VirtualClock } from '../../runtime/testing.js';
import { CHUNK, split } from '../../src/worker/chunks.js';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import { commitOf, newExecution, stateOf } from '../contract/fixtures.js';
import {
  type ConformanceCase,
  driveCase,
  executionsFor,
  type Progress,
  reopen,
  START_TIME,
  startCase,
} from '../support/conformance.js';
import { assertOutcome } from '../support/conformance-assert.js';
import { ownCases } from '../support/conformance-cases.js';
import { FaultyStore } from '../support/faulty-store.js';
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

/** Cases of several effects, waits and retries: enough writes to be cut off at each. */
const cutOff = ['loop-nested', 'wait-for', 'event-in-loop', 'llm-thread'];

describe('cut off at each write, and taken up again from SQLite', () => {
  it.each(ownCases().filter(({ name }) => cutOff.includes(name)))('$name', async (testCase) => {
    let writes = 1;
    for (let cut = 1; cut <= writes; cut += 1) {
      for (const fault of ['before', 'after'] as const) {
        await inNewObject(async ({ storage }) => {
          const faulty = new FaultyStore(new SqliteStore(storage), (write) => (write === cut ? fault : undefined));
          await runWithRestarts(testCase, faulty);
          writes = faulty.writes;
        });
      }
    }
    expect(writes).toBeGreaterThan(2);
  });
});

/** Opens the run again each time its driver was stopped by the store, as an alarm does. */
async function runWithRestarts(testCase: ConformanceCase, store: FaultyStore): Promise<void> {
  const clock = new VirtualClock(START_TIME);
  const stubs = createStubs(testCase.stubs ?? {});
  const executions = executionsFor(testCase, { store, clock }, stubs);
  const progress: Progress = { actionsDone: 0 };
  for (;;) {
    store.revive();
    try {
      const started = (await reopen(executions)) ?? (await startCase(testCase, executions));
      const driver = await driveCase(testCase, executions, started, clock, stubs, progress);
      expect(isFinal(driver.state.status)).toBe(true);
      // How many attempts there were tells of the crashes, which count among them.
      const { steps: _, ...outcome } = testCase.expect;
      assertOutcome({ ...testCase, expect: outcome }, driver);
      return;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
}
