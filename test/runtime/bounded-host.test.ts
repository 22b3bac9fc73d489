import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AdmissionStore,
  compile,
  Driver,
  defineAction,
  type ExecutionStatus,
  type Json,
  MemoryStore,
  readExecution,
  type StartRequest,
} from '../../runtime/index.js';
import {
  BoundedHost,
  exportExecution,
  importExecution,
  MemoryAdmissionStore,
  unfinished,
} from '../../runtime/operations.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';

const bounded = (concurrency: Json, config: Record<string, Json> = {}) =>
  compile({
    name: 'Bounded',
    config: { concurrency, ...config },
    steps: [
      {
        stepSlug: 'work',
        stepType: 'action',
        config: { type: 'work', parameters: { n: '{{input.n}}' } },
        nextSteps: { success: 'end' },
      },
    ],
  });
const plan = bounded({ limit: 1, key: '{{input.customer}}' });
const refusing = bounded({ limit: 1, onLimit: 'refuse' });
const caller = (retry: Json = { maxAttempts: 1 }) =>
  compile({
    name: 'Caller',
    steps: [
      {
        stepSlug: 'call',
        stepType: 'workflow',
        config: { workflow: 'bounded', input: { n: 1 }, retry },
        nextSteps: { success: 'end' },
      },
    ],
  });

