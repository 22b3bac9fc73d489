import { ActionError } from '../errors.js';
import type { Json } from '../json.js';
import type { ActionContext, Awaitable, LanguageModel, ModelRequest, ModelResponse } from '../ports.js';

/** A reply that is not text is sent as its JSON. */
export type ScriptedReply = Json | ((request: ModelRequest, context: ActionContext) => Awaitable<Json>);

/** What a {@link ScriptedModel} says, and when: a rule with neither condition fits every request. */
export interface ScriptedRule {
  /** Slug of the step that asks. */
  readonly step?: string;
  /** Text that the last message, the prompt, holds to the letter. */
  readonly contains?: string;
  readonly reply: ScriptedReply;
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
    const prompt = request.messages.at(-1)?.content ?? '';
    const rule = this.#rules.find((candidate) => fits(candidate, context.step, prompt));
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
    return { text: typeof reply === 'string' ? reply : JSON.stringify(reply) };
  }
}

function fits(rule: ScriptedRule, step: string, prompt: string): boolean {
  return (rule.step ?? step) === step && prompt.includes(rule.contains ?? '');
}

function brief(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
