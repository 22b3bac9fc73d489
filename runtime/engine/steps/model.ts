import type { ModelTurn, ModelUsage, ToolResult } from '../journal.js';
import type { Activation } from '../state.js';
import type { Work } from '../work.js';

/** A model's turn is recorded: what it asks for may be performed. One that does not follow on the last is dropped. */
export function takeTurn(
  work: Work,
  activation: Activation,
  event: ModelTurn & { readonly attempt: number; readonly turn: number; readonly usage?: ModelUsage },
): void {
  const { turns = [], usage: before } = activation.model ?? {};
  if (event.turn !== turns.length + 1) return;
  const { content, toolCalls, correction, usage, attempt, turn } = event;
  const said: ModelTurn = {
    content,
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(correction === undefined ? {} : { correction }),
  };
  const used = usage === undefined ? {} : { usage };
  work.recordAt(activation, { type: 'model_turn', attempt, turn, ...said, ...used });
  const total = addUsage(before, usage);
  work.put({
    ...activation,
    model: { turns: [...turns, { ...said, results: [] }], ...(total === undefined ? {} : { usage: total }) },
  });
}

/** A tool's result is recorded, and the tool never performed again for this call. */
export function takeToolResult(
  work: Work,
  activation: Activation,
  event: ToolResult & { readonly attempt: number; readonly turn: number; readonly call: number; readonly name: string },
): void {
  const { model } = activation;
  const last = model?.turns.at(-1);
  if (model === undefined || last === undefined || event.turn !== model.turns.length) return;
  const { attempt, turn, call, name, content, isError } = event;
  const result: ToolResult = isError === undefined ? { content } : { content, isError };
  work.recordAt(activation, { type: 'tool_result', attempt, turn, call, name, ...result });
  const turns = [...model.turns.slice(0, -1), { ...last, results: [...last.results, result] }];
  work.put({ ...activation, model: { ...model, turns } });
}

/** What another attempt goes on from: tools stay done, and answers that would not do are forgotten. */
export function withoutCorrections(activation: Activation): Activation {
  const { model } = activation;
  if (model === undefined) return activation;
  return { ...activation, model: { ...model, turns: model.turns.filter((turn) => turn.correction === undefined) } };
}

export function addUsage(a: ModelUsage | undefined, b: ModelUsage | undefined): ModelUsage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { inputTokens: a.inputTokens + b.inputTokens, outputTokens: a.outputTokens + b.outputTokens };
}
