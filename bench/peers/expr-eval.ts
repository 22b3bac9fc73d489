import { Parser } from 'expr-eval';
import { find, member, upper } from './host-functions.js';

export function exprEvalEvaluator(source: string): (context: object) => unknown {
  const parser = new Parser();
  Object.assign(parser.functions, { find, member, upper });
  const compiled = parser.parse(source);
  // Its types know numbers and functions; it takes any JSON.
  return (context) => Reflect.apply(compiled.evaluate, compiled, [context]);
}
