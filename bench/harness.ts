/** Timing of several contenders within one run, so that whatever the machine does meanwhile befalls them all alike. */

/** One way of doing the work that is compared. */
export interface Contender {
  readonly name: string;
  /** Units of work in one run, such as steps or evaluations. */
  readonly units: number;
  /** Does the work once. Must check its result, so that a failure is never timed as a success. */
  run(): Promise<void> | void;
}

export interface Effort {
  /** Milliseconds that each contender runs before anything is measured, so that it is compiled. */
  readonly warmUpMs: number;
  /** Milliseconds that one sample lasts at least. */
  readonly sampleMs: number;
  /** Samples of each contender; the median counts. */
  readonly rounds: number;
}

/** Nanoseconds per unit of work. */
export interface Timing {
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
}

/** Every contender warmed up, then sampled round by round, each round beginning with another one. */
export async function timeInterleaved(
  contenders: readonly Contender[],
  effort: Effort,
): Promise<ReadonlyMap<string, Timing>> {
  const batches = new Map<Contender, number>();
  for (const contender of contenders) batches.set(contender, await warmUp(contender, effort));
  const samples = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < effort.rounds; round++) {
    for (const contender of rotated(contenders, round)) {
      const runs = batches.get(contender) ?? 1;
      collectGarbage();
      // Collecting may drop compiled code that assumed shapes nothing has any more; it is brought back untimed.
      await sample(contender, Math.ceil(runs / 3));
      samples.get(contender)?.push(await sample(contender, runs));
    }
  }
  return new Map([...samples].map(([contender, times]) => [contender.name, summarise(times)]));
}

/** Bytes that stay on the heap when `make` is done and all that is garbage is gone. What it returns is what is kept. */
export async function retainedBytes(make: () => Promise<unknown>, times: number): Promise<number> {
  // What is made once and for all, such as compiled code, is not counted.
  (await keep(make, 1)).length = 0;
  const before = await settledHeap();
  const kept = await keep(make, times);
  const after = await settledHeap();
  if (kept.length !== times) throw new Error('What was made must outlive the measurement');
  return (after - before) / times;
}

/** In a function of its own, so that nothing lives on in a caller's frame but what is returned. */
async function keep(make: () => Promise<unknown>, times: number): Promise<unknown[]> {
  const kept: unknown[] = [];
  for (let count = 0; count < times; count++) kept.push(await make());
  return kept;
}

/** Bytes in use once nothing under way holds on to garbage. */
async function settledHeap(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Runs for the time given, and tells how many runs fill one sample. */
async function warmUp(contender: Contender, effort: Effort): Promise<number> {
  const start = performance.now();
  let fastest = Number.POSITIVE_INFINITY;
  let before = start;
  do {
    await contender.run();
    const now = performance.now();
    fastest = Math.min(fastest, now - before);
    before = now;
  } while (before - start < effort.warmUpMs);
  return Math.max(1, Math.ceil(effort.sampleMs / Math.max(fastest, 0.001)));
}

async function sample(contender: Contender, runs: number): Promise<number> {
  const start = performance.now();
  for (let count = 0; count < runs; count++) {
    const running = contender.run();
    // Work that is done at once is not made to wait for a turn.
    if (running !== undefined) await running;
  }
  return ((performance.now() - start) * 1e6) / (runs * contender.units);
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

function summarise(times: readonly number[]): Timing {
  return { median: median(times), fastest: Math.min(...times), slowest: Math.max(...times) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('Benchmarks need node --expose-gc; start them with bench/run.mjs');
  globalThis.gc();
}
