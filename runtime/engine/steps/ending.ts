import type { FailStep, OutputStep } from '../../definition/plan.js';
import { toText } from '../../expression/values.js';
import { asJson } from '../../to-json.js';
import { located } from '../failure.js';
import { completeExecution, evaluated, failExecution } from '../flow.js';
import { type Enter, recordStart } from './visit.js';

export const enterOutput: Enter<OutputStep> = (work, visit, step) => {
  recordStart(work, visit);
  const output = evaluated(work, visit, step, () => asJson(work.render(step.mapping, visit)));
  if (output === undefined) return;
  work.recordAt(visit, { type: 'step_succeeded', attempt: 1, port: 'success', output: output.value });
  work.setResult(visit, step, { output: output.value, error: null, attempts: 1 }, true);
  completeExecution(work, output.value);
};

export const enterFail: Enter<FailStep> = (work, visit, step) => {
  recordStart(work, visit);
  const error = evaluated(work, visit, step, () => {
    const scope = work.scope(visit);
    const environment = work.environment(visit.id);
    const code = toText(step.code.render(scope, environment));
    return { code, message: toText(step.message.render(scope, environment)) };
  });
  if (error === undefined) return;
  const record = located(error.value, visit, 1);
  work.recordAt(visit, { type: 'step_failed', attempt: 1, error: record });
  work.setResult(visit, step, { output: null, error: record, attempts: 1 }, false);
  failExecution(work, record);
};
