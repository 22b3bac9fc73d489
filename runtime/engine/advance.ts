import type { EffectStep, Plan, PlanStep } from '../definition/plan.js';
import { cancelExecution, completeExecution, failExecution, succeed, takeStep } from './flow.js';
import type { EventOf, JournalEvent, TimerKind } from './journal.js';
import { type Activation, type ExecutionState, isFinal, type Task } from './state.js';
import { enterCondition, enterSwitch } from './steps/decision.js';
import {
  attemptTimedOut,
  effectFailed,
  effectInterrupted,
  effectSucceeded,
  enterEffect,
  retryDue,
} from './steps/effect.js';
import { enterFail, enterOutput } from './steps/ending.js';
import { endIteration, enterLoop } from './steps/loop.js';
import { takeToolResult, takeTurn } from './steps/model.js';
import { enterSetVariables } from './steps/set-variables.js';
import { enterTrigger } from './steps/trigger.js';
import type { Visit } from './steps/visit.js';
import { enterWait, enterWaitForEvent, receiveSignal } from './steps/wait.js';
import { blankState, type Command, Work } from './work.js';

type Stimulus<T extends JournalEvent['type'], Ignored extends string = never> = Omit<
  EventOf<T>,
  'seq' | 'frame' | 'step' | Ignored
>;

/**
 * What enters the interpreter from outside: the events that do not follow from those before. Each is the event of the
 * same name in the journal, less what the interpreter adds to it, so a journal can be fed back as it is.
 */
export type InputEvent =
  | Stimulus<'execution_started'>
  | Stimulus<'step_succeeded', 'port'>
  | Stimulus<'step_failed', 'retryAt'>
  | Stimulus<'step_interrupted'>
  | Stimulus<'model_turn'>
  | Stimulus<'tool_result'>
  | Stimulus<'timer_fired'>
  | Stimulus<'signal_received'>
  | Stimulus<'log'>
  | Stimulus<'checkpoint'>
  | Stimulus<'execution_continued'>
  | Stimulus<'execution_cancelled'>;

export interface Advance {
  readonly state: ExecutionState;
  /** To be appended to the journal: the event itself first, then what follows from it. None when it came too late. */
  readonly events: readonly JournalEvent[];
  /** To be carried out once the events are committed. */
  readonly commands: readonly Command[];
}

/**
 * Applies one event to a state, and goes on until only effects, deadlines and signals are left. Pure: it reads no
 * clock, draws no random number, performs nothing, and leaves `state` as it was; the same arguments give the same
 * answer on every host. An event that comes too late, such as the result of an attempt that has timed out, changes
 * nothing (I3).
 *
 * @param state undefined before `execution_started`, and only then
 */
export function advance(plan: Plan, state: ExecutionState | undefined, event: InputEvent): Advance {
  if (state === undefined) {
    if (event.type !== 'execution_started')
      throw new Error(`A journal begins with execution_started, not ${event.type}`);
    return start(plan, event);
  }
  if (isFinal(state.status)) return { state, events: [], commands: [] };
  const work = new Work(plan, state, event.at);
  apply(work, event);
  if (work.events.length === 0) return { state, events: [], commands: [] };
  walk(work);
  return work.done();
}

function start(plan: Plan, event: Stimulus<'execution_started'>): Advance {
  const blank = blankState(plan, event.executionId, event.seed, event.trigger, event.at);
  const work = new Work(plan, blank, event.at);
  const { at: _at, ...body } = event;
  work.record(body);
  work.state.input = event.input;
  work.state.organizationId = event.organizationId ?? null;
  work.state.threadId = event.threadId ?? null;
  work.queue.push({ type: 'enter', slug: plan.entry, frame: 0, cause: null });
  walk(work);
  return work.done();
}

function apply(work: Work, event: InputEvent): void {
  switch (event.type) {
    case 'execution_started':
      return;
    case 'execution_continued':
      if (work.queue.length > 0) work.record({ type: 'execution_continued' });
      return;
    case 'execution_cancelled':
      cancelExecution(work, event.reason);
      return;
    case 'signal_received': {
      if (work.state.signalIds.includes(event.id)) return;
      work.state.signalIds = [...work.state.signalIds, event.id];
      const { id, name, data } = event;
      work.record({ type: 'signal_received', id, name, data });
      receiveSignal(work, { id, name, data });
      return;
    }
    case 'timer_fired':
      fire(work, event);
      return;
    default:
      applyToEffect(work, event);
  }
}

type EffectEvent = Extract<
  InputEvent,
  {
    type: 'step_succeeded' | 'step_failed' | 'step_interrupted' | 'model_turn' | 'tool_result' | 'log' | 'checkpoint';
  }
>;

