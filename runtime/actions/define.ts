import { type Issue, ValidationError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { misfit } from '../misfit.js';
import type { Action, ActionContext, Awaitable, BreakerPolicy, RetryPolicy } from '../ports.js';
import { toJson } from '../to-json.js';
import { type InputOf, isStandardSchema, type OutputOf, pointerOf, type StandardSchema } from './standard-schema.js';

/** JSON Schema (2020-12), or the schema of any library that follows https://standardschema.dev. */
export type ActionSchema = JsonObject | boolean | StandardSchema;

/** What {@link ActionDefinition.run} is called with. */
export type ParametersOf<S> = S extends StandardSchema ? OutputOf<S> : JsonObject;
/** What {@link ActionDefinition.run} has to give. */
export type ResultOf<S> = S extends StandardSchema ? InputOf<S> : unknown;

/** What an author writes of an action; the fields that are not said here are those of {@link Action}. */
export interface ActionDefinition<I, O> {
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly category?: string;
  /** Parameters that do not fit fail with `ACTION_INPUT_INVALID`, without a retry, before `run` is called. */
  readonly input?: I;
  /** A result that does not fit fails with `ACTION_OUTPUT_INVALID`, without a retry. */
  readonly output?: O;
  readonly idempotent?: boolean;
  /** All but `maxAttempts` may be left out: 1 s before the second attempt, doubled each time up to 5 minutes, no jitter. */
  readonly retry?: Partial<RetryPolicy> & Pick<RetryPolicy, 'maxAttempts'>;
  readonly timeout?: number;
  /** See {@link Action.timeoutOf}: it is given the parameters as they came, whatever a schema of a library makes of them. */
  timeoutOf?(parameters: JsonObject): number | undefined;
  readonly breaker?: BreakerPolicy;
  readonly provider?: { readonly ttl: number };
  run(parameters: ParametersOf<I>, context: ActionContext): Awaitable<ResultOf<O>>;
}

/** The same for whoever need not know what the schemas say. */
interface AnyDefinition extends Omit<ActionDefinition<ActionSchema, ActionSchema>, 'run'> {
  run(parameters: unknown, context: ActionContext): Awaitable<unknown>;
}

const USUAL_RETRY = { initialDelay: 1000, multiplier: 2, maxDelay: 300_000, jitter: 0 };

/**
 * Makes an action of what its author says, typed by its schemas; the place to write one.
 * @throws ValidationError `BAD_ACTION` with every problem
 */
export function defineAction<
  I extends ActionSchema | undefined = undefined,
  O extends ActionSchema | undefined = undefined,
>(definition: ActionDefinition<I, O>): Action;
export function defineAction(definition: AnyDefinition): Action {
  const { input, output, retry, run: _run, ...said } = definition;
  const inputSchema = jsonSchemaOf(input, 'input');
  const outputSchema = jsonSchemaOf(output, 'output');
  const action: Action = {
    ...said,
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(retry === undefined ? {} : { retry: { ...USUAL_RETRY, ...retry } }),
    ...runOf(definition),
  };
  refuseBad(action, definition);
  return Object.freeze(action);
}

/** A schema of a library is asked here; a JSON Schema is left to who performs the action, who has a checker for it. */
function runOf(definition: AnyDefinition): Pick<Action, 'run' | 'checksItself'> {
  const { input, output, type } = definition;
  const takes = isStandardSchema(input) ? input : undefined;
  const gives = isStandardSchema(output) ? output : undefined;
  if (takes === undefined && gives === undefined) {
    return { run: (parameters, context) => definition.run(parameters, context) };
  }
  return {
    run: async (parameters, context) => {
      const given = takes === undefined ? parameters : await checked(takes, parameters, 'input', type);
      const made = await definition.run(given, context);
      return gives === undefined ? made : checked(gives, made, 'output', type);
    },
    checksItself: [
      ...(takes === undefined ? [] : ['input' as const]),
      ...(gives === undefined ? [] : ['output' as const]),
    ],
  };
}

async function checked(schema: StandardSchema, value: unknown, what: 'input' | 'output', type: string) {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  throw misfit(
    what,
    type,
    result.issues.map((issue) => ({ pointer: pointerOf(issue), message: issue.message })),
  );
}

/** The JSON Schema of a schema, where it has one to show. */
function jsonSchemaOf(schema: ActionSchema | undefined, side: 'input' | 'output'): Json | undefined {
  if (!isStandardSchema(schema)) return schema;
  try {
    const shown = schema['~standard'].jsonSchema?.[side]({ target: 'draft-2020-12' });
    return shown === undefined ? undefined : toJson(shown).json;
  } catch {
    // Libraries throw where a schema has no counterpart, such as that of a date. The check is the schema's own anyway.
    return undefined;
  }
}

/** May be left out of what they stand in. */
const OPTIONAL: readonly string[] = ['timeout', 'ttl', 'halfOpenMax'];

function refuseBad(action: Action, { run }: AnyDefinition): void {
  const { type, retry, breaker, provider } = action;
  const issues: Issue[] = [];
  const hold = (ok: boolean, path: string, message: string): void => {
    if (!ok)
      issues.push({ code: path === '/type' ? 'BAD_ACTION_TYPE' : 'BAD_ACTION', severity: 'error', path, message });
  };
  const numbers = (place: string, holder: object | undefined, leasts: Readonly<Record<string, number>>): void => {
    for (const [name, least] of Object.entries(holder === undefined ? {} : leasts)) {
      const value: unknown = Reflect.get(Object(holder), name);
      const ok = typeof value === 'number' && value >= least && value < Number.POSITIVE_INFINITY;
      const left = value === undefined && OPTIONAL.includes(name);
      hold(ok || left, `${place}/${name}`, `"${name}" is a number, ${least} or more`);
    }
  };
  const rule = '"type" is a letter, and letters, digits, "_", "." and "-" after it';
  hold(typeof type === 'string' && /^[A-Za-z][\w.-]*$/.test(type), '/type', rule);
  hold(typeof run === 'function', '/run', '"run" is a function');
  for (const side of ['input', 'output'] as const) {
    hold(isSchema(action[`${side}Schema`]), `/${side}`, `"${side}" is a JSON Schema, or follows Standard Schema`);
  }
  numbers('', action, { timeout: 1 });
  numbers('/provider', provider, { ttl: 0 });
  numbers('/retry', retry, { maxAttempts: 1, initialDelay: 0, maxDelay: 0, multiplier: 1, jitter: 0 });
  hold((retry?.jitter ?? 0) <= 1, '/retry/jitter', '"jitter" is at most 1');
  numbers('/breaker', breaker, { failureThreshold: 1, openMs: 1, halfOpenMax: 1 });
  if (issues.length === 0) return;
  const told = issues.map(({ message }) => message).join('; ');
  throw new ValidationError(`'${type}' cannot be an action: ${told}`, issues, { code: 'BAD_ACTION' });
}

/** One of a library that does not follow the standard is an object too, of functions. */
function isSchema(schema: unknown): boolean {
  if (schema === undefined || typeof schema === 'boolean') return true;
  return isJsonObject(schema) && Object.values<unknown>(schema).every((part) => typeof part !== 'function');
}
