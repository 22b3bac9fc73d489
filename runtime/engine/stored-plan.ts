import { compile } from '../definition/compile.js';
import type { Plan } from '../definition/plan.js';
import { ValidationError } from '../errors.js';
import { builtinFunctions, type FunctionRegistry } from '../expression/functions.js';
import type { BuiltinFunction } from '../expression/registry.js';

/**
 * Compiles a definition that was right where it was stored, with the functions that this host has.
 * @throws ValidationError `FUNCTION_NOT_FOUND` where it calls functions that the host lacks: `details.functions` names
 * them; `INVALID_DEFINITION` for whatever else is wrong
 */
export function compileStored(definition: unknown, functions: FunctionRegistry | undefined): Plan {
  try {
    return compile(definition, { functions });
  } catch (error) {
    throw error instanceof ValidationError ? explained(error, missingFunctions(definition, functions)) : error;
  }
}

function explained(error: ValidationError, missing: readonly string[]): ValidationError {
  if (missing.length === 0) return error;
  const [what, them] = missing.length === 1 ? ['the function', 'it'] : ['the functions', 'them'];
  const names = missing.map((name) => `\`${name}\``).join(', ');
  return new ValidationError(
    `The workflow calls ${what} ${names}, which this host does not have: give ${them} to the host as \`functions\``,
    error.issues,
    { code: FUNCTION_NOT_FOUND, details: { functions: [...missing] }, cause: error },
  );
}

/** Whether what failed can be done by a host that has more functions, or by this one once it has them. */
export function lacksFunctions(error: unknown): boolean {
  return error instanceof ValidationError && error.code === FUNCTION_NOT_FOUND;
}

const FUNCTION_NOT_FOUND = 'FUNCTION_NOT_FOUND';

/** In the order in which the definition calls them; of one expression the first, behind which it is read no further. */
function missingFunctions(definition: unknown, functions: FunctionRegistry | undefined): string[] {
  const asked = new AskedFunctions(functions);
  try {
    compile(definition, { functions: asked });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
  }
  return [...asked.missing];
}

/** Notes what is asked of it and not there. */
class AskedFunctions extends Map<string, BuiltinFunction> {
  readonly missing = new Set<string>();

  constructor(functions: FunctionRegistry = new Map()) {
    super(functions);
  }

  override get(name: string): BuiltinFunction | undefined {
    const found = super.get(name);
    if (found === undefined && !builtinFunctions.has(name)) this.missing.add(name);
    return found;
  }
}
