import { canonicalJson } from '../canonical.js';
import { schemaProblems } from '../definition/input-schema.js';
import { own } from '../definition/json-copy.js';
import { ActionError, NotFoundError, TimeoutError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { misfit } from '../misfit.js';
import type { Action, ActionContext, ActionRegistry, Clock } from '../ports.js';
import { toJson } from '../to-json.js';

/** One choice of a form field. */
export interface ProvidedOption {
  readonly value: Json;
  readonly label: string;
  readonly metadata?: JsonObject;
}

interface Cached {
  readonly until: number;
  readonly options: Promise<readonly ProvidedOption[]>;
}

/** Answers kept at most; the oldest go first. */
const MAX_CACHED = 1000;
/** Milliseconds that an answer is kept where its action says nothing. */
const USUAL_TTL = 60_000;

/**
 * Where the options of form fields come from: actions that are marked as data providers. Answers are kept for the time
 * that the action grants, by organisation and by what was asked; failures are not kept, and those who ask the same at
 * once share one call, under the context of the first.
 */
export class DataProviders {
  readonly #actions: ActionRegistry;
  readonly #clock: Clock;
  readonly #cache = new Map<string, Cached>();

  constructor(actions: ActionRegistry, clock: Clock) {
    this.#actions = actions;
    this.#clock = clock;
  }

  /** The data providers there are. */
  list(): readonly Action[] {
    return this.#actions.list().filter((action) => action.provider !== undefined);
  }

  /**
   * @throws NotFoundError `DATA_PROVIDER_NOT_FOUND`
   * @throws TimeoutError where it gave no answer within the action's `timeout`; the reason of the context's signal once that is aborted
   * @throws ActionError `ACTION_INPUT_INVALID` with all that is wrong with the inputs, `OPTIONS_INVALID` where the action gives something else than a list of options, or its own error
   */
  async options(name: string, inputs: JsonObject, context: ActionContext): Promise<readonly ProvidedOption[]> {
    const action = this.#actions.find(name);
    if (action?.provider === undefined) {
      throw new NotFoundError(`There is no data provider '${name}'`, { code: 'DATA_PROVIDER_NOT_FOUND' });
    }
    const key = canonicalJson([context.organization ?? null, name, inputs]);
    const now = this.#clock.now();
    const known = this.#cache.get(key);
    if (known !== undefined && known.until > now) return known.options;
    const options = ask(action, inputs, context, this.#clock);
    const until = now + (action.provider.ttl ?? USUAL_TTL);
    this.#keep(key, { until, options });
    options.catch(() => {
      if (this.#cache.get(key)?.options === options) this.#cache.delete(key);
    });
    return options;
  }

  #keep(key: string, cached: Cached): void {
    // Set anew, so that the order is that of age.
    this.#cache.delete(key);
    this.#cache.set(key, cached);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > MAX_CACHED && oldest !== undefined) this.#cache.delete(oldest);
  }
}

async function ask(
  action: Action,
  inputs: JsonObject,
  context: ActionContext,
  clock: Clock,
): Promise<readonly ProvidedOption[]> {
  hold('input', action, action.inputSchema, inputs);
  const { json } = toJson(await answered(action, inputs, context, clock));
  hold('output', action, action.outputSchema, json);
  if (!Array.isArray(json)) throw invalid(action.type, 'a list of options');
  return json.map((one: Json) => optionOf(action.type, one));
}

/** Its answer, waited for as long as the action and whoever asks grant: others may be waiting for the same call. */
function answered(action: Action, inputs: JsonObject, context: ActionContext, clock: Clock): Promise<unknown> {
  const { signal: outer } = context;
  const limit = action.timeoutOf?.(inputs) ?? action.timeout;
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const giveUp = (reason: unknown): void => {
      controller.abort(reason);
      reject(reason);
    };
    const abort = (): void => giveUp(outer.reason);
    const late = (): void =>
      giveUp(new TimeoutError(`Data provider '${action.type}' gave no answer within ${limit} ms`));
    const withdraw = limit === undefined ? () => undefined : clock.schedule(clock.now() + limit, late);
    const run = async (): Promise<unknown> => action.run(inputs, { ...context, signal: controller.signal });
    if (outer.aborted) abort();
    else outer.addEventListener('abort', abort, { once: true });
    const end = (): void => {
      withdraw();
      outer.removeEventListener('abort', abort);
    };
    run().then(resolve, reject).finally(end);
  });
}

/** Held to its schemas as when a step performs it, but where it sees to that itself. */
function hold(what: 'input' | 'output', action: Action, schema: Json | undefined, value: Json): void {
  if (schema === undefined || action.checksItself?.includes(what)) return;
  const problems = schemaProblems(schema, value);
  if (problems.length > 0) throw misfit(what, action.type, problems);
}

/** `{value, label?, metadata?}`, or a plain value that is its own label. */
function optionOf(type: string, one: Json): ProvidedOption {
  if (typeof one === 'string' || typeof one === 'number') return { value: one, label: String(one) };
  if (!isJsonObject(one)) throw invalid(type, 'options that are texts, numbers or objects');
  const [value, label, metadata] = [own(one, 'value'), own(one, 'label'), own(one, 'metadata')];
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw invalid(type, 'options with a text, a number or a boolean as their value');
  }
  const shown = typeof label === 'string' ? label : String(value);
  return isJsonObject(metadata) ? { value, label: shown, metadata } : { value, label: shown };
}

function invalid(type: string, wanted: string): ActionError {
  return new ActionError(`Data provider '${type}' must give ${wanted}`, { code: 'OPTIONS_INVALID', retryable: false });
}
