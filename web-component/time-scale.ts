/** A stretch of time in milliseconds since the epoch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Maps time to a place between 0 and 1, with long stretches in which nothing is performed drawn short. */
export interface TimeScale {
  at(time: number): number;
  /** The stretches drawn short. */
  readonly gaps: readonly Stretch[];
}

/** Milliseconds: a shorter pause is always drawn as long as it was. */
const SHORTEST_GAP = 1500;

/** `busy` need not be in order, and may overlap; `end` is the last moment shown. */
export function timeScale(busy: readonly Stretch[], start: number, end: number): TimeScale {
  const idle = idleStretches(busy, start, end);
  const idleTime = idle.reduce((sum, { from, to }) => sum + to - from, 0);
  const limit = Math.max(SHORTEST_GAP, (end - start - idleTime) * 0.4);
  const gaps = idle.filter(({ from, to }) => to - from > limit);
  const saved = gaps.reduce((sum, { from, to }) => sum + to - from - limit, 0);
  const whole = Math.max(1, end - start - saved);
  return {
    gaps,
    at(time) {
      let drawn = Math.min(Math.max(time, start), end) - start;
      for (const { from, to } of gaps) {
        if (time <= from) break;
        const passed = Math.min(time, to) - from;
        drawn -= passed - (passed / (to - from)) * limit;
      }
      return drawn / whole;
    },
  };
}

function idleStretches(busy: readonly Stretch[], start: number, end: number): Stretch[] {
  const sorted = [...busy].sort((a, b) => a.from - b.from);
  const idle: Stretch[] = [];
  let reached = start;
  for (const { from, to } of sorted) {
    if (from > reached) idle.push({ from: reached, to: from });
    reached = Math.max(reached, to);
  }
  if (end > reached) idle.push({ from: reached, to: end });
  return idle;
}
