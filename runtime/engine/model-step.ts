import type { LlmStep } from '../definition/plan.js';
import { ActionError } from '../errors.js';
import { toText } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import type { Action, ModelMessage, ModelRequest, ModelTool } from '../ports.js';
import type { Language } from './language.js';
import type { Scrubber } from './scrub.js';
import type { ExecutionState, ModelProgress } from './state.js';

/** Characters of an answer that an error quotes. */
const QUOTED = 200;

/** What a model is asked: the step's prompts as rendered, after the turns that the execution's thread has had. */
export function modelRequest(
  state: ExecutionState,
  step: LlmStep,
  request: JsonObject,
  progress: ModelProgress,
  tools: readonly ModelTool[],
): ModelRequest {
  const { model, temperature, maxTokens } = request;
  const prompts = messagesOf(state, toText(request.systemPrompt), toText(request.userPrompt));
  return {
    messages: [...prompts, ...progress.turns.flatMap(turnMessages)],
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof maxTokens === 'number' ? { maxTokens } : {}),
    outputFormat: step.outputFormat,
    ...(step.outputSchema === undefined ? {} : { outputSchema: step.outputSchema }),
    tools,
  };
}

/** An action as a model is told of it. */
export function toolOf({ type, description, title, inputSchema }: Action): ModelTool {
  return { name: type, description: description ?? title ?? '', inputSchema: inputSchema ?? { type: 'object' } };
}

function messagesOf({ conversation }: ExecutionState, system: string, user: string): ModelMessage[] {
  const messages: ModelMessage[] = [];
  if (system !== '') messages.push({ role: 'system', content: system });
  messages.push(...conversation);
  if (user !== '') messages.push({ role: 'user', content: user });
  return messages;
}

function turnMessages({ content, toolCalls, correction, results }: ModelProgress['turns'][number]): ModelMessage[] {
  const messages: ModelMessage[] = [
    toolCalls === undefined ? { role: 'assistant', content } : { role: 'assistant', content, toolCalls },
  ];
  for (const [index, result] of results.entries()) {
    const { id = '', name = '' } = toolCalls?.[index] ?? {};
    messages.push({ role: 'tool', toolCallId: id, name, ...result });
  }
  if (correction !== undefined) messages.push({ role: 'user', content: correction });
  return messages;
}

/** What a model's last word comes to, or why it will not do. */
export type ModelOutput = { readonly output: Json } | { readonly error: ActionError };

/** An answer in the form its step asks for; else `MODEL_OUTPUT_NOT_JSON`, or `MODEL_OUTPUT_INVALID` for a schema's sake. */
export async function modelOutput(
  text: string,
  step: LlmStep,
  scrubber: Scrubber,
  language: Pick<Language, 'schemaProblems'>,
): Promise<ModelOutput> {
  if (step.outputFormat === 'text') return { output: text };
  const parsed = parseJson(text, step, scrubber);
  if (step.outputSchema === undefined || 'error' in parsed) return parsed;
  const problems = await language.schemaProblems(step.outputSchema, parsed.output);
  if (problems.length === 0) return parsed;
  const [first, ...more] = problems.map(({ pointer, message }) =>
    pointer === '' ? message : `${pointer}: ${message}`,
  );
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const message = `The model's answer does not fit the outputSchema of step '${step.slug}': ${first}${rest}`;
  return {
    error: new ActionError(message, {
      code: 'MODEL_OUTPUT_INVALID',
      step: step.slug,
      details: problems.map(({ pointer, message }) => ({ pointer, message })),
    }),
  };
}

/** What a model is told of an answer that will not do. */
export function correctionOf(error: ActionError): string {
  const problems = Array.isArray(error.details) ? error.details.map((problem) => `- ${JSON.stringify(problem)}\n`) : [];
  const what = error.code === 'MODEL_OUTPUT_NOT_JSON' ? 'is not JSON.' : 'does not fit the JSON Schema asked for:';
  return `The answer ${what}\n${problems.join('')}Answer again, with the corrected JSON alone.`;
}

function parseJson(text: string, { slug }: LlmStep, scrubber: Scrubber): ModelOutput {
  try {
    const output: Json = JSON.parse(withoutFence(text));
    return { output };
  } catch (cause) {
    // Scrubbed before it is cut: a part of a secret would not be known for one any more.
    const quoted = scrubber.text(text).slice(0, QUOTED);
    const message = `The model's answer is not JSON, as step '${slug}' asks for: ${quoted}`;
    return { error: new ActionError(message, { code: 'MODEL_OUTPUT_NOT_JSON', step: slug, cause }) };
  }
}

/** Models often wrap JSON in a Markdown fence; that is taken off. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const opened = trimmed.indexOf('\n');
  const isFenced = trimmed.startsWith('```') && trimmed.endsWith('```') && opened > 0;
  return isFenced ? trimmed.slice(opened + 1, -'```'.length) : text;
}
