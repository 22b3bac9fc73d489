import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  canonicalJson,
  comparableHistory,
  compile,
  type JournalEvent,
  type JsonObject,
  replay,
  withoutTransfers,
} from '../../runtime/index.js';
import { type Effect, ordinary, silence, World } from './browser-world.js';
import { type CarryHost, edgeHost, nodeHost, pageHost } from './carry-hosts.js';
import { type Act, chain, documentOf, type Point, passed, perform, points, WAITS } from './carry-points.js';
import { Edge } from './edge.js';

const kinds = ['Node', 'the Worker', 'a page'] as const;
type Kind = (typeof kinds)[number];

let world: World;
const edges: Edge[] = [];
const closing: (() => Promise<void>)[] = [];
/** Of each kind two, which share nothing. */
const hosts = new Map<Kind, readonly [CarryHost, CarryHost]>();

beforeAll(async () => {
  world = await World.create('../support/browser-carry-page.ts');
  world.behaviour = (effect, count) => {
    const first = effect.attempt === 1 ? effect.parameters.first : undefined;
    if (first === 'silent') return silence(effect, count);
    return first === 'busy' ? Promise.resolve({ status: 503, body: {} }) : ordinary(effect, count);
  };
  for (let number = 1; number <= 2; number += 1) {
    const edge = await Edge.create(`${world.address}effect`);
    edges.push(edge);
    await edge.start();
  }
  const [one, other] = edges.map((edge, index) => edgeHost(`Worker ${index + 1}`, edge));
  if (one === undefined || other === undefined) throw new Error('Two Workers were to be started.');
  closing.push(
    () => one.close(),
    () => other.close(),
  );
  hosts.set('Node', [nodeHost('Node 1', world), nodeHost('Node 2', world)]);
  hosts.set('the Worker', [one, other]);
  hosts.set('a page', [await pageHost('page 1', world), await pageHost('page 2', world)]);
});
afterAll(async () => {
  for (const close of closing) await close();
  for (const edge of edges) await edge.dispose();
  await world.dispose();
});

/** The first of a kind, or the second where the first is the other end. */
function hostOf(kind: Kind, number: 0 | 1): CarryHost {
  return hosts.get(kind)?.[number] ?? expect.unreachable(`there are two of ${kind}`);
}

const callsOf = (id: string): readonly Effect[] => world.effects.filter(({ key }) => key.startsWith(`${id}/`));
const texts = (events: readonly JournalEvent[]): string[] =>
  comparableHistory(withoutTransfers(events)).map((event) => canonicalJson(event));

/** The history of the run that is not carried; made once for each workflow. */
const references = new Map<string, Promise<readonly JournalEvent[]>>();
function reference(document: JsonObject, acts: readonly Act[]): Promise<readonly JournalEvent[]> {
  const run = async (): Promise<readonly JournalEvent[]> => {
    const host = hostOf('Node', 0);
    const id = await host.start(document);
    await perform(world, host, id, acts);
    expect(await host.settled(id)).toBe('completed');
    return host.history(id);
  };
  const key = compile(document).hash;
  const made = references.get(key) ?? run();
  references.set(key, made);
  return made;
}

interface Away {
  readonly id: string;
  readonly document: JsonObject;
  readonly bundle: string;
}

/** Gives a run away at the point. Where a slow machine let the time that it waits for run out before, it waits longer. */
async function carryAway(source: CarryHost, point: Point): Promise<Away> {
  for (const wait of WAITS) {
    const document = documentOf(point, wait);
    const id = await source.start(document);
    await perform(world, source, id, point.before);
    const bundle = await source.export(id).catch((error: unknown) => {
      if (point.until === undefined) throw error;
    });
    if (bundle !== undefined && !passed(point, await source.history(id))) return { id, document, bundle };
  }
  throw new Error(`"${point.name}" was over each time before it could be carried.`);
}

/** Each attempt of each effect was made once. */
function expectOnce(id: string, calls: number): void {
  const made = callsOf(id);
  expect(new Set(made.map(({ key, attempt }) => `${key}#${attempt}`)).size).toBe(made.length);
  expect(made).toHaveLength(calls);
}

async function expectGone(source: CarryHost, id: string, history: readonly JournalEvent[]): Promise<void> {
  await expect(source.signal(id, 'go', null)).rejects.toMatchObject({ code: 'TRANSFERRED' });
  await expect(source.decide(id, 1, { decision: 'approved' })).rejects.toMatchObject({ code: 'TRANSFERRED' });
  expect(await source.history(id)).toEqual(history);
}

function pointNamed(word: string): Point {
  return points.find(({ name }) => name.includes(word)) ?? expect.unreachable(`a point is called so: ${word}`);
}

const pairs = kinds.flatMap((from) => kinds.map((to) => ({ from, to })));

