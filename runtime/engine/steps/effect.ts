import type { ActionStep, Compensation, EffectStep, LlmStep, RetryPolicy } from '../../definition/plan.js';
import type { ErrorRecord } from '../../errors.js';
import { readOwn, toText } from '../../expression/values.js';
import type { Json } from '../../json.js';
import { asJson, withCopy } from '../../to-json.js';
import { lastItem, withItem } from '../chunks.js';
import { postponeAttempt } from '../control.js';
import { located } from '../failure.js';
import { authorsError, failStep, succeed, undone } from '../flow.js';
import type { ChildStatus } from '../journal.js';
import { requestOf } from '../request.js';
import { retryDelay } from '../retry.js';
import type { Activation, Undo } from '../state.js';
import { earlier } from '../summary.js';
import type { Work } from '../work.js';
import { withoutCorrections } from './model.js';
import { activationOf, type Enter } from './visit.js';

/** Crashes that one visit survives; the next one makes it fail, so that a step that kills its host cannot do so for ever. */
export const MAX_INTERRUPTIONS = 5;

export const enterEffect: Enter<EffectStep> = (work, visit, step) => {
  const activation = activationOf(work, visit, 'running', 0);
  const { totalTimeout } = step;
  const timed = totalTimeout === undefined ? activation : { ...activation, deadline: work.at + totalTimeout };
  startAttempt(work, timed, step);
};

/** Begins the next attempt. What it is given is rendered anew from the state, as of the time the visit began. */
export function startAttempt(work: Work, before: Activation, step: EffectStep): void {
  // The time for all attempts may have passed while the execution was paused, or nobody drove it.
  if (before.deadline !== null && before.deadline <= work.at) return attemptTimedOut(work, before, step);
  const attempt = before.attempt + 1;
  let parameters: Json;
  let copy: Json;
  try {
    ({ json: parameters, copy } = withCopy(maskedParameters(work, before, step)));
  } catch (error) {
    const record = authorsError(error);
    work.recordAt(before, { type: 'step_started', attempt });
    failStep(work, before, step, record, attempt);
    return;
  }
  const dueAt = earlier(step.timeout === undefined ? null : work.at + step.timeout, before.deadline);
  const started: Activation = { ...before, status: 'running', attempt, dueAt };
  const remembered = step.type === 'llm' && work.state.threadId !== null;
  work.put(remembered ? { ...started, asked: toText(readOwn(parameters, 'userPrompt')) } : started);
  work.recordAt(before, { type: 'step_started', attempt, parameters });
  work.command({ type: 'perform', activation: before.id, attempt, parameters: copy });
}

function maskedParameters(work: Work, activation: Activation, step: EffectStep): unknown {
  if (activation.compensates !== null) return lastItem(work.state.undo)?.parameters ?? {};
  const template = requestOf(step);
  const scope = work.scope(activation, activation.startedAt);
  return template.render(scope, work.environment(activation.id, 0, activation.startedAt));
}

export function effectSucceeded(
  work: Work,
  activation: Activation,
  step: EffectStep,
  result: { readonly output: Json; readonly usage?: { readonly inputTokens: number; readonly outputTokens: number } },
): void {
  if (activation.compensates !== null) {
    const { attempt } = activation;
    work.recordAt(activation, { type: 'step_succeeded', attempt, port: 'success', output: result.output });
    work.drop(activation.id);
    undone(work, step.slug, true);
    return;
  }
  if (step.type === 'llm') remember(work, activation, step, result.output);
  if (step.type === 'action' && step.compensate !== undefined) {
    keepUndo(work, activation, step, step.compensate, result.output);
  }
  succeed(work, activation, step, {
    port: 'success',
    output: result.output,
    attempt: activation.attempt,
    usage: result.usage,
    carries: true,
  });
}

/** Keeps what undoes the step: rendered now, while all that it speaks of can be seen. */
function keepUndo(
  work: Work,
  activation: Activation,
  step: ActionStep,
  { parameters }: Compensation,
  output: Json,
): void {
  work.setResult(activation, step, { output, error: null, attempts: activation.attempt }, true);
  const { id, slug, frame, cause } = activation;
  work.state.undo = withItem(work.state.undo, { activation: id, slug, ...rendered() });

  function rendered(): Pick<Undo, 'parameters' | 'error'> {
    try {
      // A turn of its own, so that it draws other random values than the parameters of the step.
      return { parameters: asJson(parameters.render(work.scope({ frame, cause }), work.environment(id, 1))) };
    } catch (error) {
      return { error: authorsError(error) };
    }
  }
}

