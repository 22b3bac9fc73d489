import { nearest } from '../expression/nearest.js';

export { nearest };

/** Names longer than this are compared with none, and more candidates than this are not looked at: it bounds the cost. */
const MAX_LENGTH = 64;
const MAX_CANDIDATES = 2000;

/** "Did you mean …?", or undefined where no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > MAX_LENGTH) return undefined;
  const looked = [...first(candidates, MAX_CANDIDATES)];
  const best = looked.find((candidate) => areSwapped(name, candidate)) ?? nearest(name, looked);
  return best === undefined || best === name ? undefined : `Did you mean \`${best}\`?`;
}

/** Whether two neighbouring letters changed places: the commonest slip, and two edits to whoever counts letters. */
function areSwapped(name: string, candidate: string): boolean {
  if (name.length !== candidate.length) return false;
  let at = 0;
  while (at < name.length && name[at] === candidate[at]) at += 1;
  return (
    at + 1 < name.length &&
    name[at] === candidate[at + 1] &&
    name[at + 1] === candidate[at] &&
    name.slice(at + 2) === candidate.slice(at + 2)
  );
}

function* first(candidates: Iterable<string>, count: number): Generator<string> {
  let seen = 0;
  for (const candidate of candidates) {
    if (seen === count) return;
    seen += 1;
    yield candidate;
  }
}
