import { checkInput, NewtflowError, type Plan, ValidationError } from '../../runtime/index.js';
import { type ConcurrencyBound, concurrencyOf } from '../../runtime/operations.js';
import type { StartCommand } from './start-command.js';

/** The bound that a start is under. @throws ValidationError where its input is not valid, or gives no key */
export function boundOf(
  plan: Plan,
  { input, executionId, organizationId }: StartCommand,
  now: number,
): ConcurrencyBound | undefined {
  if (plan.config.concurrency === undefined) return undefined;
  const checked = checkInput(plan, input);
  if (!checked.ok) {
    throw new ValidationError(`The input of '${plan.slug}' is not valid`, checked.issues, { code: 'INVALID_INPUT' });
  }
  try {
    return concurrencyOf(plan, checked.input, { executionId, now, organizationId });
  } catch (error) {
    throw error instanceof NewtflowError ? noKey(plan, error) : error;
  }
}

function noKey(plan: Plan, cause: NewtflowError): ValidationError {
  const message = `The concurrency key of '${plan.slug}' cannot be made of this input: ${cause.message}`;
  const issue = { code: cause.code, severity: 'error', path: '/config/concurrency/key', message } as const;
  return new ValidationError(message, [issue], { code: 'CONCURRENCY_KEY_INVALID', cause });
}
