import { ActionError } from './errors.js';

/** What the schema of an action refused: all of it in the details, each with a JSON pointer. */
export function misfit(
  what: 'input' | 'output',
  type: string,
  problems: readonly { readonly pointer: string; readonly message: string }[],
): ActionError {
  const told = problems.map(({ pointer, message }) => (pointer === '' ? message : `${pointer}: ${message}`)).join('; ');
  const refused = what === 'input' ? 'cannot be performed with these parameters' : 'gave a result that does not fit';
  return new ActionError(`Action '${type}' ${refused}: ${told}`, {
    code: what === 'input' ? 'ACTION_INPUT_INVALID' : 'ACTION_OUTPUT_INVALID',
    retryable: false,
    details: problems.map(({ pointer, message }) => ({ pointer, message })),
  });
}
