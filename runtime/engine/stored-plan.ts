import { compile } from '../definition/compile.js';
import { missingFunctions } from '../definition/missing-functions.js';
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
    const missing = error instanceof ValidationError ? functionsMissing(definition, functions) : [];
    throw error instanceof ValidationError && missing.length > 0
      ? missingFunctions(missing, error.issues, error)
      : error;
  }
}

/** In the order in which the definition calls them; of one expression the first, behind which it is read no further. */
function functionsMissing(definition: unknown, functions: FunctionRegistry | undefined): string[] {
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