/** Keeps the turn where the execution has a thread, so that the model steps after this one know of it. */
function remember(work: Work, { asked = '' }: Activation, step: LlmStep, output: Json): void {
  if (work.state.threadId === null) return;
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
  const retryAt = work.at + (delay ?? 0);
  if (delay === undefined || (activation.deadline !== null && retryAt >= activation.deadline)) {
    failEffect(work, activation, step, error);
    return;
  }
  const { attempt } = activation;
  const record = located(error, activation, attempt);
  const retry = brought === undefined ? {} : { retry: brought };
  work.recordAt(activation, { type: 'step_failed', attempt, error: record, retryAt, ...retry });
  work.put({ ...withoutCorrections(activation), status: 'retrying', failures, dueAt: retryAt });
}

/** The step has failed for good; or what was to undo it has. */
function failEffect(work: Work, activation: Activation, step: EffectStep, error: ErrorRecord): void {
  const { attempt } = activation;
  if (activation.compensates === null) {
    failStep(work, activation, step, error, attempt);
    return;
  }
  work.recordAt(activation, { type: 'step_failed', attempt, error: located(error, activation, attempt) });
  work.drop(activation.id);
  undone(work, step.slug, false);
}

/** A child execution is under way: the step waits for its end. */
export function childStarted(work: Work, activation: Activation, executionId: string): void {
  const { attempt, deadline } = activation;
  work.recordAt(activation, { type: 'child_started', attempt, executionId });
  work.put({ ...activation, status: 'waiting', child: executionId, dueAt: deadline });
  work.command({ type: 'await_child', activation: activation.id, executionId });
}

export function childEnded(work: Work, activation: Activation, step: EffectStep, end: ChildEnd): void {
  const { executionId, status, output = null, error } = end;
  work.recordAt(activation, { type: 'child_ended', ...end });
  if (status === 'completed') {
    succeed(work, activation, step, { port: 'success', output, attempt: activation.attempt, carries: true });
    return;
  }
  const { code, message } = error ?? { code: 'CANCELLED', message: 'It was cancelled' };
  const details = { executionId, status, ...(error === undefined ? {} : { error }) };
  effectFailed(work, { ...activation, child: null }, step, {
    code,
    message: `Execution ${executionId}, started by step '${step.slug}', ended as ${status}: ${message}`,
    details,
    ...(status === 'failed' ? { retryable: true } : {}),
  });
}

export interface ChildEnd {
  readonly executionId: string;
  readonly status: ChildStatus;
  readonly output?: Json;
  readonly error?: ErrorRecord;
}

export function attemptTimedOut(work: Work, activation: Activation, step: EffectStep, brought?: RetryPolicy): void {
  const isLast = activation.deadline !== null && activation.deadline <= work.at;
  const limit = (isLast ? step.totalTimeout : step.timeout) ?? 0;
  const reason = `No answer within ${limit} ms`;
  if (activation.status === 'running') {
    work.command({ type: 'abort', activation: activation.id, reason, code: 'TIMEOUT' });
  }
  if (activation.child !== null) work.command({ type: 'cancel_child', executionId: activation.child, reason });
  const message = `Step '${step.slug}' gave no answer within ${limit} ms`;
  const error = { code: 'TIMEOUT', message, retryable: true };
  effectFailed(work, { ...activation, child: null }, step, error, brought);
}

/** The host that performed the attempt is gone. A crash counts as an attempt, though not against the retries granted. */
export function effectInterrupted(work: Work, activation: Activation, step: EffectStep, repeatable: boolean): void {
  const { attempt } = activation;
  work.recordAt(activation, { type: 'step_interrupted', attempt, repeatable });
  const interruptions = activation.interruptions + 1;
  if (!repeatable) {
    const message = `The host stopped while step '${step.slug}' was under way; it may or may not have taken effect, and must not be repeated`;
    failEffect(work, activation, step, { code: 'OUTCOME_UNKNOWN', message });
  } else if (interruptions > MAX_INTERRUPTIONS) {
    const message = `The host stopped ${interruptions} times while step '${step.slug}' was under way`;
    failEffect(work, activation, step, { code: 'INTERRUPTED', message });
  } else if (work.paused) {
    postponeAttempt(work, { ...activation, interruptions });
  } else {
    startAttempt(work, { ...activation, interruptions }, step);
  }
}
