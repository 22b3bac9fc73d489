import { setOwn } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { fillIn, type InputCheck, issueAt, parametersOf, readInput } from './declared-input.js';
import { schemaProblems } from './input-schema.js';
import { isObject, own } from './json-copy.js';
import type { Plan } from './plan.js';

export { checkFields, type InputCheck, parametersOf } from './declared-input.js';

/**
 * Checks an input before anything runs: all problems at once, with pointers into the input. No input at all is `{}`.
 * What the workflow does not declare is kept; a workflow that declares nothing takes any object.
 */
export function checkInput(plan: Plan, input: unknown): InputCheck {
  const read = readInput(input);
  if (!read.ok) return read;
  const { inputSchema } = plan.definition;
  const { filled, issues } = fillIn(parametersOf(plan), read.input);
  const complete = inputSchema === undefined ? filled : fillFromSchema(inputSchema, filled);
  if (inputSchema !== undefined) {
    for (const { pointer, message, isMissing } of schemaProblems(inputSchema, complete)) {
      issues.push(issueAt(pointer, isMissing ? 'REQUIRED' : 'BAD_VALUE', message));
    }
  }
  return issues.length === 0 ? { ok: true, input: Object.freeze(complete) } : { ok: false, issues };
}

/** Defaults of the outermost properties, as forms fill them in. */
function fillFromSchema(schema: Json, input: JsonObject): JsonObject {
  const properties = isObject(schema) && isObject(schema.properties) ? schema.properties : {};
  const filled: Record<string, Json> = { ...input };
  for (const [name, property] of Object.entries(properties)) {
    const value = isObject(property) ? own(property, 'default') : undefined;
    if (value !== undefined && own(filled, name) === undefined) setOwn(filled, name, value);
  }
  return filled;
}