describe.each(pairs)('carried from $from to $to', ({ from, to }) => {
  it.concurrent.each(points)('$name: goes on there alone, and comes to the same', async (point) => {
    const [source, target] = [hostOf(from, 0), hostOf(to, from === to ? 1 : 0)];
    const { id, document, bundle } = await carryAway(source, point);
    const left = await source.history(id);
    expect(left.at(-1)?.type).toBe('execution_transferred');
    expect(await source.export(id), 'the bundle, read again').toBe(bundle);
    await expect(source.import(bundle)).rejects.toMatchObject({ code: 'TRANSFER_SOURCE' });

    const arrived = await target.import(bundle);
    expect(arrived.duplicate).toBe(false);
    await perform(world, target, id, point.after);
    expect(await target.settled(id)).toBe('completed');
    expect(await target.import(bundle), 'the same transfer again').toEqual({ ...arrived, duplicate: true });
    expect((await target.ids()).filter((other) => other === id)).toHaveLength(1);

    await expectGone(source, id, left);
    await source.confirm(id, arrived.receipt);
    await expect(source.export(id)).rejects.toMatchObject({ code: 'TRANSFER_CONFIRMED' });

    const events = await target.history(id);
    expect(events.slice(0, left.length)).toEqual(left);
    expect(replay(compile(document), events)).toMatchObject({ ok: true, state: { status: 'completed' } });
    expectOnce(id, point.calls);
    if (point.repeats === true) {
      expect(callsOf(id).map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
      expect(events.filter(({ type }) => type === 'step_interrupted')).toHaveLength(1);
    } else expect(texts(events)).toEqual(texts(await reference(document, [...point.before, ...point.after])));
  });
});

describe('carried from Node to a page, on to the Worker, back to that page and back to Node', () => {
  it('goes on a round further in each place, and comes to the same', async () => {
    const [node, page, worker] = [hostOf('Node', 0), hostOf('a page', 0), hostOf('the Worker', 0)];
    const rest = (times: number): Act => ({ reach: { type: 'step_started', step: 'hear', times } });
    const go: Act = { signal: 'go' };
    const id = await node.start(chain);
    await perform(world, node, id, [rest(1)]);
    let here = node;
    for (const [next, round] of [
      [page, 2],
      [worker, 3],
      [page, 4],
      [node, 5],
    ] as const) {
      const bundle = await here.export(id);
      const { duplicate, receipt } = await next.import(bundle);
      expect(duplicate).toBe(false);
      await here.confirm(id, receipt);
      await expect(here.signal(id, 'go', null)).rejects.toMatchObject({ code: 'TRANSFERRED' });
      here = next;
      await perform(world, here, id, [go, rest(round)]);
    }
    await perform(world, here, id, [go]);
    expect(await here.settled(id)).toBe('completed');
    const events = await here.history(id);
    expect(events.filter(({ type }) => type === 'execution_imported')).toHaveLength(4);
    expect(replay(compile(chain), events)).toMatchObject({ ok: true, state: { status: 'completed' } });
    const all = Array.from({ length: 5 }, (_, index) => [rest(index + 1), go]).flat();
    expect(texts(events)).toEqual(texts(await reference(chain, all)));
    expectOnce(id, 6);
  });
});

describe.each(kinds)('carried to %s twice at the same moment', (to) => {
  it('is there once, and goes on once', async () => {
    const [source, target] = [hostOf('Node', 0), hostOf(to, 1)];
    const point = pointNamed('event');
    const { id, bundle } = await carryAway(source, point);
    const [one, other] = await Promise.all([target.import(bundle), target.import(bundle)]);
    expect(one.receipt).toBe(other.receipt);
    await perform(world, target, id, point.after);
    expect(await target.settled(id)).toBe('completed');
    const events = await target.history(id);
    expect(events.filter(({ type }) => type === 'execution_imported')).toHaveLength(1);
    expectOnce(id, point.calls);
  });
});

describe.each(kinds)('what is no bundle of an execution, or was altered, carried to %s', (to) => {
  const approvalDefinition = compile(documentOf(pointNamed('approval'), 0)).definition;
  const changes: readonly [string, (bundle: JsonObject) => JsonObject, code: string][] = [
    ['of another format', (bundle) => ({ ...bundle, format: 'other' }), 'BUNDLE_FOREIGN'],
    ['of a newer version', (bundle) => ({ ...bundle, version: 2 }), 'BUNDLE_VERSION'],
    ['with another plan', (bundle) => ({ ...bundle, planHash: '0'.repeat(64) }), 'BUNDLE_PLAN'],
    ['with another definition', (bundle) => ({ ...bundle, definition: approvalDefinition }), 'BUNDLE_PLAN'],
    ['with another result', (bundle) => withResult(bundle, { done: 7 }), 'BUNDLE_ALTERED'],
    ['with another deadline', (bundle) => ({ ...bundle, deadlines: [] }), 'BUNDLE_ALTERED'],
    ['with another digest', (bundle) => ({ ...bundle, digest: '0'.repeat(64) }), 'BUNDLE_ALTERED'],
  ];

  it.each(changes)('%s: is refused, and nothing is stored', async (_, change, code) => {
    const source = hostOf('Node', 0);
    const target = hostOf(to, 1);
    const { id, bundle } = await carryAway(source, pointNamed('event'));
    const altered = JSON.stringify(change(JSON.parse(bundle)));
    await expect(target.import(altered)).rejects.toMatchObject({ code });
    expect(await target.ids()).not.toContain(id);
    // The one that was not touched is still welcome.
    expect(await target.import(bundle)).toMatchObject({ duplicate: false });
  });
});

/** The bundle with another result of the first step that has one. */
function withResult(bundle: JsonObject, output: JsonObject): JsonObject {
  const journal: JsonObject[] = JSON.parse(JSON.stringify(bundle.journal));
  const at = journal.findIndex(({ type }) => type === 'step_succeeded');
  return { ...bundle, journal: journal.map((event, index) => (index === at ? { ...event, output } : event)) };
}
