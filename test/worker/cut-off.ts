import { expect } from 'vitest';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import type { ConformanceCase } from '../support/conformance.js';
import { assertSurvives, runUnharmed } from '../support/crash-assert.js';
import type { FaultPlan } from '../support/faulty-store.js';
import { inNewObject } from './in-object.js';

/** Runs a case in an object's SQLite once for each of its writes, cut off before it and after it. */
export async function cutOffAtEachWrite(testCase: ConformanceCase): Promise<void> {
  const unharmed = await runUnharmed(testCase);
  for (let cut = 1; cut <= unharmed.writes; cut += 1) {
    for (const fault of ['before', 'after'] as const) {
      const plan: FaultPlan = (write) => (write === cut ? fault : undefined);
      await inNewObject(async ({ storage }) => {
        const run = await assertSurvives(testCase, unharmed, plan, new SqliteStore(storage));
        expect(run.crashes, `crashes ${fault} write ${cut}`).toBe(1);
      });
    }
  }
}
