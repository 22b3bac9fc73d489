/** Any value that JSON can carry. Nothing else is ever stored, journalled or handed to an expression. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
