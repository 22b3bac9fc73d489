import { ActionError, type Issue, ValidationError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type {
  Action,
  ActionContext,
  ActionRegistry,
  CancellationSignal,
  LanguageModel,
  ModelRequest,
  ModelResponse,
  ModelUsage,
  ToolCall,
} from '../ports.js';

/** One prepared answer, as a stub file states it. */
type Answer =
  | { readonly kind: 'output'; readonly output: Json; readonly usage?: ModelUsage }
  | { readonly kind: 'toolCalls'; readonly calls: readonly ToolCall[]; readonly usage?: ModelUsage }
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly retryAfter?: number;
      readonly details?: Json;
    }
  | { readonly kind: 'never' };

type Given = Extract<Answer, { kind: 'output' | 'toolCalls' }>;

/** One call that reached the stubs, or the implementation behind them. */
export interface StubCall {
  /** The key that answered; null where an implementation did. */
  readonly key: string | null;
  readonly step: string;
  /** From 1. */
  readonly attempt: number;
  readonly idempotencyKey: string;
  /** As the action got them, secrets in clear; for a model, its request. */
  readonly parameters: Json;
}

/** What answers where no stub does. */
export interface StubFallback {
  readonly actions?: ActionRegistry;
  readonly model?: LanguageModel;
}

export interface Stubs {
  readonly actions: ActionRegistry;
  readonly model: LanguageModel;
  /** Every call so far, oldest first. */
  readonly calls: readonly StubCall[];
  /** How many calls are under way that never answer: what a driver that is to be idle need not wait for. */
  readonly stalled: number;
}

/**
 * Prepared answers in place of actions and models, for tests and dry runs. `document` maps a step's slug, an action's
 * type with its operation (`customer.get_by_id`), an action's type, or `llm` to an answer, or to a list of answers, one
 * per call, the last one repeated. An answer is `{"output": …}`, for a model also `{"toolCalls": [{name, arguments?, id?}]}`,
 * each with `"usage": {inputTokens, outputTokens}` beside it where that matters, `{"error": {code, message, retryable?, retryAfter?,
 * details?}}` (`retryable` is true when absent, `retryAfter` in milliseconds), or `{"never": true}`: no answer until the
 * call is given up. The most specific key wins, in the order above. Nothing there and no fallback: the call fails with
 * `ACTION_NOT_FOUND` or `MODEL_NOT_FOUND`, without a retry.
 * @throws ValidationError `INVALID_STUBS` with every issue, its `path` a JSON pointer into the document.
 */
export function createStubs(document: Json, fallback: StubFallback = {}): Stubs {
  const book = new AnswerBook(readStubs(document));
  const calls: StubCall[] = [];
  const note = (key: string | undefined, parameters: Json, context: ActionContext): void => {
    const { step, attempt, idempotencyKey } = context;
    calls.push({ key: key ?? null, step, attempt, idempotencyKey, parameters });
  };
  const action = (type: string): Action => {
    const behind = fallback.actions?.find(type);
    return {
      ...behind,
      type,
      run: (parameters, context) => {
        // The step's own key answers for the step: not for a tool that its model calls, nor for what undoes it.
        const isOwn = context.toolCall === undefined && context.compensates === undefined;
        const step = isOwn ? [context.step] : [];
        const key = book.find([...step, ...operationKey(type, parameters), type]);
        note(key, parameters, context);
        if (key !== undefined) return book.answer(key, context).then(asOutput);
        if (behind !== undefined) return behind.run(parameters, context);
        throw new ActionError(`No action "${type}" is known here, and no stub stands in for it.`, {
          code: 'ACTION_NOT_FOUND',
          step: context.step,
          retryable: false,
        });
      },
    };
  };
  const model: LanguageModel = {
    complete: async (request, context) => {
      const key = book.find([context.step, 'llm']);
      note(key, requestJson(request), context);
      if (key !== undefined) return asResponse(await book.answer(key, context));
      if (fallback.model !== undefined) return fallback.model.complete(request, context);
      throw new ActionError('No language model is set up here, and no stub stands in for it.', {
        code: 'MODEL_NOT_FOUND',
        step: context.step,
        retryable: false,
      });
    },
  };
  return {
    actions: { find: action, list: () => fallback.actions?.list() ?? [] },
    model,
    calls,
    get stalled() {
      return book.stalled;
    },
  };
}

