import { Environment } from '@marcbachmann/cel-js';
import { find, upper } from './host-functions.js';

export function celEvaluator(source: string): (context: object) => unknown {
  const environment = new Environment({ unlistedVariablesAreDyn: true })
    .registerFunction('find(list, string, dyn): dyn', find)
    .registerFunction('upper(string): string', upper);
  return environment.parse(source);
}
