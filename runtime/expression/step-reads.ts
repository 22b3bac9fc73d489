import { asData, isObject, readMember, readOwn } from './values.js';

/*
 * Reads of the members that the paths of most workflows begin with, `steps.<slug>.output.data`, in code that names them.
 * An own member of a plain object is what is in the object while `Object.prototype`, the only one it has, lacks it. V8
 * keeps what it has met at each place of the code: where a place names its key and has met few shapes, it answers all
 * of this from the shape, 2 ns instead of the 13 that a key which varies takes; where it has met many, it takes those.
 */

const { prototype, getPrototypeOf } = Object;
/** What it has, it has from `Object.prototype`: a page has put it there. */
const empty = {};

export function readSteps(scope: unknown): unknown {
  return isObject(scope) && 'steps' in scope && getPrototypeOf(scope) === prototype && !('steps' in empty)
    ? asData(scope.steps)
    : readOwn(scope, 'steps');
}

export function readOutput(result: unknown): unknown {
  return isObject(result) && 'output' in result && getPrototypeOf(result) === prototype && !('output' in empty)
    ? asData(result.output)
    : readMember(result, 'output');
}

export function readData(output: unknown): unknown {
  return isObject(output) && 'data' in output && getPrototypeOf(output) === prototype && !('data' in empty)
    ? asData(output.data)
    : readMember(output, 'data');
}
