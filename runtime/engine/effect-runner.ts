import type { EffectStep, LlmStep, Plan } from '../definition/plan.js';
import { ActionError, CancelledError } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import type { ActionContext, LanguageModel, LogLevel, ModelMessage, RuntimePorts } from '../ports.js';
import type { CompiledTemplate } from '../template/compile.js';
import { toJson } from '../to-json.js';
import type { InputEvent } from './advance.js';
import { errorRecord } from './failure.js';
import type { Language } from './language.js';
import { seededRandom } from './random.js';
import { ExecutionScope } from './scope.js';
import { Scrubber } from './scrub.js';
import { type Activation, type ExecutionState, findById } from './state.js';
import type { Command } from './work.js';

type Untimed<T> = T extends { readonly at: number } ? Omit<T, 'at'> : never;

export type EffectEvent = Untimed<
  Extract<InputEvent, { type: 'step_succeeded' | 'step_failed' | 'log' | 'checkpoint' }>
>;

/** What an effect has to say, to be committed together: its logs, then its result or a checkpoint. */
export interface EffectReport {
  readonly events: readonly EffectEvent[];
  /** In characters of JSON. */
  readonly size: number;
  readonly told?: { resolve(accepted: boolean): void; reject(error: unknown): void };
}

type Perform = Extract<Command, { type: 'perform' }>;

interface Attempt {
  readonly command: Perform;
  readonly activation: Activation;
  readonly step: EffectStep;
  readonly state: ExecutionState;
  readonly controller: AbortController;
  /** Values that were read and must not come back in a result, an error or a log. */
  readonly secrets: Map<string, string>;
  /** Not yet reported: a log costs no commit of its own. */
  logs: EffectEvent[];
  logSize: number;
}

/** What a performance made. */
interface Result {
  readonly output: unknown;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

/** Performs effects and reports how they ended, each exactly once. */
export class EffectRunner {
  readonly #language: Language;
  readonly #ports: RuntimePorts;
  readonly #plan: Plan;
  readonly #executionId: string;
  readonly #report: (report: EffectReport) => void;
  readonly #begun: () => void;
  readonly #running = new Map<number, Attempt>();

  /** @param begun called when an effect that had to be prepared first has begun, and may be waiting for the clock */
  constructor(
    language: Language,
    ports: RuntimePorts,
    plan: Plan,
    executionId: string,
    report: (report: EffectReport) => void,
    begun: () => void,
  ) {
    this.#language = language;
    this.#ports = ports;
    this.#plan = plan;
    this.#executionId = executionId;
    this.#report = report;
    this.#begun = begun;
  }

  get underWay(): number {
    return this.#running.size;
  }

  /** Whether a step may be performed again when it is not known if it took effect. */
  isRepeatable(slug: string): boolean {
    const step = this.#plan.steps.get(slug);
    if (step?.type === 'llm') return step.idempotent ?? true;
    if (step?.type !== 'action') return true;
    return step.idempotent ?? this.#ports.actions.find(step.action)?.idempotent ?? true;
  }

  /** Begins an attempt. Must be called only once the attempt's start is committed. */
  perform(command: Perform, state: ExecutionState): void {
    const activation = findById(state.activations, command.activation);
    const step = activation && this.#plan.steps.get(activation.slug);
    if (activation === undefined || (step?.type !== 'action' && step?.type !== 'llm')) return;
    const attempt: Attempt = {
      command,
      activation,
      step,
      state,
      controller: new AbortController(),
      secrets: new Map(),
      logs: [],
      logSize: 0,
    };
    this.#running.set(activation.id, attempt);
    try {
      const result = this.#begin(attempt);
      if (!isThenable(result)) this.#succeeded(attempt, result);
      else
        result.then(
          (value) => this.#succeeded(attempt, value),
          (error: unknown) => this.#failed(attempt, error),
        );
    } catch (error) {
      this.#failed(attempt, error);
    }
  }

