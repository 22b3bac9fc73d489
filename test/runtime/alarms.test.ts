import { describe, test } from 'vitest';
import { MemoryStore } from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';
import { runCase, START_TIME } from '../support/conformance.js';
import { assertCase } from '../support/conformance-assert.js';
import { ownCases } from '../support/conformance-cases.js';

/** A clock whose alarms go off too early, again and again, before they go off at their time. */
class ImpatientClock extends VirtualClock {
  override schedule(at: number, callback: () => void): () => void {
    const third = Math.floor((at - this.now()) / 3);
    return super.schedule(third > 0 ? this.now() + third : at, callback);
  }
}

// I5: an alarm is a hint to look at what is due; what is due is in the state.
describe('alarms that come early change no history', () => {
  test.each(ownCases().map((testCase) => [testCase.name, testCase] as const))('%s', async (_name, testCase) => {
    assertCase(testCase, await runCase(testCase, { store: new MemoryStore(), clock: new ImpatientClock(START_TIME) }));
  });
});
