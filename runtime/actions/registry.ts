import { ValidationError } from '../errors.js';
import type { Action, ActionRegistry } from '../ports.js';

/** Checks an action and gives it its type; the place to write one. */
export function defineAction(action: Action): Action {
  if (!/^[A-Za-z][\w.-]*$/.test(action.type)) {
    throw new ValidationError(`'${action.type}' cannot be the type of an action`, [
      {
        code: 'BAD_ACTION_TYPE',
        severity: 'error',
        path: '/type',
        message: 'The type of an action begins with a letter and has only letters, digits, "_", "." and "-" in it',
      },
    ]);
  }
  return Object.freeze({ ...action });
}

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
