import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BundleError,
  ConflictError,
  canonicalJson,
  compile,
  Driver,
  ExecutionHost,
  historyDigest,
  isFinal,
  type JournalEvent,
  type Json,
  type JsonObject,
  MAX_SIGNALS,
  MemoryStore,
  NotFoundError,
  type Plan,
  type RuntimePorts,
  readHistory,
  replay,
  StorageError,
  TransferredError,
} from '../../runtime/index.js';
import { confirmTransfer, exportExecution, importExecution, readBundle } from '../../runtime/operations.js';
import { VirtualClock } from '../../runtime/testing.js';
import { ODD_OBJECTS, placesIn, replaced } from '../support/changed-json.js';
import { type FaultPlan, FaultyStore } from '../support/faulty-store.js';
import { HandDriven, hostOf, START } from '../support/hand-driven.js';

const types = (events: readonly JournalEvent[]): string[] => events.map((event) => event.type);

const plan: Plan = compile({
  name: 'Carried',
  config: { secrets: { token: { kind: 'reference', name: 'token' } } },
  steps: [
    {
      stepSlug: 'work',
      stepType: 'action',
      config: { type: 'work', parameters: { key: '{{secrets.token}}', n: '{{input.n}}' } },
      nextSteps: { success: 'hear' },
    },
    { stepSlug: 'hear', stepType: 'wait_for_event', config: { event: 'go', timeout: '1h' } },
  ],
});

function twoHosts(options: { idempotent?: boolean } = {}) {
  const work = new HandDriven('work', options);
  const secrets = { resolve: () => 'swordfish-value' };
  const make = () => {
    const host = hostOf([work.action]);
    return { ...host, ports: { ...host.ports, secrets } };
  };
  return { work, home: make(), away: make() };
}

/** At the wait, the effect before it done. */
async function waiting() {
  const { work, home, away } = twoHosts();
  const driver = await Driver.start(home.ports, plan, { executionId: 'x', input: { n: 1 } });
  (await work.call(1)).answer({ done: true });
  await driver.idle();
  return { work, home, away, driver };
}

const copyOf = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value));