  /** The logs that wait for their attempt's result; of one activation, or of all. */
  takeLogs(activation?: number): EffectEvent[] {
    const attempts = [...this.#running.values()].filter(
      (attempt) => activation === undefined || attempt.activation.id === activation,
    );
    return attempts.flatMap((attempt) => {
      attempt.logSize = 0;
      return attempt.logs.splice(0);
    });
  }

  abort(activation: number, reason: string): void {
    const attempt = this.#running.get(activation);
    this.#running.delete(activation);
    attempt?.controller.abort(new CancelledError(reason));
  }

  abortAll(reason: unknown): void {
    const attempts = [...this.#running.values()];
    this.#running.clear();
    for (const attempt of attempts) attempt.controller.abort(reason);
  }

  #begin(attempt: Attempt): Result | PromiseLike<Result> {
    const revealing = attempt.step.readsSecrets || Object.keys(attempt.state.secureVariables).length > 0;
    // A copy: what an action does to its parameters must not reach the journal.
    if (!revealing) return this.#run(attempt, toJson(attempt.command.parameters).json);
    return this.#unmasked(attempt).then((parameters) => {
      const result = this.#run(attempt, parameters);
      this.#begun();
      return result;
    });
  }

  #run(attempt: Attempt, parameters: Json): Result | PromiseLike<Result> {
    return attempt.step.type === 'llm'
      ? this.#ask(attempt, attempt.step, fields(parameters))
      : this.#act(attempt, attempt.step.action, fields(parameters));
  }

  #act(attempt: Attempt, type: string, parameters: JsonObject): Result | PromiseLike<Result> {
    const action = this.#ports.actions.find(type);
    if (action === undefined) {
      throw new ActionError(`No action '${type}' is known here; register one, or answer it with a stub`, {
        code: 'ACTION_NOT_FOUND',
        retryable: false,
        step: attempt.step.slug,
      });
    }
    const output = action.run(parameters, this.#contextOf(attempt));
    return isThenable(output) ? output.then((value) => ({ output: value })) : { output };
  }

  async #ask(attempt: Attempt, step: LlmStep, request: JsonObject): Promise<Result> {
    const response = await this.#model(step).complete(
      {
        messages: messagesOf(attempt.state, request),
        ...optional('model', request.model, isText),
        ...optional('temperature', request.temperature, isNumber),
        ...optional('maxTokens', request.maxTokens, isNumber),
        outputFormat: step.outputFormat,
        ...(step.outputSchema === undefined ? {} : { outputSchema: step.outputSchema }),
        tools: step.tools,
      },
      this.#contextOf(attempt),
    );
    const output =
      step.outputFormat === 'json' ? await parseAnswer(response.text, attempt, step, this.#language) : response.text;
    return response.usage === undefined ? { output } : { output, usage: response.usage };
  }

  #model(step: LlmStep): LanguageModel {
    if (this.#ports.model !== undefined) return this.#ports.model;
    throw new ActionError('No language model is set up here, so llm steps cannot run', {
      code: 'MODEL_NOT_FOUND',
      retryable: false,
      step: step.slug,
    });
  }

  #contextOf(attempt: Attempt): ActionContext {
    const { activation, state, command } = attempt;
    const place = { activation: activation.id };
    const variables = this.#plan.config.variables;
    return {
      executionId: this.#executionId,
      activationId: activation.id,
      step: activation.slug,
      attempt: command.attempt,
      idempotencyKey: `${this.#executionId}/${activation.id}`,
      signal: attempt.controller.signal,
      organization: state.organizationId ?? undefined,
      now: activation.startedAt,
      log: (level: LogLevel, message: string, data?: Json) => {
        if (!this.#isCurrent(attempt)) return;
        const { json, size } = this.#kept(attempt, data === undefined ? { message } : { message, data });
        attempt.logs.push({ type: 'log', ...place, level, message, ...fields(json) });
        attempt.logSize += size;
      },
      checkpoint: async (name: string, data?: Json) => {
        const { json, size } = this.#kept(attempt, data);
        await new Promise<boolean>((resolve, reject) =>
          this.#send(attempt, { type: 'checkpoint', ...place, name, data: json }, size, { resolve, reject }),
        );
      },
      getConfig: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
      getSecret: (name) => this.#secret(attempt, name),
    };
  }

  #isCurrent(attempt: Attempt): boolean {
    return this.#running.get(attempt.activation.id) === attempt;
  }

  #succeeded(attempt: Attempt, result: Result): void {
    if (!this.#isCurrent(attempt)) return;
    try {
      const { json: output, size } = this.#kept(attempt, underKey(result.output, attempt.step.resultKey));
      this.#running.delete(attempt.activation.id);
      const { usage } = result;
      const event = { type: 'step_succeeded', ...numbers(attempt), output } as const;
      this.#send(attempt, usage === undefined ? event : { ...event, usage }, size);
    } catch (error) {
      this.#failed(attempt, error);
    }
  }

  #failed(attempt: Attempt, error: unknown): void {
    if (!this.#isCurrent(attempt)) return;
    this.#running.delete(attempt.activation.id);
    const record = new Scrubber(attempt.secrets).error(errorRecord(error));
    this.#send(attempt, { type: 'step_failed', ...numbers(attempt), error: record }, record.message.length);
  }

  #send(attempt: Attempt, event: EffectEvent, size: number, told?: EffectReport['told']): void {
    const report = { events: [...attempt.logs, event], size: size + attempt.logSize };
    attempt.logs = [];
    attempt.logSize = 0;
    this.#report(told === undefined ? report : { ...report, told });
  }

  /** A value as the journal keeps it: plain JSON, with no secret in it. */
  #kept(attempt: Attempt, value: unknown): { readonly json: Json; readonly size: number } {
    const plain = toJson(value);
    return attempt.secrets.size === 0
      ? plain
      : { json: new Scrubber(attempt.secrets).json(plain.json), size: plain.size };
  }

  /** The parameters once more, this time with the values of the secrets. */
  async #unmasked(attempt: Attempt): Promise<Json> {
    const { activation, step } = attempt;
    const template = step.type === 'llm' ? step.request : step.parameters;
    return this.#render(attempt, template, activation.startedAt, await this.#reveal(attempt, template));
  }

  #render(attempt: Attempt, template: CompiledTemplate, now: number, revealed: Record<string, Json>): Json {
    const { activation, state } = attempt;
    const view = { frame: activation.frame, now, cause: activation.cause, revealed };
    const random = seededRandom(state.seed, activation.id, 0);
    return toJson(template.render(new ExecutionScope(this.#plan, state, view), { now, random })).json;
  }

  /** The values that a template may read of what is kept secret, by name. */
  async #reveal(attempt: Attempt, template: CompiledTemplate): Promise<Record<string, Json>> {
    const revealed: Record<string, Json> = {};
    for (const [name, secure] of Object.entries(attempt.state.secureVariables)) {
      const step = this.#plan.steps.get(secure.step);
      const source = step?.type === 'set_variables' ? step.assignments[secure.assignment]?.value : undefined;
      if (source === undefined || !mayRead(template, name)) continue;
      const value = this.#render(attempt, source, secure.at, await this.#declared(attempt, source));
      if (typeof value === 'string') attempt.secrets.set(name, value);
      revealed[name] = value;
    }
    return { ...(await this.#declared(attempt, template)), ...revealed };
  }

  /** The values of those declared secrets that a template reads. */
  async #declared(attempt: Attempt, template: CompiledTemplate): Promise<Record<string, Json>> {
    const values: Record<string, Json> = {};
    for (const name of Object.keys(this.#plan.config.secrets)) {
      const shadowed = Object.hasOwn(attempt.state.secureVariables, name);
      if (!shadowed && readsSecret(template, name)) values[name] = await this.#secret(attempt, name);
    }
    return values;
  }

  async #secret(attempt: Attempt, name: string): Promise<string> {
    const reference = Object.hasOwn(this.#plan.config.secrets, name) ? this.#plan.config.secrets[name] : undefined;
    const organization = attempt.state.organizationId ?? undefined;
    const value = reference === undefined ? undefined : await this.#ports.secrets?.resolve(reference, { organization });
    if (value === undefined) {
      const why = reference === undefined ? 'config.secrets does not declare it' : 'this host has no value for it';
      throw new ActionError(`Secret '${name}' cannot be read: ${why}`, {
        code: 'SECRET_NOT_FOUND',
        retryable: false,
        step: attempt.step.slug,
      });
    }
    attempt.secrets.set(name, value);
    return value;
  }
}

/** Whether a template reads `secrets.<name>`, or `secrets` in a way that could be any of them. */
function readsSecret(template: CompiledTemplate, name: string): boolean {
  return template.paths.some(([root, key]) => root === 'secrets' && (key === undefined || key === name));
}

/** Whether a template reads a secure variable: bare, by `variables` or by `secrets`. */
function mayRead(template: CompiledTemplate, name: string): boolean {
  return template.names.has(name) || template.names.has('variables') || readsSecret(template, name);
}

function numbers(attempt: Attempt): { activation: number; attempt: number } {
  return { activation: attempt.activation.id, attempt: attempt.command.attempt };
}

function fields(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: Json): value is string => typeof value === 'string' && value !== '';
const isNumber = (value: Json): value is number => typeof value === 'number';

function optional<K extends string, T extends Json>(
  key: K,
  value: Json | undefined,
  fits: (value: Json) => value is T,
): { readonly [P in K]?: T } {
  const result: { [P in K]?: T } = {};
  if (value !== undefined && fits(value)) result[key] = value;
  return result;
}

function messagesOf(state: ExecutionState, request: JsonObject): ModelMessage[] {
  const messages: ModelMessage[] = [];
  const system = textOf(request.systemPrompt);
  const user = textOf(request.userPrompt);
  if (system !== '') messages.push({ role: 'system', content: system });
  messages.push(...state.conversation);
  if (user !== '') messages.push({ role: 'user', content: user });
  return messages;
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An answer as its step keeps it: under the step's key, unless it is an object that has such a key of its own. */
function underKey(output: unknown, key: string | undefined): unknown {
  if (key === undefined) return output;
  const hasKey = typeof output === 'object' && output !== null && !Array.isArray(output) && Object.hasOwn(output, key);
  return hasKey ? output : { [key]: output ?? null };
}

/** @throws ActionError `MODEL_OUTPUT_NOT_JSON`, or `MODEL_OUTPUT_INVALID` where it does not fit the step's schema */
async function parseAnswer(text: string, attempt: Attempt, step: LlmStep, language: Language): Promise<Json> {
  const value = parseJson(text, attempt);
  if (step.outputSchema === undefined) return value;
  const problems = await language.schemaProblems(step.outputSchema, value);
  if (problems.length === 0) return value;
  const [first, ...more] = problems.map(({ pointer, message }) =>
    pointer === '' ? message : `${pointer}: ${message}`,
  );
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new ActionError(`The model's answer does not fit the outputSchema of step '${step.slug}': ${first}${rest}`, {
    code: 'MODEL_OUTPUT_INVALID',
    step: step.slug,
    details: problems.map(({ pointer, message }) => ({ pointer, message })),
  });
}

/** Models often wrap JSON in a Markdown fence; that is taken off. */
function parseJson(text: string, { step: { slug: step }, secrets }: Attempt): Json {
  const bare = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text;
  try {
    const value: Json = JSON.parse(bare);
    return value;
  } catch (cause) {
    // Scrubbed before it is cut: a part of a secret would not be known for one any more.
    const quoted = new Scrubber(secrets).text(text).slice(0, 200);
    throw new ActionError(`The model's answer is not JSON, as step '${step}' asks for: ${quoted}`, {
      code: 'MODEL_OUTPUT_NOT_JSON',
      step,
      cause,
    });
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
