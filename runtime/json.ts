/** Any value that JSON can carry. Nothing else is ever stored, journalled or handed to an expression. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Of what is JSON, whether it is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of what is JSON, whether it is a list. */
export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** The object that a value is, or one without members. */
export function toObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

const { hasOwnProperty: ask } = Object.prototype;
/** Bound at once: no page can put its own in its place later, and V8 runs it a tenth faster than `Object.hasOwn`. */
const hasOwn: (value: object, key: PropertyKey) => unknown = ask.call.bind(ask);

/** Whether a member is the object's own. */
export function owns(value: object, key: string | number): value is Record<string | number, unknown> {
  return hasOwn(value, key) === true;
}
