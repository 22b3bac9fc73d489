import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConflictError, compile, ExpressionError, type Json, LimitError, validate } from '../../runtime/index.js';
import {
  type Admission,
  Admissions,
  type ConcurrencyBound,
  concurrencyOf,
  MAX_QUEUED,
  MemoryAdmissionStore,
} from '../../runtime/operations.js';

const bound = (limit: number, onLimit: 'queue' | 'refuse' = 'queue'): ConcurrencyBound => ({
  key: 'k',
  limit,
  onLimit,
});
const start = { executionId: 'x', now: 1_767_225_600_000 };

function workflow(concurrency: Json, slug = 'bounded') {
  return compile({
    name: 'Bounded',
    slug,
    config: { concurrency },
    steps: [{ stepSlug: 'a', stepType: 'action', config: { type: 'work' } }],
  });
}

describe('the bound of a start', () => {
  it('is none where the workflow has none', () => {
    const plan = compile({ name: 'Free', steps: [{ stepSlug: 'a', stepType: 'action', config: { type: 'work' } }] });
    expect(concurrencyOf(plan, {}, start)).toBeUndefined();
  });

  it('has a key made of the input, of its workflow and organisation only, and queues unless told to refuse', () => {
    const plan = workflow({ key: '{{input.customer}}', limit: 2 });
    const of = (customer: string, organizationId?: string) =>
      concurrencyOf(plan, { customer }, organizationId === undefined ? start : { ...start, organizationId });
    expect(of('c1')).toMatchObject({ limit: 2, onLimit: 'queue' });
    expect(of('c1')?.key).toBe(of('c1')?.key);
    const other = concurrencyOf(workflow({ key: '{{input.customer}}', limit: 2 }, 'other'), { customer: 'c1' }, start);
    const keys = [of('c1')?.key, of('c2')?.key, of('c1', 'org')?.key, of('c1', 'org2')?.key, other?.key];
    expect(new Set(keys).size).toBe(keys.length);
    expect(concurrencyOf(workflow({ limit: 1, onLimit: 'refuse' }), {}, start)?.onLimit).toBe('refuse');
  });

  it('is the whole workflow’s where it names no key', () => {
    const plan = workflow({ limit: 1 });
    expect(concurrencyOf(plan, { a: 1 }, start)?.key).toBe(concurrencyOf(plan, { a: 2 }, start)?.key);
  });

  it('says what is wrong with a definition of it', () => {
    const codes = (concurrency: Json) =>
      validate({ ...JSON.parse(JSON.stringify(workflow({ limit: 1 }).definition)), config: { concurrency } }).ok;
    expect(codes({ limit: 0 })).toBe(false);
    expect(codes({ limit: 1, onLimit: 'drop' })).toBe(false);
    expect(codes({ key: '{{', limit: 1 })).toBe(false);
  });

  it('throws what an author’s key throws', () => {
    const plan = workflow({ key: '{{ range(0, input.n) }}', limit: 1 });
    expect(() => concurrencyOf(plan, { n: 1e12 }, start)).toThrow(ExpressionError);
  });
});

