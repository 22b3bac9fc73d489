/** JSON with one value in it replaced. */
import type { Json } from '../../runtime/index.js';

export type Path = readonly string[];

/** The path of every value in a document, its own among them. */
export function placesIn(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => placesIn(child, [...path, key]))];
}

export function replaced(value: Json, [key, ...rest]: Path, by: Json): Json {
  if (key === undefined) return by;
  const copy: Record<string | number, Json> = JSON.parse(JSON.stringify(value));
  copy[key] = replaced(copy[key] ?? null, rest, by);
  return copy;
}

/** Objects whose members have the names of what JavaScript calls when it makes a text or a number of an object. */
export const ODD_OBJECTS: readonly Json[] = [
  { toString: null },
  { toString: 1, valueOf: 2 },
  { toJSON: 1, length: 2 },
  JSON.parse('{"then": 1, "constructor": null}'),
  JSON.parse('{"__proto__": {"toString": null}}'),
];