/** The answers by key, and how many of each were given. */
class AnswerBook {
  readonly #answers: ReadonlyMap<string, readonly Answer[]>;
  readonly #given = new Map<string, number>();
  #stalled = 0;

  constructor(answers: ReadonlyMap<string, readonly Answer[]>) {
    this.#answers = answers;
  }

  get stalled(): number {
    return this.#stalled;
  }

  find(keys: readonly string[]): string | undefined {
    return keys.find((key) => this.#answers.has(key));
  }

  async answer(key: string, context: ActionContext): Promise<Given> {
    const answers = this.#answers.get(key) ?? [];
    const given = this.#given.get(key) ?? 0;
    this.#given.set(key, given + 1);
    const answer = answers[Math.min(given, answers.length - 1)];
    if (answer === undefined || answer.kind === 'never') return this.#hold(context.signal);
    if (answer.kind !== 'error') return answer;
    const { kind: _, message, ...details } = answer;
    throw new ActionError(message, { ...details, step: context.step });
  }

  #hold(signal: CancellationSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      const release = (): void => {
        this.#stalled -= 1;
        reject(signal.reason);
      };
      this.#stalled += 1;
      if (signal.aborted) release();
      else signal.addEventListener('abort', release, { once: true });
    });
  }
}

function operationKey(type: string, parameters: JsonObject): string[] {
  const operation = parameters.operation;
  return typeof operation === 'string' ? [`${type}.${operation}`] : [];
}

function asOutput(answer: Given): Json {
  return answer.kind === 'output' ? answer.output : { toolCalls: [...answer.calls] };
}

function asResponse(answer: Given): ModelResponse {
  const usage = answer.usage === undefined ? {} : { usage: answer.usage };
  if (answer.kind === 'toolCalls') return { text: '', toolCalls: answer.calls, ...usage };
  const { output } = answer;
  return { text: typeof output === 'string' ? output : JSON.stringify(output), ...usage };
}

