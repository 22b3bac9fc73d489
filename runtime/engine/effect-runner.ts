import type { ActionStep, LlmStep, Plan, WorkflowStep } from '../definition/plan.js';
import { ActionError, CancelledError, TimeoutError } from '../errors.js';
import { isRecord } from '../expression/values.js';
import { type Json, type JsonObject, toObject } from '../json.js';
import type { Action, Awaitable, LanguageModel, RetryPolicy, RuntimePorts } from '../ports.js';
import { isThenable } from '../thenable.js';
import { sizeOf, toJson } from '../to-json.js';
import { actionContext, type Performer } from './action-context.js';
import type { InputEvent } from './advance.js';
import { type Attempt, kept, type Log, missing, type Perform, type Recorded, type ToolCallPlace } from './attempt.js';
import { type CallSetting, needsCare } from './call-setting.js';
import { pendingCall } from './conversation.js';
import { errorRecord } from './failure.js';
import { WENT_ON } from './flow.js';
import type { Language } from './language.js';
import type { Relatives } from './relatives.js';
import { isEffect, mayReadSecrets, requestOf } from './request.js';
import type { SecretValues } from './secret-values.js';
import { type Activation, type ExecutionState, findById, putById, removeById } from './state.js';
import type { Command } from './work.js';

/** Events that are to be committed together, without their time, and who waits for that. */
export interface Submission {
  make(at: number): readonly InputEvent[];
  /** Length of what the events carry, in characters of JSON. */
  readonly size: number;
  /** Told after the commit whether it changed anything. */
  readonly resolve?: ((accepted: boolean) => void) | undefined;
  readonly reject?: ((error: unknown) => void) | undefined;
}

type Told = Pick<Submission, 'resolve' | 'reject'>;

/** Performs effects and reports how they ended, each exactly once. */
export class EffectRunner {
  readonly #language: Language;
  readonly #ports: RuntimePorts;
  readonly #plan: Plan;
  /** Is handed the logs of an effect together with its result or a checkpoint. */
  readonly #submit: (submission: Submission) => void;
  readonly #relatives: Pick<Relatives, 'cancel'>;
  readonly #begun: () => void;
  readonly #performer: Performer;
  /** By the ids of their activations, ascending. */
  readonly #running: Attempt[] = [];

