import type { EffectStep, LlmStep, Plan, WorkflowStep } from '../definition/plan.js';
import { ActionError, CancelledError, TimeoutError } from '../errors.js';
import { isRecord } from '../expression/values.js';
import { type Json, type JsonObject, toObject } from '../json.js';
import type {
  Action,
  ActionContext,
  Awaitable,
  CancellationSignal,
  LanguageModel,
  LogLevel,
  ModelUsage,
  RetryPolicy,
  RuntimePorts,
} from '../ports.js';
import { isThenable } from '../thenable.js';
import { sizeOf, toJson } from '../to-json.js';
import type { InputEvent } from './advance.js';
import { type CallSetting, needsCare } from './call-setting.js';
import { childRequest } from './child-request.js';
import { pendingCall, type TurnRecord } from './conversation.js';
import { errorRecord } from './failure.js';
import type { Language } from './language.js';
import { isEffect, requestOf } from './request.js';
import { Scrubber } from './scrub.js';
import { SecretValues } from './secret-values.js';
import { type Activation, type ExecutionState, findById } from './state.js';
import type { Command } from './work.js';

type Untimed<T> = T extends { readonly at: number } ? Omit<T, 'at'> : never;

export type EffectEvent = Untimed<
  Extract<
    InputEvent,
    { type: 'step_succeeded' | 'step_failed' | 'child_started' | 'model_turn' | 'tool_result' | 'log' | 'checkpoint' }
  >
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
  readonly secrets: SecretValues;
  /** Not yet reported: a log costs no commit of its own. */
  logs: EffectEvent[];
  logSize: number;
  /** What a model counted. */
  usage: ModelUsage | undefined;
  /** The execution that was started, and whose end the step waits for. */
  child: string | undefined;
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

  /** Whether what was under way may be performed again when it is not known if it took effect. */
  isRepeatable({ slug, model }: Activation): boolean {
    const step = this.#plan.steps.get(slug);
    if (step?.type === 'llm') {
      const tool = pendingCall(model);
      return tool === undefined ? (step.idempotent ?? true) : (this.#find(tool.name)?.idempotent ?? true);
    }
    // A child is started once under its id, however often that is asked for.
    if (step?.type !== 'action') return true;
    return step.idempotent ?? this.#find(step.action)?.idempotent ?? true;
  }

  /** The policy that an action brings, where neither its step nor the workflow has one. */
  retryOf(slug: string): { readonly retry?: RetryPolicy } {
    const step = this.#plan.steps.get(slug);
    if (step?.type !== 'action' || (step.retry ?? this.#plan.config.retry) !== undefined) return {};
    const retry = this.#find(step.action)?.retry;
    return retry === undefined ? {} : { retry };
  }

  /** Begins an attempt. Must be called only once the attempt's start is committed. */
  perform(command: Perform, state: ExecutionState): void {
    const activation = findById(state.activations, command.activation);
    const step = activation && this.#plan.steps.get(activation.slug);
    if (activation === undefined || step === undefined || !isEffect(step)) return;
    const attempt: Attempt = {
      command,
      activation,
      step,
      state,
      controller: new AbortController(),
      secrets: new SecretValues(this.#plan, this.#ports.secrets, state, activation),
      logs: [],
      logSize: 0,
      usage: undefined,
      child: undefined,
    };
    this.#running.set(activation.id, attempt);
    try {
      const output = this.#begin(attempt);
      if (!isThenable(output)) this.#succeeded(attempt, output);
      else
        output.then(
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

  abort({ activation, reason, code }: Extract<Command, { type: 'abort' }>): void {
    const attempt = this.#running.get(activation);
    this.#running.delete(activation);
    attempt?.controller.abort(code === 'TIMEOUT' ? new TimeoutError(reason) : new CancelledError(reason));
  }

  abortAll(reason: unknown): void {
    const attempts = [...this.#running.values()];
    this.#running.clear();
    for (const attempt of attempts) attempt.controller.abort(reason);
  }

  #begin(attempt: Attempt): Awaitable<unknown> {
    const { step, secrets, command, activation } = attempt;
    // What undoes a step reads no secrets, and was rendered when the step was done. A copy: what an action does to its parameters must not reach the journal.
    if (activation.compensates !== null || !secrets.concern(step))
      return this.#run(attempt, toJson(command.parameters).json);
    return secrets.render(requestOf(step), activation.startedAt).then((parameters) => {
      const output = this.#run(attempt, parameters);
      this.#begun();
      return output;
    });
  }

  #run(attempt: Attempt, parameters: Json): Awaitable<unknown> {
    const { step, activation } = attempt;
    if (step.type === 'llm') return this.#ask(attempt, step, toObject(parameters));
    if (step.type === 'workflow') return this.#startChild(attempt, step, toObject(parameters));
    const action = activation.compensates === null ? step.action : (step.compensate?.action ?? '');
    return this.#act(attempt, action, toObject(parameters));
  }

  async #startChild(attempt: Attempt, step: WorkflowStep, asked: JsonObject): Promise<Json> {
    const request = childRequest(this.#plan, attempt.state, attempt.activation, step, asked);
    const { workflows } = this.#ports;
    if (workflows === undefined) throw missing('WORKFLOWS_NOT_FOUND', 'starts no other workflows', step.slug);
    await workflows.start(request);
    const { executionId } = request;
    if (step.mode === 'wait') attempt.child = executionId;
    return { executionId };
  }

  #act(attempt: Attempt, type: string, parameters: JsonObject): Awaitable<unknown> {
    const action = this.#find(type);
    if (action === undefined) {
      throw new ActionError(`No action '${type}' is known here; register one, or answer it with a stub`, {
        code: 'ACTION_NOT_FOUND',
        retryable: false,
        step: attempt.step.slug,
      });
    }
    const limit = attempt.step.timeout === undefined ? action.timeout : undefined;
    return this.#call(action, parameters, this.#settingOf(attempt, limit));
  }

  #call(action: Action, parameters: JsonObject, setting: CallSetting): Awaitable<unknown> {
    // One that needs nothing more costs no turn of the event loop.
    return needsCare(action, setting)
      ? this.#language.callAction(action, parameters, setting)
      : action.run(parameters, setting.contextFor(setting.signal));
  }

  #find(type: string): Action | undefined {
    return this.#ports.actions.find(type);
  }

  #settingOf(attempt: Attempt, limit: number | undefined, call?: { id: string; number: number }): CallSetting {
    const { clock, breakers, logger } = this.#ports;
    return {
      language: this.#language,
      clock,
      breakers,
      signal: attempt.controller.signal,
      limit,
      contextFor: (signal) => this.#contextOf(attempt, signal, call),
      begun: this.#begun,
      warn: (message) => logger?.log('warn', message),
    };
  }

  async #ask(attempt: Attempt, step: LlmStep, request: JsonObject): Promise<unknown> {
    const model = this.#model(step);
    const { output, usage } = await this.#language.converse({
      step,
      state: attempt.state,
      request,
      progress: attempt.activation.model,
      language: this.#language,
      secrets: attempt.secrets.seen,
      find: (type) => this.#find(type),
      ask: (asked) => model.complete(asked, this.#contextOf(attempt)),
      use: (action, parameters, call) =>
        this.#call(action, toObject(toJson(parameters).json), this.#settingOf(attempt, action.timeout, call)),
      record: (record) => this.#recordTurn(attempt, record),
      kept: (value) => this.#kept(attempt, value).json,
    });
    attempt.usage = usage;
    return output;
  }

  async #recordTurn(attempt: Attempt, record: TurnRecord): Promise<void> {
    const accepted =
      this.#isCurrent(attempt) &&
      (await new Promise<boolean>((resolve, reject) =>
        this.#send(attempt, { ...record, ...numbers(attempt) }, sizeOf(record), { resolve, reject }),
      ));
    if (!accepted) throw new CancelledError(`Attempt ${attempt.command.attempt} is not wanted any more`);
  }

  #model(step: LlmStep): LanguageModel {
    if (this.#ports.model !== undefined) return this.#ports.model;
    throw missing('MODEL_NOT_FOUND', 'has no language model', step.slug);
  }

  #contextOf(
    attempt: Attempt,
    signal: CancellationSignal = attempt.controller.signal,
    call?: { readonly id: string; readonly number: number },
  ): ActionContext {
    const { activation, state, command } = attempt;
    const place = { activation: activation.id };
    const variables = this.#plan.config.variables;
    const step = activation.slug;
    const organization = state.organizationId ?? undefined;
    const executionId = this.#executionId;
    const idempotencyKey = `${executionId}/${activation.id}${call === undefined ? '' : `/${call.number}`}`;
    return {
      executionId,
      activationId: activation.id,
      step,
      attempt: command.attempt,
      idempotencyKey,
      ...(call === undefined ? {} : { toolCall: call.id }),
      ...(activation.compensates === null ? {} : { compensates: activation.compensates }),
      signal,
      organization,
      now: activation.startedAt,
      log: (level: LogLevel, message: string, data?: Json) => {
        if (!this.#isCurrent(attempt)) return;
        const { json, size } = this.#kept(attempt, data === undefined ? { message } : { message, data });
        attempt.logs.push({ type: 'log', ...place, level, message, ...toObject(json) });
        attempt.logSize += size;
      },
      checkpoint: async (name: string, data?: Json) => {
        const { json, size } = this.#kept(attempt, data);
        await new Promise<boolean>((resolve, reject) =>
          this.#send(attempt, { type: 'checkpoint', ...place, name, data: json }, size, { resolve, reject }),
        );
      },
      getConfig: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
      getSecret: (name) => attempt.secrets.read(name),
      fetch: async (url, init) => {
        if (this.#ports.fetch === undefined) throw missing('FETCH_NOT_FOUND', 'gives no access to the network', step);
        return this.#ports.fetch(url, { signal, ...init });
      },
      emit: async (name, data) => {
        const { events } = this.#ports;
        if (events === undefined) throw missing('EVENTS_NOT_FOUND', 'takes no events', step);
        await events.emit({ name, data, id: idempotencyKey, organization, executionId });
      },
    };
  }

  #isCurrent(attempt: Attempt): boolean {
    return this.#running.get(attempt.activation.id) === attempt;
  }

  #succeeded(attempt: Attempt, made: unknown): void {
    if (!this.#isCurrent(attempt)) return;
    try {
      const { json: output, size } = this.#kept(attempt, underKey(made, attempt.step.resultKey));
      this.#running.delete(attempt.activation.id);
      const { usage, child } = attempt;
      if (child !== undefined) {
        this.#send(attempt, { type: 'child_started', ...numbers(attempt), executionId: child }, child.length);
        return;
      }
      const event = { type: 'step_succeeded', ...numbers(attempt), output } as const;
      this.#send(attempt, usage === undefined ? event : { ...event, usage }, size);
    } catch (error) {
      this.#failed(attempt, error);
    }
  }

  #failed(attempt: Attempt, error: unknown): void {
    if (!this.#isCurrent(attempt)) return;
    this.#running.delete(attempt.activation.id);
    const record = new Scrubber(attempt.secrets.seen).error(errorRecord(error));
    const event = {
      type: 'step_failed',
      ...numbers(attempt),
      error: record,
      ...this.retryOf(attempt.step.slug),
    } as const;
    this.#send(attempt, event, record.message.length);
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
    return attempt.secrets.seen.size === 0
      ? plain
      : { json: new Scrubber(attempt.secrets.seen).json(plain.json), size: plain.size };
  }
}

function missing(code: string, what: string, step: string): ActionError {
  return new ActionError(`This host ${what}`, { code, retryable: false, step });
}

function numbers(attempt: Attempt): { activation: number; attempt: number } {
  return { activation: attempt.activation.id, attempt: attempt.command.attempt };
}

/** An answer as its step keeps it: under the step's key, unless it is an object that has such a key of its own. */
function underKey(output: unknown, key: string | undefined): unknown {
  if (key === undefined) return output;
  const hasKey = isRecord(output) && Object.hasOwn(output, key);
  return hasKey ? output : { [key]: output ?? null };
}
