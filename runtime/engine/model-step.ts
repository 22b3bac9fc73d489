import type { LlmStep } from '../definition/plan.js';
import { ActionError } from '../errors.js';
import { toText } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import type { ModelMessage, ModelRequest } from '../ports.js';
import type { Language } from './language.js';
import type { Scrubber } from './scrub.js';
import type { ExecutionState } from './state.js';

/** Characters of an answer that an error quotes. */
const QUOTED = 200;

/** What a model is asked: the step's prompts as rendered, after the turns that the execution's thread has had. */
export function modelRequest(state: ExecutionState, step: LlmStep, request: JsonObject): ModelRequest {
  const { model, temperature, maxTokens } = request;
  return {
    messages: messagesOf(state, toText(request.systemPrompt), toText(request.userPrompt)),
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof maxTokens === 'number' ? { maxTokens } : {}),
    outputFormat: step.outputFormat,
    ...(step.outputSchema === undefined ? {} : { outputSchema: step.outputSchema }),
    tools: step.tools,
  };
}

function messagesOf({ conversation }: ExecutionState, system: string, user: string): ModelMessage[] {
  const messages: ModelMessage[] = [];
  if (system !== '') messages.push({ role: 'system', content: system });
  messages.push(...conversation);
  if (user !== '') messages.push({ role: 'user', content: user });
  return messages;
}

/**
 * What a model answered, in the form its step asks for.
 * @throws ActionError `MODEL_OUTPUT_NOT_JSON`, or `MODEL_OUTPUT_INVALID` where it does not fit the step's schema
 */
export async function modelOutput(text: string, step: LlmStep, scrubber: Scrubber, language: Language): Promise<Json> {
  if (step.outputFormat === 'text') return text;
  const value = parseJson(text, step, scrubber);
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

function parseJson(text: string, { slug }: LlmStep, scrubber: Scrubber): Json {
  try {
    const value: Json = JSON.parse(withoutFence(text));
    return value;
  } catch (cause) {
    // Scrubbed before it is cut: a part of a secret would not be known for one any more.
    const quoted = scrubber.text(text).slice(0, QUOTED);
    throw new ActionError(`The model's answer is not JSON, as step '${slug}' asks for: ${quoted}`, {
      code: 'MODEL_OUTPUT_NOT_JSON',
      step: slug,
      cause,
    });
  }
}

/** Models often wrap JSON in a Markdown fence; that is taken off. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const opened = trimmed.indexOf('\n');
  const isFenced = trimmed.startsWith('```') && trimmed.endsWith('```') && opened > 0;
  return isFenced ? trimmed.slice(opened + 1, -'```'.length) : text;
}
