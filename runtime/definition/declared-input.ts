import type { Issue } from '../errors.js';
import { setOwn } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { child, lastSegment } from '../pointer.js';
import { copyJson, isList, isObject, NotJson, own } from './json-copy.js';
import { parameterProblems } from './parameter-check.js';
import { Matching } from './pattern-cost.js';
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
  return parameters.filter(isParameter);
}

/** As `checkInput`, of what the parameters say: what a JSON Schema says beside them is not looked at. */
export function checkDeclared(plan: Plan, input: unknown): InputCheck {
  return checkGiven(parametersOf(plan), input);
}

/** As `checkInput`, for what whoever decides on an approval has filled in. */
export function checkFields(fields: readonly Parameter[], data: unknown): InputCheck {
  return checkGiven(fields.filter(isParameter), data);
}

function isParameter(one: unknown): one is Parameter {
  return isOf(parameterShape, one);
}

function checkGiven(parameters: readonly Parameter[], given: unknown): InputCheck {
  const read = readInput(given);
  if (!read.ok) return read;
  const { filled, issues } = fillIn(parameters, read.input);
  return issues.length === 0 ? { ok: true, input: Object.freeze(filled) } : { ok: false, issues };
}

/** What is given with the defaults beside it, and what is wrong with it. */
export function fillIn(parameters: readonly Parameter[], input: JsonObject) {
  const filled: Record<string, Json> = { ...input };
  const issues: Issue[] = [];
  const matching = new Matching();
  for (const parameter of parameters) {
    const { name } = parameter;
    const given = own(filled, name);
    const value = given ?? parameter.default ?? null;
    if (given === undefined && value !== null) setOwn(filled, name, value);
    if (parameter.required === true && (value === null || value === '')) {
      issues.push(issueAt(child('', name), 'REQUIRED', `${parameter.label ?? name} is required.`, parameter.help));
    } else {
      for (const { code, message } of parameterProblems(parameter, value, matching)) {
        issues.push(issueAt(child('', name), code, message, parameter.help));
      }
    }
  }
  return { filled, issues };
}

/** What is given as an input, where it is an object at all. No input at all is `{}`. */
export function readInput(input: unknown): InputCheck {
  const copy = copyJson(input ?? {});
  if (copy instanceof NotJson) return refused(issueAt(copy.pointer, copy.code, copy.message));
  return isObject(copy)
    ? { ok: true, input: copy }
    : refused(issueAt('', 'NOT_AN_OBJECT', `The input must be an object, not ${describe(copy)}.`));
}

function refused(issue: Issue): InputCheck {
  return { ok: false, issues: [issue] };
}

/** @param path pointer into the input */
export function issueAt(path: string, code: string, message: string, hint?: string): Issue {
  const field = lastSegment(path);
  const located = field === '' ? {} : { field };
  return { code, severity: 'error', path, ...located, message, ...(hint === undefined ? {} : { hint }) };
}
