import { type Contender, timeInterleaved } from './harness.js';
import { type Bench, type BenchSettings, type Measurement, medianOf } from './report.js';
import { WorkerdLab } from './workerd-lab.js';
import { openWaiting, waitingExecution } from './workload.js';

/** Events of one time that an order is handled: a step and a condition, each started and succeeded. */
const EVENTS = 4;
/** Turns between two executions of one size. A snapshot comes about every 60 turns. */
const STRIDE = 13;

export const recovery: Bench = {
  name: 'recovery',
  title: 'opening an execution that waits for an event, by the length of its journal',
  notes: [
    'each size is several executions, some steps apart, so that the tails after their last snapshots are short and long',
    'memory: a MemoryStore; sqlite: a Durable Object in workerd, all executions of a size in one request; growth: the last over the first',
  ],
  async run(settings) {
    const sizes = settings.quick ? [40, 400] : [1000, 10_000, 100_000];
    return [...(await recoveryFrom('memory', inMemory, sizes, settings)), ...(await fromSqlite(sizes, settings))];
  },
};

/** Prepares executions that handled their order so many times each, and gives what opens them all. */
type Preparation = (times: readonly number[], mostSteps: number) => Promise<() => Promise<void>>;

async function recoveryFrom(
  name: string,
  prepare: Preparation,
  sizes: readonly number[],
  { quick, effort }: BenchSettings,
): Promise<Measurement[]> {
  const contenders: Contender[] = [];
  for (const events of sizes) {
    const times = Array.from({ length: quick ? 2 : 5 }, (_, index) => Math.floor(events / EVENTS) + index * STRIDE);
    const open = await prepare(times, (2 * Math.max(...sizes)) / EVENTS + 1000);
    contenders.push({ name: String(events), units: times.length, run: open });
  }
  const timings = await timeInterleaved(contenders, effort);
  const costs = sizes.map((events) => medianOf(timings, String(events)) / 1000);
  const measured = (label: string, ours: number, unit: string): Measurement => ({
    name: `recovery-${name}-${label}`,
    ours,
    peers: {},
    unit,
    better: 'less',
  });
  return [
    ...sizes.map((events, at) => measured(String(events), costs[at] ?? Number.NaN, 'µs')),
    measured('growth', (costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN), 'times'),
  ];
}

async function inMemory(times: readonly number[], mostSteps: number): Promise<() => Promise<void>> {
  const waiting = await Promise.all(
    times.map(async (count) => ({ count, at: await waitingExecution(count, mostSteps) })),
  );
  return async () => {
    for (const { at, count } of waiting) await openWaiting(at, count);
  };
}

async function fromSqlite(sizes: readonly number[], settings: BenchSettings): Promise<Measurement[]> {
  const lab = await WorkerdLab.start();
  const inSqlite: Preparation = async (times, mostSteps) => {
    const id = `of-${times.join('-')}`;
    await lab.ask('prepare', { id, times: times.join(), steps: mostSteps });
    return () => lab.ask('open', { id, times: times.join() });
  };
  try {
    return await recoveryFrom('sqlite', inSqlite, sizes, settings);
  } finally {
    await lab.dispose();
  }
}
