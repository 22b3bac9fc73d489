import { ActionError } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import type {
  Action,
  ActionContext,
  ActionRegistry,
  CancellationSignal,
  ChildOutcome,
  Clock,
  LanguageModel,
  ModelRequest,
  ModelResponse,
} from '../ports.js';
import { Bell } from './bell.js';
import { type Answer, readStubs } from './stub-document.js';

type Given = Extract<Answer, { kind: 'output' | 'toolCalls' }>;

/** One call that reached the stubs, or the implementation behind them. */
export interface StubCall {
  /** The key that answered; null where an implementation did. */
  readonly key: string | null;
  /** The type of the action, `llm`, or the slug of the workflow. */
  readonly type: string;
  readonly step: string;
  /** From 1. */
  readonly attempt: number;
  readonly idempotencyKey: string;
  /** As the action got them, secrets in clear; for a model, its request; for another workflow, its input. */
  readonly parameters: Json;
}

/** What answers where no stub does, and the time by which answers come. */
export interface StubFallback {
  readonly actions?: ActionRegistry;
  readonly model?: LanguageModel;
  /** Without it, every answer comes at once. */
  readonly clock?: Clock;
}

/** How another workflow ends that a stub stands for, and when. */
export interface StubbedChild {
  readonly end: Omit<ChildOutcome, 'executionId'> | { readonly status: 'never' };
  /** Milliseconds. */
  readonly after: number;
}

export interface Stubs {
  readonly actions: ActionRegistry;
  readonly model: LanguageModel;
  /** Every call so far, oldest first. */
  readonly calls: readonly StubCall[];
  /** How many calls are under way that never answer: what a driver that is to be idle need not wait for. */
  readonly stalled: number;
  /** How many calls are under way that never answer, or not before the clock has moved. */
  readonly parked: number;
  /** Resolves when the next call is parked. */
  parking(): Promise<void>;
  /**
   * The end of another workflow, where a stub stands for it; `call` says what it was started with.
   * @throws ActionError `WORKFLOW_NOT_FOUND` and `INVALID_INPUT` where the stub says so: it is not even started then
   */
  child(workflow: string, call: Omit<StubCall, 'key' | 'type'>): StubbedChild | undefined;
}

/**
 * Prepared answers in place of actions, models and other workflows, for tests and dry runs. `document` maps a key to an
 * answer, or to a list of answers, one per call, the last one repeated. The most specific key wins: a step's slug; for a
 * tool that its model calls, the slug and the action's type (`ask.look_up`); for what undoes it, `<slug>.compensate`; then
 * an action's type with its operation (`customer.get_by_id`), an action's type, a workflow's slug, or `llm`.
 *
 * An answer is `{"output": …}`, `{"error": {code, message, retryable?, retryAfter?, details?}}` (`retryable` is true when
 * absent, `retryAfter` in milliseconds), for a model also `{"toolCalls": [{name, arguments?, id?}], "text"?}`, for another
 * workflow also `{"cancelled": true}`, or `{"never": true}`: no answer until the call is given up. Beside it may stand
 * `"after"`, a duration until it comes, and `"usage": {inputTokens, outputTokens}` of a model. Nothing there and no
 * fallback: the call fails with `ACTION_NOT_FOUND` or `MODEL_NOT_FOUND`, without a retry.
 * @throws ValidationError `INVALID_STUBS` with every issue, its `path` a JSON pointer into the document.
 */
