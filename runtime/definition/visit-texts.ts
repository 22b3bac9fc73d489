import { owns } from '../expression/values.js';
import type { Json } from '../json.js';
import { isList, isObject } from './json-copy.js';

/** The way from a value to what stands in it. */
export type Keys = readonly (string | number)[];

/** Told of a text, of the name that it stands under, or the list it stands in, and of the way to it: good until it returns. */
type Visit = (text: string, name: string, keys: Keys) => void;

/** Calls back with every text of a value, those apart that are names. */
export function visitTexts(value: Json, visit: Visit): void {
  walk(value, '', [], visit);
}

function walk(value: Json, name: string, keys: (string | number)[], visit: Visit): void {
  if (typeof value === 'string') {
    visit(value, name, keys);
  } else if (isList(value)) {
    for (let index = 0; index < value.length; index++) enter(index, value[index] ?? null, name, keys, visit);
  } else if (isObject(value)) {
    for (const key in value) if (owns(value, key)) enter(key, value[key] ?? null, key, keys, visit);
  }
}

function enter(key: string | number, value: Json, name: string, keys: (string | number)[], visit: Visit): void {
  if (typeof value !== 'string' && typeof value !== 'object') return;
  keys.push(key);
  walk(value, name, keys, visit);
  keys.pop();
}
