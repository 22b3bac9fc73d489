import { canonicalJson } from '../canonical.js';
import type { Plan } from '../definition/plan.js';
import type { EventOf, JournalEvent, ModelUsage, ToolCall } from '../engine/journal.js';
import type { ErrorRecord } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';

/**
 * What each effect of a run was answered, and after how long, as `createStubs` takes it: one answer for each time it was
 * asked, in the order in which the questions were put.
 * @param plan of the run; without it, a text of a model that its step puts under a key is not told from an object
 */
export function stubsFromHistory(history: readonly JournalEvent[], plan?: Plan): JsonObject {
  const record = new AnswerRecord(history, plan);
  for (const event of history) record.take(event);
  return record.stubs;
}

/** A question that is put: its place among those with the same key is kept until the answer comes. */
interface Open {
  readonly key: string;
  readonly place: number;
  readonly at: number;
}

type Effect = EventOf<'step_started'>;
type Failure = EventOf<'step_failed'>;

class AnswerRecord {
  readonly #answers = new Map<string, Json[]>();
  /** By activation. */
  readonly #open = new Map<number, Open>();
  /** Calls of tools that are still to be performed, by activation. */
  readonly #tools = new Map<number, readonly ToolCall[]>();
  readonly #usage = new Map<number, ModelUsage>();
  /** When the clock gave an attempt up. */
  readonly #timeouts: ReadonlySet<string>;
  readonly #plan: Plan | undefined;

  constructor(history: readonly JournalEvent[], plan: Plan | undefined) {
    this.#plan = plan;
    this.#timeouts = new Set(
      history.flatMap((event) => (event.type === 'timer_fired' ? [`${event.activation}@${event.at}`] : [])),
    );
  }

  get stubs(): JsonObject {
    return Object.fromEntries([...this.#answers].map(([key, answers]) => [key, brief(answers)]));
  }

  take(event: JournalEvent): void {
    switch (event.type) {
      case 'step_started':
        if (event.parameters !== undefined) this.#begin(event);
        return;
      case 'model_turn':
        return this.#turn(event);
      case 'tool_result':
        return this.#result(event);
      case 'child_started':
        // The time of the other workflow begins here.
        return this.#restart(event);
      case 'child_ended':
        return this.#answer(event, childAnswer(event));
      case 'step_succeeded':
        return this.#answer(event, { output: this.#said(event), ...this.#usageLeft(event) });
      case 'step_failed':
        return this.#fail(event);
      case 'step_interrupted':
        return this.#forget(event);
      case 'step_cancelled':
        this.#open.delete(event.activation);
    }
  }

  #begin({ activation, step, compensates, at }: Effect): void {
    this.#ask(activation, compensates === undefined ? step : `${step}.compensate`, at);
  }

  #ask(activation: number, key: string, at: number): void {
    const answers = this.#answers.get(key) ?? [];
    this.#answers.set(key, answers);
    this.#open.set(activation, { key, place: answers.length, at });
    answers.push({ never: true });
  }

  #answer({ activation, at }: { readonly activation: number; readonly at: number }, answer: JsonObject): void {
    const open = this.#open.get(activation);
    const answers = open && this.#answers.get(open.key);
    if (open === undefined || answers === undefined) return;
    answers[open.place] = at > open.at ? { ...answer, after: at - open.at } : answer;
    this.#open.delete(activation);
  }

  #fail(event: Failure): void {
    const isLate = event.error.code === 'TIMEOUT' && this.#timeouts.has(`${event.activation}@${event.at}`);
    // What gave no answer in time has none.
    if (isLate) this.#open.delete(event.activation);
    else this.#answer(event, { error: errorAnswer(event.error) });
  }

  #restart({ activation, at }: EventOf<'child_started'>): void {
    const open = this.#open.get(activation);
    if (open !== undefined) this.#open.set(activation, { ...open, at });
  }

  /** The attempt after it is asked again; where there is none, it has failed. */
  #forget({ activation, repeatable }: EventOf<'step_interrupted'>): void {
    const open = this.#open.get(activation);
    const answers = open && this.#answers.get(open.key);
    if (!repeatable || open === undefined || answers?.length !== open.place + 1) return;
    answers.pop();
    this.#open.delete(activation);
  }

  #turn(event: EventOf<'model_turn'>): void {
    const { activation, step, at, content, toolCalls, usage } = event;
    const said: JsonObject =
      toolCalls === undefined
        ? { output: content }
        : { toolCalls: [...toolCalls], ...(content === '' ? {} : { text: content }) };
    this.#answer(event, usage === undefined ? said : { ...said, usage });
    if (usage !== undefined) this.#usage.set(activation, sum(this.#usage.get(activation), usage));
    // Tools whose calls hold no object are refused, not performed.
    this.#tools.set(activation, toolCalls ?? []);
    this.#goOn(activation, step, at);
  }

  #result(event: EventOf<'tool_result'>): void {
    const { activation, step, at, content, isError } = event;
    this.#answer(event, isError === true ? { error: toolError(content) } : { output: toolOutput(content) });
    this.#tools.set(activation, (this.#tools.get(activation) ?? []).slice(1));
    this.#goOn(activation, step, at);
  }

  /** Asks the next tool, or the model again once all have answered. */
  #goOn(activation: number, step: string, at: number): void {
    const next = this.#tools.get(activation)?.[0];
    if (next === undefined) this.#ask(activation, step, at);
    else if (isJsonObject(next.arguments)) this.#ask(activation, `${step}.${next.name}`, at);
  }

  /** The answer itself, before it was put under the key that its step names. */
  #said({ step: slug, output }: EventOf<'step_succeeded'>): Json {
    const step = this.#plan?.steps.get(slug);
    if (step?.type !== 'llm' || step.outputFormat !== 'text' || step.resultKey === undefined) return output;
    return isJsonObject(output) ? (output[step.resultKey] ?? output) : output;
  }

  #usageLeft({ activation, usage }: EventOf<'step_succeeded'>): { readonly usage?: ModelUsage } {
    if (usage === undefined) return {};
    const before = this.#usage.get(activation) ?? { inputTokens: 0, outputTokens: 0 };
    const inputTokens = usage.inputTokens - before.inputTokens;
    const outputTokens = usage.outputTokens - before.outputTokens;
    return { usage: { inputTokens, outputTokens } };
  }
}

