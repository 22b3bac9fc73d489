import type { Effort, Timing } from './harness.js';

export interface Measurement {
  /** Key of the JSON report. */
  readonly name: string;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  readonly unit: string;
  /** Which way is better; absent where there is none to prefer. */
  readonly better: 'more' | 'less';
}

export interface BenchSettings {
  readonly effort: Effort;
  /** Whether to use sizes that only show that everything runs. */
  readonly quick: boolean;
}

/** A file of benchmarks. */
export interface Bench {
  /** What `--only` selects by. */
  readonly name: string;
  /** What is measured, in one line for people. */
  readonly title: string;
  /** What a reader must know to judge the numbers. */
  readonly notes: readonly string[];
  run(settings: BenchSettings): Promise<readonly Measurement[]>;
}

/** The median of `name`, in nanoseconds per unit of work. */
export function medianOf(timings: ReadonlyMap<string, Timing>, name: string): number {
  const timing = timings.get(name);
  if (timing === undefined) throw new Error(`${name} was not timed`);
  return timing.median;
}

/** `{ "<bench>": { "ours": n, "peers": { "<name>": n }, "unit": "…" } }` */
export function toJsonReport(measurements: readonly Measurement[]): string {
  const report = Object.fromEntries(
    measurements.map(({ name, ours, peers, unit }) => [
      name,
      {
        ours: rounded(ours),
        peers: Object.fromEntries(Object.entries(peers).map(([peer, value]) => [peer, rounded(value)])),
        unit,
      },
    ]),
  );
  return JSON.stringify(report, null, 2);
}

/** Lines for people: each measurement with every peer and how many times better ours is. */
export function toText(measurements: readonly Measurement[]): string {
  const width = Math.max(...measurements.map(({ name }) => name.length));
  return measurements.map((measurement) => line(measurement, width)).join('\n');
}

function line({ name, ours, peers, unit, better }: Measurement, width: number): string {
  const others = Object.entries(peers).map(([peer, value]) => {
    const ratio = better === 'more' ? ours / value : value / ours;
    return `${peer} ${shown(value)} (ours is ${ratio.toFixed(2)} times as good)`;
  });
  return [`  ${name.padEnd(width)}  ours ${shown(ours)} ${unit}`, ...others].join(' | ');
}

function shown(value: number): string {
  return rounded(value).toLocaleString('en-GB', { maximumSignificantDigits: 4 });
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
