import type { ExecutionStatus, JournalEvent } from '../runtime/ports.js';
import { emit } from './events.js';
import type { RunUpdate } from './run-source.js';

/** Tells the page, in order, what a live batch of a run's history brought. `before` is the status it had until then. */
export function announceEvents(
  target: EventTarget,
  id: string,
  { events, summary }: RunUpdate,
  before: ExecutionStatus | null,
): void {
  for (const event of events) announce(target, id, event);
  if (summary.status === 'waiting' && before !== 'waiting') {
    emit(target, 'runwait', { id, until: summary.wakeAt, steps: summary.currentSteps });
  }
}

function announce(target: EventTarget, id: string, event: JournalEvent): void {
  switch (event.type) {
    case 'execution_started':
      emit(target, 'runstart', { id, input: event.input, resumed: false });
      return;
    case 'step_started':
      emit(target, 'stepstart', { ...stepOf(id, event), attempt: event.attempt });
      return;
    case 'step_succeeded': {
      const { port, output } = event;
      emit(target, 'stepfinish', { ...stepOf(id, event), port, output });
      return;
    }
    case 'step_failed': {
      const { attempt, error, retryAt } = event;
      const detail = { ...stepOf(id, event), attempt, error };
      emit(target, 'stepfail', retryAt === undefined ? detail : { ...detail, retryAt });
      return;
    }
    case 'log': {
      const { level, message, data } = event;
      const detail = { ...stepOf(id, event), level, message };
      emit(target, 'runlog', data === undefined ? detail : { ...detail, data });
      return;
    }
    case 'execution_paused':
      emit(target, 'runpause', event.reason === undefined ? { id } : { id, reason: event.reason });
      return;
    case 'execution_resumed':
      emit(target, 'runresume', { id });
      return;
    case 'execution_transferred':
      emit(target, 'runtransfer', { id });
      return;
    case 'execution_completed':
      emit(target, 'runfinish', { id, output: event.output });
      return;
    case 'execution_failed':
      emit(target, 'runfail', { id, error: event.error });
      return;
    case 'execution_cancelled':
      emit(target, 'runcancel', { id, reason: event.reason });
      return;
    default:
      return;
  }
}

function stepOf(
  id: string,
  event: { readonly step: string; readonly activation: number; readonly compensates?: number },
) {
  const { step, activation, compensates } = event;
  return { id, step, activation, ...(compensates === undefined ? {} : { compensates }) };
}
