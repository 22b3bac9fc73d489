import type { SetVariablesStep } from '../../definition/plan.js';
import { setOwn } from '../../expression/values.js';
import type { Json } from '../../json.js';
import { asJson } from '../../to-json.js';
import { evaluated, succeed } from '../flow.js';
import { lastOutput, secretMask } from '../scope.js';
import { type Enter, recordStart } from './visit.js';

/**
 * Sets its variables in order, each seeing those before; if one cannot be computed, none of them is kept. Of a secure
 * one, only the place that computes it is kept: its value is made anew whenever an effect needs it.
 */
export const enterSetVariables: Enter<SetVariablesStep> = (work, visit, step) => {
  recordStart(work, visit);
  const { variables, secureVariables } = work.state;
  const environment = work.environment(visit.id);
  const values: Record<string, Json> = {};
  for (const [assignment, { name, value, secure }] of step.assignments.entries()) {
    const result = evaluated(
      work,
      visit,
      step,
      () => (secure ? secretMask(name) : asJson(value.render(work.scope(visit), environment))),
      () => Object.assign(work.state, { variables, secureVariables }),
    );
    if (result === undefined) return;
    setOwn(values, name, result.value);
    const last = secure && value.names.has('lastOutput') ? lastOutput(work.state, visit.frame) : null;
    work.setVariable(name, result.value, secure ? { ...visit, assignment, at: work.at, last } : undefined);
  }
  work.recordAt(visit, { type: 'variables_set', variables: values });
  succeed(work, visit, step, { port: 'success', output: values, carries: true });
};
