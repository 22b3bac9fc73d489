import { parseDuration } from '../../definition/duration.js';
import type { WaitForEventStep, WaitStep } from '../../definition/plan.js';
import { ActionError } from '../../errors.js';
import { toText } from '../../expression/values.js';
import { evaluated, succeed } from '../flow.js';
import type { Activation, Signal } from '../state.js';
import type { Work } from '../work.js';
import { activationOf, type Enter, recordStart, type Visit } from './visit.js';

export const enterWait: Enter<WaitStep> = (work, visit, step) => {
  recordStart(work, visit);
  const due = evaluated(work, visit, step, () => dueTime(work, visit, step));
  if (due === undefined) return;
  work.put({ ...activationOf(work, visit, 'waiting'), dueAt: due.value });
  work.recordAt(visit, { type: 'timer_set', timer: 'wait', dueAt: due.value });
};

function dueTime(work: Work, visit: Visit, step: WaitStep): number {
  const isTime = step.until !== undefined;
  const template = step.until ?? step.for;
  const value = template && work.render(template, visit);
  const time = isTime ? timeOf(value) : work.at + (parseDuration(value) ?? Number.NaN);
  if (Math.abs(time) <= FURTHEST) return time;
  const [field, wanted] = isTime ? ['until', 'an ISO 8601 time'] : ['for', 'a duration such as "90s" or "PT1H30M"'];
  throw new ActionError(`The '${field}' of wait '${step.slug}' must be ${wanted}, but came out as "${toText(value)}"`, {
    code: 'WAIT_INVALID',
    retryable: false,
    step: step.slug,
    field,
  });
}

/** What a Date can hold, in milliseconds on both sides of 1970: a deadline must be one that a later step can read. */
const FURTHEST = 8.64e15;
/** A day, or a time with its zone: any other text is read in the machine's own zone, or in each engine's way. */
const TIME = /^\d{4}-\d\d-\d\d(T.+(Z|[+-]..:..))?$/;

function timeOf(value: unknown): number {
  const time = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : value;
  return typeof time === 'number' ? Math.ceil(time) : Number.NaN;
}

export const enterWaitForEvent: Enter<WaitForEventStep> = (work, visit, step) => {
  recordStart(work, visit);
  const name = evaluated(work, visit, step, () => toText(work.render(step.event, visit)));
  if (name === undefined) return;
  const dueAt = step.timeout === undefined ? null : work.at + step.timeout;
  const activation = { ...activationOf(work, visit, 'waiting'), event: name.value, dueAt };
  work.put(activation);
  if (dueAt !== null) work.recordAt(visit, { type: 'timer_set', timer: 'event_timeout', dueAt });
  for (const signal of work.state.signals) {
    if (offer(work, activation, step, signal)) return;
  }
};

/**
 * Hands a signal to a wait. Taken, it leaves the buffer in the same transition that goes past the wait.
 * @returns whether the wait is over, be it that its `match` could not be evaluated
 */
function offer(work: Work, activation: Activation, step: WaitForEventStep, signal: Signal): boolean {
  if (signal.name !== activation.event) return false;
  const matches = evaluated(work, activation, step, () => {
    const scope = work.scope({ frame: activation.frame, cause: activation.cause, event: signal.data });
    return !step.match || step.match.evaluate(scope, work.environment(activation.id));
  });
  if (matches === undefined) return true;
  if (!matches.value) return false;
  work.removeSignal(signal.id);
  succeed(work, activation, step, { port: 'success', output: signal.data, carries: true });
  return true;
}

/** Keeps a signal, and offers it to the waits in the order in which they began; while paused it is only kept. */
export function receiveSignal(work: Work, signal: Signal): void {
  work.addSignal(signal);
  if (!work.paused) offerToWaits(work, signal);
}

/** Offers what came while the execution was paused, the oldest first. */
export function offerKeptSignals(work: Work): void {
  for (const signal of work.state.signals) {
    if (work.over) return;
    offerToWaits(work, signal);
  }
}

function offerToWaits(work: Work, signal: Signal): void {
  for (const activation of [...work.state.activations]) {
    if (work.activation(activation.id) === undefined) continue;
    const step = work.plan.steps.get(activation.slug);
    if (step?.type === 'wait_for_event' && offer(work, activation, step, signal)) return;
  }
}
