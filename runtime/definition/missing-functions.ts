import { type Issue, ValidationError } from '../errors.js';

/** Functions that are called and not there. `issues` and `cause` are what compiling said, where it did. */
export function missingFunctions(
  missing: readonly string[],
  issues: readonly Issue[] = [],
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
