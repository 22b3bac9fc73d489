/**
 * Retrying from a step: a new execution that begins with the journal of another one up to the visit that is to be made
 * anew. The old one stays as it was.
 *
 * The beginning is kept byte for byte, so that its events name the old execution; then `execution_forked` says which one
 * it is from here on, and of which it came. A replay cuts the walk off at the same visit, so the new journal stands alone.
 */
import { checkInput } from '../definition/parameters.js';
import type { Plan } from '../definition/plan.js';
import { ConflictError, NotFoundError, TransferredError, ValidationError } from '../errors.js';
import type { NewExecution, RuntimePorts } from '../ports.js';
import { advance } from './advance.js';
import { readExecution } from './driver-with-language.js';
import type { EventOf, JournalEvent, Origin } from './journal.js';
import { readHistory } from './read.js';
import { replay } from './replay.js';
import { type ExecutionState, isFinal } from './state.js';
import { summaryOf } from './summary.js';

export interface RetryRequest {
  /** The step to go back to: its last visit, where `activation` names none. The step that failed when both are absent. */
  readonly step?: string;
  /** The visit to go back to, such as the one of a certain iteration. */
  readonly activation?: number;
  /** In place of the old input, from there on: results that are kept stay as they are. */
  readonly input?: unknown;
  /** Another plan, such as of the current version, or `same`, the default: the one of the old execution. */
  readonly definition?: 'same' | Plan;
  /** Of the new execution; made by `ports.random` when absent. */
  readonly executionId?: string;
}

export interface RetryPlan {
  readonly execution: NewExecution;
  readonly origin: Origin;
  /** Slugs of the steps whose effects were performed at or after the chosen visit, and may be once more. */
  readonly effectsRepeated: readonly string[];
}

/**
 * What a retry would make; stores nothing.
 * @throws NotFoundError `NOT_FOUND`, or `STEP_NOT_VISITED` when there was no such visit
 * @throws ConflictError `EXECUTION_NOT_FINISHED`, `NO_FAILED_STEP`, or `RESULTS_DO_NOT_FIT` when the other plan does not
 * come to the results that are kept; the details say where; `RESULTS_UNDONE` when compensation has undone one of them
 * @throws TransferredError when the execution was carried away
 * @throws ValidationError `INVALID_INPUT`, or `FUNCTION_NOT_FOUND` when the old definition calls functions that the host lacks
 */
export async function planRetry(
  ports: Pick<RuntimePorts, 'store' | 'clock' | 'random' | 'functions'>,
  id: string,
  request: RetryRequest = {},
): Promise<RetryPlan> {
  const old = await readExecution(ports.store, id, ports.functions);
  if (old === undefined) throw new NotFoundError(`There is no execution ${id}`);
  requireEnded(old.state);
  const journal = await readHistory(ports.store, id);
  const start = chosenStart(old.state, journal, request);
  requireNotUndone(journal, start);
  const { definition = 'same' } = request;
  const plan = definition === 'same' ? old.plan : definition;
  const origin: Origin = {
    ...{ executionId: id, seq: start.seq, step: start.step, activation: start.activation },
    planHash: old.plan.hash,
  };
  const kept = keptUnder(plan, journal.slice(0, start.seq - 1));
  const before = stateBefore(plan, kept, origin);
  const input = request.input === undefined ? {} : { input: checkedInput(plan, request.input) };
  const at = Math.max(ports.clock.now(), before.updatedAt);
  const executionId = request.executionId ?? ports.random.id();
  const forked = advance(plan, before, { type: 'execution_forked', at, executionId, origin, ...input });
  const { state } = forked;
  return {
    execution: {
      summary: summaryOf(plan, state),
      definition: plan.definition,
      events: [...kept, ...forked.events],
      snapshot: { seq: state.seq, state },
    },
    origin,
    effectsRepeated: effectsFrom(journal, start.seq),
  };
}

/**
 * Begins a new execution from a step of one that has ended. `Driver.open` of its id goes on with it.
 * @throws as {@link planRetry}, and ConflictError `EXECUTION_EXISTS`
 */
export async function retryFrom(
  ports: Pick<RuntimePorts, 'store' | 'clock' | 'random' | 'functions'>,
  id: string,
  request: RetryRequest = {},
): Promise<{ readonly id: string; readonly origin: Origin; readonly effectsRepeated: readonly string[] }> {
  const { execution, origin, effectsRepeated } = await planRetry(ports, id, request);
  await ports.store.create(execution);
  return { id: execution.summary.id, origin, effectsRepeated };
}

function requireEnded({ executionId, status }: ExecutionState): void {
  if (status === 'transferred') throw new TransferredError(`Execution ${executionId} was carried to another host`);
  if (isFinal(status)) return;
  throw new ConflictError(`Execution ${executionId} is ${status}; only one that has ended can be retried from a step`, {
    code: 'EXECUTION_NOT_FINISHED',
  });
}

