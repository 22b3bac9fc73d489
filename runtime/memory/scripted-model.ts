import { ActionError } from '../errors.js';
import type { Json } from '../json.js';
import type { ActionContext, Awaitable, LanguageModel, ModelRequest, ModelResponse, ToolCall } from '../ports.js';

/** A reply that is not text is sent as its JSON. */
export type ScriptedReply = Json | ((request: ModelRequest, context: ActionContext) => Awaitable<Json>);

/** What a {@link ScriptedModel} says, and when: a rule with neither condition fits every request. */
export interface ScriptedRule {
  /** Slug of the step that asks. */
  readonly step?: string;
  /** Text that the last message (the prompt, a tool's result, a correction) holds to the letter. */
  readonly contains?: string;
  /** Whether the last message is a tool's result, or is none. */
  readonly afterTool?: boolean;
  readonly reply: ScriptedReply;
  /** The tools to call before anything more is said; `reply` is what is said along with it. */
  readonly toolCalls?: readonly (Omit<ToolCall, 'id'> & { readonly id?: string })[];
}

/**
 * A language model that answers by rule, the first that fits, for demonstrations and tests: the same request has the
 * same answer, with no network and no key.
 */
export class ScriptedModel implements LanguageModel {
  readonly #rules: readonly ScriptedRule[];

  constructor(rules: readonly ScriptedRule[]) {
    this.#rules = rules;
  }

  /** @throws ActionError `MODEL_SCRIPT_NO_RULE`, not retryable, when no rule fits. */
  async complete(request: ModelRequest, context: ActionContext): Promise<ModelResponse> {
    const last = request.messages.at(-1);
    const prompt = last?.content ?? '';
    const afterTool = last?.role === 'tool';
    const rule = this.#rules.find((candidate) => fits(candidate, context.step, prompt, afterTool));
    if (rule === undefined) {
      throw new ActionError(
        `The scripted model has no rule for step "${context.step}" and the prompt "${brief(prompt)}".`,
        {
          code: 'MODEL_SCRIPT_NO_RULE',
          step: context.step,
          retryable: false,
        },
      );
    }
    const reply = typeof rule.reply === 'function' ? await rule.reply(request, context) : rule.reply;
    const text = typeof reply === 'string' ? reply : JSON.stringify(reply);
    if (rule.toolCalls === undefined) return { text };
    return { text, toolCalls: rule.toolCalls.map((call, index) => ({ id: `call_${index + 1}`, ...call })) };
  }
}

function fits(rule: ScriptedRule, step: string, prompt: string, afterTool: boolean): boolean {
  const { contains = '' } = rule;
  return (rule.step ?? step) === step && (rule.afterTool ?? afterTool) === afterTool && prompt.includes(contains);
}

function brief(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
