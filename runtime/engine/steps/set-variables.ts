import type { SetVariablesStep } from '../../definition/plan.js';
import type { Json } from '../../json.js';
import { toJson } from '../../to-json.js';
import { evaluated, succeed } from '../flow.js';
import { type Enter, recordStart } from './visit.js';

/** Sets its variables in order, each seeing those before; if one cannot be computed, none of them is kept. */
export const enterSetVariables: Enter<SetVariablesStep> = (work, visit, step) => {
  recordStart(work, visit);
  const before = work.state.variables;
  const environment = work.environment(visit.id);
  const values: Record<string, Json> = {};
  for (const { name, value } of step.assignments) {
    const result = evaluatedOrUndo(() => toJson(value.render(work.scope(visit), environment)).json);
    if (result === undefined) return;
    values[name] = result.value;
    work.setVariables({ [name]: result.value });
  }
  work.record({ type: 'variables_set', ...work.ref(visit), variables: values });
  succeed(work, visit, step, { port: 'success', output: values, carries: true });

  function evaluatedOrUndo(evaluate: () => Json): { readonly value: Json } | undefined {
    return evaluated(work, visit, step, () => {
      try {
        return evaluate();
      } catch (error) {
        work.state.variables = before;
        throw error;
      }
    });
  }
};
