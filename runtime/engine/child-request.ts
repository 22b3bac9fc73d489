import type { Plan, WorkflowStep } from '../definition/plan.js';
import { ActionError } from '../errors.js';
import { toText } from '../expression/values.js';
import { type JsonObject, toObject } from '../json.js';
import type { ChildRequest } from '../ports.js';
import { depthOf, rootOf } from './parents.js';
import type { Activation, ExecutionState } from './state.js';

/** How many workflows may stand one inside the other: one that starts itself must not go on for ever. */
export const MAX_DEPTH = 16;

/**
 * The execution that a `workflow` step asks for. Its id follows from the visit, so that a start that is repeated after a
 * crash finds it; a retry is another execution.
 * @throws ActionError `WORKFLOW_DEPTH_LIMIT`
 */
export function childRequest(
  plan: Plan,
  state: ExecutionState,
  activation: Activation,
  step: WorkflowStep,
  asked: JsonObject,
): ChildRequest {
  const depth = depthOf(state.trigger) + 1;
  if (depth > MAX_DEPTH) {
    throw new ActionError(
      `Workflows stand inside ${MAX_DEPTH} others at step '${step.slug}'; deeper ones are not run`,
      {
        code: 'WORKFLOW_DEPTH_LIMIT',
        retryable: false,
        step: step.slug,
      },
    );
  }
  const { executionId, organizationId, threadId } = state;
  // Another dot would make it the id of a child of the child before.
  const turn = activation.failures === 0 ? '' : `r${activation.failures + 1}`;
  const version = toText(asked.version);
  const root = rootOf(plan, state.trigger);
  return {
    executionId: `${executionId}.${activation.id}${turn}`,
    workflow: toText(asked.workflow),
    ...(version === '' ? {} : { version }),
    input: toObject(asked.input),
    organization: organizationId ?? undefined,
    threadId: threadId ?? undefined,
    trigger: {
      type: 'workflow',
      executionId,
      activation: activation.id,
      depth,
      root,
      ...(step.mode === 'detach' ? { detached: true } : {}),
    },
  };
}
