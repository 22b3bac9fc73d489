import type { Plan } from '../definition/plan.js';
import { getResult, mergeResults } from './results.js';
import type { ExecutionState, StepResult } from './state.js';

/** The last result of each step that ended, by slug; those of iterations under way stand before earlier ones. */
export function stepResults(plan: Plan, state: ExecutionState): Record<string, StepResult> {
  const [execution, ...iterations] = state.frames.map((frame) => frame.results);
  const table = iterations.reduce(mergeResults, execution ?? []);
  const results = plan.order.flatMap((step): [string, StepResult][] => {
    const result = getResult(table, step.index);
    return result === null ? [] : [[step.slug, result]];
  });
  return Object.fromEntries(results);
}
