import type { Plan } from '../definition/plan.js';
import type { Trigger } from './journal.js';

/** Slug of the workflow that began it all. */
export function rootOf(plan: Plan, trigger: Trigger): string {
  return trigger.type === 'workflow' && typeof trigger.root === 'string' ? trigger.root : plan.slug;
}

/** Who waits for the end of an execution, where somebody does. */
export function parentOf(trigger: Trigger): { readonly executionId: string; readonly activation: number } | undefined {
  const { type, executionId, activation, detached } = trigger;
  const isChild = type === 'workflow' && detached !== true;
  const isWhole = typeof executionId === 'string' && typeof activation === 'number';
  return isChild && isWhole ? { executionId, activation } : undefined;
}

/** How many workflows stand around one. */
export function depthOf(trigger: Trigger): number {
  return trigger.type === 'workflow' && typeof trigger.depth === 'number' ? trigger.depth : 0;
}
