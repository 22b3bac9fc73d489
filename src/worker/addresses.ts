import type { WorkerEnv } from './options.js';

/** Names of organisations: part of every key and of every object's name, so plain and without a slash. */
export const organizationPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** The object that knows which organisations have schedules. No organisation can have this name. */
export const REGISTRY = '$organizations';

/** A child's id is that of its parent, the number of the visit that asked for it, and that of the attempt from the second on. */
const idPattern = /^[A-Za-z0-9_-]{1,64}(?:\.\d{1,9}){0,40}$/;

export function isExecutionId(text: string): boolean {
  return idPattern.test(text);
}

/** The object of one execution. Its name holds the organisation, so that no other one can reach it. */
export function executionStub(
  env: WorkerEnv,
  organization: string,
  id: string,
): ReturnType<WorkerEnv['EXECUTIONS']['getByName']> {
  return env.EXECUTIONS.getByName(`${organization}/${id}`);
}

export function directoryStub(env: WorkerEnv, organization: string): ReturnType<WorkerEnv['DIRECTORY']['getByName']> {
  return env.DIRECTORY.getByName(organization);
}

/** The parts of an approval's id; undefined for what can be none. */
export function readApprovalId(id: string): { execution: string; activation: number } | undefined {
  const [, execution, activation] = /^([^~]+)~([1-9]\d{0,8})$/.exec(id) ?? [];
  if (execution === undefined || !isExecutionId(execution)) return undefined;
  return { execution, activation: Number(activation) };
}
