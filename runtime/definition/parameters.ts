import type { Issue } from '../errors.js';
import { setOwn } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { schemaProblems } from './input-schema.js';
import { child, lastSegment } from './issues.js';
import { copyJson, isList, isObject, NotJson, own } from './json-copy.js';
import { parameterProblems } from './parameter-check.js';
import type { Plan } from './plan.js';
import { type Parameter, parameterShape } from './schema.js';
import { describe, isOf } from './structure.js';

export type InputCheck =
  | { readonly ok: true /** With the defaults filled in. */; readonly input: JsonObject }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The parameters that a workflow declares, for forms, API schemas and tool descriptions. */
export function parametersOf(plan: Plan): readonly Parameter[] {
  const { parameters } = plan.definition;
  if (!isList(parameters)) return [];
  return parameters.filter((one) => isOf(parameterShape, one));
}

/**
 * Checks an input before anything runs: all problems at once, with pointers into the input. No input at all is `{}`.
 * What the workflow does not declare is kept; a workflow that declares nothing takes any object.
 */
export function checkInput(plan: Plan, input: unknown): InputCheck {
  const read = readInput(input);
  if ('issue' in read) return { ok: false, issues: [read.issue] };
  const { inputSchema } = plan.definition;
  const { filled, issues } = checkParameters(parametersOf(plan), read.input);
  const complete = inputSchema === undefined ? filled : fillFromSchema(inputSchema, filled);
  if (inputSchema !== undefined) {
    for (const { pointer, message } of schemaProblems(inputSchema, complete)) {
      issues.push(issueAt(pointer, 'BAD_VALUE', message));
    }
  }
  return issues.length === 0 ? { ok: true, input: Object.freeze(complete) } : { ok: false, issues };
}

/** As {@link checkInput}, for what whoever decides on an approval has filled in. */
export function checkFields(fields: readonly Parameter[], data: unknown): InputCheck {
  const read = readInput(data);
  if ('issue' in read) return { ok: false, issues: [read.issue] };
  const { filled, issues } = checkParameters(fields, read.input);
  return issues.length === 0 ? { ok: true, input: Object.freeze(filled) } : { ok: false, issues };
}

function readInput(input: unknown): { readonly input: JsonObject } | { readonly issue: Issue } {
  try {
    const copy = copyJson(input ?? {});
    if (isObject(copy)) return { input: copy };
    return { issue: issueAt('', 'NOT_AN_OBJECT', `The input must be an object, not ${describe(copy)}.`) };
  } catch (error) {
    if (error instanceof NotJson) return { issue: issueAt(error.pointer, error.code, error.message) };
    throw error;
  }
}

function checkParameters(parameters: readonly Parameter[], input: JsonObject) {
  const filled: Record<string, Json> = { ...input };
  const issues: Issue[] = [];
  const matched = { shares: 0 };
  for (const parameter of parameters) {
    const { name } = parameter;
    const given = own(filled, name);
    const value = given ?? parameter.default ?? null;
    if (given === undefined && value !== null) setOwn(filled, name, value);
    if (parameter.required === true && (value === null || value === '')) {
      issues.push(issueAt(child('', name), 'REQUIRED', `${parameter.label ?? name} is required.`, parameter.help));
    } else {
      for (const { code, message } of parameterProblems(parameter, value, matched)) {
        issues.push(issueAt(child('', name), code, message, parameter.help));
      }
    }
  }
  return { filled, issues };
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

function issueAt(path: string, code: string, message: string, hint?: string): Issue {
  const field = lastSegment(path);
  const located = field === '' ? {} : { field };
  return { code, severity: 'error', path, ...located, message, ...(hint === undefined ? {} : { hint }) };
}
