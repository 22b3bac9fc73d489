import type { Meter } from './limits.js';
import { isObject, maxValueDepth, ownKeys, readOwn, tooDeep } from './values.js';

/** As `===`. Texts of one length are paid for: they may have to be read to their ends. */
export function identical(left: unknown, right: unknown, meter: Meter): boolean {
  if (typeof left === 'string' && typeof right === 'string' && left.length === right.length) {
    meter.spendText(left.length);
  }
  return left === right;
}

/**
 * Whether two values are the same JSON. Objects are compared by what they hold: whether two equal objects are one in
 * memory would differ between a run and its replay. Each pair and what it holds are paid for.
 */
export function deepEqual(left: unknown, right: unknown, meter: Meter, depth = 0): boolean {
  if (identical(left, right, meter)) return true;
  if (!isObject(left) || !isObject(right)) return false;
  if (depth >= maxValueDepth) tooDeep();
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    meter.spend(1 + left.length);
    for (let index = 0; index < left.length; index++) {
      if (!deepEqual(readOwn(left, index), readOwn(right, index), meter, depth + 1)) return false;
    }
    return true;
  }
  return equalRecords(left, right, meter, depth);
}

function equalRecords(left: object, right: object, meter: Meter, depth: number): boolean {
  const keys = ownKeys(left);
  meter.spend(1 + keys.length);
  if (keys.length !== ownKeys(right).length) return false;
  for (const key of keys) {
    const value = readOwn(right, key);
    if (value === undefined && readOwn(left, key) !== undefined) return false;
    if (!deepEqual(readOwn(left, key), value, meter, depth + 1)) return false;
  }
  return true;
}
