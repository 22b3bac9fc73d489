import type { EffectStep } from '../definition/plan.js';
import { ActionError } from '../errors.js';
import type { ModelUsage } from '../ports.js';
import { toJson, type Weighed } from '../to-json.js';
import type { InputEvent } from './advance.js';
import type { SecretValues } from './secret-values.js';
import type { Activation, ExecutionState } from './state.js';
import type { Command } from './work.js';

type Untimed<T> = T extends { readonly at: number } ? Omit<T, 'at'> : never;
export type Log = Untimed<Extract<InputEvent, { type: 'log' }>>;
/** What is committed while an attempt goes on. */
export type Recorded = Untimed<Extract<InputEvent, { type: 'model_turn' | 'tool_result' | 'checkpoint' }>>;

/** Which of a model's calls an action is performed for. */
export type ToolCallPlace = { readonly id: string; readonly number: number };

export type Perform = Extract<Command, { type: 'perform' }>;

/** One performance of an effect. A plain object: the shape of instances of a class is forgotten with the last of them. */
export interface Attempt {
  /** Of its activation. */
  readonly id: number;
  readonly command: Perform;
  readonly activation: Activation;
  readonly step: EffectStep;
  readonly state: ExecutionState;
  readonly controller: AbortController;
  /** Loaded when they are first needed. */
  secrets: SecretValues | undefined;
  loading: Promise<SecretValues> | undefined;
  /** Not yet reported: a log costs no commit of its own. */
  logs: Log[];
  logSize: number;
  /** What a model counted. */
  usage: ModelUsage | undefined;
}

/** A value as the journal keeps it: plain JSON, with no secret in it. */
export function kept({ secrets }: Attempt, value: unknown): Weighed {
  const plain = toJson(value);
  return secrets === undefined ? plain : { json: secrets.mask(plain.json), size: plain.size };
}

/** What a host cannot do. */
export function missing(code: string, what: string, step: string): ActionError {
  return new ActionError(`This host ${what}`, { code, retryable: false, step });
}
