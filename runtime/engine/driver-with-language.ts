import { schemaProblems } from '../definition/input-schema.js';
import { checkFields, checkInput } from '../definition/parameters.js';
import type { Plan } from '../definition/plan.js';
import type { ExecutionStore, RuntimePorts } from '../ports.js';
import { callAction } from './action-call.js';
import { childRequest } from './child-request.js';
import { type DriverOptions, PlanDriver, type StartRequest } from './driver.js';
import type { Language } from './language.js';
import { converse } from './model-turns.js';
import { type ReadExecution, readWith } from './read.js';
import { recover } from './recover.js';
import { SecretValues } from './secret-values.js';

/** All of it, at once. */
export const language: Language = {
  recover,
  checkInput,
  checkFields,
  schemaProblems,
  callAction,
  secretsOf: (...attempt) => new SecretValues(...attempt),
  childRequest,
  converse,
};

/** Drives one execution; see {@link PlanDriver} for what it promises. */
export type Driver = PlanDriver;

/** {@link PlanDriver} with the whole language at hand. */
export const Driver = {
  /** See {@link PlanDriver.start}. */
  start: (ports: RuntimePorts, plan: Plan, request?: StartRequest, options?: DriverOptions): Promise<Driver> =>
    PlanDriver.start(language, ports, plan, request, options),
  /** See {@link PlanDriver.open}. */
  open: (ports: RuntimePorts, id: string, options?: DriverOptions): Promise<Driver | undefined> =>
    PlanDriver.open(language, ports, id, options),
} as const;

/**
 * What an execution has come to, without taking it over. Undefined when there is none of that id.
 * @param functions those of the host that its definition may call, as for `Driver.open`
 */
export function readExecution(
  store: ExecutionStore,
  id: string,
  functions?: RuntimePorts['functions'],
): Promise<ReadExecution | undefined> {
  return readWith(language, store, id, functions);
}
