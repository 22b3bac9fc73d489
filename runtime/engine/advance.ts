import type { EffectStep, Plan, PlanStep } from '../definition/plan.js';
import type { ErrorRecord } from '../errors.js';
import { ownerOf } from './bodies.js';
import {
  forkExecution,
  importExecution,
  leave,
  pauseExecution,
  resumeExecution,
  transferExecution,
  unpause,
} from './control.js';
import { cancelExecution, completeExecution, failExecution, succeed, takeStep } from './flow.js';
import type { EventOf, JournalEvent, TimerKind } from './journal.js';
import { isEffect } from './request.js';
import { type Activation, type ExecutionState, isFinal, type Task } from './state.js';
import { decide, decidedBy, enterApproval } from './steps/approval.js';
import { enterCondition, enterSwitch } from './steps/decision.js';
import {
  attemptTimedOut,
  childEnded,
  childStarted,
  effectFailed,
  effectInterrupted,
  effectSucceeded,
  enterEffect,
  startAttempt,
} from './steps/effect.js';
import { enterFail, enterOutput } from './steps/ending.js';
import { endIteration, enterLoop } from './steps/loop.js';
import { takeToolResult, takeTurn } from './steps/model.js';
import { endBranch, enterParallel } from './steps/parallel.js';
import { enterSetVariables } from './steps/set-variables.js';
import { enterTrigger } from './steps/trigger.js';
import { undoNext } from './steps/undo.js';
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
  | Stimulus<'child_started'>
  | Stimulus<'child_ended'>
  | Stimulus<'execution_continued'>
  | Stimulus<'execution_paused'>
  | Stimulus<'execution_resumed'>
  | Stimulus<'execution_transferred'>
  | Stimulus<'execution_imported'>
  | Stimulus<'execution_forked'>
  | Stimulus<'cancellation_requested'>
  | Stimulus<'execution_cancelled', 'compensation'>;

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
 * @param stopBefore the visit, by the number it would get, that must not begin: it and what stands behind it is kept
 */
export function advance(
  plan: Plan,
  state: ExecutionState | undefined,
  event: InputEvent,
  stopBefore?: number,
): Advance {
  if (state === undefined) {
    if (event.type !== 'execution_started')
      throw new Error(`A journal begins with execution_started, not ${event.type}`);
    return start(plan, event, stopBefore);
  }
  if (isFinal(state.status) && event.type !== 'execution_imported') return { state, events: [], commands: [] };
  const work = new Work(plan, state, event.at);
  apply(work, event);
  if (work.events.length === 0) return { state, events: [], commands: [] };
  // Nobody is there yet who could perform what a walk would come to.
  const walks = event.type !== 'execution_imported' && event.type !== 'execution_forked';
  if (walks) walk(work, stopBefore);
  return work.done();
}

function start(plan: Plan, event: Stimulus<'execution_started'>, stopBefore: number | undefined): Advance {
  const blank = blankState(plan, event.executionId, event.seed, event.trigger, event.at);
  const work = new Work(plan, blank, event.at);
  const { at: _at, ...body } = event;
  work.record(body);
  work.state.input = event.input;
  work.state.organizationId = event.organizationId ?? null;
  work.state.threadId = event.threadId ?? null;
  work.later({ type: 'enter', slug: plan.entry, frame: 0, cause: null });
  walk(work, stopBefore);
  return work.done();
}

