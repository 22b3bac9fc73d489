import { readOwn } from './values.js';

/** The keys of a path such as `a.b[0].c`; none of an empty one, which means the value itself. */
export function pathKeys(path: string): readonly string[] {
  if (path === '') return [];
  return path
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .replace(/^\./, '')
    .split('.');
}

export function followKeys(start: unknown, keys: readonly string[]): unknown {
  let value = start;
  for (const key of keys) value = readOwn(value, key);
  return value;
}
