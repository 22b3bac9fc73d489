import { LONGEST_CHAIN } from './chains.js';
import { type Contender, retainedBytes, timeInterleaved } from './harness.js';
import { type Bench, type BenchSettings, type Measurement, medianOf } from './report.js';
import { chainPlan, loopPlan, runPlan } from './workload.js';

const ROUNDS = 3;
const shapes = { chain: chainPlan, loop: loopPlan } as const;

export const engineGrowth: Bench = {
  name: 'engine-growth',
  title: 'what a step costs in time and memory as an execution grows',
  notes: [
    'chain: one step after the other; loop: one step, once per item, its results collected',
    'memory: what journal, snapshot and last state keep on the heap when the execution is over, the plan apart',
    'growth: cost per step of the longest over that of the shortest, each measured over as many steps kept alive',
  ],
  async run(settings) {
    const measurements: Measurement[] = [];
    for (const shape of ['chain', 'loop'] as const) measurements.push(...(await growthOf(shape, settings)));
    return measurements;
  },
};

async function growthOf(shape: keyof typeof shapes, { effort, quick }: BenchSettings): Promise<Measurement[]> {
  const sizes = quick ? [5, 10, 20] : [100, 1000, 10_000, 100_000];
  const longest = sizes.at(-1) ?? 0;
  // Every contender keeps as many plans, steps and events alive as the longest execution does: what is left to differ
  // is how long an execution is, not how much the processor's caches and the collector have to do.
  const runs = sizes.map((steps) => ({
    steps,
    times: longest / steps,
    plans: Array.from({ length: Math.ceil(Math.min(longest, LONGEST_CHAIN) / steps) }, () => shapes[shape](steps)),
  }));
  const contenders: Contender[] = runs.map(({ steps, times, plans }) => ({
    name: String(steps),
    units: longest,
    run: async () => {
      const kept: unknown[] = [];
      while (kept.length < times) for (const plan of plans) kept.push(await runPlan(plan, steps));
      if (kept.length !== times) throw new Error('Every execution must outlive the measurement');
    },
  }));
  const timings = await timeInterleaved(contenders, { ...effort, rounds: Math.min(effort.rounds, ROUNDS) });
  const times = sizes.map((steps) => medianOf(timings, String(steps)) / 1000);
  const bytes: number[] = [];
  for (const { steps, times, plans } of runs) {
    const [plan = shapes[shape](steps)] = plans;
    // As many runs as make the same number of steps, so that each measurement is as fine as the others.
    bytes.push((await retainedBytes(() => runPlan(plan, steps), times)) / steps);
  }
  return [
    ...sizes.map((steps, at) => measured(`engine-growth-${shape}-${steps}-time`, times[at], 'µs/step')),
    measured(`engine-growth-${shape}-time`, growth(times), 'times'),
    ...sizes.map((steps, at) => measured(`engine-growth-${shape}-${steps}-memory`, bytes[at], 'bytes/step')),
    measured(`engine-growth-${shape}-memory`, growth(bytes), 'times'),
  ];
}

function growth(costs: readonly number[]): number {
  return (costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN);
}

function measured(name: string, ours: number | undefined, unit: string): Measurement {
  return { name, ours: ours ?? Number.NaN, peers: {}, unit, better: 'less' };
}
