import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../runtime/testing.js';
import { describeBeside } from '../support/beside.js';
import { type ConformanceCase, runCase, START_TIME } from '../support/conformance.js';
import { assertCase } from '../support/conformance-assert.js';
import { guideCaseCount, guideCases, ownCases } from '../support/conformance-cases.js';
import { withSqlite } from './cut-off.js';

const run = (testCase: ConformanceCase): Promise<void> =>
  withSqlite(async (connect) => {
    const host = { store: await connect(), clock: new VirtualClock(START_TIME) };
    assertCase(testCase, await runCase(testCase, host));
  });

describe('conformance in workerd, on the SQLite of a Durable Object', () => {
  it('has all the cases', () => {
    expect(ownCases().length).toBeGreaterThanOrEqual(40);
    expect(guideCaseCount).toBeGreaterThanOrEqual(5);
  });
  it.each(ownCases())('$name: $description', run);
});

const guide = guideCases();
describeBeside(guide.length > 0, '../shared/fixtures/guide', "the guide's own workflows in workerd", () => {
  it.each(guide)('$name', run);
});
