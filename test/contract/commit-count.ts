import { describe, expect, it } from 'vitest';
import {
  type Action,
  ActionError,
  compile,
  createActionRegistry,
  Driver,
  type JsonObject,
} from '../../runtime/index.js';
import type { ExecutionStore } from '../../runtime/ports.js';
import { VirtualClock } from '../../runtime/testing.js';
import { CountingStore } from '../support/counting-store.js';

/** Lends `work` a new, empty store, where that store can be reached. */
export type StoreLender = (work: (store: ExecutionStore) => Promise<void>) => Promise<void>;

const EFFECTS = 12;

/**
 * One commit per effect, on any host. A run of N effects writes N + 1 times: its creation, which holds the start of the
 * first effect already, and then the result of each effect together with all that follows from it, up to the start of
 * the next effect or to the end.
 */
export function describeCommitCount(name: string, lend: StoreLender): void {
  describe(`what a run writes to ${name}`, () => {
    it.each([
      ['a chain', chain([])],
      ['steps between that need nothing from outside', chain(['choose', 'assign'])],
      ['a loop that collects', loop],
    ])('is its creation and one commit per effect: %s', (_, definition) =>
      lend(async (store) => {
        const counted = await run(store, definition, [work]);
        expect(counted.created).toBe(1);
        expect(counted.commits).toHaveLength(EFFECTS);
        expect(counted.commits.map(resultsIn)).toEqual(Array(EFFECTS).fill(1));
        expect(counted.commits.map(startsIn)).toEqual([...Array(EFFECTS - 1).fill(1), 0]);
      }),
    );

    it('holds the start of an effect before the effect is performed (I2)', () =>
      lend(async (store) => {
        const seen: unknown[] = [];
        const look: Action = {
          type: 'work',
          run: async (_parameters, { executionId, activationId }) => {
            const events = await store.readEvents(executionId);
            seen.push(events.at(-1));
            return activationId;
          },
        };
        await run(store, chain([]), [look]);
        expect(seen).toHaveLength(EFFECTS);
        for (const event of seen) expect(event).toMatchObject({ type: 'step_started' });
      }));

    it('has no commit more for what an effect logs, and one more for each checkpoint', () =>
      lend(async (store) => {
        const talk: Action = {
          type: 'work',
          run: async (_parameters, context) => {
            context.log('info', 'Begun');
            await context.checkpoint('half', {});
            context.log('info', 'Done');
            return {};
          },
        };
        const counted = await run(store, chain([]), [talk]);
        expect(counted.commits).toHaveLength(2 * EFFECTS);
      }));

    it('has two commits more for each attempt that failed: the failure with its next date, and the next start', () =>
      lend(async (store) => {
        const flaky: Action = {
          type: 'work',
          run: (_parameters, { attempt }) => {
            if (attempt === 1) throw new ActionError('Busy', { code: 'BUSY', retryable: true });
            return {};
          },
        };
        const counted = await run(store, chain([], { retry: { maxAttempts: 2, initialDelay: 1000 } }), [flaky]);
        expect(counted.commits).toHaveLength(3 * EFFECTS);
      }));
  });
}

const work: Action = { type: 'work', run: async () => ({ done: true }) };

function chain(between: readonly ('choose' | 'assign')[], config: JsonObject = {}): JsonObject {
  const slug = (kind: string, n: number): string => (n < EFFECTS ? `${kind}_${n}` : 'end');
  const steps = Array.from({ length: EFFECTS }, (_, n) => {
    const kinds = ['work', ...between];
    const next = (kind: string): string => {
      const following = kinds[kinds.indexOf(kind) + 1];
      return following === undefined ? slug('work', n + 1) : slug(following, n);
    };
    return [
      {
        stepSlug: slug('work', n),
        stepType: 'action',
        config: { type: 'work', parameters: { n }, ...config },
        nextSteps: { success: next('work') },
      },
      ...between.map((kind) =>
        kind === 'choose'
          ? {
              stepSlug: slug(kind, n),
              stepType: 'condition',
              config: { expression: `steps.work_${n}.output.done` },
              nextSteps: { true: next(kind), false: 'end' },
            }
          : {
              stepSlug: slug(kind, n),
              stepType: 'action',
              config: { type: 'set_variables', parameters: { variables: [{ name: 'last', value: n }] } },
              nextSteps: { success: next(kind) },
            },
      ),
    ];
  });
  return { name: 'Chain', steps: steps.flat() };
}

const loop: JsonObject = {
  name: 'Loop',
  steps: [
    {
      stepSlug: 'each',
      stepType: 'loop',
      config: { items: Array.from({ length: EFFECTS }, (_, n) => n), collect: '{{steps.work.output.done}}' },
      nextSteps: { next: 'work', done: 'end' },
    },
    { stepSlug: 'work', stepType: 'action', config: { type: 'work' }, nextSteps: { success: 'each' } },
  ],
};

async function run(inner: ExecutionStore, definition: JsonObject, actions: readonly Action[]): Promise<CountingStore> {
  const store = new CountingStore(inner);
  const clock = new VirtualClock(1_767_225_600_000);
  const random = { id: () => 'exec_1', seed: () => 1 };
  const driver = await Driver.start(
    { store, clock, random, actions: createActionRegistry(actions) },
    compile(definition),
  );
  for (;;) {
    await driver.idle();
    if (!clock.advanceToNext()) break;
  }
  expect(driver.state).toMatchObject({ status: 'completed', error: null });
  return store;
}

function isEffect(step: string): boolean {
  return step.startsWith('work');
}

function resultsIn(commit: CountingStore['commits'][number]): number {
  return commit.events.filter((event) => event.type === 'step_succeeded' && isEffect(event.step)).length;
}

function startsIn(commit: CountingStore['commits'][number]): number {
  return commit.events.filter((event) => event.type === 'step_started' && isEffect(event.step)).length;
}
