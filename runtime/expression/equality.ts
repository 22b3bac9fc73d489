import { isObject, maxValueDepth, ownKeys, readOwn, tooDeep } from './values.js';

/**
 * Whether two values are the same JSON. Objects are compared by what they hold: whether two equal objects are one in
 * memory would differ between a run and its replay. `visit` is called once per pair, to charge for it.
 */
export function deepEqual(left: unknown, right: unknown, visit: () => void, depth = 0): boolean {
  if (left === right) return true;
  if (!isObject(left) || !isObject(right)) return false;
  if (depth >= maxValueDepth) tooDeep();
  visit();
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    for (let index = 0; index < left.length; index++) {
      if (!deepEqual(readOwn(left, index), readOwn(right, index), visit, depth + 1)) return false;
    }
    return true;
  }
  return equalRecords(left, right, visit, depth);
}

function equalRecords(left: object, right: object, visit: () => void, depth: number): boolean {
  const keys = ownKeys(left);
  if (keys.length !== ownKeys(right).length) return false;
  for (const key of keys) {
    const value = readOwn(right, key);
    if (value === undefined && readOwn(left, key) !== undefined) return false;
    if (!deepEqual(readOwn(left, key), value, visit, depth + 1)) return false;
  }
  return true;
}
