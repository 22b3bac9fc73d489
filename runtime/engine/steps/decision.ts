import type { ConditionStep, SwitchStep } from '../../definition/plan.js';
import { toText } from '../../expression/values.js';
import { evaluated, succeed } from '../flow.js';
import type { Work } from '../work.js';
import { type Enter, recordStart, type Visit } from './visit.js';

export const enterCondition: Enter<ConditionStep> = (work, visit, step) => {
  recordStart(work, visit);
  const result = evaluated(work, visit, step, () =>
    Boolean(step.expression.evaluate(work.scope(visit), work.environment(visit.id))),
  );
  if (result) succeed(work, visit, step, { port: result.value ? 'true' : 'false', output: result.value });
};

export const enterSwitch: Enter<SwitchStep> = (work, visit, step) => {
  recordStart(work, visit);
  const port = evaluated(work, visit, step, () => choosePort(work, visit, step));
  if (port) succeed(work, visit, step, { port: port.value, output: port.value });
};

function choosePort(work: Work, visit: Visit, step: SwitchStep): string {
  const scope = work.scope(visit);
  const environment = work.environment(visit.id);
  if (step.value !== undefined) {
    const name = toText(step.value.render(scope, environment));
    return step.ports.has(name) && name !== 'error' ? name : 'default';
  }
  return step.cases.find((candidate) => Boolean(candidate.when.evaluate(scope, environment)))?.port ?? 'default';
}
