import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';
import { runCase, START_TIME } from '../support/conformance.js';
import { assertCase } from '../support/conformance-assert.js';
import { ownCases } from '../support/conformance-cases.js';

const cases = ownCases();

describe('conformance, in memory', () => {
  test.each(cases.map((testCase) => [testCase.name, testCase] as const))('%s', async (_name, testCase) => {
    const clock = new VirtualClock(START_TIME);
    assertCase(testCase, await runCase(testCase, { store: new MemoryStore(), clock }));
    expect(clock.next, 'deadlines left on the clock').toBeNull();
  });
});

describe('what the cases cover', () => {
  const events = cases.flatMap(({ expect: { history } }) => history);

  test('at least 150 of them, each with its own description', () => {
    expect(cases.length).toBeGreaterThanOrEqual(150);
    expect(new Set(cases.map(({ description }) => description)).size).toBe(cases.length);
  });

  test('every kind of event, but those of a retry and of the longest walks', () => {
    const seen = new Set(events.map(({ type }) => type));
    expect([...seen].sort()).toEqual([
      'approval_requested',
      'branch_ended',
      'branch_started',
      'cancellation_requested',
      'checkpoint',
      'child_ended',
      'child_started',
      'compensation_started',
      'execution_cancelled',
      'execution_completed',
      'execution_failed',
      'execution_imported',
      'execution_paused',
      'execution_resumed',
      'execution_started',
      'execution_transferred',
      'iteration_failed',
      'iteration_started',
      'log',
      'model_turn',
      'signal_received',
      'step_cancelled',
      'step_failed',
      'step_interrupted',
      'step_started',
      'step_succeeded',
      'timer_fired',
      'timer_set',
      'tool_result',
      'variables_set',
    ]);
  });

  test('every port that a step can leave by', () => {
    const left = new Set(events.flatMap((event) => (event.type === 'step_succeeded' ? [event.port] : [])));
    for (const port of ['success', 'true', 'false', 'done', 'timeout', 'approved', 'rejected'])
      expect(left, port).toContain(port);
  });
});