export function createStubs(document: Json, fallback: StubFallback = {}): Stubs {
  const book = new AnswerBook(readStubs(document), fallback.clock);
  const calls: StubCall[] = [];
  const note = (key: string | undefined, type: string, parameters: Json, context: ActionContext): void => {
    const { step, attempt, idempotencyKey } = context;
    calls.push({ key: key ?? null, type, step, attempt, idempotencyKey, parameters });
  };
  const action = (type: string): Action => {
    const behind = fallback.actions?.find(type);
    return {
      ...behind,
      type,
      run: (parameters, context) => {
        const key = book.find([ownKey(type, context), ...operationKey(type, parameters), type]);
        note(key, type, parameters, context);
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
      note(key, 'llm', requestJson(request), context);
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
    get parked() {
      return book.parked;
    },
    parking: () => book.parking.next(),
    child: (workflow, call) => {
      const key = book.find([call.step, workflow]);
      if (key === undefined) return undefined;
      calls.push({ key, type: workflow, ...call });
      return asChild(book.next(key), call.step);
    },
  };
}

/** The answers by key, and how many of each were given. */
class AnswerBook {
  readonly #answers: ReadonlyMap<string, readonly Answer[]>;
  readonly #clock: Clock | undefined;
  readonly #given = new Map<string, number>();
  readonly parking = new Bell();
  #stalled = 0;
  #delayed = 0;

  constructor(answers: ReadonlyMap<string, readonly Answer[]>, clock: Clock | undefined) {
    this.#answers = answers;
    this.#clock = clock;
  }

  get stalled(): number {
    return this.#stalled;
  }

  get parked(): number {
    return this.#stalled + this.#delayed;
  }

  find(keys: readonly string[]): string | undefined {
    return keys.find((key) => this.#answers.has(key));
  }

  next(key: string): Answer {
    const answers = this.#answers.get(key) ?? [];
    const given = this.#given.get(key) ?? 0;
    this.#given.set(key, given + 1);
    return answers[Math.min(given, answers.length - 1)] ?? { kind: 'never' };
  }

  async answer(key: string, { signal, step }: ActionContext): Promise<Given> {
    const answer = this.next(key);
    if (answer.kind === 'never') return this.#hold(signal);
    if (answer.after !== undefined) await this.#delay(answer.after, signal);
    if (answer.kind === 'error') throw errorOf(answer.error, step);
    if (answer.kind !== 'cancelled') return answer;
    throw new ActionError('It was cancelled', { code: 'CANCELLED', retryable: false, step });
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
      this.parking.ring();
    });
  }

  #delay(ms: number, signal: CancellationSignal): Promise<void> {
    const clock = this.#clock;
    if (clock === undefined || ms === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#delayed += 1;
      const giveUp = (): void => {
        this.#delayed -= 1;
        withdraw();
        reject(signal.reason);
      };
      const withdraw = clock.schedule(clock.now() + ms, () => {
        this.#delayed -= 1;
        signal.removeEventListener('abort', giveUp);
        resolve();
      });
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
      this.parking.ring();
    });
  }
}

/** The step's own key answers for the step: not for a tool that its model calls, nor for what undoes it. */
function ownKey(type: string, { step, toolCall, compensates }: ActionContext): string {
  if (toolCall !== undefined) return `${step}.${type}`;
  return compensates === undefined ? step : `${step}.compensate`;
}

function operationKey(type: string, parameters: JsonObject): string[] {
  const operation = parameters.operation;
  return typeof operation === 'string' ? [`${type}.${operation}`] : [];
}

function errorOf(
  { stepSlug: _slug, attempts: _attempts, ...error }: Extract<Answer, { kind: 'error' }>['error'],
  step: string,
): ActionError {
  const { message, ...details } = error;
  return new ActionError(message, { ...details, step });
}

function asOutput(answer: Given): Json {
  return answer.kind === 'output' ? answer.output : { toolCalls: [...answer.calls] };
}

function asResponse(answer: Given): ModelResponse {
  const usage = answer.usage === undefined ? {} : { usage: answer.usage };
  if (answer.kind === 'toolCalls') return { text: answer.text, toolCalls: answer.calls, ...usage };
  const { output } = answer;
  return { text: typeof output === 'string' ? output : JSON.stringify(output), ...usage };
}

/** What keeps another workflow from being started at all. */
const NOT_STARTED: readonly string[] = ['WORKFLOW_NOT_FOUND', 'INVALID_INPUT'];

function asChild(answer: Answer, step: string): StubbedChild {
  const after = answer.after ?? 0;
  if (answer.kind === 'never' || answer.kind === 'cancelled') return { end: { status: answer.kind }, after };
  if (answer.kind !== 'error') return { end: { status: 'completed', output: asOutput(answer) }, after };
  if (NOT_STARTED.includes(answer.error.code)) throw errorOf(answer.error, step);
  const { retryable, ...error } = answer.error;
  return { end: { status: 'failed', error: retryable ? { ...error, retryable } : error }, after };
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