/** The last answer is given over and over, so it need not be said again. */
function brief(answers: readonly Json[]): Json {
  const texts = answers.map(canonicalJson);
  const last = texts.at(-1);
  const end = texts.findLastIndex((text) => text !== last) + 2;
  return end === 1 ? (answers[0] ?? null) : answers.slice(0, end);
}

function sum(one: ModelUsage | undefined, other: ModelUsage): ModelUsage {
  return {
    inputTokens: (one?.inputTokens ?? 0) + other.inputTokens,
    outputTokens: (one?.outputTokens ?? 0) + other.outputTokens,
  };
}

function errorAnswer({ code, message, details, retryable = false, retryAfter }: ErrorRecord): JsonObject {
  return {
    ...{ code, message, retryable },
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(details === undefined ? {} : { details }),
  };
}

function childAnswer({ status, output = null, error }: EventOf<'child_ended'>): JsonObject {
  if (status === 'completed') return { output };
  if (status === 'cancelled' || error === undefined) return { cancelled: true };
  const { stepSlug, attempts } = error;
  return {
    error: {
      ...errorAnswer(error),
      ...(stepSlug === undefined ? {} : { stepSlug }),
      ...(attempts === undefined ? {} : { attempts }),
    },
  };
}

/** A result that is no text was shown to the model as JSON. */
function toolOutput(content: string): Json {
  try {
    const value: Json = JSON.parse(content);
    return typeof value === 'object' && JSON.stringify(value) === content ? value : content;
  } catch {
    // Text, then.
    return content;
  }
}

function toolError(content: string): JsonObject {
  const { error }: JsonObject = JSON.parse(content);
  const { code = 'ACTION_FAILED', message = '', details } = isJsonObject(error) ? error : {};
  return { code, message, retryable: false, ...(details === undefined ? {} : { details }) };
}
