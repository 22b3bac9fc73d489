import jexl from 'jexl';
import { find, join, length, map, upper } from './host-functions.js';

export function jexlEvaluator(source: string): (context: object) => unknown {
  const language = new jexl.Jexl();
  for (const [name, transform] of Object.entries({ length, map, join, upper, find })) {
    language.addTransform(name, transform);
  }
  const compiled = language.compile(source);
  return (context) => compiled.evalSync(context);
}
