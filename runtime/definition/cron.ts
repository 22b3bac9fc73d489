/**
 * Whether a text is a cron expression. To reckon with one is for croner, on the Worker, which takes all that is taken here
 * (`test/runtime/cron.test.ts` holds the one to the other): a page that checks a definition need not load it.
 */

/** What each part says, and the least and the greatest number in it. */
const PARTS = [
  ['second', 0, 59],
  ['minute', 0, 59],
  ['hour', 0, 23],
  ['day of month', 1, 31],
  ['month', 1, 12],
  ['day of week', 0, 7],
  ['year', 1, 9999],
] as const;
const DAY = 3;
const MONTH = 4;
const WEEKDAY = 5;

const NICKNAME = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ');

/** A number; or all, or a range, by steps. */
const ENTRY = /^(?:(\d+)|(?:\*|(\d+)-(\d+))(?:\/(\d+))?)$/;
/** The weekday nearest to a day; the last, or the n-th, of a month's weekdays. */
const NEAREST = /^(\d+)w$/;
const NTH = /^(\d[^#l]*)(?:l|#[1-5l])$/;

/** What is wrong with a cron expression; undefined where nothing is. */
export function cronProblem(cron: string): string | undefined {
  const text = cron.trim().toLowerCase();
  if (NICKNAME.test(text)) return undefined;
  const parts = text.replaceAll('?', '*').split(/\s+/);
  if (parts.length < 5 || parts.length > 7) return 'it needs five parts, six with seconds, or seven with years too.';
  const first = parts.length === 5 ? 1 : 0;
  const wrong = parts.findIndex((part, index) => !isPart(part, first + index));
  if (wrong < 0) return undefined;
  const [name, least, most] = PARTS[first + wrong] ?? PARTS[0];
  return `"${parts[wrong]}" is no ${name}, which is a number from ${least} to ${most}.`;
}

function isPart(part: string, index: number): boolean {
  if (index === DAY)
    return part === 'lw' || all(part, (entry) => entry === 'l' || isEntry(entry.replace(NEAREST, '$1'), index));
  if (index === MONTH) return all(withNumbers(part, MONTHS, 1), (entry) => isEntry(entry, index));
  if (index !== WEEKDAY) return all(part, (entry) => isEntry(entry, index));
  // A week may end with a Sunday.
  const days = withNumbers(part.replace(/^\+/, '').replaceAll('-sun', '-7'), WEEKDAYS, 0);
  return all(days, (entry) => isEntry(entry.replace(NTH, '$1'), index));
}

function all(part: string, isRight: (entry: string) => boolean): boolean {
  return part.split(',').every(isRight);
}

function withNumbers(part: string, names: readonly string[], first: number): string {
  return part.replace(/[a-z]{3}/g, (name) => (names.includes(name) ? String(names.indexOf(name) + first) : name));
}

function isEntry(entry: string, index: number): boolean {
  const found = ENTRY.exec(entry);
  if (found === null) return false;
  const [, least, most] = PARTS[index] ?? PARTS[0];
  const [, one, from = one ?? least, to = one ?? most, step = 1] = found;
  const mostSteps = index === WEEKDAY ? most : most - least + 1;
  const low = Number(from);
  const high = Number(to);
  return low >= least && low <= high && high <= most && Number(step) >= 1 && Number(step) <= mostSteps;
}
