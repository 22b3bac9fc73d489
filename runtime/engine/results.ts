import type { ResultTable, StepResult } from './state.js';

const ROW = 32;

export const EMPTY_RESULTS: ResultTable = [];

export function getResult(table: ResultTable, index: number): StepResult | null {
  return memberOf(memberOf(table, Math.floor(index / ROW)) ?? [], index % ROW);
}

/** The table with one result replaced: copies a row and the spine, so the cost does not grow with what is kept. */
export function withResult(table: ResultTable, index: number, result: StepResult): ResultTable {
  const at = Math.floor(index / ROW);
  return withMember(table, at, withMember(memberOf(table, at) ?? [], index % ROW, result));
}

/** A copy of just the length it needs: one that grows has room for many more, and this one stays. */
function withMember<T>(list: readonly (T | null)[], at: number, member: T): (T | null)[] {
  const copy = at < list.length ? list.slice() : longer(list, at + 1);
  copy[at] = member;
  return copy;
}

function longer<T>(list: readonly (T | null)[], length: number): (T | null)[] {
  const copy = new Array<T | null>(length);
  for (let index = 0; index < length; index++) copy[index] = memberOf(list, index);
  return copy;
}

/** Nothing is read beyond the list's end, where a page may have put something on a prototype. */
function memberOf<T>(list: readonly (T | null)[], at: number): T | null {
  return at < list.length ? (list[at] ?? null) : null;
}

/** `into` with every result of `from` laid over it. */
export function mergeResults(into: ResultTable, from: ResultTable): ResultTable {
  let merged = into;
  for (const [at, row] of from.entries()) {
    for (const [offset, result] of (row ?? []).entries()) {
      if (result !== null) merged = withResult(merged, at * ROW + offset, result);
    }
  }
  return merged;
}
