import { deleteDB } from 'idb';
import { describe, expect, it } from 'vitest';
import { isFinal, readHistory, StorageError } from '../../runtime/index.js';
import { createStubs, VirtualClock } from '../../runtime/testing.js';
import { databaseName, IndexedDbStore } from '../../web-component/indexeddb-store.js';
import { describeBeside } from '../support/beside.js';
import {
  type CaseResult,
  type ConformanceCase,
  driveCase,
  EXECUTION_ID,
  executionsFor,
  type Progress,
  reopen,
  runCase,
  START_TIME,
  startCase,
} from '../support/conformance.js';
import { assertCase, assertOutcome } from '../support/conformance-assert.js';
import { guideCases, ownCases } from '../support/conformance-cases.js';
import { FaultyStore } from '../support/faulty-store.js';

async function withStore<T>(work: (store: IndexedDbStore, namespace: string) => Promise<T>): Promise<T> {
  const namespace = `conformance-${crypto.randomUUID()}`;
  const store = await IndexedDbStore.open({ namespace });
  try {
    return await work(store, namespace);
  } finally {
    store.close();
    await deleteDB(databaseName(namespace));
  }
}

async function runAndAssert(item: ConformanceCase): Promise<void> {
  await withStore(async (store) => {
    assertCase(item, await runCase(item, { store, clock: new VirtualClock(START_TIME) }));
  });
}

describe('conformance in a page, kept in IndexedDB', () => {
  const cases = ownCases();

  it('has cases to run', () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });

  it.each(cases)('$name', runAndAssert);
});

const guide = guideCases();
describeBeside(guide.length > 0, '../shared/fixtures/guide', "the guide's own workflows in a page", () => {
  it.each(guide)('$name', runAndAssert);
});

/** Cases of several effects, waits and retries: enough writes to be cut off at each. */
const cutOff = ['loop-nested', 'wait-for', 'event-in-loop'];

describe('cut off at each write, and taken up again from IndexedDB', () => {
  const cases = ownCases().filter((item) => cutOff.includes(item.name));

  it.each(cases.map((item) => [item.name, item] as const))('%s', async (_, item) => {
    let writes = 1;
    for (let cut = 1; cut <= writes; cut += 1) {
      for (const fault of ['before', 'after'] as const) {
        await withStore(async (store) => {
          const faulty = new FaultyStore(store, (write) => (write === cut ? fault : undefined));
          assertOutcome(item, await runWithRestarts(item, faulty));
          writes = faulty.writes;
        });
      }
    }
    expect(writes).toBeGreaterThan(2);
  });
});

/** Opens the run again each time its driver was stopped by the store, as the next page does. */
async function runWithRestarts(item: ConformanceCase, store: FaultyStore): Promise<CaseResult> {
  const clock = new VirtualClock(START_TIME);
  const stubs = createStubs(item.stubs ?? {});
  const executions = executionsFor(item, { store, clock }, stubs);
  const progress: Progress = { actionsDone: 0 };
  for (;;) {
    store.revive();
    try {
      const started = (await reopen(executions)) ?? (await startCase(item, executions));
      const driver = await driveCase(item, executions, started, clock, stubs, progress);
      expect(isFinal(driver.state.status)).toBe(true);
      return { state: driver.state, events: await readHistory(store, EXECUTION_ID), calls: stubs.calls };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
}
