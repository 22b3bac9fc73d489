import { nearest } from '../expression/nearest.js';

export { nearest };

/** Names longer than this are compared with none, and more candidates than this are not looked at: it bounds the cost. */
const MAX_LENGTH = 64;
const MAX_CANDIDATES = 2000;

/** "Did you mean …?", or undefined where no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > MAX_LENGTH) return undefined;
  const best = nearest(name, first(candidates, MAX_CANDIDATES));
  return best === undefined || best === name ? undefined : `Did you mean \`${best}\`?`;
}

function* first(candidates: Iterable<string>, count: number): Generator<string> {
  let seen = 0;
  for (const candidate of candidates) {
    if (seen === count) return;
    seen += 1;
    yield candidate;
  }
}
