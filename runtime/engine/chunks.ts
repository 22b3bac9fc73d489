import type { Chunks } from './state.js';

/** The list with one more: lists of one size are joined, as one is carried in a binary sum. */
export function withItem<T>(chunks: Chunks<T>, item: T): Chunks<T> {
  const lists = chunks.slice();
  let joined: readonly T[] = [item];
  for (let last = lists.at(-1); last !== undefined && last.length <= joined.length; last = lists.at(-1)) {
    joined = [...last, ...joined];
    lists.pop();
  }
  lists.push(joined);
  return lists;
}

export function lastItem<T>(chunks: Chunks<T>): T | undefined {
  return chunks.at(-1)?.at(-1);
}

/** The list without its last item: the last list is halved down to one item first, as one is borrowed. */
export function withoutLast<T>(chunks: Chunks<T>): Chunks<T> {
  const lists = chunks.slice(0, -1);
  let rest = chunks.at(-1) ?? [];
  while (rest.length > 1) {
    const half = Math.ceil(rest.length / 2);
    lists.push(rest.slice(0, half));
    rest = rest.slice(half);
  }
  return lists;
}
