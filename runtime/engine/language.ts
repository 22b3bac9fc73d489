import type { SchemaProblem } from '../definition/input-schema.js';
import type { InputCheck } from '../definition/parameters.js';
import type { Plan } from '../definition/plan.js';
import type { Parameter } from '../definition/schema.js';
import type { Json, JsonObject } from '../json.js';
import type {
  Action,
  Awaitable,
  ChildRequest,
  ExecutionState,
  JournalEvent,
  ModelUsage,
  RuntimePorts,
  SecretStore,
  StoredExecution,
} from '../ports.js';
import type { CallSetting } from './call-setting.js';
import type { childRequest } from './child-request.js';
import type { Conversation } from './conversation.js';
import type { SecretValues } from './secret-values.js';
import type { Activation } from './state.js';

/** What an execution goes on from. */
export interface Recovered {
  readonly plan: Plan;
  readonly state: ExecutionState;
}

/**
 * What of the language a driver asks for beside the plan it runs. It is handed in, so that who runs a plan that is
 * compiled already loads no parser, no validator, no conversation, no secrets and no children before one is needed: each may answer later.
 */
export interface Language {
  /** Rebuilds plan and state of an execution from what is stored of it, with the functions that the host has. */
  recover(
    stored: Pick<StoredExecution, 'summary' | 'definition' | 'snapshot'>,
    tail: readonly JournalEvent[],
    functions?: RuntimePorts['functions'],
  ): Awaitable<Recovered>;
  /** Checks an input before anything runs. */
  checkInput(plan: Plan, input: unknown): Awaitable<InputCheck>;
  /** Checks what whoever decides on an approval has filled in. */
  checkFields(fields: readonly Parameter[], data: unknown): Awaitable<InputCheck>;
  /** Holds a model's answer against the schema of its step, and what an action is given and gives against the action's. */
  schemaProblems(schema: Json, value: Json): Awaitable<readonly SchemaProblem[]>;
  /** Performs an action that brings schemas, a timeout or a breaker. */
  callAction(action: Action, parameters: JsonObject, setting: CallSetting): Promise<unknown>;
  /** Reads the secrets of one attempt, and keeps them out of what it brings back. */
  secretsOf(
    plan: Plan,
    store: SecretStore | undefined,
    state: ExecutionState,
    activation: Activation,
  ): Awaitable<SecretValues>;
  /** What a `workflow` step asks of whoever starts its child. */
  childRequest(...visit: Parameters<typeof childRequest>): Awaitable<ChildRequest>;
  /** Asks a model, and performs the tools that it calls. */
  converse(talk: Conversation): Promise<{ readonly output: Json; readonly usage?: ModelUsage }>;
}
