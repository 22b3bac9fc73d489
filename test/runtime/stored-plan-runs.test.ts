import { describe, expect, type TestContext, test } from 'vitest';
import { canonicalJson, compile, MemoryStore } from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';
import { storePlan } from '../../runtime/tooling.js';
import { runCase, START_TIME } from '../support/conformance.js';
import { assertCase } from '../support/conformance-assert.js';
import { guideCases, ownCases } from '../support/conformance-cases.js';
import { asText, storedPlanOf } from '../support/stored-plans.js';
import { runTale, taleFiles, taleWorkflows } from '../support/tale-cases.js';

const cases = [...ownCases(), ...guideCases()];

describe('a plan that was stored and loaded', () => {
  test.each(cases.map((testCase) => [testCase.name, testCase] as const))('runs %s', async (_name, testCase) => {
    const clock = new VirtualClock(START_TIME);
    assertCase(testCase, await runCase(testCase, { store: new MemoryStore(), clock, plan: storedPlanOf }));
  });

  test.each(cases.map((testCase) => [testCase.name, testCase] as const))(
    'is as compiled: %s',
    async (_name, testCase) => {
      const compiled = compile(testCase.definition);
      const loaded = await storedPlanOf(testCase.definition);
      expect(summary(loaded)).toEqual(summary(compiled));
      expect(canonicalJson(storePlan(loaded))).toBe(canonicalJson(asText(compiled)));
    },
  );
});

const workflows = taleWorkflows();

describe.each(taleFiles())('stored: $workflow', ({ workflow, cases: tales }) => {
  test.for(tales)('$description', async (one, context) => {
    const definition = (workflows ?? skip(context)).get(workflow) ?? null;
    const [stored, compiled] = [await runTale(definition, one, storedPlanOf), await runTale(definition, one)];
    expect(stored.events.map((event) => canonicalJson(event))).toEqual(
      compiled.events.map((event) => canonicalJson(event)),
    );
  });
});

/** All that a plan says, and of what it evaluates what that reads. */
function summary(value: unknown): unknown {
  if (value instanceof Map) return [...value].map(([key, member]) => [key, summary(member)]);
  if (Array.isArray(value)) return value.map(summary);
  if (typeof value !== 'object' || value === null) return value;
  if ('names' in value && 'paths' in value) {
    const { names, paths } = value;
    const more = 'constant' in value && 'sectionNames' in value ? [value.constant, value.sectionNames] : [];
    return [names, paths, ...more];
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, summary(member)]));
}

function skip(context: TestContext): never {
  return context.skip('the folder ../shared/fixtures/tale is not beside this checkout');
}