describe('admission', () => {
  it('lets as many run as the limit grants, and starts the others in their order', async () => {
    const admissions = new Admissions(new MemoryAdmissionStore());
    const answers: Admission[] = [];
    for (const id of ['a', 'b', 'c', 'd']) answers.push(await admissions.enter(bound(2), id, { id }));
    expect(answers).toEqual([
      { status: 'admitted' },
      { status: 'admitted' },
      { status: 'queued', position: 1 },
      { status: 'queued', position: 2 },
    ]);
    expect(await admissions.left('k', 'b')).toEqual([{ id: 'c', request: { id: 'c' } }]);
    expect(await admissions.left('k', 'b')).toEqual([]);
    expect(await admissions.enter(bound(2), 'd', {})).toEqual({ status: 'queued', position: 1 });
    expect(await admissions.left('k', 'a')).toMatchObject([{ id: 'd' }]);
  });

  it('refuses one more where the workflow says so, and takes it once there is room', async () => {
    const admissions = new Admissions(new MemoryAdmissionStore());
    await admissions.enter(bound(1, 'refuse'), 'a', null);
    const refused = admissions.enter(bound(1, 'refuse'), 'b', null);
    await expect(refused).rejects.toBeInstanceOf(ConflictError);
    await expect(refused).rejects.toMatchObject({ code: 'CONCURRENCY_LIMIT' });
    expect(await admissions.enter(bound(1, 'refuse'), 'a', null)).toEqual({ status: 'admitted' });
    await admissions.left('k', 'a');
    expect(await admissions.enter(bound(1, 'refuse'), 'b', null)).toEqual({ status: 'admitted' });
  });

  it('bounds the queue', async () => {
    const store = new MemoryAdmissionStore();
    const queued = Array.from({ length: MAX_QUEUED }, (_, index) => ({ id: `q${index}`, request: null }));
    store.update('k', () => ({ row: { limit: 1, running: [{ id: 'a' }], queued }, result: null }));
    const full = new Admissions(store).enter(bound(1), 'b', null);
    await expect(full).rejects.toBeInstanceOf(LimitError);
    await expect(full).rejects.toMatchObject({ code: 'QUEUE_LIMIT' });
  });

  it('keeps what a start needs until the execution is stored, for a host that was cut off in between', async () => {
    const store = new MemoryAdmissionStore();
    const before = new Admissions(store);
    await before.enter(bound(1), 'a', { input: 1 });
    await before.enter(bound(1), 'b', { input: 2 });
    const after = new Admissions(store);
    expect(await after.unstarted('k')).toEqual([{ id: 'a', request: { input: 1 } }]);
    await after.started('k', 'a');
    expect(await after.unstarted('k')).toEqual([]);
    expect(await after.enter(bound(1), 'b', null)).toEqual({ status: 'queued', position: 1 });
  });

  it('finds out what ended while nobody looked, and leaves no row for a key that nobody is under', async () => {
    const store = new MemoryAdmissionStore();
    const admissions = new Admissions(store);
    await admissions.enter(bound(1), 'a', null);
    await admissions.started('k', 'a');
    await admissions.enter(bound(1), 'b', { input: 2 });
    expect(await admissions.reconcile('k', () => false)).toEqual([]);
    expect(await admissions.reconcile('k', (id) => id === 'a')).toEqual([{ id: 'b', request: { input: 2 } }]);
    expect(await admissions.reconcile('k', () => true)).toEqual([]);
    expect(store.keys()).toEqual(['k']);
    await admissions.left('k', 'b');
    await admissions.started('k', 'b');
    await admissions.unstarted('other');
    expect(store.keys()).toEqual([]);
  });

  it('over any course of things: never more than the limit, none lost, none overtaken', async () => {
    const step = fc.oneof(
      fc.constant('enter' as const),
      fc.constant('end' as const),
      fc.constant('crash' as const),
      fc.constant('call off' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 40 }), async (limit, course) => {
        const store = new MemoryAdmissionStore();
        let admissions = new Admissions(store);
        const [begun, waiting]: [string[], string[]] = [[], []];
        const running = new Set<string>();
        let count = 0;
        const begin = (id: string) => {
          begun.push(id);
          running.add(id);
          waiting.splice(waiting.indexOf(id), waiting.includes(id) ? 1 : 0);
        };
        for (const what of course) {
          const [first] = running;
          if (what === 'enter') {
            count += 1;
            const id = `e${String(count).padStart(3, '0')}`;
            const { status } = await admissions.enter(bound(limit), id, null);
            if (status === 'admitted') begin(id);
            else waiting.push(id);
          } else if (what === 'end' && first !== undefined) {
            running.delete(first);
            for (const { id } of await admissions.left('k', first)) begin(id);
          } else if (what === 'call off') {
            const id = waiting.pop();
            if (id !== undefined) expect(await admissions.left('k', id)).toEqual([]);
          } else {
            admissions = new Admissions(store);
            expect((await admissions.unstarted('k')).map(({ id }) => id)).toEqual([...running]);
          }
          expect(running.size).toBeLessThanOrEqual(limit);
          if (waiting.length > 0) expect(running.size).toBe(limit);
        }
        expect(begun).toEqual([...begun].sort());
      }),
      { numRuns: 200 },
    );
  });
});
