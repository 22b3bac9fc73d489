import type { TriggerStep } from '../../definition/plan.js';
import { succeed } from '../flow.js';
import { type Enter, recordStart } from './visit.js';

export const enterTrigger: Enter<TriggerStep> = (work, visit, step) => {
  recordStart(work, visit);
  succeed(work, visit, step, { port: 'success', output: work.state.input });
};
