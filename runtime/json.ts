/** Any value that JSON can carry. Nothing else is ever stored, journalled or handed to an expression. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a value is, or one without members. */
export function toObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