function requestJson(request: ModelRequest): JsonObject {
  const { messages, model, temperature, maxTokens, outputFormat, outputSchema, tools } = request;
  return {
    messages: [...messages],
    outputFormat,
    tools: tools.map(({ name }) => name),
    ...(model === undefined ? {} : { model }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
}

// --- Reading a stub file ---------------------------------------------------------------------------------------------

function readStubs(document: Json): ReadonlyMap<string, readonly Answer[]> {
  const issues: Issue[] = [];
  const stubs = new Map<string, readonly Answer[]>();
  if (isJsonObject(document)) {
    for (const [key, entry] of Object.entries(document)) {
      if (key !== '$schema') stubs.set(key, readEntry(entry, `/${escapePointer(key)}`, issues));
    }
  } else {
    report(issues, '', 'Stubs are an object that maps a step slug, an action type or "llm" to an answer.');
  }
  if (issues.length > 0) {
    const count = issues.length === 1 ? 'is one problem' : `are ${issues.length} problems`;
    throw new ValidationError(`There ${count} in the stubs.`, issues, { code: 'INVALID_STUBS' });
  }
  return stubs;
}

function readEntry(entry: Json, path: string, issues: Issue[]): readonly Answer[] {
  if (!isList(entry)) return readAnswer(entry, path, issues);
  if (entry.length === 0) report(issues, path, 'A list of answers needs at least one.');
  return entry.flatMap((item, index) => readAnswer(item, `${path}/${index}`, issues));
}

function readAnswer(value: Json, path: string, issues: Issue[]): Answer[] {
  const given = isJsonObject(value) ? readUsage(value, path, issues) : {};
  const keys = isJsonObject(value) ? Object.keys(value).filter((key) => key !== 'usage') : [];
  const kind = KINDS.find((known) => known === keys[0]);
  if (!isJsonObject(value) || keys.length !== 1 || kind === undefined) {
    report(issues, path, 'An answer is {"output": …}, {"error": {"code", "message"}} or {"never": true}.', HINT);
    return [];
  }
  if (kind === 'output') return [{ kind, output: value[kind] ?? null, ...given }];
  if (kind === 'toolCalls')
    return [{ kind, calls: readCalls(value[kind] ?? null, `${path}/${kind}`, issues), ...given }];
  if (kind === 'error') return readError(value[kind] ?? null, `${path}/error`, issues);
  if (value[kind] !== true) report(issues, `${path}/never`, '"never" takes no value but true.');
  return [{ kind }];
}

const KINDS = ['output', 'toolCalls', 'error', 'never'] as const;

function readUsage({ usage }: JsonObject, path: string, issues: Issue[]): { usage?: ModelUsage } {
  if (usage === undefined) return {};
  const { inputTokens, outputTokens } = isJsonObject(usage) ? usage : {};
  if (typeof inputTokens === 'number' && typeof outputTokens === 'number') {
    return { usage: { inputTokens, outputTokens } };
  }
  report(issues, `${path}/usage`, '"usage" is {"inputTokens", "outputTokens"}, two numbers.');
  return {};
}

function readCalls(value: Json, path: string, issues: Issue[]): ToolCall[] {
  const calls = isList(value) ? value : [];
  if (calls.length === 0) report(issues, path, '"toolCalls" is a list of at least one {"name", "arguments"}.');
  return calls.flatMap((call, index) => {
    const { id = `call_${index + 1}`, name, arguments: given = {} } = isJsonObject(call) ? call : {};
    if (typeof name === 'string' && typeof id === 'string') return [{ id, name, arguments: given }];
    report(issues, `${path}/${index}`, 'A call of a tool is {"name", "arguments"?, "id"?}.');
    return [];
  });
}

const HINT = 'Put the value to answer with under "output".';
const ERROR_FIELDS: Readonly<Record<string, readonly ['string' | 'boolean' | 'number' | 'any', string]>> = {
  code: ['string', 'text'],
  message: ['string', 'text'],
  retryable: ['boolean', 'true or false'],
  retryAfter: ['number', 'a number of milliseconds, 0 or more'],
  details: ['any', 'JSON'],
};

function readError(value: Json, path: string, issues: Issue[]): Answer[] {
  if (!isJsonObject(value)) {
    report(issues, path, 'An error is an object with "code" and "message".');
    return [];
  }
  const before = issues.length;
  for (const [field, content] of Object.entries(value)) checkErrorField(field, content, path, issues);
  const { code, message, retryable, retryAfter, details } = value;
  if (code === undefined) report(issues, path, 'The error has no "code".');
  if (issues.length > before) return [];
  return [
    {
      kind: 'error',
      code: String(code),
      message: typeof message === 'string' ? message : String(code),
      retryable: retryable !== false,
      ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
      ...(details === undefined ? {} : { details }),
    },
  ];
}

function checkErrorField(field: string, content: Json, path: string, issues: Issue[]): void {
  const rule = Object.hasOwn(ERROR_FIELDS, field) ? ERROR_FIELDS[field] : undefined;
  const at = `${path}/${escapePointer(field)}`;
  if (rule === undefined) {
    report(issues, at, `An error has no field "${field}".`, `It may have ${Object.keys(ERROR_FIELDS).join(', ')}.`);
  } else if (rule[0] !== 'any' && (typeof content !== rule[0] || (typeof content === 'number' && content < 0))) {
    report(issues, at, `"${field}" is ${rule[1]}.`);
  }
}

function report(issues: Issue[], path: string, message: string, hint?: string): void {
  issues.push({ code: 'INVALID_STUB', severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) });
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