function applyToEffect(work: Work, event: EffectEvent): void {
  const activation = work.activation(event.activation);
  const step = activation && effectStep(work.plan, activation.slug);
  if (activation?.status !== 'running' || step === undefined) return;
  switch (event.type) {
    case 'log': {
      const { level, message, data } = event;
      const rest = data === undefined ? { level, message } : { level, message, data };
      work.record({ type: 'log', ...work.ref(activation), ...rest });
      return;
    }
    case 'checkpoint':
      work.record({ type: 'checkpoint', ...work.ref(activation), name: event.name, data: event.data });
      return;
  }
  if (event.attempt !== activation.attempt) return;
  switch (event.type) {
    case 'step_succeeded':
      effectSucceeded(work, activation, step, event);
      return;
    case 'step_failed':
      effectFailed(work, activation, step, event.error, event.retry);
      return;
    case 'model_turn':
      takeTurn(work, activation, event);
      return;
    case 'tool_result':
      takeToolResult(work, activation, event);
      return;
    case 'step_interrupted':
      effectInterrupted(work, activation, step, event.repeatable);
  }
}

function effectStep(plan: Plan, slug: string): EffectStep | undefined {
  const step = plan.steps.get(slug);
  return step?.type === 'action' || step?.type === 'llm' ? step : undefined;
}

/** The timer that a live activation is waiting for. */
export function timerOf(activation: Activation): TimerKind {
  if (activation.status === 'running') return 'attempt_timeout';
  if (activation.status === 'retrying') return 'retry';
  return activation.event === null ? 'wait' : 'event_timeout';
}

function fire(work: Work, event: Stimulus<'timer_fired'>): void {
  if (event.activation === undefined) {
    fireExecutionTimeout(work);
    return;
  }
  const activation = work.activation(event.activation);
  if (activation?.dueAt == null || activation.dueAt > event.at || timerOf(activation) !== event.timer) return;
  const step = work.plan.steps.get(activation.slug);
  if (step === undefined) return;
  const { timer, retry } = event;
  const granted = retry === undefined ? {} : { retry };
  work.record({ type: 'timer_fired', timer, activation: activation.id, step: activation.slug, ...granted });
  if (step.type === 'action' || step.type === 'llm') {
    if (event.timer === 'retry') retryDue(work, activation, step);
    else attemptTimedOut(work, activation, step, retry);
  } else {
    const port = event.timer === 'wait' ? 'success' : 'timeout';
    succeed(work, activation, step, { port, output: null });
  }
}

function fireExecutionTimeout(work: Work): void {
  if (work.state.deadline === null || work.state.deadline > work.at) return;
  work.record({ type: 'timer_fired', timer: 'execution_timeout' });
  const limit = work.plan.config.timeout ?? 0;
  failExecution(work, { code: 'EXECUTION_TIMEOUT', message: `The execution did not end within ${limit} ms` });
}

/**
 * Visits that one transition makes at most. A longer walk through steps that need nothing from outside goes on in the
 * next one, so that no definition can keep its host busy, or a commit growing, for as long as it likes.
 */
export const MAX_VISITS = 1000;

/** Walks until nothing is left that does not need the world, or as far as one transition may. */
function walk(work: Work): void {
  const last = work.state.stepsTaken + MAX_VISITS;
  while (!work.over && work.state.stepsTaken < last) {
    const task = work.queue.shift();
    if (task === undefined) break;
    if (task.type === 'end_iteration') endIteration(work, task.frame);
    else enter(work, task);
  }
  const idle = work.queue.length === 0 && work.state.activations.length === 0;
  if (!work.over && idle) completeExecution(work, undefined);
}

function enter(work: Work, task: Extract<Task, { type: 'enter' }>): void {
  const step = work.plan.steps.get(task.slug);
  if (step === undefined) throw new Error(`The plan has no step '${task.slug}'`);
  if (!takeStep(work, step.slug)) return;
  enterStep(work, { id: work.newActivationId(), slug: step.slug, frame: task.frame, cause: task.cause }, step);
}

function enterStep(work: Work, visit: Visit, step: PlanStep): void {
  switch (step.type) {
    case 'trigger':
      return enterTrigger(work, visit, step);
    case 'action':
    case 'llm':
      return enterEffect(work, visit, step);
    case 'set_variables':
      return enterSetVariables(work, visit, step);
    case 'condition':
      return enterCondition(work, visit, step);
    case 'switch':
      return enterSwitch(work, visit, step);
    case 'loop':
      return enterLoop(work, visit, step);
    case 'wait':
      return enterWait(work, visit, step);
    case 'wait_for_event':
      return enterWaitForEvent(work, visit, step);
    case 'output':
      return enterOutput(work, visit, step);
    case 'fail':
      return enterFail(work, visit, step);
  }
}
