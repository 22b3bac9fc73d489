import { nearest } from '../expression/nearest.js';

/** Names longer than this are compared with none: it bounds the cost. */
const MAX_LENGTH = 64;

/** "Did you mean …?", or undefined where no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  if (name === '' || name.length > MAX_LENGTH) return undefined;
  const best = nearest(name, candidates);
  return best === undefined || best === name ? undefined : `Did you mean \`${best}\`?`;
}
