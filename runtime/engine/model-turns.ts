/**
 * A conversation with a model that may call tools and may have to correct itself. Each of its turns, and each result
 * of a tool, is committed before what follows from it begins; after a crash it goes on from the last one recorded.
 */
import type { LlmStep } from '../definition/plan.js';
import { ActionError } from '../errors.js';
import { isJsonObject, type Json } from '../json.js';
import type { Action, ModelResponse, ToolCall, ToolResult } from '../ports.js';
import { type Conversation, pendingCall } from './conversation.js';
import { errorRecord } from './failure.js';
import type { ModelTurn, ModelUsage } from './journal.js';
import { correctionOf, modelOutput, modelRequest, toolOf } from './model-step.js';
import { Scrubber } from './scrub.js';
import type { ModelProgress } from './state.js';
import { addUsage } from './steps/model.js';

const TOOL_ROUNDS = 8;
const REPAIRS = 2;
/** Calls in one turn. */
const MOST_CALLS = 100;
/** Characters of one result that a model is shown. */
const LONGEST_RESULT = 1_000_000;

/** @throws ActionError `TOOL_ROUND_LIMIT`, `MODEL_OUTPUT_INVALID` and what the model throws */
export async function converse(talk: Conversation): Promise<{ readonly output: Json; readonly usage?: ModelUsage }> {
  const { step, state, request, language } = talk;
  const tools = step.tools.map((type) => toolOf(actionOf(talk, type)));
  refuseRepeat(talk);
  let progress = await withResults(talk, talk.progress ?? { turns: [] });
  for (;;) {
    const response = await talk.ask(modelRequest(state, step, request, progress, tools));
    const { text, toolCalls = [] } = response;
    const used = countedBy(response);
    const usage = addUsage(progress.usage, used);
    let said: ModelTurn;
    if (toolCalls.length > 0) {
      refuseTooMany(step, progress, toolCalls);
      said = { content: plainText(talk, text), toolCalls: toolCalls.map((call) => plainCall(talk, call)) };
    } else {
      const result = await modelOutput(text, step, new Scrubber(talk.secrets()), language);
      if ('output' in result) return usage === undefined ? result : { ...result, usage };
      if (correctionsIn(progress) >= (step.maxRepairs ?? REPAIRS)) throw result.error;
      said = { content: plainText(talk, text), correction: plainText(talk, correctionOf(result.error)) };
    }
    await talk.record({
      type: 'model_turn',
      turn: progress.turns.length + 1,
      ...said,
      ...(used === undefined ? {} : { usage: used }),
    });
    const turns = [...progress.turns, { ...said, results: [] }];
    progress = await withResults(talk, usage === undefined ? { turns } : { turns, usage });
  }
}

/** Performs the calls of the last turn that have no result yet, one after the other. */
async function withResults(talk: Conversation, progress: ModelProgress): Promise<ModelProgress> {
  const last = progress.turns.at(-1);
  const calls = last?.toolCalls ?? [];
  if (last === undefined || calls.length === last.results.length) return progress;
  const before = progress.turns.slice(0, -1);
  const first = before.reduce((sum, { toolCalls = [] }) => sum + toolCalls.length, 0);
  const results = [...last.results];
  for (const [index, call] of calls.entries()) {
    if (index < results.length) continue;
    const result = await answered(talk, call, first + index);
    const { name } = call;
    await talk.record({ type: 'tool_result', turn: progress.turns.length, call: first + index, name, ...result });
    results.push(result);
  }
  return { ...progress, turns: [...before, { ...last, results }] };
}

/** What goes wrong with a tool is the model's to deal with: it is told of it. */
async function answered(talk: Conversation, call: ToolCall, number: number): Promise<ToolResult> {
  try {
    const action = talk.step.tools.includes(call.name) ? talk.find(call.name) : undefined;
    if (action === undefined) return failed('TOOL_NOT_FOUND', `There is no tool '${call.name}'`);
    if (!isJsonObject(call.arguments))
      return failed('ACTION_INPUT_INVALID', 'The arguments of a tool are a JSON object');
    const output = talk.kept(await talk.use(action, call.arguments, { id: call.id, number }));
    const content = typeof output === 'string' ? output : JSON.stringify(output);
    if (content.length <= LONGEST_RESULT) return { content };
    return failed(
      'TOOL_RESULT_LIMIT',
      `The result has ${content.length} characters; at most ${LONGEST_RESULT} are read`,
    );
  } catch (error) {
    const { code, message, details } = new Scrubber(talk.secrets()).error(errorRecord(error));
    return failed(code, message, details);
  }
}

function failed(code: string, message: string, details?: Json): ToolResult {
  const error = details === undefined ? { code, message } : { code, message, details };
  return { content: JSON.stringify({ error }), isError: true };
}

function actionOf(talk: Conversation, type: string): Action {
  const action = talk.find(type);
  if (action !== undefined) return action;
  throw new ActionError(`No action '${type}' is known here, which step '${talk.step.slug}' lists as a tool`, {
    code: 'ACTION_NOT_FOUND',
    retryable: false,
    step: talk.step.slug,
  });
}

/** An attempt before this one ended while the tool was under way: whether it took effect is not known. */
function refuseRepeat({ progress, find, step }: Conversation): void {
  const call = pendingCall(progress);
  if (call === undefined || find(call.name)?.idempotent !== false) return;
  throw new ActionError(`Tool '${call.name}' was under way before; it may or may not have taken effect`, {
    code: 'OUTCOME_UNKNOWN',
    retryable: false,
    step: step.slug,
  });
}

function refuseTooMany(step: LlmStep, progress: ModelProgress, calls: readonly ToolCall[]): void {
  const limit = step.maxToolRounds ?? TOOL_ROUNDS;
  const rounds = progress.turns.filter(({ toolCalls }) => toolCalls !== undefined).length;
  if (rounds < limit && calls.length <= MOST_CALLS) return;
  const over =
    rounds < limit
      ? `${calls.length} tools at once; at most ${MOST_CALLS} are`
      : `tools again, after ${limit} rounds; no more are`;
  throw new ActionError(`The model of step '${step.slug}' calls ${over} allowed`, {
    code: 'TOOL_ROUND_LIMIT',
    retryable: false,
    step: step.slug,
    details: { limit, calls: calls.map(({ name }) => String(name)) },
  });
}

/** Tokens are whole; what a model counts as anything else is no reason to fail. */
function countedBy({ usage }: ModelResponse): ModelUsage | undefined {
  const whole = (count: unknown): number => Math.max(0, Math.round(Number(count)) || 0);
  return usage && { inputTokens: whole(usage.inputTokens), outputTokens: whole(usage.outputTokens) };
}

function correctionsIn({ turns }: ModelProgress): number {
  return turns.filter(({ correction }) => correction !== undefined).length;
}

function plainText(talk: Conversation, text: string): string {
  const kept = talk.kept(text);
  return typeof kept === 'string' ? kept : '';
}

/** A call as it is recorded is the call that is performed: a secret that a model repeats does not come back in clear. */
function plainCall(talk: Conversation, { id, name, arguments: given }: ToolCall): ToolCall {
  return { id: plainText(talk, String(id)), name: plainText(talk, String(name)), arguments: talk.kept(given) };
}
