import { Cron } from 'croner';

export type Overlap = 'skip' | 'queue' | 'allow';
export type CatchUp = 'none' | 'one' | 'all';

/** `config.schedule` of a definition, with everything filled in. */
export interface ScheduleSpec {
  readonly cron: string;
  readonly timezone: string;
  readonly overlap: Overlap;
  readonly catchUp: CatchUp;
}

/** Later than this many milliseconds a time counts as missed: a Cron Trigger comes each minute, give or take. */
const PUNCTUAL = 90_000;
/** How far back `all` makes up for missed times, in milliseconds, and how many of them. */
const WINDOW = 24 * 3600 * 1000;
const MOST = 100;

/** The first time after `after`, in milliseconds since the epoch; null when there is none. */
export function nextTime(spec: ScheduleSpec, after: number): number | null {
  return cronOf(spec).nextRun(new Date(after))?.getTime() ?? null;
}

/**
 * Which of the times from `from` (the next time as it was recorded) to `now` are to run, oldest first, and which one
 * follows. Times are whole, in milliseconds since the epoch.
 */
export function dueTimes(spec: ScheduleSpec, from: number, now: number): { due: number[]; next: number | null } {
  const next = nextTime(spec, now);
  const wanted = spec.catchUp === 'all' ? MOST : 1;
  // The reference itself is left out of the answer, so ask from just after it.
  const passed = cronOf(spec)
    .previousRuns(wanted, new Date(now + 1000))
    .map((date) => date.getTime())
    .filter((time) => time >= from && time <= now);
  const oldest = now - { none: PUNCTUAL, one: Number.POSITIVE_INFINITY, all: WINDOW }[spec.catchUp];
  const due = passed.filter((time) => time >= oldest).sort((a, b) => a - b);
  return { due, next };
}

function cronOf(spec: ScheduleSpec): Cron {
  return new Cron(spec.cron, { timezone: spec.timezone, paused: true });
}