function chosenStart(
  state: ExecutionState,
  journal: readonly JournalEvent[],
  { step, activation }: RetryRequest,
): EventOf<'step_started'> {
  const slug = step ?? (activation === undefined ? failedStep(state, journal) : undefined);
  const begun = journal.filter(isBeginning);
  const start = begun.findLast(
    (event) => (slug === undefined || event.step === slug) && (activation ?? event.activation) === event.activation,
  );
  if (start !== undefined) return start;
  const what = [slug === undefined ? '' : `step '${slug}'`, activation === undefined ? '' : `visit ${activation}`];
  throw new NotFoundError(`Execution ${state.executionId} has no ${what.filter(Boolean).join(', ')} to retry from`, {
    code: 'STEP_NOT_VISITED',
    ...(slug === undefined ? {} : { step: slug }),
  });
}

/** Of a visit that the walk came to; what undoes a step is no such visit. */
function isBeginning(event: JournalEvent): event is EventOf<'step_started'> {
  return event.type === 'step_started' && event.attempt === 1 && event.compensates === undefined;
}

function failedStep(state: ExecutionState, journal: readonly JournalEvent[]): string {
  const slug = state.error?.stepSlug;
  const failed = journal.findLast((event) => event.type === 'step_failed' && event.step === slug);
  if (failed?.type === 'step_failed') return failed.step;
  throw new ConflictError(
    `Execution ${state.executionId} ended as ${state.status} by no step's failure; name the step to retry from`,
    { code: 'NO_FAILED_STEP' },
  );
}

/** A result that is kept speaks of an effect that stands: what was undone when the old execution ended does not. */
function requireNotUndone(journal: readonly JournalEvent[], start: EventOf<'step_started'>): void {
  const kept = new Set(
    journal.flatMap((event) => (event.type === 'step_succeeded' && event.seq < start.seq ? [event.activation] : [])),
  );
  const undone = journal.filter(isUndoing).filter(({ compensates = 0 }) => kept.has(compensates));
  if (undone.length === 0) return;
  const steps = [...new Set(undone.map(({ step }) => step))].reverse();
  const names = steps.map((step) => `'${step}'`).join(', ');
  throw new ConflictError(
    `What was done by ${names} has been undone; retry from step '${steps[0] ?? ''}' or from one before it`,
    { code: 'RESULTS_UNDONE', step: start.step, details: { steps } },
  );
}

function isUndoing(event: JournalEvent): event is EventOf<'step_started'> {
  return event.type === 'step_started' && event.compensates !== undefined;
}

/** The events that are kept, as they are under the plan: only the first names it. */
function keptUnder(plan: Plan, events: readonly JournalEvent[]): readonly JournalEvent[] {
  const { slug, name, version, hash } = plan;
  return events.map((event) =>
    event.type === 'execution_started' ? { ...event, workflow: { slug, name, version, hash } } : event,
  );
}

/** The state in which the chosen visit is the next to begin: what follows from the last event kept is cut off there. */
function stateBefore(plan: Plan, kept: readonly JournalEvent[], origin: Origin): ExecutionState {
  const result = replay(plan, kept, undefined, origin.activation);
  if (!result.ok) throw doesNotFit(origin, result.seq, result.expected);
  const task = result.state?.pending[0];
  const isNext = result.state?.nextActivation === origin.activation && task?.type === 'enter';
  if (!isNext || task.slug !== origin.step) throw doesNotFit(origin, origin.seq, undefined);
  return result.state;
}

function doesNotFit(
  { executionId, step, seq: last }: Origin,
  seq: number,
  made: JournalEvent | undefined,
): ConflictError {
  const place = made !== undefined && 'step' in made ? ` at step '${made.step}'` : '';
  const message =
    seq < last
      ? `The results kept of execution ${executionId} do not fit the plan: they part from it at event ${seq}${place}`
      : `The plan does not come to step '${step}' after the results kept of execution ${executionId}`;
  return new ConflictError(message, { code: 'RESULTS_DO_NOT_FIT', details: { seq, expected: made ?? null } });
}

function checkedInput(plan: Plan, input: unknown): NonNullable<EventOf<'execution_forked'>['input']> {
  const checked = checkInput(plan, input);
  if (checked.ok) return checked.input;
  throw new ValidationError(`The input of '${plan.slug}' is not valid`, checked.issues, { code: 'INVALID_INPUT' });
}

/** Steps whose effects began at or after an event, or were under way at it. */
function effectsFrom(journal: readonly JournalEvent[], seq: number): readonly string[] {
  const underWay = new Map<number, string>();
  const slugs = new Set<string>();
  for (const event of journal) {
    const isEffect = event.type === 'step_started' && event.parameters !== undefined && event.compensates === undefined;
    if (isEffect && event.seq >= seq) slugs.add(event.step);
    else if (isEffect) underWay.set(event.activation, event.step);
    else if (event.seq < seq && (event.type === 'step_succeeded' || event.type === 'step_failed'))
      underWay.delete(event.activation);
  }
  return [...new Set([...underWay.values(), ...slugs])];
}
