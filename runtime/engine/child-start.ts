import { ActionError, ValidationError } from '../errors.js';
import { toJson } from '../to-json.js';

export function childNotFound(workflow: string, version: string | undefined): ActionError {
  const which = version === undefined ? `'${workflow}'` : `'${workflow}' in version ${version}`;
  return new ActionError(`There is no workflow ${which} to start`, { code: 'WORKFLOW_NOT_FOUND', retryable: false });
}

/** Why a child does not start, for the step that wants it; what is not its fault is given back as it is. */
export function childStartError(error: unknown, workflow: string): unknown {
  if (!(error instanceof ValidationError)) return error;
  const { code, issues } = error;
  const why = code === 'INVALID_INPUT' ? 'its input is not valid' : error.message;
  const message = `Workflow '${workflow}' cannot be started: ${why}`;
  return new ActionError(message, { code, retryable: false, details: toJson(issues).json, cause: error });
}
