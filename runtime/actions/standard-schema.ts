import { child } from '../pointer.js';

/**
 * The interface by which schema libraries (Zod, Valibot, ArkType and others) hand out their checks:
 * https://standardschema.dev, version 1. Written from its specification, so that none of them has to be loaded here.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** For types alone: never there when it runs. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** https://standardschema.dev/json-schema: what some libraries offer beside. */
    readonly jsonSchema?:
      | {
          readonly input: (options: { readonly target: 'draft-2020-12' }) => unknown;
          readonly output: (options: { readonly target: 'draft-2020-12' }) => unknown;
        }
      | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type TypesOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>;
/** What a schema takes. */
export type InputOf<S extends StandardSchema> = TypesOf<S>['input'];
/** What a schema makes of what it takes. */
export type OutputOf<S extends StandardSchema> = TypesOf<S>['output'];

/** Schemas may be functions, as ArkType's are. */
export function isStandardSchema(schema: unknown): schema is StandardSchema {
  return (typeof schema === 'object' || typeof schema === 'function') && schema !== null && '~standard' in schema;
}

/** The place of an issue as a JSON pointer. */
export function pointerOf({ path = [] }: StandardIssue): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).reduce(child, '');
}
