/**
 * Random numbers that a replay sees again: each sequence follows from the execution's recorded seed and the place that
 * asks. The generator is mulberry32 (Tommy Ettinger, public domain), seeded through the finaliser of MurmurHash3.
 */
export function seededRandom(seed: number, ...place: readonly number[]): () => number {
  let state: number | undefined;
  return () => {
    // Few evaluations draw a number.
    state ??= place.reduce((before, number) => mix((before ^ number) >>> 0), mix(seed >>> 0));
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
