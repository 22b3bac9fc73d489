/** What a host gives to a language that lacks it, as plain as it can be written: such as any user of a peer would. */

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function member(value: unknown, key: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, String(key)) : undefined;
}

export function find(value: unknown, key: unknown, wanted: unknown): unknown {
  return list(value).find((item) => member(item, key) === wanted);
}

export function length(value: unknown): number {
  return Array.isArray(value) || typeof value === 'string' ? value.length : 0;
}

export const map = (value: unknown, key: unknown) => list(value).map((item) => member(item, key));
export const join = (value: unknown, separator: unknown) => list(value).join(String(separator));
export const upper = (value: unknown) => String(value).toUpperCase();
