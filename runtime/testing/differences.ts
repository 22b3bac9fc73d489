import { canonicalJson } from '../canonical.js';
import { isJsonObject, type Json } from '../json.js';
import { child } from '../pointer.js';

/** One place at which a value is not what was expected of it. */
export interface Difference {
  /** JSON pointer into what was expected. */
  readonly path: string;
  readonly expected: Json;
  /** Undefined where there is nothing at all. */
  readonly actual: Json | undefined;
}

/**
 * Where a value is not what was expected. Objects are expected in part: members that are not named may be there as well.
 * Lists, and everything else, must be equal.
 */
export function differences(expected: Json, actual: Json | undefined, path = ''): readonly Difference[] {
  if (isJsonObject(expected) && isJsonObject(actual)) {
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, Object.hasOwn(actual, key) ? actual[key] : undefined, child(path, key)),
    );
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((value, index) => differences(value, actual[index], child(path, index)));
  }
  const equal = actual !== undefined && canonicalJson(expected) === canonicalJson(actual);
  return equal ? [] : [{ path, expected, actual }];
}

/** Differences for people: a line each, with both sides. */
export function differencesText(all: readonly Difference[]): string {
  return all
    .map(({ path, expected, actual }) => `${path || '/'}: expected ${shown(expected)}, got ${shown(actual)}`)
    .join('\n');
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
