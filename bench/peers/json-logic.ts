import jsonLogic from 'json-logic-js';
import { find, join, member, upper } from './host-functions.js';

export function jsonLogicEvaluator(rule: object): (context: object) => unknown {
  for (const [name, operation] of Object.entries({ find, join, member, upper })) {
    jsonLogic.add_operation(name, operation);
  }
  return (context) => jsonLogic.apply(rule, context);
}
