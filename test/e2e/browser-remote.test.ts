import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../runtime/ports.js';
import { createRemoteHost } from '../../web-component/remote-host.js';
import type { RunSource } from '../../web-component/run-source.js';
import { approval, twoEffects } from '../support/browser-workflows.js';
import { ordinary, silence, World } from './browser-world.js';
import { Edge, KEY } from './edge.js';

let world: World;
let edge: Edge;
let source: RunSource;
beforeEach(async () => {
  world = await World.create();
  edge = await Edge.create(`${world.address}effect`);
  await edge.start();
  source = createRemoteHost({ endpoint: edge.endpoint, getToken: () => KEY });
});
afterEach(async () => {
  await source.close();
  await edge.dispose();
  await world.dispose();
});

const expectWhole = (events: readonly JournalEvent[]): void =>
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));

describe('a run on the Worker, followed from afar', () => {
  it('is put, started, followed live and read again', async () => {
    const run = await source.start(twoEffects, { idempotencyKey: 'once' });
    const seen: JournalEvent[] = [];
    run.subscribe(({ events }) => seen.push(...events));
    expect((await run.settled()).status).toBe('completed');
    expectWhole(seen);
    expect(seen.at(-1)?.type).toBe('execution_completed');
    expect(run).toMatchObject({ driver: 'none', problem: undefined });
    const again = await source.open(run.id);
    expect(again?.events).toEqual(seen);
    expect(again?.definition).toEqual(run.definition);
    expect((await source.start(twoEffects, { idempotencyKey: 'once' })).id).toBe(run.id);
    expect(await source.open('run_none')).toBeUndefined();
    expect(world.effects).toHaveLength(2);
  });

  it('takes signals and a cancellation, and refuses them when it is over', async () => {
    world.behaviour = silence;
    const run = await source.start(approval);
    await run.signal('approved', { by: 'Ada' }, 'd1');
    await run.signal('approved', { by: 'Eve' }, 'd1');
    await world.performed(1);
    expect(world.effects).toMatchObject([{ parameters: { by: 'Ada' } }]);
    await run.cancel('Enough');
    expect((await run.settled()).status).toBe('cancelled');
    await expect(run.cancel()).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
    await expect(run.signal('approved')).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('goes on after the Worker was stopped in the middle of an effect, its history whole', async () => {
    world.behaviour = async (effect, count) => (count === 2 ? silence(effect, count) : ordinary(effect, count));
    const run = await source.start(twoEffects);
    const seen: JournalEvent[] = [];
    run.subscribe(({ events }) => seen.push(...events));
    const lost = new Promise<void>((resolve) => {
      run.onDriverChange(() => {
        if (run.problem?.code === 'NETWORK_ERROR') resolve();
      });
    });
    await world.performed(2);
    await edge.stop();
    await lost;
    await edge.start();
    expect((await run.settled()).status).toBe('completed');
    expectWhole(seen);
    expect(world.effects.map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
    expect(run.problem).toBeUndefined();
  });

  it('tells what is refused: a wrong key, a wrong input', async () => {
    const stranger = createRemoteHost({ endpoint: edge.endpoint, getToken: () => 'wrong' });
    await expect(stranger.start(twoEffects)).rejects.toMatchObject({ name: 'RemoteError', code: 'UNAUTHORIZED' });
    const needs = { ...twoEffects, parameters: [{ name: 'amount', type: 'number', required: true }] };
    const refused = source.start(needs, { input: {} });
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', status: 422 });
    await expect(refused).rejects.toHaveProperty('issues.0.message');
    expect((await source.list()).items).toEqual([]);
  });
});
