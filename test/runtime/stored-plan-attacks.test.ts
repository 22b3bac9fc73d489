import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, MemoryStore, NewtflowError, StorageError } from '../../runtime/index.js';
import { languageOf, loadPlan, type Plan } from '../../runtime/plan.js';
import type { Json } from '../../runtime/ports.js';
import { PlanDriver } from '../../runtime/run.js';
import { createStubs, VirtualClock } from '../../runtime/testing.js';
import { carryOut } from '../support/attacks-watch.js';
import { ODD_OBJECTS, type Path, placesIn, replaced } from '../support/changed-json.js';
import { ownCases } from '../support/conformance-cases.js';
import { asText } from '../support/stored-plans.js';

const REFUSALS = ['PLAN_INVALID', 'PLAN_VERSION', 'FUNCTION_NOT_FOUND'];

/** Stored plans with the inputs and answers to run them with, the largest left out. */
const originals = ownCases().flatMap(({ definition, input = {}, stubs = {} }) => {
  const stored = asText(compile(definition));
  return JSON.stringify(stored).length > 20_000 ? [] : [{ stored, input, stubs }];
});

/** What an attacker would try at any place, beside what stands elsewhere in the plan. */
const values: readonly Json[] = [
  ...ODD_OBJECTS,
  ...[null, true, 0, -1, 1, 1.5, 1e9, 1e308, '', '__proto__', 'constructor', 'secrets', 'end', '{{secrets.x}}', [], {}],
  ...[
    { type: 'literal', value: 1, position: 0 },
    { type: 'path', names: ['__proto__'], bracketed: [], position: 0 },
  ],
  ...[{ value: '{{' }, { expression: 'constructor' }, [[]], { length: 1e9 }],
];

interface Change {
  readonly place: number;
  readonly value: number;
  /** A value from elsewhere in the plan. */
  readonly from: number;
  readonly copies: boolean;
}
const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(),
  value: fc.nat(),
  from: fc.nat(),
  copies: fc.boolean(),
});

function changed(stored: Json, { place, value, from, copies }: Change): Json {
  const places = placesIn(stored);
  // The definition is not what is run.
  const open = places.filter(([first]) => first !== 'definition' || copies);
  const at = open[place % open.length] ?? [];
  const by = copies ? valueAt(stored, places[from % places.length] ?? []) : (values[value % values.length] ?? null);
  return replaced(stored, at, by);
}

function valueAt(value: Json, path: Path): Json {
  return path.reduce<Json>((outer, key) => Object(outer)[key] ?? null, value);
}

/** Runs a plan as far as it goes, within reason; what fails must fail with an error of its kind. */
async function tryOut(plan: Plan, input: Json, stubs: Json): Promise<void> {
  const clock = new VirtualClock(0);
  const answers = createStubs(stubs);
  const random = { id: () => 'exec_1', seed: () => 1 };
  const ports = { store: new MemoryStore(), clock, random, actions: answers.actions, model: answers.model };
  const driver = await PlanDriver.start(languageOf([plan]), ports, plan, { input });
  for (let turns = 0; turns < 30; turns++) {
    await driver.idle(() => answers.stalled);
    if (!clock.advanceToNext()) break;
  }
  driver.stop();
  await driver.settled().catch((error: unknown) => {
    // What is no error of ours was taken for one of the store.
    if (error instanceof StorageError) throw error.cause ?? error;
    if (!(error instanceof NewtflowError)) throw error;
  });
}

describe('a stored plan that somebody has changed', () => {
  test('is refused, or runs as a plan does, and leaves nothing behind', async () => {
    let refused = 0;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(change, { minLength: 1, maxLength: 3 }), async (which, changes) => {
        const original = originals[which % originals.length];
        if (original === undefined) throw new Error('There are no plans to change');
        const { input, stubs } = original;
        const stored = changes.reduce<Json>(changed, original.stored);
        const attack = async () => {
          const plan = await loadPlan(stored).catch((error: unknown) => {
            if (error instanceof NewtflowError && REFUSALS.includes(error.code)) return undefined;
            throw error;
          });
          if (plan === undefined) refused += 1;
          else {
            run += 1;
            await tryOut(plan, input, stubs).catch((error: unknown) => {
              if (!(error instanceof NewtflowError)) throw error;
            });
          }
        };
        const { hits } = await carryOut({ id: 'changed plan', run: attack });
        expect(hits).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(run).toBeGreaterThan(20);
  }, 60_000);
});
