import { expect, test } from 'vitest';
import { compile, type JournalEvent, MemoryStore } from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';
import { describeBeside } from '../support/beside.js';
import { type ConformanceCase, runCase, START_TIME } from '../support/conformance.js';
import { assertCase } from '../support/conformance-assert.js';
import { guideCaseCount, guideCases } from '../support/conformance-cases.js';

const cases = guideCases();

describeBeside(cases.length > 0, '../shared/fixtures/guide', "the guide's own workflows", () => {
  test.each(cases.map((testCase) => [testCase.name, testCase] as const))('%s', async (_name, testCase) => {
    assertCase(testCase, await run(testCase));
  });

  test('all five, each port of each taken', async () => {
    expect(cases).toHaveLength(guideCaseCount);
    const mapped = new Set<string>();
    const taken = new Set<string>();
    for (const testCase of cases) {
      const plan = compile(testCase.definition);
      for (const step of plan.order)
        for (const port of step.ports.keys()) mapped.add(`${plan.slug}/${step.slug}/${port}`);
      for (const left of (await run(testCase)).events.flatMap(portTaken)) taken.add(`${plan.slug}/${left}`);
    }
    expect(new Set([...mapped].map((port) => port.split('/')[0])).size).toBe(5);
    expect([...mapped].filter((port) => !taken.has(port))).toEqual([]);
  });
});

function run(testCase: ConformanceCase): ReturnType<typeof runCase> {
  return runCase(testCase, { store: new MemoryStore(), clock: new VirtualClock(START_TIME) });
}

function portTaken(event: JournalEvent): string[] {
  if (event.type === 'step_succeeded') return [`${event.step}/${event.port}`];
  if (event.type === 'iteration_started') return [`${event.step}/next`];
  return event.type === 'step_failed' && event.retryAt === undefined ? [`${event.step}/error`] : [];
}
