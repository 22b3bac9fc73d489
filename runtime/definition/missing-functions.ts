import { type Issue, ValidationError } from '../errors.js';

/** Functions that a stored plan calls, and that are not there. */
export function missingFromPlan(missing: readonly string[]): ValidationError {
  const issues = missing.map((name): Issue => {
    const message = `The plan calls the function \`${name}\`, which is not there.`;
    return { code: FUNCTION_NOT_FOUND, severity: 'error', path: '/functions', field: 'functions', message };
  });
  return missingFunctions(missing, issues);
}

/** @param issues what compiling said, and `cause` the error that did */
export function missingFunctions(
  missing: readonly string[],
  issues: readonly Issue[],
  cause?: unknown,
): ValidationError {
  const [what, them] = missing.length === 1 ? ['the function', 'it'] : ['the functions', 'them'];
  const names = missing.map((name) => `\`${name}\``).join(', ');
  return new ValidationError(
    `The workflow calls ${what} ${names}, which this host does not have: give ${them} to the host as \`functions\``,
    issues,
    { code: FUNCTION_NOT_FOUND, details: { functions: [...missing] }, cause },
  );
}

/** Whether what failed can be done by a host that has more functions, or by this one once it has them. */
export function lacksFunctions(error: unknown): boolean {
  return error instanceof ValidationError && error.code === FUNCTION_NOT_FOUND;
}

const FUNCTION_NOT_FOUND = 'FUNCTION_NOT_FOUND';