describe('carrying an execution', () => {
  it('goes on at the target with what was under way, under the same key, and never again at the source', async () => {
    const { work, home, away } = twoHosts();
    const driver = await Driver.start(home.ports, plan, { executionId: 'x', input: { n: 1 } });
    const first = await work.call(1);
    const bundle = await exportExecution(home.ports, 'x', { driver });
    expect(first.context.signal.aborted).toBe(true);
    first.answer('too late');
    expect(await importExecution(away.ports, bundle)).toMatchObject({ id: 'x', duplicate: false, secrets: ['token'] });
    const carried = (await Driver.open(away.ports, 'x')) ?? expect.unreachable();
    const again = await work.call(2);
    expect(again.context).toMatchObject({ idempotencyKey: first.context.idempotencyKey, attempt: 2 });
    again.answer('there');
    await carried.idle();
    await carried.signal({ name: 'go', data: 'end' });
    expect(await carried.settled()).toMatchObject({ status: 'completed', output: 'end' });
    expect(types(away.store.readEvents('x'))).toEqual([
      ...['execution_started', 'step_started', 'execution_transferred', 'execution_imported', 'step_interrupted'],
      ...['step_started', 'step_succeeded', 'step_started', 'timer_set', 'signal_received', 'step_succeeded'],
      'execution_completed',
    ]);
    expect(replay(plan, away.store.readEvents('x'))).toMatchObject({ ok: true, state: { status: 'completed' } });
    const reopened = (await Driver.open(home.ports, 'x')) ?? expect.unreachable();
    await reopened.idle();
    expect(work.calls).toHaveLength(2);
    expect(types(home.store.readEvents('x'))).toEqual(['execution_started', 'step_started', 'execution_transferred']);
    expect(home.store.read('x')?.summary).toMatchObject({ status: 'transferred', wakeAt: null, currentSteps: [] });
  });

  it('answers every call at the source with a TransferredError', async () => {
    const { home, driver } = await waiting();
    await exportExecution(home.ports, 'x', { driver });
    const reopened = (await Driver.open(home.ports, 'x')) ?? expect.unreachable();
    for (const gone of [driver, reopened]) {
      await expect(gone.settled()).rejects.toBeInstanceOf(TransferredError);
      await expect(gone.signal({ name: 'go' })).rejects.toMatchObject({ code: 'TRANSFERRED' });
      await expect(gone.cancel()).rejects.toBeInstanceOf(TransferredError);
      await expect(gone.pause()).rejects.toBeInstanceOf(TransferredError);
      await expect(gone.resume()).rejects.toBeInstanceOf(TransferredError);
      await expect(gone.transfer()).rejects.toBeInstanceOf(TransferredError);
    }
  });

  it('takes it from a driver that was not told: its next commit is refused (I4)', async () => {
    const { home, driver } = await waiting();
    await exportExecution(home.ports, 'x');
    await expect(driver.signal({ name: 'go' })).rejects.toBeInstanceOf(ConflictError);
    expect(types(home.store.readEvents('x')).at(-1)).toBe('execution_transferred');
  });

  it('fails an effect under way that must not be repeated with OUTCOME_UNKNOWN', async () => {
    const { work, home, away } = twoHosts({ idempotent: false });
    const driver = await Driver.start(home.ports, plan, { executionId: 'x', input: { n: 1 } });
    await work.call(1);
    await importExecution(away.ports, await exportExecution(home.ports, 'x', { driver }));
    const carried = (await Driver.open(away.ports, 'x')) ?? expect.unreachable();
    expect(await carried.settled()).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(work.calls).toHaveLength(1);
  });

  it('goes there and back, and there again', async () => {
    const { home, away, driver } = await waiting();
    await importExecution(away.ports, await exportExecution(home.ports, 'x', { driver }));
    await importExecution(home.ports, await exportExecution(away.ports, 'x', { transferId: 'back' }));
    await importExecution(away.ports, await exportExecution(home.ports, 'x', { transferId: 'again' }));
    const carried = (await Driver.open(away.ports, 'x')) ?? expect.unreachable();
    await carried.signal({ name: 'go', data: 1 });
    expect(carried.state.status).toBe('completed');
    expect(replay(plan, away.store.readEvents('x')).ok).toBe(true);
  });

  it('is for what has not ended and does exist', async () => {
    const { home, driver } = await waiting();
    await expect(exportExecution(home.ports, 'none')).rejects.toBeInstanceOf(NotFoundError);
    await expect(readBundle(home.store, 'x')).rejects.toMatchObject({ code: 'NOT_TRANSFERRED' });
    await driver.cancel();
    await expect(exportExecution(home.ports, 'x', { driver })).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('refuses to give away what no bundle can hold, and goes on with it', async () => {
    const { work, home } = twoHosts();
    const driver = await Driver.start(home.ports, plan, { executionId: 'x', input: { n: 1 } });
    const deep: Json = JSON.parse(`${'['.repeat(1100)}1${']'.repeat(1100)}`);
    (await work.call(1)).answer(deep);
    await driver.idle();
    await expect(exportExecution(home.ports, 'x', { driver })).rejects.toMatchObject({ code: 'BUNDLE_TOO_DEEP' });
    expect(driver.state.status).toBe('waiting');
  });
});

describe('what no host would take', () => {
  const given = { executionId: 'x', input: { n: 1 } };

  it.each([
    ['a trigger without a type', { ...given, trigger: JSON.parse('{}') }, 't', '/journal/0/trigger'],
    ['a transfer without an id', given, '', '/transferId'],
  ])('is not given away, and goes on: %s', async (_, request, transferId, field) => {
    const { work, home } = twoHosts();
    const driver = await Driver.start(home.ports, plan, request);
    const refused = exportExecution(home.ports, driver.id, { driver, transferId });
    await expect(refused).rejects.toMatchObject({ name: 'BundleError', code: 'BUNDLE_MALFORMED', field });
    (await work.call(1)).answer('done');
    await driver.idle();
    await driver.signal({ name: 'go', data: 'end' });
    expect(await driver.settled()).toMatchObject({ status: 'completed', output: 'end' });
  });

  it('has room for the decisions beside as many signals as are taken', async () => {
    const { home, away } = twoHosts();
    const asking = compile({
      name: 'Asking',
      steps: [
        { stepSlug: 'ask', stepType: 'approval', config: { title: 'Go?' }, nextSteps: { approved: 'hear' } },
        { stepSlug: 'hear', stepType: 'wait_for_event', config: { event: 'go' } },
      ],
    });
    const driver = await Driver.start(home.ports, asking, { executionId: 'x' });
    for (let sent = 0; sent < MAX_SIGNALS; sent += 1) await driver.signal({ name: 'other', id: `${sent}` });
    await driver.decide(1, { decision: 'approved' });
    const bundle = await exportExecution(home.ports, 'x', { driver });
    expect(await importExecution(away.ports, bundle)).toMatchObject({ id: 'x', duplicate: false });
  });
});

describe('the bundle', () => {
  it('is one JSON text, the same each time, with the names of secrets and without their values', async () => {
    const { home, driver } = await waiting();
    const bundle = await exportExecution(home.ports, 'x', { driver, transferId: 't1' });
    expect(bundle).toMatchObject({
      ...{ format: 'newtflow-execution', version: 1, transferId: 't1', executionId: 'x', planHash: plan.hash },
      secrets: ['token'],
      deadlines: [{ dueAt: START + 3_600_000, timer: 'event_timeout', activation: 2, step: 'hear' }],
      digest: historyDigest(home.store.readEvents('x')),
    });
    const text = canonicalJson(bundle);
    expect(text).not.toContain('swordfish');
    expect(canonicalJson(await readBundle(home.store, 'x'))).toBe(text);
    expect(canonicalJson(await exportExecution(home.ports, 'x'))).toBe(text);
  });

  it('can be read until the receipt of its target is there', async () => {
    const { home, away, driver } = await waiting();
    const { receipt } = await importExecution(away.ports, await exportExecution(home.ports, 'x', { driver }));
    for (const wrong of [{ transferId: 'other' }, { executionId: 'y' }, { digest: '0' }, { importedAt: Number.NaN }]) {
      const refused = confirmTransfer(home.store, 'x', { ...receipt, ...wrong });
      await expect(refused).rejects.toMatchObject({ code: 'WRONG_RECEIPT', field: Object.keys(wrong)[0] });
    }
    await readBundle(home.store, 'x');
    await confirmTransfer(home.store, 'x', receipt);
    await confirmTransfer(home.store, 'x', receipt);
    await expect(readBundle(home.store, 'x')).rejects.toMatchObject({ code: 'TRANSFER_CONFIRMED' });
    await expect(exportExecution(home.ports, 'x')).rejects.toBeInstanceOf(TransferredError);
    expect(home.store.read('x')?.summary).toMatchObject({ status: 'transferred', handedOverAt: START });
  });

  it('makes one execution, however often it arrives, and disturbs nobody who drives it', async () => {
    const { home, away, driver } = await waiting();
    const bundle = await exportExecution(home.ports, 'x', { driver });
    const both = await Promise.all([importExecution(away.ports, bundle), importExecution(away.ports, bundle)]);
    expect(both.map(({ duplicate }) => duplicate).sort()).toEqual([false, true]);
    const carried = (await Driver.open(away.ports, 'x')) ?? expect.unreachable();
    await carried.signal({ name: 'go', data: 1 });
    const late = await importExecution(away.ports, bundle);
    expect(late).toMatchObject({ duplicate: true, receipt: both[0]?.receipt });
    expect(carried.state.status).toBe('completed');
    expect(types(away.store.readEvents('x')).filter((type) => type === 'execution_imported')).toHaveLength(1);
  });

  it('is refused by its own source, and where the id is another execution’s', async () => {
    const { home, away, driver } = await waiting();
    await Driver.start(away.ports, plan, { executionId: 'x', input: { n: 2 } });
    const bundle = await exportExecution(home.ports, 'x', { driver });
    await expect(importExecution(home.ports, bundle)).rejects.toMatchObject({ code: 'TRANSFER_SOURCE' });
    await expect(importExecution(away.ports, bundle)).rejects.toMatchObject({ code: 'EXECUTION_EXISTS' });
    expect(types(home.store.readEvents('x')).at(-1)).toBe('execution_transferred');
  });

  it('may be held against the digest that the source gave by another way', async () => {
    const { home, away, driver } = await waiting();
    const bundle = await exportExecution(home.ports, 'x', { driver });
    await expect(importExecution(away.ports, bundle, { digest: '0' })).rejects.toMatchObject({ field: '/digest' });
    await importExecution(away.ports, bundle, { digest: bundle.digest });
  });
});

describe('what is no bundle, or was altered', () => {
  const cases: readonly [string, (bundle: JsonObject) => unknown, code: string, field?: string][] = [
    ['no JSON', () => '{"format":', 'BUNDLE_NOT_JSON'],
    ['nothing', () => undefined, 'BUNDLE_NOT_JSON'],
    ['a cycle', () => cycle(), 'BUNDLE_NOT_JSON'],
    ['nested without end', () => `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'BUNDLE_TOO_DEEP'],
    ['too large', () => `"${'x'.repeat(64 * 1024 * 1024)}"`, 'BUNDLE_TOO_LARGE'],
    ['something else', () => ({ format: 'other' }), 'BUNDLE_FOREIGN', '/format'],
    ['a newer bundle', (bundle) => ({ ...bundle, version: 2 }), 'BUNDLE_VERSION', '/version'],
    ['a newer journal', (b) => withEvent(b, 0, { format: 2 }), 'JOURNAL_FORMAT', '/journal/0/format'],
    ['no journal', (bundle) => ({ ...bundle, journal: [] }), 'BUNDLE_MALFORMED', '/journal'],
    ['a gap', (bundle) => withEvent(bundle, 1, { seq: 3 }), 'BUNDLE_MALFORMED', '/journal/1/seq'],
    ['time that runs back', (b) => withEvent(b, 1, { at: 1 }), 'BUNDLE_MALFORMED', '/journal/1/at'],
    ['an error that is none', (b) => withEvent(b, 2, { error: null }), 'BUNDLE_MALFORMED', '/journal/2/error'],
    ['no output', (b) => withEvent(b, 2, { output: undefined }), 'BUNDLE_MALFORMED', '/journal/2/output'],
    ['another definition', (b) => ({ ...b, definition: { name: 'x', steps: [] } }), 'BUNDLE_DEFINITION'],
    ['another plan hash', (b) => ({ ...b, planHash: '0' }), 'BUNDLE_PLAN', '/planHash'],
    ['another result', (b) => withEvent(b, 2, { output: { done: false } }), 'BUNDLE_ALTERED', '/journal/2'],
    ['another port', (b) => withEvent(b, 2, { port: 'error' }), 'BUNDLE_JOURNAL', '/journal/2/port'],
    ['another deadline in the journal', (b) => withEvent(b, 4, { dueAt: 1 }), 'BUNDLE_JOURNAL', '/journal/4/dueAt'],
    ['one event more', (b) => withEvent(b, 2, { extra: 1 }), 'BUNDLE_JOURNAL', '/journal/2/extra'],
    ['another transfer', (b) => ({ ...b, transferId: 't2' }), 'BUNDLE_JOURNAL', '/journal/5'],
    ['another execution', (b) => ({ ...b, executionId: 'y' }), 'BUNDLE_ALTERED', '/executionId'],
    ['another digest', (b) => ({ ...b, digest: '0' }), 'BUNDLE_ALTERED', '/digest'],
    ['another deadline', (b) => ({ ...b, deadlines: [] }), 'BUNDLE_ALTERED', '/deadlines'],
    ['other secrets', (b) => ({ ...b, secrets: ['admin'] }), 'BUNDLE_ALTERED', '/secrets'],
    ['one field more', (b) => ({ ...b, 'a/b': null }), 'BUNDLE_ALTERED', '/a~1b'],
    ['another checksum', (b) => ({ ...b, checksum: '0' }), 'BUNDLE_ALTERED', '/checksum'],
  ];

  it.each(cases)('%s is refused with what is wrong', async (_name, change, code, field) => {
    const { home, away, driver } = await waiting();
    const bundle = copyOf(await exportExecution(home.ports, 'x', { driver }));
    const error: unknown = await importExecution(away.ports, change(bundle)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BundleError);
    expect(error).toMatchObject(field === undefined ? { code } : { code, field });
    expect(away.store.list().items).toEqual([]);
  });

  it('any value changed anywhere is refused, and so is any other JSON', async () => {
    const { home, away, driver } = await waiting();
    const bundle = copyOf(await exportExecution(home.ports, 'x', { driver }));
    const places = placesIn(bundle);
    await fc.assert(
      fc.asyncProperty(fc.nat(places.length - 1), fc.jsonValue({ maxDepth: 3 }), async (index, value) => {
        const text = JSON.stringify(value);
        const plain: Json = JSON.parse(text);
        const place = places[index] ?? [];
        const changed = replaced(bundle, place, plain);
        if (canonicalJson(changed) === canonicalJson(bundle)) return;
        await expect(importExecution(away.ports, changed)).rejects.toBeInstanceOf(BundleError);
        await expect(importExecution(away.ports, plain)).rejects.toBeInstanceOf(BundleError);
      }),
      { numRuns: 500 },
    );
    expect(away.store.list().items).toEqual([]);
  });

  it('an object that cannot be made a text is refused in any place', async () => {
    const { home, away, driver } = await waiting();
    const bundle = copyOf(await exportExecution(home.ports, 'x', { driver }));
    for (const place of placesIn(bundle)) {
      for (const odd of ODD_OBJECTS) {
        const imported = importExecution(away.ports, replaced(bundle, place, odd));
        await expect(imported, `${place.join('/')}: ${JSON.stringify(odd)}`).rejects.toBeInstanceOf(BundleError);
      }
    }
    expect(away.store.list().items).toEqual([]);
  });

  function cycle(): unknown {
    const value: Record<string, unknown> = {};
    value.self = value;
    return value;
  }
});

describe('killed at each write of the way', () => {
  const attempt = async (fault: { home: FaultPlan; away: FaultPlan }): Promise<number> => {
    const work = new HandDriven('work');
    const [homeStore, awayStore] = [new MemoryStore(), new MemoryStore()];
    const clock = new VirtualClock(START);
    const base = hostOf([work.action]);
    const secrets = { resolve: () => 'swordfish-value' };
    const portsOn = (store: RuntimePorts['store']): RuntimePorts => ({ ...base.ports, secrets, clock, store });
    const started = await Driver.start(portsOn(homeStore), plan, { executionId: 'x', input: { n: 1 } });
    (await work.call(1)).answer('done');
    await started.idle();
    const [home, away] = [new FaultyStore(homeStore, fault.home), new FaultyStore(awayStore, fault.away)];
    let crashes = 0;
    for (;;) {
      try {
        const bundle = await exportExecution(portsOn(home), 'x');
        expect(homeStore.read('x')?.summary.status).toBe('transferred');
        const { receipt } = await importExecution(portsOn(away), JSON.stringify(bundle));
        await confirmTransfer(home, 'x', receipt);
        break;
      } catch (error) {
        if (error instanceof TransferredError && error.code === 'TRANSFER_CONFIRMED') break;
        if (!(error instanceof StorageError)) throw error;
        crashes += 1;
        home.revive();
        away.revive();
        const alive = [homeStore, awayStore].filter((store) => {
          const summary = store.read('x')?.summary;
          return summary !== undefined && !isFinal(summary.status);
        });
        expect(alive.length, 'stores in which it could go on').toBeLessThanOrEqual(1);
      }
    }
    const carried = (await Driver.open(portsOn(awayStore), 'x')) ?? expect.unreachable();
    await carried.signal({ name: 'go', data: 'end' });
    expect(await carried.settled()).toMatchObject({ status: 'completed', output: 'end' });
    expect(work.calls).toHaveLength(1);
    expect(types(await readHistory(awayStore, 'x')).filter((type) => type === 'execution_imported')).toHaveLength(1);
    return crashes;
  };
  const never: FaultPlan = () => undefined;

  it.each(['before', 'after'] as const)('%s: nothing is lost, and it never goes on in both', async (point) => {
    expect(await attempt({ home: never, away: never })).toBe(0);
    for (const write of [1, 2]) {
      expect(await attempt({ home: (asked) => (asked === write ? point : undefined), away: never })).toBe(1);
    }
    expect(await attempt({ home: never, away: (asked) => (asked === 1 ? point : undefined) })).toBe(1);
  });
});

function withEvent(bundle: JsonObject, index: number, fields: Record<string, Json | undefined>): JsonObject {
  const journal: JsonObject[] = JSON.parse(JSON.stringify(bundle.journal));
  const changed: JsonObject = JSON.parse(JSON.stringify({ ...journal[index], ...fields }));
  return { ...bundle, journal: journal.map((event, at) => (at === index ? changed : event)) };
}

describe('what depends on another execution', () => {
  const parent = compile({
    name: 'Parent',
    steps: [{ stepSlug: 'ask', stepType: 'workflow', config: { workflow: 'child' }, nextSteps: { success: 'end' } }],
  });
  const child = compile({ name: 'Child', steps: [{ stepSlug: 'nap', stepType: 'wait', config: { for: '1h' } }] });

  it('is not carried, neither who waits nor who is waited for, and goes on where it is', async () => {
    const { ports, clock } = hostOf([]);
    const host = new ExecutionHost(ports, () => child);
    const driver = await host.begin(parent, { executionId: 'x' });
    await host.idle();
    const [waitedFor] = host.drivers.filter(({ id }) => id !== 'x');
    for (const one of [driver, waitedFor ?? expect.unreachable('the child runs')]) {
      for (const options of [{}, { driver: one }]) {
        const refused = exportExecution(ports, one.id, options);
        await expect(refused).rejects.toMatchObject({ code: 'CHILD_UNDER_WAY' });
      }
      await expect(one.transfer()).rejects.toMatchObject({ code: 'CHILD_UNDER_WAY' });
    }
    clock.advanceToNext();
    expect(await driver.settled()).toMatchObject({ status: 'completed' });
  });

  it('is not carried either where the start of the other one was cut off, and it may be there', async () => {
    const { ports } = hostOf([]);
    const first = new ExecutionHost(ports, () => child);
    const driver = await first.begin(parent, { executionId: 'x' });
    await driver.pause();
    first.stop();
    const second = new ExecutionHost(ports, () => child);
    const again = (await second.open('x')) ?? expect.unreachable();
    await second.idle();
    expect(again.state.activations).toMatchObject([{ slug: 'ask', status: 'retrying', child: null }]);
    await expect(exportExecution(ports, 'x', { driver: again })).rejects.toMatchObject({ code: 'CHILD_UNDER_WAY' });
    second.stop();
  });

  it('is said to be carried only where it is: what effects beside it have logged is recorded all the same', async () => {
    const work = new HandDriven('work');
    const { ports, store } = hostOf([work.action]);
    const host = new ExecutionHost(ports, () => child);
    const both = compile({
      name: 'Both',
      steps: [
        {
          ...{ stepSlug: 'fork', stepType: 'parallel', config: { branches: ['a', 'b'] } },
          nextSteps: { a: 'ask', b: 'work' },
        },
        { stepSlug: 'ask', stepType: 'workflow', config: { workflow: 'child' } },
        { stepSlug: 'work', stepType: 'action', config: { type: 'work' } },
      ],
    });
    const driver = await host.begin(both, { executionId: 'x' });
    const { context } = await work.call(1);
    await host.idle(() => 1);
    context.log('info', 'Half-way');
    await expect(driver.transfer()).rejects.toMatchObject({ code: 'CHILD_UNDER_WAY' });
    expect(driver.state.status).toBe('running');
    expect(store.readEvents('x').at(-1)).toMatchObject({ type: 'log', message: 'Half-way' });
    host.stop();
  });
});
