import { type Issue, ValidationError } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
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
  refuseBad(action);
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

function refuseBad({ type, retry, timeout, breaker, provider }: Action): void {
  const issues: Issue[] = [];
  const hold = (ok: boolean, path: string, message: string): void => {
    if (!ok)
      issues.push({ code: path === '/type' ? 'BAD_ACTION_TYPE' : 'BAD_ACTION', severity: 'error', path, message });
  };
  const rule = 'The type of an action begins with a letter and has only letters, digits, "_", "." and "-" in it';
  hold(/^[A-Za-z][\w.-]*$/.test(type), '/type', rule);
  hold(atLeast(timeout, 1), '/timeout', 'A timeout is 1 millisecond or more');
  hold(atLeast(provider?.ttl, 0), '/provider/ttl', 'A time to live is 0 milliseconds or more');
  hold(atLeast(retry?.maxAttempts, 1), '/retry/maxAttempts', 'There is at least 1 attempt');
  for (const field of ['initialDelay', 'maxDelay', 'jitter'] as const) {
    hold(atLeast(retry?.[field], 0), `/retry/${field}`, `"${field}" is 0 or more`);
  }
  hold(atLeast(retry?.multiplier, 1), '/retry/multiplier', '"multiplier" is 1 or more');
  hold((retry?.jitter ?? 0) <= 1, '/retry/jitter', '"jitter" is at most 1');
  for (const field of ['failureThreshold', 'openMs', 'halfOpenMax'] as const) {
    hold(atLeast(breaker?.[field], 1), `/breaker/${field}`, `"${field}" is 1 or more`);
  }
  if (issues.length > 0) throw new ValidationError(`'${type}' cannot be an action`, issues, { code: 'BAD_ACTION' });
}

function atLeast(value: number | undefined, least: number): boolean {
  return value === undefined || value >= least;
}
