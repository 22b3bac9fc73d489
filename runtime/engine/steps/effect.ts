import type { EffectStep, LlmStep, RetryPolicy } from '../../definition/plan.js';
import type { ErrorRecord } from '../../errors.js';
import { readOwn, toText } from '../../expression/values.js';
import type { Json } from '../../json.js';
import { toJson } from '../../to-json.js';
import { located } from '../failure.js';
import { evaluated, failStep, succeed } from '../flow.js';
import { retryDelay } from '../retry.js';
import type { Activation } from '../state.js';
import type { Work } from '../work.js';
import { withoutCorrections } from './model.js';
import { activationOf, type Enter } from './visit.js';

/** Crashes that one visit survives; the next one makes it fail, so that a step that kills its host cannot do so for ever. */
export const MAX_INTERRUPTIONS = 5;

export const enterEffect: Enter<EffectStep> = (work, visit, step) => {
  startAttempt(work, activationOf(work, visit, { status: 'running', attempt: 0 }), step);
};

/** Begins the next attempt. What it is given is rendered anew from the state, as of the time the visit began. */
function startAttempt(work: Work, before: Activation, step: EffectStep): void {
  const attempt = before.attempt + 1;
  const started = { type: 'step_started', ...work.ref(before), attempt } as const;
  const parameters = evaluated(
    work,
    before,
    step,
    () => maskedParameters(work, before, step),
    () => work.record(started),
    attempt,
  );
  if (parameters === undefined) return;
  const dueAt = step.timeout === undefined ? null : work.at + step.timeout;
  work.put({ ...before, status: 'running', attempt, dueAt });
  work.record({ ...started, parameters: parameters.value });
  work.command({ type: 'perform', activation: before.id, attempt, parameters: parameters.value });
}

function maskedParameters(work: Work, activation: Activation, step: EffectStep): Json {
  const template = step.type === 'llm' ? step.request : step.parameters;
  const scope = work.scope({ frame: activation.frame, now: activation.startedAt, cause: activation.cause });
  return toJson(template.render(scope, { ...work.environment(activation.id), now: activation.startedAt })).json;
}

export function effectSucceeded(
  work: Work,
  activation: Activation,
  step: EffectStep,
  result: { readonly output: Json; readonly usage?: { readonly inputTokens: number; readonly outputTokens: number } },
): void {
  if (step.type === 'llm') remember(work, activation, step, result.output);
  succeed(work, activation, step, {
    port: 'success',
    output: result.output,
    attempt: activation.attempt,
    usage: result.usage,
    carries: true,
  });
}

/** Keeps the turn where the execution has a thread, so that the model steps after this one know of it. */
function remember(work: Work, activation: Activation, step: LlmStep, output: Json): void {
  if (work.state.threadId === null) return;
  const asked = toText(readOwn(maskedParameters(work, activation, step), 'userPrompt'));
  const answer = toText(step.resultKey === undefined ? output : readOwn(output, step.resultKey));
  work.state.conversation = [
    ...work.state.conversation,
    ...(asked === '' ? [] : [{ role: 'user', content: asked } as const]),
    { role: 'assistant', content: answer },
  ];
}

/**
 * An attempt failed: another one is due later, or the step has failed.
 * @param brought the policy of the action, for where neither step nor workflow has one
 */
export function effectFailed(
  work: Work,
  activation: Activation,
  step: EffectStep,
  error: ErrorRecord,
  brought?: RetryPolicy,
): void {
  const failures = activation.failures + 1;
  const delay = retryDelay(step.retry ?? work.plan.config.retry ?? brought, error, failures, {
    seed: work.state.seed,
    activation: activation.id,
  });
  if (delay === undefined) {
    failStep(work, activation, step, error, activation.attempt);
    return;
  }
  const retryAt = work.at + delay;
  const { attempt } = activation;
  const record = located(error, activation, attempt);
  const retry = brought === undefined ? {} : { retry: brought };
  work.record({ type: 'step_failed', ...work.ref(activation), attempt, error: record, retryAt, ...retry });
  work.put({ ...withoutCorrections(activation), status: 'retrying', failures, dueAt: retryAt });
}

export function retryDue(work: Work, activation: Activation, step: EffectStep): void {
  startAttempt(work, activation, step);
}

export function attemptTimedOut(work: Work, activation: Activation, step: EffectStep, brought?: RetryPolicy): void {
  const limit = step.timeout ?? 0;
  const reason = `No answer within ${limit} ms`;
  work.command({ type: 'abort', activation: activation.id, reason, code: 'TIMEOUT' });
  const message = `Step '${step.slug}' gave no answer within ${limit} ms`;
  effectFailed(work, activation, step, { code: 'TIMEOUT', message, retryable: true }, brought);
}

/** The host that performed the attempt is gone. A crash counts as an attempt, though not against the retries granted. */
export function effectInterrupted(work: Work, activation: Activation, step: EffectStep, repeatable: boolean): void {
  const { attempt } = activation;
  work.record({ type: 'step_interrupted', ...work.ref(activation), attempt, repeatable });
  const interruptions = activation.interruptions + 1;
  if (!repeatable) {
    const message = `The host stopped while step '${step.slug}' was under way; it may or may not have taken effect, and must not be repeated`;
    failStep(work, activation, step, { code: 'OUTCOME_UNKNOWN', message }, attempt);
  } else if (interruptions > MAX_INTERRUPTIONS) {
    const message = `The host stopped ${interruptions} times while step '${step.slug}' was under way`;
    failStep(work, activation, step, { code: 'INTERRUPTED', message }, attempt);
  } else {
    startAttempt(work, { ...activation, interruptions }, step);
  }
}
