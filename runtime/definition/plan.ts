import type { RetryPolicy } from '../engine/journal.js';
import type { CompiledExpression } from '../expression/compile.js';
import type { Json, JsonObject } from '../json.js';
import type { SecretReference } from '../ports.js';
import type { CompiledTemplate } from '../template/compile.js';
import type { Parameter } from './schema.js';

/**
 * A definition made ready to run: names resolved, expressions and templates compiled, dialects gone. Frozen; two
 * documents that mean the same to the letter of their normal form have the same {@link Plan.hash}.
 */
export interface Plan {
  /** SHA-256, in hex, of the canonical JSON of {@link Plan.definition}. */
  readonly hash: string;
  /** The normal form. `compile` of it gives an equal plan. */
  readonly definition: JsonObject;
  readonly slug: string;
  readonly name: string;
  readonly version: string;
  readonly entry: string;
  readonly steps: ReadonlyMap<string, PlanStep>;
  /** In the order of the definition; `step.index` counts in it. */
  readonly order: readonly PlanStep[];
  readonly config: PlanConfig;
}

export interface PlanConfig {
  /** Milliseconds for the whole execution. */
  readonly timeout?: number;
  readonly retry?: RetryPolicy;
  readonly variables: JsonObject;
  readonly secrets: Readonly<Record<string, SecretReference>>;
  readonly onError?: string;
  readonly output?: CompiledTemplate;
  readonly maxSteps: number;
  /** How many executions with the same key may run at once; of the whole workflow, where there is no key. */
  readonly concurrency?: {
    readonly key?: CompiledTemplate;
    readonly limit: number;
    readonly onLimit: 'queue' | 'refuse';
  };
}

export type { RetryPolicy };

/** Where a port leads: to a step, to the end of the execution, or nowhere (`unmapped`: the end of the body it stands in). */
export type Target = { readonly kind: 'step'; readonly slug: string } | { readonly kind: 'end' };

interface StepBase {
  readonly slug: string;
  readonly name: string;
  /** Position in {@link Plan.order}, from 0. */
  readonly index: number;
  /** Mapped ports only, `default` among them. */
  readonly ports: ReadonlyMap<string, Target>;
  /** Slugs of the loops and `parallel`s in whose bodies this step stands, outermost first. */
  readonly enclosing: readonly string[];
}

interface EffectBase extends StepBase {
  readonly retry?: RetryPolicy;
  /** Milliseconds per attempt. */
  readonly timeout?: number;
  /** Milliseconds for all attempts and the waits between them. */
  readonly totalTimeout?: number;
  readonly idempotent?: boolean;
  /** Whether rendering the parameters reads `secrets`, directly. */
  readonly readsSecrets: boolean;
  /** An answer that is no object with this key of its own becomes the value of this key; taken as it is when absent. */
  readonly resultKey?: string;
}

export interface TriggerStep extends StepBase {
  readonly type: 'trigger';
  readonly config: JsonObject;
}
export interface ActionStep extends EffectBase {
  readonly type: 'action';
  readonly action: string;
  /** Renders to an object. */
  readonly parameters: CompiledTemplate;
  readonly compensate?: Compensation;
}
/** What undoes a step that is done. */
export interface Compensation {
  readonly action: string;
  /** Renders to an object; sees the step's own output, and no secrets. */
  readonly parameters: CompiledTemplate;
}
export interface SetVariablesStep extends StepBase {
  readonly type: 'set_variables';
  /** Set in order, later ones see earlier ones. */
  readonly assignments: readonly {
    readonly name: string;
    readonly value: CompiledTemplate;
    /** The value is kept out of the journal and read as `secrets.<name>`. */
    readonly secure?: boolean;
  }[];
}
export interface LlmStep extends EffectBase {
  readonly type: 'llm';
  /** Renders to `{systemPrompt?, userPrompt?, model?, temperature?, maxTokens?}`. */
  readonly request: CompiledTemplate;
  readonly outputFormat: 'text' | 'json';
  readonly outputSchema?: Json;
  /** Types of the actions that the model may call. */
  readonly tools: readonly string[];
  readonly maxToolRounds?: number;
  readonly maxRepairs?: number;
}
export interface ConditionStep extends StepBase {
  readonly type: 'condition';
  readonly expression: CompiledExpression;
}
export interface SwitchStep extends StepBase {
  readonly type: 'switch';
  /** The first case that holds gives the port; with `value`, the port is its text. `default` where none fits. */
  readonly cases: readonly { readonly when: CompiledExpression; readonly port: string }[];
  readonly value?: CompiledTemplate;
}
export interface LoopStep extends StepBase {
  readonly type: 'loop';
  readonly items?: CompiledTemplate;
  readonly while?: CompiledExpression;
  readonly itemVariable?: string;
  readonly maxIterations?: number;
  /** Evaluated at the end of each iteration; its results are the loop's output. */
  readonly collect?: CompiledTemplate;
  /** Iterations under way at once, at most. */
  readonly concurrency: number;
  readonly continueOnError: boolean;
}
export interface ParallelStep extends StepBase {
  readonly type: 'parallel';
  readonly branches: readonly string[];
  /** How many branches must succeed; all of them when absent. */
  readonly join?: number;
  readonly onBranchError: 'fail' | 'continue';
}
export interface WaitStep extends StepBase {
  readonly type: 'wait';
  /** Renders to milliseconds or to a duration such as "90s" or "PT1H30M". */
  readonly for?: CompiledTemplate;
  /** Renders to an ISO 8601 time or to milliseconds since the epoch. */
  readonly until?: CompiledTemplate;
}
export interface WaitForEventStep extends StepBase {
  readonly type: 'wait_for_event';
  readonly event: CompiledTemplate;
  /** Sees `event`, the data of the signal, beside the other names. */
  readonly match?: CompiledExpression;
  /** Milliseconds. */
  readonly timeout?: number;
}
export interface ApprovalStep extends StepBase {
  readonly type: 'approval';
  /** Renders to `{title, description?, approvers?}`. */
  readonly request: CompiledTemplate;
  readonly fields: readonly Parameter[];
  /** Milliseconds. */
  readonly timeout?: number;
}
export interface WorkflowStep extends EffectBase {
  readonly type: 'workflow';
  /** Renders to `{workflow, version?, input}`. */
  readonly request: CompiledTemplate;
  readonly mode: 'wait' | 'detach';
}
export interface OutputStep extends StepBase {
  readonly type: 'output';
  readonly mapping: CompiledTemplate;
}
export interface FailStep extends StepBase {
  readonly type: 'fail';
  readonly code: CompiledTemplate;
  readonly message: CompiledTemplate;
}

export type EffectStep = ActionStep | LlmStep | WorkflowStep;
export type PlanStep =
  | TriggerStep
  | EffectStep
  | SetVariablesStep
  | ConditionStep
  | SwitchStep
  | LoopStep
  | ParallelStep
  | WaitStep
  | WaitForEventStep
  | ApprovalStep
  | OutputStep
  | FailStep;
