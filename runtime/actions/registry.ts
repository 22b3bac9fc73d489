import { ValidationError } from '../errors.js';
import type { Action, ActionRegistry } from '../ports.js';

/** @throws ValidationError when two actions bear one type */
export function createActionRegistry(actions: readonly Action[]): ActionRegistry {
  const byType = new Map<string, Action>();
  for (const [index, action] of actions.entries()) {
    if (byType.has(action.type)) {
      const message = `There are two actions of type '${action.type}'`;
      throw new ValidationError(message, [
        { code: 'DUPLICATE_ACTION', severity: 'error', path: `/${index}/type`, message },
      ]);
    }
    byType.set(action.type, action);
  }
  return { find: (type) => byType.get(type), list: () => [...byType.values()] };
}