function apply(work: Work, event: InputEvent): void {
  switch (event.type) {
    case 'execution_started':
      return;
    case 'execution_continued':
      if (work.queue.length > 0 && !work.paused) work.record({ type: 'execution_continued' });
      return;
    case 'execution_paused':
      pauseExecution(work, event.reason);
      return;
    case 'execution_resumed':
      resumeExecution(work);
      return;
    case 'execution_transferred':
      transferExecution(work, event.transferId);
      return;
    case 'execution_imported':
      importExecution(work, event.transferId);
      return;
    case 'execution_forked':
      forkExecution(work, event);
      return;
    case 'cancellation_requested':
    case 'execution_cancelled':
      // What is done is being undone already: that goes on to its end, and no pause holds it up.
      if (work.state.ending !== null) return resumeExecution(work);
      unpause(work);
      cancelExecution(work, event.reason);
      return;
    case 'signal_received': {
      const { id, name, data } = event;
      const decided = decidedBy(event);
      // Of two decisions that come at once, the later one has come too late.
      const late = decided !== undefined && !work.activation(decided)?.approval;
      if (late || work.state.signalIds.includes(id)) return;
      work.state.signalIds = [...work.state.signalIds, id];
      work.record({ type: 'signal_received', id, name, data });
      if (decided === undefined) receiveSignal(work, { id, name, data });
      else decide(work, decided, data);
      return;
    }
    case 'child_ended': {
      const activation = work.activation(event.activation);
      const step = activation && work.plan.steps.get(activation.slug);
      if (activation?.child !== event.executionId || step?.type !== 'workflow') return;
      const { executionId, status, output, error } = event;
      const what = { ...(output === undefined ? {} : { output }), ...(error === undefined ? {} : { error }) };
      childEnded(work, activation, step, { executionId, status, ...what });
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
    type:
      | 'step_succeeded'
      | 'step_failed'
      | 'step_interrupted'
      | 'child_started'
      | 'model_turn'
      | 'tool_result'
      | 'log'
      | 'checkpoint';
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
      work.recordAt(activation, { type: 'log', ...rest });
      return;
    }
    case 'checkpoint':
      work.recordAt(activation, { type: 'checkpoint', name: event.name, data: event.data });
      return;
  }
  if (event.attempt !== activation.attempt) return;
  switch (event.type) {
    case 'step_succeeded':
      effectSucceeded(work, activation, step, event);
      return;
    case 'child_started':
      childStarted(work, activation, event.executionId);
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
  return step !== undefined && isEffect(step) ? step : undefined;
}

/** The timer that a live activation is waiting for. */
export function timerOf(activation: Activation): TimerKind {
  if (activation.status === 'retrying') return 'retry';
  if (activation.child !== null) return 'step_timeout';
  if (activation.status === 'running') {
    return activation.dueAt === activation.deadline ? 'step_timeout' : 'attempt_timeout';
  }
  if (activation.approval !== null) return 'approval_timeout';
  return activation.event === null ? 'wait' : 'event_timeout';
}

function fire(work: Work, event: Stimulus<'timer_fired'>): void {
  if (event.activation === undefined) {
    fireExecutionTimeout(work);
    return;
  }
  // Deadlines wait while paused.
  if (work.paused) return;
  const activation = work.activation(event.activation);
  if (activation?.dueAt == null || activation.dueAt > event.at || timerOf(activation) !== event.timer) return;
  const step = work.plan.steps.get(activation.slug);
  if (step === undefined) return;
  const { timer, retry } = event;
  const granted = retry === undefined ? {} : { retry };
  work.record({ type: 'timer_fired', timer, activation: activation.id, step: activation.slug, ...granted });
  if (isEffect(step)) {
    if (event.timer === 'retry') startAttempt(work, activation, step);
    else attemptTimedOut(work, activation, step, retry);
  } else {
    const port = event.timer === 'wait' ? 'success' : 'timeout';
    succeed(work, activation, step, { port, output: null });
  }
}

function fireExecutionTimeout(work: Work): void {
  if (work.state.deadline === null || work.state.deadline > work.at) return;
  unpause(work);
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
function walk(work: Work, stopBefore: number | undefined): void {
  const last = work.state.stepsTaken + MAX_VISITS;
  while (!work.over && !work.paused && work.state.stepsTaken < last) {
    if (stopBefore !== undefined && stopBefore === work.state.nextActivation && work.queue[0]?.type === 'enter') return;
    const task = work.next();
    if (task === undefined) break;
    if (task.type === 'enter') enter(work, task);
    else if (task.type === 'undo') undoNext(work);
    else if (task.type === 'leave') leave(work, task);
    else endBody(work, task.frame, task.error);
  }
  const idle = work.queue.length === 0 && work.state.activations.length === 0;
  if (!work.over && !work.paused && idle) completeExecution(work);
}

function endBody(work: Work, id: number, error: ErrorRecord | null): void {
  const frame = work.frame(id);
  const { activation, step } = ownerOf(work, frame);
  if (step.type === 'loop') endIteration(work, frame, activation, step, error);
  else endBranch(work, frame, activation, step, error);
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
    case 'workflow':
      return enterEffect(work, visit, step);
    case 'set_variables':
      return enterSetVariables(work, visit, step);
    case 'condition':
      return enterCondition(work, visit, step);
    case 'switch':
      return enterSwitch(work, visit, step);
    case 'loop':
      return enterLoop(work, visit, step);
    case 'parallel':
      return enterParallel(work, visit, step);
    case 'wait':
      return enterWait(work, visit, step);
    case 'wait_for_event':
      return enterWaitForEvent(work, visit, step);
    case 'approval':
      return enterApproval(work, visit, step);
    case 'output':
      return enterOutput(work, visit, step);
    case 'fail':
      return enterFail(work, visit, step);
  }
}
