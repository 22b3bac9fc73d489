import type { LlmStep } from '../definition/plan.js';
import type { Json, JsonObject } from '../json.js';
import type { Action, Awaitable, ModelRequest, ModelResponse, ToolCall, ToolResult } from '../ports.js';
import type { CallSetting } from './call-setting.js';
import type { ModelTurn, ModelUsage } from './journal.js';
import type { ExecutionState, ModelProgress } from './state.js';

export type TurnRecord =
  | ({ readonly type: 'model_turn'; readonly turn: number; readonly usage?: ModelUsage } & ModelTurn)
  | ({
      readonly type: 'tool_result';
      readonly turn: number;
      readonly call: number;
      readonly name: string;
    } & ToolResult);

export interface Conversation {
  readonly step: LlmStep;
  readonly state: ExecutionState;
  /** As rendered. */
  readonly request: JsonObject;
  /** What earlier attempts have recorded. */
  readonly progress: ModelProgress | undefined;
  readonly language: CallSetting['language'];
  /** Values of the secrets read so far, by name; none where absent. */
  secrets(): ReadonlyMap<string, string> | undefined;
  find(type: string): Action | undefined;
  ask(request: ModelRequest): Awaitable<ModelResponse>;
  /** Performs an action as the call of that number, from 0. */
  use(
    action: Action,
    parameters: JsonObject,
    call: { readonly id: string; readonly number: number },
  ): Awaitable<unknown>;
  /** Resolves when it is committed; rejects when the attempt is not wanted any more. */
  record(record: TurnRecord): Promise<void>;
  /** A value as the journal keeps it. */
  kept(value: unknown): Json;
}

/** The call that is next, where the last recorded turn has one without a result. */
export function pendingCall(progress: ModelProgress | undefined): ToolCall | undefined {
  const last = progress?.turns.at(-1);
  return last?.toolCalls?.[last.results.length];
}
