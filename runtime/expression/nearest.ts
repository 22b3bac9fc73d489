/** More names are not looked at: it bounds the cost. */
const MAX_KNOWN = 500;

/** The known name that takes the fewest edits from `name`, if few enough to be what was meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const meant = name.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(Math.min(name.length, 20) / 3)) + 1;
  let looked = 0;
  for (const candidate of known) {
    if (++looked > MAX_KNOWN) break;
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = edits(meant, candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/**
 * Insertions, deletions, replacements, and exchanges of two neighbours, that turn one text into the other; any number from
 * `most` on where there are as many. What lies so far from the diagonal takes as many, and is not looked at.
 */
function edits(from: string, to: string, most: number): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    let least = i;
    for (let j = Math.max(1, i - most); j <= Math.min(to.length, i + most); j++) {
      const replaced = (row[j - 1] ?? most) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const exchanged = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? (before[j - 2] ?? replaced) : replaced;
      next[j] = Math.min(replaced, exchanged + 1, (row[j] ?? most) + 1, (next[j - 1] ?? most) + 1);
      least = Math.min(least, next[j] ?? most);
    }
    if (least >= most) return most;
    [before, row] = [row, next];
  }
  return row[to.length] ?? most;
}
