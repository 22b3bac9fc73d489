import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConflictError } from '../../runtime/errors.js';
import type { Awaitable, ExecutionStore, ExecutionSummary, ListQuery } from '../../runtime/ports.js';
import { commitOf, deepFreeze, event, newExecution, START, startedEvent, stateOf, summaryOf } from './fixtures.js';

export interface StoreUnderTest {
  readonly store: ExecutionStore;
  /** Another instance over the same data, as after a restart; absent where nothing outlives the process. */
  reopen?(): Awaitable<ExecutionStore>;
  dispose?(): Awaitable<void>;
}

const MEBIBYTE = 1024 * 1024;

/** What `runtime/ports.ts` says of every {@link ExecutionStore}. `makeStore` gives an empty one for each test. */
export function describeExecutionStore(name: string, makeStore: () => Awaitable<StoreUnderTest>): void {
  describe(`execution store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: ExecutionStore;

    beforeEach(async () => {
      under = await makeStore();
      store = under.store;
    });
    afterEach(async () => {
      await under.dispose?.();
    });

    async function everySummary(query: ListQuery = {}): Promise<ExecutionSummary[]> {
      const found: ExecutionSummary[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
        found.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== undefined);
      return found;
    }

    /** Everything that can be read of an execution, to show that a refused write left no trace. */
    async function everythingOf(id: string): Promise<unknown> {
      return { read: await store.read(id), events: await store.readEvents(id), list: await store.list() };
    }

    /** The codes are the same on every host: what a driver does next depends on them. */
    async function refused(code: string, write: () => Awaitable<unknown>): Promise<void> {
      const error: unknown = await (async () => write())().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConflictError);
      expect(error).toMatchObject({ code });
    }

    describe('an empty store', () => {
      it('answers that there is nothing', async () => {
        expect(await store.read('none')).toBeUndefined();
        expect(await store.open('none')).toBeUndefined();
        expect(await store.readEvents('none')).toEqual([]);
        expect(await store.list()).toEqual({ items: [] });
        expect((await store.list({ workflow: 'greet', status: 'running' })).cursor).toBeUndefined();
      });

      it('refuses a commit to an execution that does not exist', async () => {
        await refused('EXECUTION_GONE', () => store.commit('none', commitOf('none', 1)));
        expect(await store.readEvents('none')).toEqual([]);
      });
    });

    describe('create', () => {
      it('keeps the summary, the definition, the events and the snapshot', async () => {
        const created = newExecution({ id: 'a' });
        await store.create(created);
        const read = await store.read('a');
        expect(read).toEqual({
          summary: created.summary,
          definition: created.definition,
          epoch: 1,
          snapshot: created.snapshot,
        });
        expect(read).not.toHaveProperty('tail');
        expect(await store.readEvents('a')).toEqual(created.events);
        expect((await store.list()).items).toEqual([created.summary]);
      });

      it('refuses an id that is in use and changes nothing', async () => {
        await store.create(newExecution({ id: 'a' }));
        await store.commit('a', commitOf('a', 1));
        const before = await everythingOf('a');
        await refused('EXECUTION_EXISTS', () =>
          store.create(newExecution({ id: 'a', workflow: 'other', status: 'failed' })),
        );
        expect(await everythingOf('a')).toEqual(before);
      });

      it('lets one of two simultaneous creations through', async () => {
        const outcomes = await Promise.allSettled([
          (async () => store.create(newExecution({ id: 'a', workflow: 'one' })))(),
          (async () => store.create(newExecution({ id: 'a', workflow: 'two' })))(),
        ]);
        expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
        expect((await store.list()).items).toHaveLength(1);
      });

      it('keeps executions apart', async () => {
        await store.create(newExecution({ id: 'a' }));
        await store.create(newExecution({ id: 'b' }));
        await store.create(newExecution({ id: 'a/b' }));
        await store.commit('a', commitOf('a', 1, { count: 3 }));
        expect(await store.readEvents('b')).toEqual([startedEvent('b')]);
        expect((await store.read('b'))?.summary.seq).toBe(1);
        expect((await store.readEvents('a')).map((item) => item.seq)).toEqual([1, 2, 3, 4]);
        expect(await store.readEvents('a/b')).toEqual([startedEvent('a/b')]);
      });
    });

    describe('commit', () => {
      beforeEach(async () => {
        await store.create(newExecution({ id: 'a' }));
      });

      it('appends the events and replaces the summary', async () => {
        const summary = { ...summaryOf({ id: 'a', seq: 3, status: 'waiting', wakeAt: START + 5000 }) };
        await store.commit('a', commitOf('a', 1, { count: 2, summary }));
        expect((await store.read('a'))?.summary).toEqual(summary);
        expect(await store.readEvents('a')).toEqual([startedEvent('a'), event(2), event(3)]);
      });

      it('keeps the snapshot where the commit brings none, and hands the events after it as the tail', async () => {
        await store.commit('a', commitOf('a', 1, { count: 2 }));
        expect((await store.read('a'))?.snapshot).toEqual(newExecution({ id: 'a' }).snapshot);
        const opened = await store.open('a');
        expect(opened?.snapshot.seq).toBe(1);
        expect(opened?.tail).toEqual([event(2), event(3)]);
      });

      it('replaces the snapshot where the commit brings one', async () => {
        const snapshot = { seq: 3, state: stateOf({ id: 'a', seq: 3, variables: { mood: 'new' } }) };
        await store.commit('a', commitOf('a', 1, { count: 2, snapshot }));
        await store.commit('a', commitOf('a', 3));
        const opened = await store.open('a');
        expect(opened?.snapshot).toEqual(snapshot);
        expect(opened?.tail).toEqual([event(4)]);
      });

      it('takes a commit that brings a summary and no event', async () => {
        await store.commit('a', commitOf('a', 1, { count: 0, summary: summaryOf({ id: 'a', wakeAt: START + 1 }) }));
        expect((await store.read('a'))?.summary.wakeAt).toBe(START + 1);
        expect(await store.readEvents('a')).toEqual([startedEvent('a')]);
      });

      it('keeps that an execution was given away, and when it arrived, without an event for that', async () => {
        const summary = summaryOf({ id: 'a', seq: 2, status: 'transferred' });
        await store.commit('a', commitOf('a', 1, { summary }));
        const arrived = { ...summary, handedOverAt: START + 7 };
        await store.commit('a', commitOf('a', 2, { count: 0, summary: arrived }));
        expect((await store.read('a'))?.summary).toEqual(arrived);
        expect((await store.list({ status: 'transferred' })).items).toEqual([arrived]);
        expect(await store.readEvents('a')).toHaveLength(2);
      });

      it('lists a paused execution by its status', async () => {
        const summary = summaryOf({ id: 'a', seq: 2, status: 'paused' });
        await store.commit('a', commitOf('a', 1, { summary }));
        expect((await store.list({ status: 'paused' })).items).toEqual([summary]);
        expect((await store.list({ status: 'running' })).items).toEqual([]);
      });

      it('keeps the error of a failed execution in its summary', async () => {
        const error = { code: 'PAYMENT', message: 'No money', stepSlug: 'pay', attempts: 3, details: { left: 0 } };
        const summary = { ...summaryOf({ id: 'a', seq: 2, status: 'failed' }), error };
        await store.commit('a', commitOf('a', 1, { summary }));
        expect((await store.list({ status: 'failed' })).items).toEqual([summary]);
      });

      it.each([
        ['an older seq', 0],
        ['a seq that has not happened', 2],
      ])('refuses a commit after %s and changes nothing', async (_, after) => {
        const before = await everythingOf('a');
        const snapshot = { seq: 9, state: stateOf({ id: 'a', seq: 9 }) };
        await refused('STALE_SEQ', () => store.commit('a', commitOf('a', after, { snapshot })));
        expect(await everythingOf('a')).toEqual(before);
      });

      it('refuses the same commit twice', async () => {
        await store.commit('a', commitOf('a', 1));
        await refused('STALE_SEQ', () => store.commit('a', commitOf('a', 1)));
        expect(await store.readEvents('a')).toEqual([startedEvent('a'), event(2)]);
      });

      it('lets one of two simultaneous commits through', async () => {
        const write = async (message: string): Promise<void> => {
          await store.commit('a', { ...commitOf('a', 1), events: [event(2, message)] });
        };
        const outcomes = await Promise.allSettled([write('one'), write('two')]);
        expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
        expect(await store.readEvents('a')).toHaveLength(2);
      });

      it('is there as soon as it returns, in the next call', async () => {
        for (let seq = 1; seq <= 20; seq += 1) {
          await store.commit('a', commitOf('a', seq));
          expect((await store.readEvents('a', { after: seq })).map((item) => item.seq)).toEqual([seq + 1]);
        }
      });
    });

    describe('epochs', () => {
      beforeEach(async () => {
        await store.create(newExecution({ id: 'a' }));
      });

      it('rise by one each time the execution is opened, and not when it is read', async () => {
        expect((await store.open('a'))?.epoch).toBe(2);
        await store.read('a');
        await store.readEvents('a');
        expect((await store.read('a'))?.epoch).toBe(2);
        expect((await store.open('a'))?.epoch).toBe(3);
      });

      it('fence off the driver before, whose commit changes nothing', async () => {
        await store.open('a');
        const before = await everythingOf('a');
        await refused('STALE_EPOCH', () => store.commit('a', commitOf('a', 1, { epoch: 1 })));
        expect(await everythingOf('a')).toEqual(before);
        await store.commit('a', commitOf('a', 1, { epoch: 2 }));
        expect(await store.readEvents('a')).toHaveLength(2);
      });

      it('refuse one that was never given', async () => {
        await refused('STALE_EPOCH', () => store.commit('a', commitOf('a', 1, { epoch: 7 })));
        expect(await store.readEvents('a')).toHaveLength(1);
      });

      it('belong to one execution', async () => {
        await store.create(newExecution({ id: 'b' }));
        await store.open('a');
        await store.commit('b', commitOf('b', 1, { epoch: 1 }));
        expect((await store.read('b'))?.epoch).toBe(1);
      });

      it('give simultaneous openers different numbers', async () => {
        const opened = await Promise.all([store.open('a'), store.open('a'), store.open('a')]);
        expect(opened.map((item) => item?.epoch).sort()).toEqual([2, 3, 4]);
      });
    });

    describe('readEvents', () => {
      beforeEach(async () => {
        await store.create(newExecution({ id: 'a' }));
        await store.commit('a', commitOf('a', 1, { count: 1200 }));
      });
      const numbers = async (query: { after?: number; limit?: number }): Promise<number[]> =>
        (await store.readEvents('a', query)).map((item) => item.seq);

      it('gives the first 1,000 unless told otherwise', async () => {
        expect(await numbers({})).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
        expect(await numbers({ limit: 1201 })).toHaveLength(1201);
      });

      it('pages by the last number seen, without a gap or a repetition', async () => {
        const seen: number[] = [];
        for (;;) {
          const page = await numbers({ after: seen.at(-1) ?? 0, limit: 333 });
          if (page.length === 0) break;
          seen.push(...page);
        }
        expect(seen).toEqual(Array.from({ length: 1201 }, (_, index) => index + 1));
      });

      it('gives nothing after the end', async () => {
        expect(await numbers({ after: 1201 })).toEqual([]);
        expect(await numbers({ after: 99_999 })).toEqual([]);
        expect(await numbers({ after: 1200, limit: 1 })).toEqual([1201]);
      });
    });

    describe('list', () => {
      it('shows the newest first and pages without a gap or a repetition', async () => {
        const starts = [5, 1, 4, 4, 2, 4, 3];
        for (const [index, at] of starts.entries()) {
          await store.create(newExecution({ id: `id-${index}`, startedAt: START + at * 1000 }));
        }
        const whole = (await store.list()).items;
        expect(whole.map((item) => (item.startedAt - START) / 1000)).toEqual([5, 4, 4, 4, 3, 2, 1]);
        for (const limit of [1, 2, 3, 7]) expect(await everySummary({ limit })).toEqual(whole);
      });

      it('gives 50 unless told otherwise, and a cursor only where there is more', async () => {
        for (let index = 0; index < 51; index += 1) {
          await store.create(newExecution({ id: `id-${index}`, startedAt: START + index }));
        }
        const page = await store.list();
        expect(page.items).toHaveLength(50);
        expect(page.cursor).toBeTypeOf('string');
        expect((await store.list({ cursor: page.cursor ?? '' })).items.map((item) => item.id)).toEqual(['id-0']);
        expect((await store.list({ limit: 51 })).cursor).toBeUndefined();
      });

      it('goes on where it was when newer ones arrive between two pages', async () => {
        for (let index = 0; index < 4; index += 1) {
          await store.create(newExecution({ id: `id-${index}`, startedAt: START + index }));
        }
        const page = await store.list({ limit: 2 });
        await store.create(newExecution({ id: 'newer', startedAt: START + 100 }));
        const rest = await store.list({ limit: 5, cursor: page.cursor ?? '' });
        expect(rest.items.map((item) => item.id)).toEqual(['id-1', 'id-0']);
      });

      it('filters by workflow, by status and by both', async () => {
        await store.create(newExecution({ id: 'a', workflow: 'one' }));
        await store.create(newExecution({ id: 'b', workflow: 'two', startedAt: START + 1 }));
        await store.create(newExecution({ id: 'c', workflow: 'one', startedAt: START + 2 }));
        await store.commit(
          'a',
          commitOf('a', 1, { summary: summaryOf({ id: 'a', seq: 2, workflow: 'one', status: 'completed' }) }),
        );
        const ids = async (query: ListQuery): Promise<string[]> => (await everySummary(query)).map((item) => item.id);
        expect(await ids({ workflow: 'one' })).toEqual(['c', 'a']);
        expect(await ids({ status: 'running' })).toEqual(['c', 'b']);
        expect(await ids({ workflow: 'one', status: 'completed' })).toEqual(['a']);
        expect(await ids({ workflow: 'one', limit: 1 })).toEqual(['c', 'a']);
        expect(await ids({ workflow: 'none' })).toEqual([]);
      });
    });

    describe('what is kept', () => {
      it('is every text that JSON can carry, unchanged', async () => {
        const text = 'Grüße 🦎 日本語 \u0000 \u2028 \ud83e " \\ \n';
        const data = { text, [text]: [text], nested: { '': null, deep: [[], {}, [null, true, -0.5, 1e21]] } };
        await store.create(newExecution({ id: 'ä/🦎' }));
        await store.commit('ä/🦎', { ...commitOf('ä/🦎', 1), events: [event(2, data)] });
        expect((await store.readEvents('ä/🦎', { after: 1 }))[0]).toEqual(event(2, data));
      });

      it('keeps a key named __proto__ as a key', async () => {
        const data = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}');
        await store.create(newExecution({ id: 'a' }));
        await store.commit('a', { ...commitOf('a', 1), events: [event(2, data)] });
        const [kept] = await store.readEvents('a', { after: 1 });
        const value = kept?.type === 'log' ? kept.data : undefined;
        expect(JSON.stringify(value)).toBe('{"__proto__":{"admin":true},"constructor":1}');
      });

      it.each([1, 2, 16])('takes a result of %i MiB', async (size) => {
        const payload = `${'a🦎é'.repeat(Math.floor((size * MEBIBYTE) / 7))}end`;
        await store.create(newExecution({ id: 'a' }));
        await store.commit('a', { ...commitOf('a', 1), events: [event(2, payload), event(3)] });
        const [kept, next] = await store.readEvents('a', { after: 1 });
        expect(kept?.type === 'log' && kept.data === payload).toBe(true);
        expect(next).toEqual(event(3));
      });

      it('takes a snapshot and a definition larger than a row, and a small snapshot after it', async () => {
        const big = '🦎é'.repeat(MEBIBYTE / 2);
        const large = { seq: 2, state: stateOf({ id: 'a', seq: 2, variables: { big } }) };
        const small = { seq: 3, state: stateOf({ id: 'a', seq: 3, variables: { big: '' } }) };
        await store.create({ ...newExecution({ id: 'a' }), definition: { name: big } });
        await store.commit('a', commitOf('a', 1, { snapshot: large }));
        const read = await store.read('a');
        expect(read?.snapshot.state.variables.big === big && read.definition.name === big).toBe(true);
        await store.commit('a', commitOf('a', 2, { snapshot: small }));
        expect((await store.read('a'))?.snapshot).toEqual(small);
      });

      it('is not written to by the store, nor changed through what it handed out', async () => {
        const created = deepFreeze(newExecution({ id: 'a' }));
        const committed = deepFreeze(commitOf('a', 1));
        await store.create(created);
        await store.commit('a', committed);
        const events = await store.readEvents('a');
        const list = await store.list();
        if (Array.isArray(events) && !Object.isFrozen(events)) events.length = 0;
        if (Array.isArray(list.items) && !Object.isFrozen(list.items)) list.items.length = 0;
        expect(await store.readEvents('a')).toHaveLength(2);
        expect((await store.list()).items).toHaveLength(1);
      });

      it('does not follow an array that the caller goes on to use', async () => {
        const events = [event(2)];
        await store.create(newExecution({ id: 'a' }));
        await store.commit('a', { ...commitOf('a', 1), events });
        events.push(event(3));
        events[0] = event(99);
        expect((await store.readEvents('a')).map((item) => item.seq)).toEqual([1, 2]);
      });

      it('is there for another instance, which goes on from it', async () => {
        if (!under.reopen) return;
        await store.create(newExecution({ id: 'a' }));
        await store.commit('a', commitOf('a', 1, { count: 5 }));
        await store.open('a');
        const before = await everythingOf('a');
        store = await under.reopen();
        expect(await everythingOf('a')).toEqual(before);
        expect((await store.open('a'))?.epoch).toBe(3);
        await refused('STALE_EPOCH', () => store.commit('a', commitOf('a', 6, { epoch: 2 })));
        await store.commit('a', commitOf('a', 6, { epoch: 3 }));
        expect(await store.readEvents('a')).toHaveLength(7);
      });
    });
  });
}
