import { generalFunctions } from './functions/general.js';
import { listFunctions } from './functions/list.js';
import { numberFunctions } from './functions/number.js';
import { objectFunctions } from './functions/object.js';
import { textFunctions } from './functions/text.js';
import { timeFunctions } from './functions/time.js';
import { type FunctionRegistry, functionRegistry } from './registry.js';

export {
  defineFunction,
  type FunctionDefinition,
  type FunctionRegistry,
  functionRegistry,
  type GivenFunctions,
  registryOf,
} from './registry.js';

/** Every function of the language; a host adds its own beside them. What people are told of them: `function-docs.ts`. */
export const builtinFunctions: FunctionRegistry = functionRegistry(
  [generalFunctions, textFunctions, numberFunctions, listFunctions, objectFunctions, timeFunctions]
    .flatMap((functions) => Object.entries(functions))
    .map(([name, given]) => Object.freeze(typeof given === 'function' ? { name, call: given } : { name, ...given })),
);