  /** @param begun called when an effect that had to be prepared first has begun, and may be waiting for the clock */
  constructor(
    language: Language,
    ports: RuntimePorts,
    plan: Plan,
    executionId: string,
    relatives: Pick<Relatives, 'cancel'>,
    submit: (submission: Submission) => void,
    begun: () => void,
  ) {
    this.#language = language;
    this.#ports = ports;
    this.#plan = plan;
    this.#submit = submit;
    this.#relatives = relatives;
    this.#begun = begun;
    const { variables } = plan.config;
    this.#performer = {
      executionId,
      ports,
      getConfig: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
      isCurrent: (attempt) => this.#isCurrent(attempt),
      record: (attempt, event, size) => this.#record(attempt, event, size),
      secretsOf: (attempt) => this.#secretsOf(attempt),
    };
  }

  get underWay(): number {
    return this.#running.length;
  }

  /** Whether what was under way may be performed again when it is not known if it took effect. */
  isRepeatable(activation: Activation): boolean {
    const { slug, model } = activation;
    const step = this.#plan.steps.get(slug);
    if (step?.type === 'llm') {
      const tool = pendingCall(model);
      return tool === undefined ? (step.idempotent ?? true) : (this.#find(tool.name)?.idempotent ?? true);
    }
    // A child is started once under its id, however often that is asked for.
    if (step?.type !== 'action') return true;
    // What a step says of itself it does not say of what undoes it.
    const said = activation.compensates === null ? step.idempotent : undefined;
    return said ?? this.#find(actionOf(step, activation))?.idempotent ?? true;
  }

  /** The policy that an action brings, where neither its step nor the workflow has one. */
  retryOf(activation: Activation): { readonly retry?: RetryPolicy } {
    const step = this.#plan.steps.get(activation.slug);
    if (step?.type !== 'action' || (step.retry ?? this.#plan.config.retry) !== undefined) return {};
    const retry = this.#find(actionOf(step, activation))?.retry;
    return retry === undefined ? {} : { retry };
  }

  /** Begins an attempt. Must be called only once the attempt's start is committed. */
  perform(command: Perform, state: ExecutionState): void {
    const activation = findById(state.activations, command.activation);
    const step = activation && this.#plan.steps.get(activation.slug);
    if (activation === undefined || step === undefined || !isEffect(step)) return;
    const attempt: Attempt = {
      id: activation.id,
      command,
      activation,
      step,
      state,
      controller: new AbortController(),
      secrets: undefined,
      loading: undefined,
      logs: [],
      logSize: 0,
      usage: undefined,
    };
    putById(this.#running, attempt);
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
  takeLogs(activation?: number): Log[] {
    const attempts = this.#running.filter(({ id }) => activation === undefined || id === activation);
    return attempts.flatMap((attempt) => {
      attempt.logSize = 0;
      return attempt.logs.splice(0);
    });
  }

  abort({ activation, reason, code }: Extract<Command, { type: 'abort' }>): void {
    const attempt = findById(this.#running, activation);
    if (attempt === undefined) return;
    removeById(this.#running, activation);
    attempt.controller.abort(code === 'TIMEOUT' ? new TimeoutError(reason) : new CancelledError(reason));
  }

  abortAll(reason: unknown): void {
    for (const attempt of this.#running.splice(0)) attempt.controller.abort(reason);
  }

  #begin(attempt: Attempt): Awaitable<unknown> {
    const { step, state, command, activation } = attempt;
    // What undoes a step reads no secrets, and was rendered when the step was done.
    if (activation.compensates !== null || !mayReadSecrets(step, state)) return this.#run(attempt, command.parameters);
    return this.#beginWithSecrets(attempt);
  }

  async #beginWithSecrets(attempt: Attempt): Promise<unknown> {
    const secrets = await this.#secretsOf(attempt);
    const parameters = await secrets.render(requestOf(attempt.step), attempt.activation.startedAt);
    const output = this.#run(attempt, parameters);
    this.#begun();
    return output;
  }

  #run(attempt: Attempt, parameters: Json): Awaitable<unknown> {
    const { step, activation } = attempt;
    if (step.type === 'llm') return this.#ask(attempt, step, toObject(parameters));
    if (step.type === 'workflow') return this.#startChild(attempt, step, toObject(parameters));
    return this.#act(attempt, actionOf(step, activation), toObject(parameters));
  }

  async #startChild(attempt: Attempt, step: WorkflowStep, asked: JsonObject): Promise<Json> {
    const { workflows } = this.#ports;
    if (workflows === undefined) throw missing('WORKFLOWS_NOT_FOUND', 'starts no other workflows', step.slug);
    const { state, activation } = attempt;
    const request = await this.#language.childRequest(this.#plan, state, activation, step, asked);
    await workflows.start(request);
    const { executionId } = request;
    if (step.mode === 'wait') this.#childStarted(attempt, executionId);
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
    return this.#call(attempt, action, parameters, attempt.step.timeout === undefined ? action.timeout : undefined);
  }

  #call(
    attempt: Attempt,
    action: Action,
    parameters: JsonObject,
    limit: number | undefined,
    call?: ToolCallPlace,
  ): Awaitable<unknown> {
    // One that needs nothing more costs no turn of the event loop.
    return needsCare(action, limit, this.#ports.breakers)
      ? this.#language.callAction(action, parameters, this.#settingOf(attempt, limit, call))
      : action.run(parameters, actionContext(this.#performer, attempt, attempt.controller.signal, call));
  }

  #find(type: string): Action | undefined {
    return this.#ports.actions.find(type);
  }

  #settingOf(attempt: Attempt, limit: number | undefined, call?: ToolCallPlace): CallSetting {
    const { clock, breakers, logger } = this.#ports;
    return {
      language: this.#language,
      clock,
      breakers,
      signal: attempt.controller.signal,
      limit,
      contextFor: (signal) => actionContext(this.#performer, attempt, signal, call),
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
      secrets: () => attempt.secrets?.seen,
      find: (type) => this.#find(type),
      ask: (asked) => model.complete(asked, actionContext(this.#performer, attempt)),
      use: (action, parameters, call) =>
        this.#call(attempt, action, toObject(toJson(parameters).json), action.timeout, call),
      record: (record) => this.#record(attempt, { ...record, ...numbers(attempt) }, sizeOf(record)),
      kept: (value) => kept(attempt, value).json,
    });
    attempt.usage = usage;
    return output;
  }

  /** @throws CancelledError where the attempt is over */
  async #record(attempt: Attempt, event: Recorded, size: number): Promise<void> {
    const accepted =
      this.#isCurrent(attempt) &&
      (await new Promise<boolean>((resolve, reject) =>
        this.#send(attempt, (at) => ({ ...event, at }), size, { resolve, reject }),
      ));
    if (!accepted) throw new CancelledError(`Attempt ${attempt.command.attempt} is not wanted any more`);
  }

  #model(step: LlmStep): LanguageModel {
    if (this.#ports.model !== undefined) return this.#ports.model;
    throw missing('MODEL_NOT_FOUND', 'has no language model', step.slug);
  }

  /** One for the whole attempt: what was read for one thing must not come back in another. */
  #secretsOf(attempt: Attempt): Promise<SecretValues> {
    attempt.loading ??= this.#loadSecrets(attempt);
    return attempt.loading;
  }

  async #loadSecrets(attempt: Attempt): Promise<SecretValues> {
    const { state, activation } = attempt;
    attempt.secrets = await this.#language.secretsOf(this.#plan, this.#ports.secrets, state, activation);
    return attempt.secrets;
  }

  #isCurrent(attempt: Attempt): boolean {
    return findById(this.#running, attempt.id) === attempt;
  }

  #succeeded(attempt: Attempt, made: unknown): void {
    if (!this.#isCurrent(attempt)) return;
    try {
      const { json: output, size } = kept(attempt, underKey(made, attempt.step.resultKey));
      removeById(this.#running, attempt.id);
      const { activation, attempt: number } = attempt.command;
      const { usage } = attempt;
      const event = (at: number) => ({ type: 'step_succeeded', at, activation, attempt: number, output }) as const;
      this.#send(attempt, usage === undefined ? event : (at) => ({ ...event(at), usage }), size);
    } catch (error) {
      this.#failed(attempt, error);
    }
  }

  /** The attempt is over by that. Where the step was given up meanwhile, nobody waits for its child. */
  #childStarted(attempt: Attempt, executionId: string): void {
    if (this.#isCurrent(attempt)) removeById(this.#running, attempt.id);
    const event = { type: 'child_started', ...numbers(attempt), executionId } as const;
    const resolve = (isAwaited: boolean): void => {
      if (!isAwaited) this.#relatives.cancel(executionId, WENT_ON);
    };
    this.#send(attempt, (at) => ({ ...event, at }), executionId.length, { resolve });
  }

  #failed(attempt: Attempt, error: unknown): void {
    if (!this.#isCurrent(attempt)) return;
    removeById(this.#running, attempt.id);
    const plain = errorRecord(error);
    const event = {
      type: 'step_failed',
      ...numbers(attempt),
      error: attempt.secrets?.maskError(plain) ?? plain,
      ...this.retryOf(attempt.activation),
    } as const;
    this.#send(attempt, (at) => ({ ...event, at }), event.error.message.length);
  }

  #send(attempt: Attempt, last: (at: number) => InputEvent, size: number, told?: Told): void {
    const { logs, logSize } = attempt;
    attempt.logSize = 0;
    if (logs.length > 0) attempt.logs = [];
    this.#submit({
      make: (at) => [...logs.map((log) => ({ ...log, at })), last(at)],
      size: size + logSize,
      resolve: told?.resolve,
      reject: told?.reject,
    });
  }
}

/** What a visit to a step performs: its action, or the one that undoes it. */
function actionOf(step: ActionStep, { compensates }: Activation): string {
  return compensates === null ? step.action : (step.compensate?.action ?? '');
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
