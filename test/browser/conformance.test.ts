import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../runtime/testing.js';
import { describeBeside } from '../support/beside.js';
import { type ConformanceCase, type PlanOf, runCase, START_TIME } from '../support/conformance.js';
import { assertCase } from '../support/conformance-assert.js';
import { guideCases, ownCases } from '../support/conformance-cases.js';
import { alone, cutOffAtEachWrite, takenOverAtEachWrite } from '../support/cut-off.js';
import { storedPlanOf } from '../support/stored-plans.js';
import { withIndexedDb } from './cut-off.js';

const runAndAssert = (testCase: ConformanceCase, plan?: PlanOf): Promise<void> =>
  withIndexedDb(async (connect) => {
    const host = { store: await connect(), clock: new VirtualClock(START_TIME), ...(plan && { plan }) };
    assertCase(testCase, await runCase(testCase, host));
  });

describe('conformance in a page, kept in IndexedDB', () => {
  const cases = ownCases();

  it('has cases to run', () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });

  it.each(cases)('$name', (testCase) => runAndAssert(testCase));

  it.each(cases)('$name, from a stored plan', (testCase) => runAndAssert(testCase, storedPlanOf));
});

const guide = guideCases();
describeBeside(guide.length > 0, '../shared/fixtures/guide', "the guide's own workflows in a page", () => {
  it.each(guide)('$name', (testCase) => runAndAssert(testCase));
});

/** Each type of step that waits, and each thing that a crash could lose: `npm run test:deep` takes all cases. */
const sample = [
  ...['loop-nested', 'loop-concurrent', 'parallel-interleaved', 'wait-for', 'event-in-loop', 'retry-backoff'],
  ...['approval-approved', 'workflow-waits', 'compensate-cancel', 'secrets-masked'],
];

describe('cut off at each write, and taken up again from IndexedDB', () => {
  const cases = ownCases().filter(({ name }) => sample.includes(name));
  it('finds all that it is to take', () => expect(cases).toHaveLength(sample.length));
  it.each(cases)('$name', (testCase) => cutOffAtEachWrite(testCase, withIndexedDb));
});

const contested = ['loop-concurrent', 'parallel-interleaved', 'retry-backoff', 'event-in-loop', 'approval-approved'];

describe('taken over at each write by another driver on the same IndexedDB, while the first lives on', () => {
  const cases = alone(ownCases()).filter(({ name }) => contested.includes(name));
  it('finds all that it is to take', () => expect(cases).toHaveLength(contested.length));
  it.each(cases)('$name', (testCase) => takenOverAtEachWrite(testCase, withIndexedDb));
});
