import type { ResultTable, StepResult } from './state.js';

const ROW = 32;

export const EMPTY_RESULTS: ResultTable = [];

export function getResult(table: ResultTable, index: number): StepResult | null {
  return table[Math.floor(index / ROW)]?.[index % ROW] ?? null;
}

/** The table with one result replaced: copies a row and the spine, so the cost does not grow with what is kept. */
export function withResult(table: ResultTable, index: number, result: StepResult): ResultTable {
  const at = Math.floor(index / ROW);
  const spine = table.slice();
  while (spine.length <= at) spine.push(null);
  const row = spine[at]?.slice() ?? [];
  while (row.length <= index % ROW) row.push(null);
  row[index % ROW] = result;
  spine[at] = row;
  return spine;
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
