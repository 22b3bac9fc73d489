import { owns } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import type { IssueList } from './issues.js';
import { isList, isObject } from './json-copy.js';
import { didYouMean } from './nearest.js';

/** What a definition declares of its input. */
export interface DeclaredInputs {
  readonly names: ReadonlySet<string>;
  readonly schema: Json | undefined;
}

export function declaredInputs({ parameters, inputSchema }: JsonObject): DeclaredInputs {
  const names = new Set(Object.keys(propertiesOf(inputSchema)));
  for (const one of isList(parameters) ? parameters : []) {
    if (isObject(one) && typeof one.name === 'string') names.add(one.name);
  }
  return { names, schema: inputSchema };
}

/** What is read of the input though nothing declares it, and what may be meant. */
export interface StrayRead {
  readonly path: string;
  readonly hint: string | undefined;
}

/**
 * Finds a read that names nothing declared, as far as that can be told. Whoever lists parameters, or closes a schema, has
 * said all names; where a schema is open, only a name that is nearly one of its own is a slip. Deeper down, only what is
 * closed tells.
 */
export function strayRead(
  { names, schema }: DeclaredInputs,
  path: readonly string[],
  issues: IssueList,
): StrayRead | undefined {
  const [, name = ''] = path;
  if (names.size === 0) return undefined;
  if (!names.has(name)) {
    const hint = issues.hint(() => didYouMean(name, names));
    const isTold = schema === undefined || isClosed(schema) || (hint !== undefined && isSimple(schema));
    return isTold ? { path: `input.${name}`, hint } : undefined;
  }
  let part: Json | undefined = propertiesOf(schema)[name];
  for (let at = 2; at < path.length && isClosed(part); at++) {
    const properties = propertiesOf(part);
    const key = path[at] ?? '';
    if (!owns(properties, key))
      return {
        path: path.slice(0, at + 1).join('.'),
        hint: issues.hint(() => didYouMean(key, Object.keys(properties))),
      };
    part = properties[key];
  }
  return undefined;
}

function propertiesOf(schema: Json | undefined): JsonObject {
  return isObject(schema) && isObject(schema.properties) ? schema.properties : {};
}

/** Whether a schema takes objects alone, with no names but those that it says. */
function isClosed(schema: Json | undefined): boolean {
  return (
    isObject(schema) && schema.type === 'object' && schema.additionalProperties === false && !schema.patternProperties
  );
}

/** Whether nothing of a schema says that there are more names, or says names elsewhere. */
function isSimple(schema: Json): boolean {
  return isObject(schema) && !MORE_NAMES.some((keyword) => owns(schema, keyword));
}

/** Keywords by which a schema says more names, or says them elsewhere. */
export const MORE_NAMES = [
  'additionalProperties',
  'patternProperties',
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
  'if',
  'dependentSchemas',
];
