import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import type { Json } from '../json.js';
import { isObject } from './json-copy.js';

export interface SchemaProblem {
  /** JSON pointer into the value. */
  readonly pointer: string;
  readonly message: string;
}

/** Keywords whose failure only says that something below or beside them failed. */
const ECHOES: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'items',
  'prefixItems',
  'allOf',
  '$ref',
  '$dynamicRef',
  'if',
  'then',
  'else',
  'dependentSchemas',
]);

/**
 * Checks a value against a JSON Schema (2020-12), without generating code.
 * @returns all that is wrong; a problem of the schema itself as one at the root
 */
export function schemaProblems(schema: Json, value: Json): SchemaProblem[] {
  if (typeof schema === 'boolean') return schema ? [] : [{ pointer: '', message: 'No input is accepted.' }];
  // The validator writes notes of its own into the schema.
  const own: unknown = JSON.parse(JSON.stringify(schema));
  if (!isSchema(own)) return [{ pointer: '', message: 'The schema is not an object.' }];
  try {
    const { valid, errors } = new Validator(own, '2020-12', false).validate(value);
    return valid ? [] : readable(errors);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'it is malformed';
    return [{ pointer: '', message: `The schema cannot be used: ${reason}` }];
  }
}

/** What is wrong with a schema, as far as using it on an empty input tells; undefined where nothing is. */
export function schemaFault(schema: Json): string | undefined {
  return schemaProblems(schema, {}).find(({ message }) => message.startsWith('The schema '))?.message;
}

function isSchema(schema: unknown): schema is Schema {
  return isObject(schema);
}

function readable(errors: readonly OutputUnit[]): SchemaProblem[] {
  const telling = errors.filter((error) => !ECHOES.has(error.keyword));
  return (telling.length === 0 ? errors : telling).map(({ instanceLocation, keyword, error }) => {
    const parent = instanceLocation.replace(/^#/, '');
    const missing = keyword === 'required' ? /required property "(.*?)"/.exec(error)?.[1] : undefined;
    const pointer = missing === undefined ? parent : `${parent}/${missing.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return { pointer, message: missing === undefined ? error : `${missing} is required.` };
  });
}
