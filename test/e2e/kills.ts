/** A workflow with everything that a kill could disturb, moments to kill its host at, and what must hold all the same. */
import { expect } from 'vitest';
import { compile, type JournalEvent, type JsonObject, replay } from '../../runtime/index.js';

/**
 * A loop with two rounds at a time, each with an effect that can be undone, a wait and an effect that fails once; then
 * two branches; then it fails, and the four effects are undone.
 * @param type of its action, whose parameter `part` names the effect
 */
export function eventful(type: string): JsonObject {
  const act = (stepSlug: string, next: string, more: JsonObject = {}, parameters: JsonObject = {}): JsonObject => ({
    ...{ stepSlug, stepType: 'action', nextSteps: { success: next } },
    config: { type, parameters: { part: stepSlug, ...parameters }, ...more },
  });
  return {
    name: 'Eventful',
    slug: 'eventful',
    steps: [
      {
        ...{ stepSlug: 'each', stepType: 'loop', nextSteps: { next: 'first', done: 'fork' } },
        config: { items: [1, 2, 3, 4], concurrency: 2 },
      },
      act('first', 'rest', { compensate: { type, parameters: { part: 'first', undo: '{{loop.item}}' } } }),
      { stepSlug: 'rest', stepType: 'wait', config: { for: '20ms' }, nextSteps: { success: 'second' } },
      act('second', 'each', { retry: { maxAttempts: 8, initialDelay: 20, jitter: 0 } }, { first: 'busy' }),
      {
        ...{ stepSlug: 'fork', stepType: 'parallel', config: { branches: ['one', 'other'] } },
        nextSteps: { one: 'left', other: 'right', done: 'stop' },
      },
      act('left', 'fork'),
      act('right', 'fork'),
      { stepSlug: 'stop', stepType: 'fail', config: { code: 'STOP', message: 'Enough' } },
    ],
  };
}

/** How many effects there are by name, those that undo under the name of what they undo. */
const EFFECTS: Readonly<Record<string, number>> = { first: 8, second: 4, left: 1, right: 1 };
/** The attempts of each where nothing is killed. */
const ATTEMPTS: Readonly<Record<string, number>> = { first: 1, second: 2, left: 1, right: 1 };
const CALLS = 18;

/** When to kill: once so many effects have been asked for since the start, and so many milliseconds later. */
export interface Moment {
  readonly effects: number;
  readonly delay: number;
}

/** Moments in order, the same for the same seed. More than four might use up the attempts of one effect. */
export function momentsOf(seed: number, count: number): readonly Moment[] {
  const random = randomFrom(seed);
  const moments = Array.from({ length: count }, () => ({
    effects: 1 + Math.floor(random() * CALLS),
    delay: Math.floor(random() * 30),
  }));
  return moments.sort((a, b) => a.effects - b.effects);
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Performed {
  readonly name: string;
  readonly key: string;
}

/** I1, I3, I6: the history is whole and replays, it ends as it must, and no effect is missing or made too often. */
export function expectPromised(
  document: JsonObject,
  events: readonly JournalEvent[],
  performed: readonly Performed[],
  kills: number,
): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const replayed = replay(compile(document), events);
  expect(replayed).toMatchObject({ ok: true, state: { status: 'failed', error: { code: 'STOP' }, activations: [] } });
  const times = new Map<string, number>();
  for (const { name, key } of performed) times.set(`${name} ${key}`, (times.get(`${name} ${key}`) ?? 0) + 1);
  const names = [...times.keys()].map((effect) => effect.slice(0, effect.indexOf(' ')));
  const counts = Object.fromEntries(
    Object.keys(EFFECTS).map((name) => [name, names.filter((other) => other === name).length]),
  );
  expect(counts, 'effects performed, by their keys').toEqual(EFFECTS);
  for (const [effect, count] of times) {
    const promised = ATTEMPTS[effect.slice(0, effect.indexOf(' '))] ?? 0;
    expect(count, effect).toBeLessThanOrEqual(promised + kills);
  }
  const undone = events.flatMap((e) =>
    e.type === 'step_succeeded' && e.compensates !== undefined ? [e.compensates] : [],
  );
  const done = events.flatMap((e) =>
    e.type === 'step_succeeded' && e.step === 'first' && e.compensates === undefined ? [e.activation] : [],
  );
  expect(undone, 'undone once each, the last first').toEqual(done.toReversed());
}
