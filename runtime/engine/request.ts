import type { EffectStep, PlanStep } from '../definition/plan.js';
import type { CompiledTemplate } from '../template/compile.js';
import type { ExecutionState } from './state.js';

/** What renders to that which an effect is given. */
export function requestOf(step: EffectStep): CompiledTemplate {
  return step.type === 'action' ? step.parameters : step.request;
}

/**
 * Whether the parameters of a step may look different with the values of secrets than with their masks. What another
 * workflow is given stands in the journal of that one, so it gets the masks.
 */
export function mayReadSecrets(step: EffectStep, { secureVariables }: ExecutionState): boolean {
  return step.type !== 'workflow' && (step.readsSecrets || Object.keys(secureVariables).length > 0);
}

/** Whether a step does something outside: what it does takes time, and can fail for a while. */
export function isEffect(step: PlanStep): step is EffectStep {
  return step.type === 'action' || step.type === 'llm' || step.type === 'workflow';
}