/** All in memory: whatever can happen by itself has happened within a turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function house(child = plan) {
  const work = new HandDriven('work');
  const { ports, store, clock } = hostOf([work.action]);
  const rows = new MemoryAdmissionStore();
  const make = () => new BoundedHost(ports, (slug) => (slug === 'bounded' ? child : undefined), rows);
  const host = make();
  const waiting: string[] = [];
  const begin = (executionId: string, request: StartRequest = {}, which = plan) =>
    host.begin(which, { executionId, ...request }, (id) => waiting.push(id));
  const statusOf = async (id: string): Promise<ExecutionStatus | undefined> =>
    (await readExecution(store, id))?.state.status;
  return { host, make, begin, waiting, work, ports, store, clock, rows, statusOf };
}

describe('one more than may run at once', () => {
  it('waits, and begins in its order when another has ended', async () => {
    const { host, begin, waiting, work, statusOf } = house();
    await begin('a', { input: { n: 1 } });
    const [b, c] = [begin('b', { input: { n: 2 } }), begin('c', { input: { n: 3 } })];
    await settled();
    expect(waiting).toEqual(['b', 'c']);
    expect(await statusOf('b')).toBeUndefined();
    (await work.call(1)).answer('first');
    expect((await b).id).toBe('b');
    expect((await work.call(2)).parameters).toEqual({ n: 2 });
    expect(await statusOf('c')).toBeUndefined();
    (await work.call(2)).answer('second');
    (await work.call(3)).answer('third');
    expect((await (await c).settled()).output).toBe('third');
    await host.idle();
    expect(host.drivers).toEqual([]);
  });

  it('is counted by its key', async () => {
    const { begin, work } = house();
    await begin('a', { input: { customer: 'x' } });
    await begin('b', { input: { customer: 'y' } });
    expect(work.calls).toHaveLength(2);
  });

  it('is refused where the workflow says so, until there is room again', async () => {
    const { begin, host, work, rows } = house();
    const first = await begin('a', {}, refusing);
    await expect(begin('b', {}, refusing)).rejects.toMatchObject({ code: 'CONCURRENCY_LIMIT' });
    (await work.call(1)).answer(1);
    await first.settled();
    await host.idle();
    expect(rows.keys()).toEqual([]);
    await begin('b', {}, refusing);
  });

  it('is refused an id in use, also by one that waits', async () => {
    const { begin, host } = house();
    await begin('a');
    const b = begin('b');
    await settled();
    for (const id of ['a', 'b']) await expect(begin(id)).rejects.toMatchObject({ code: 'EXECUTION_EXISTS' });
    await host.cancel('b', 'enough');
    await expect(b).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('never begins when it was called off, and the next one does in its place', async () => {
    const { host, begin, work, statusOf } = house();
    await begin('a');
    const [b, c] = [begin('b'), begin('c')];
    await settled();
    await host.cancel('b', 'Not needed');
    await expect(b).rejects.toMatchObject({ name: 'CancelledError', code: 'CANCELLED', message: 'Not needed' });
    await host.cancel('a', 'enough');
    expect((await c).id).toBe('c');
    expect(work.calls.map(({ context }) => context.executionId)).toEqual(['a', 'c']);
    expect(await statusOf('b')).toBeUndefined();
  });

  it('waits for its own place alone where the input is not valid', async () => {
    const { begin, rows } = house();
    const strict = compile({ ...plan.definition, slug: 'strict', inputSchema: { type: 'object', required: ['n'] } });
    await expect(begin('a', {}, strict)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(rows.keys()).toEqual([]);
  });
});

describe('a queue that outlives its host', () => {
  it('is gone on with by the next one: what ran is taken up, what waits begins in its turn', async () => {
    const { host, make, begin, work, statusOf } = house();
    await begin('a');
    const b = begin('b', { input: { n: 2 }, threadId: 't' });
    await settled();
    host.stop();
    await expect(b).rejects.toMatchObject({ code: 'DRIVER_STOPPED' });
    const next = make();
    expect(await next.resumeAll()).toEqual(['a']);
    expect(await statusOf('b')).toBeUndefined();
    (await work.call(2)).answer('again');
    const { parameters, context, answer } = await work.call(3);
    expect([context.executionId, parameters]).toEqual(['b', { n: 2 }]);
    answer('done');
    await next.idle();
    expect((await readExecution(next.ports.store, 'b'))?.state).toMatchObject({ output: 'done', threadId: 't' });
  });

  it('has room for those that ended while nobody looked', async () => {
    const { host, make, begin, ports, work, statusOf } = house();
    await begin('a');
    begin('b').catch(() => undefined);
    await settled();
    host.stop();
    await (await Driver.open(ports, 'a'))?.cancel();
    expect(await make().resumeAll()).toEqual([]);
    expect((await work.call(3)).context.executionId).toBe('b');
    expect(await statusOf('b')).toBe('running');
  });

  it('keeps no place for one that began, and ended, before it was said that it had', async () => {
    const { begin, make, rows, work, ports } = house();
    const [key = ''] = await begin('a').then(() => rows.keys());
    (await work.call(1)).answer(1);
    await settled();
    expect(rows.keys()).toEqual([]);
    // As a process leaves it that is gone between the two.
    const request = { definition: plan.definition, start: { executionId: 'a' } };
    rows.update(key, () => ({ row: { limit: 1, running: [{ id: 'a', request }], queued: [] }, result: undefined }));
    await new BoundedHost(ports, () => plan, rows).resumeAll();
    expect(rows.keys()).toEqual([]);
    expect((await make().begin(plan, { executionId: 'b' })).id).toBe('b');
  });

  it('counts what is opened, also what was carried here, and gives its place on when it is carried away', async () => {
    const { host, begin, waiting, work, ports } = house();
    const away = hostOf([work.action], new MemoryStore());
    const there = await Driver.start(away.ports, plan, { executionId: 'a' });
    await importExecution(ports, await exportExecution(away.ports, 'a', { driver: there }));
    const carried = (await host.open('a')) ?? expect.unreachable();
    const b = begin('b');
    await settled();
    expect(waiting).toEqual(['b']);
    await exportExecution(ports, 'a', { driver: carried });
    expect((await b).id).toBe('b');
  });
});

describe('a child that has to wait', () => {
  it('begins in its turn, its parent waiting meanwhile', async () => {
    const { host, begin, work } = house();
    await begin('a');
    const parent = await host.begin(caller(), { executionId: 'p' });
    await settled();
    expect(parent.summary).toMatchObject({ status: 'waiting', currentSteps: ['call'] });
    (await work.call(1)).answer(1);
    const { context, answer } = await work.call(2);
    expect(context.executionId).toBe('p.1');
    answer('from the child');
    expect((await parent.settled()).output).toBe('from the child');
  });

  it('is called off with its parent, and its parent is told where it was called off by itself', async () => {
    const { host, begin, work, rows } = house();
    const first = await begin('a');
    const [p, q] = [await host.begin(caller(), { executionId: 'p' }), await host.begin(caller(), { executionId: 'q' })];
    await settled();
    await p.cancel();
    await host.cancel('q.1', 'Not needed');
    expect(await q.settled()).toMatchObject({ status: 'failed', error: { details: { status: 'cancelled' } } });
    (await work.call(1)).answer(1);
    await first.settled();
    await host.idle();
    expect(work.calls).toHaveLength(1);
    expect(rows.keys()).toEqual([]);
  });

  it('is worth another attempt where it is refused', async () => {
    const { host, begin, work, clock } = house(refusing);
    await begin('a', {}, refusing);
    const parent = await host.begin(caller({ maxAttempts: 2, initialDelay: '1s' }), { executionId: 'p' });
    await settled();
    expect(parent.state.activations[0]).toMatchObject({ status: 'retrying' });
    (await work.call(1)).answer(1);
    await host.idle();
    clock.advanceToNext();
    (await work.call(2)).answer('later');
    expect((await parent.settled()).output).toBe('later');
  });
});

describe('whatever comes in between', () => {
  it('what is called off between its place and its beginning does not begin', async () => {
    const { work, ports, statusOf, rows } = house();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let answers = 0;
    const held: AdmissionStore = {
      keys: () => rows.keys(),
      update: async (key, change) => {
        const result = rows.update(key, change);
        // First that b has a place now, then that it is to be begun.
        if (Array.isArray(result) && result.some(({ id }) => id === 'b')) answers += 1;
        if (answers === 2) await gate;
        return result;
      },
    };
    const host = new BoundedHost(ports, () => plan, held);
    const first = await host.begin(plan, { executionId: 'a' });
    const b = host.begin(plan, { executionId: 'b' });
    await settled();
    (await work.call(1)).answer(1);
    await first.settled();
    await settled();
    answers = 3;
    await host.cancel('b', 'enough');
    await expect(b).rejects.toMatchObject({ code: 'CANCELLED' });
    release();
    await host.idle();
    expect(await statusOf('b')).toBeUndefined();
    expect(rows.keys()).toEqual([]);
  });

  const two = bounded({ limit: 2, key: '{{input.n}}' });

  /** Processes, one after the other, over rows that answer now or later, as those of a database. */
  function processes(answersLater: () => boolean) {
    const rows = new MemoryAdmissionStore();
    const open = new Map<string, { n: unknown; end: () => void }>();
    const work = defineAction({
      type: 'work',
      run: ({ n }, { executionId: id, signal }) =>
        new Promise((resolve, reject) => {
          const ending = (end: (reason: unknown) => void) => () => {
            open.delete(id);
            end(signal.reason ?? null);
          };
          open.set(id, { n, end: ending(resolve) });
          signal.addEventListener('abort', ending(reject));
        }),
    });
    const { ports, store } = hostOf([work]);
    let life = 0;
    const start = () => {
      life += 1;
      const own = life;
      const slow: AdmissionStore = {
        keys: () => rows.keys(),
        update: async (key, change) => {
          if (answersLater()) await settled();
          if (life !== own) throw new Error('The process is gone');
          return rows.update(key, change);
        },
      };
      return new BoundedHost(ports, () => two, slow);
    };
    const most = () => Math.max(...[0, 1].map((n) => [...open.values()].filter((one) => one.n === n).length));
    return { rows, open, store, start, most };
  }

  const step = fc.record({
    what: fc.constantFrom('begin', 'begin', 'begin', 'child', 'end', 'cancel', 'cancel', 'restart', 'wait'),
    n: fc.nat(1),
    which: fc.nat(9),
  });

  it('never more run than may, and in the end nobody waits or holds a place', async () => {
    const run = fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.infiniteStream(fc.nat(2)),
      async (steps, late) => {
        const { rows, open, store, start, most } = processes(() => late.next().value === 0);
        let host = start();
        let begun = 0;
        for (const { what, n, which } of steps) {
          if (what === 'begin') host.begin(two, { executionId: `e${begun++}`, input: { n } }).catch(() => undefined);
          else if (what === 'child') await host.begin(caller(), { executionId: `p${begun++}` });
          else if (what === 'end') [...open.values()][which % open.size]?.end();
          else if (what === 'cancel') await host.cancel(`e${begun - 1 - (which % 3)}`, 'enough');
          else if (what === 'wait') await settled();
          else {
            host.stop();
            host = start();
            await settled();
            await host.resumeAll();
          }
          expect(most()).toBeLessThanOrEqual(2);
        }
        for (let turn = 0; turn < 150; turn += 1) {
          for (const { end } of [...open.values()]) end();
          await settled();
          expect(most()).toBeLessThanOrEqual(2);
        }
        expect(rows.keys()).toEqual([]);
        expect(await unfinished(store)).toEqual([]);
      },
    );
    await fc.assert(run, { numRuns: 60 });
  });
});
