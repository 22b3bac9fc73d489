import type { SchemaProblem } from '../definition/input-schema.js';
import type { InputCheck } from '../definition/parameters.js';
import type { Plan } from '../definition/plan.js';
import type { Parameter } from '../definition/schema.js';
import type { Json, JsonObject } from '../json.js';
import type { Awaitable } from '../ports.js';

/**
 * What of the language a driver asks for beside the plan it runs. It is handed in, so that who runs a plan that is
 * compiled already loads no parser and no validator before one is needed: each may answer later.
 */
export interface Language {
  /** Makes the plan that a stored definition is pinned to. */
  compile(definition: JsonObject): Awaitable<Plan>;
  /** Checks an input before anything runs. */
  checkInput(plan: Plan, input: unknown): Awaitable<InputCheck>;
  /** Checks what whoever decides on an approval has filled in. */
  checkFields(fields: readonly Parameter[], data: unknown): Awaitable<InputCheck>;
  /** Holds a model's answer against the schema of its step. */
  schemaProblems(schema: Json, value: Json): Awaitable<readonly SchemaProblem[]>;
}
