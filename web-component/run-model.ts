import type { EventOf } from '../runtime/index.js';
import type { ErrorRecord, ExecutionStatus, JournalEvent, Json } from '../runtime/ports.js';
import {
  closeSpan,
  openSpan,
  type Place,
  type SpanOutcome,
  type StepView,
  type UndoStatus,
  type Visit,
  type VisitStatus,
} from './visit.js';

/** What the model reads of a step of the plan. */
export interface ModelStep {
  readonly type: string;
  readonly ports: ReadonlyMap<string, { readonly kind: string; readonly slug?: string }>;
}

/** Failed rounds that are named; all are counted. */
const MOST_FAILURES = 100;

/** What of a run is being undone, and what that came to once the run is over. */
interface Undoing {
  readonly status: 'failed' | 'cancelled';
  readonly error: ErrorRecord;
}
interface Undone {
  readonly done: readonly string[];
  readonly failed: readonly string[];
}

/** An iteration or a branch, and the port taken last in it. */
interface FrameView {
  readonly place: Place | null;
  readonly parent: number | null;
  taken: string | null;
  /** The failure that the step ended in which was last there; null once another is reached. */
  failure: ErrorRecord | null;
}

/**
 * What the views show of a run, folded event by event from its journal, so that a live batch costs what it holds and
 * not what came before. The journal is the only source; nothing here is guessed ahead of it.
 */
export class RunModel {
  readonly steps = new Map<string, StepView>();
  /** How often each port was taken, by the slug of its step. */
  readonly taken = new Map<string, Map<string, number>>();
  status: ExecutionStatus = 'running';
  startedAt = 0;
  endedAt: number | null = null;
  lastAt = 0;
  input: Json = null;
  output: Json = null;
  error: ErrorRecord | null = null;
  /** Slug of the step whose failure ended the run. */
  failedStep: string | null = null;
  cancelReason: string | null = null;
  /** Visits that have ended, loops apart. */
  stepsDone = 0;
  /** Why the steps that are done are undone; null before that. */
  undoing: Undoing | null = null;
  undone: Undone | null = null;
  /** The run that started this one, and the one that it was begun anew from. */
  parent: string | null = null;
  origin: string | null = null;
  readonly #visits = new Map<number, Visit>();
  readonly #open = new Set<Visit>();
  readonly #questions = new Set<Visit>();
  #lastTaken: string | null = null;
  readonly #frames = new Map<number, FrameView>();
  readonly #stepOf: (slug: string) => ModelStep | undefined;

  /** `stepOf` tells of the plan: a step that waits and one with a body begin otherwise than one that performs something. */
  constructor(stepOf: (slug: string) => ModelStep | undefined) {
    this.#stepOf = stepOf;
  }

  /** The first visit that was undone: what is kept of the run by a retry must end before it. Null where none was. */
  get firstUndone(): Visit | null {
    if (this.undoing === null && this.undone === null) return null;
    for (const visit of this.#visits.values()) if (visit.undo !== null) return visit;
    return null;
  }

  step(slug: string): StepView | undefined {
    return this.steps.get(slug);
  }

  /** The iterations and branches a visit stands in, outermost first. */
  places(visit: Visit): readonly Place[] {
    const path: Place[] = [];
    for (let frame = this.#frames.get(visit.frame); frame?.place; frame = this.#frames.get(frame.parent ?? 0)) {
      path.unshift(frame.place);
    }
    return path;
  }

  /** Approvals that wait for a decision, in the order in which they asked. */
  get questions(): readonly Visit[] {
    return [...this.#questions];
  }

  takenCount(slug: string, port: string): number {
    return this.taken.get(slug)?.get(port) ?? 0;
  }

  append(events: readonly JournalEvent[]): void {
    for (const event of events) this.#apply(event);
  }

  #apply(event: JournalEvent): void {
    this.lastAt = Math.max(this.lastAt, event.at);
    switch (event.type) {
      case 'execution_started':
        this.startedAt = event.at;
        this.input = event.input;
        this.parent = parentOf(event);
        return;
      case 'step_started':
        return this.#started(event);
      case 'step_succeeded':
        return this.#succeeded(event);
      case 'step_failed':
        return this.#failed(event);
      case 'step_interrupted':
        return closeSpan(this.#visit(event), event.at, 'interrupted');
      case 'step_cancelled':
        return this.#end(this.#visit(event), event.at, 'cancelled', 'cancelled');
      case 'timer_set':
        return this.#timer(event);
      case 'variables_set':
        this.#visit(event).output = event.variables;
        return;
      case 'log':
        this.#visit(event).log.push({ level: event.level, message: event.message, data: event.data });
        return;
      case 'execution_forked':
        this.origin = event.origin.executionId;
        if (event.input !== undefined) this.input = event.input;
        return;
      case 'execution_transferred':
        // What is under way stays so, for whoever takes it over.
        this.status = 'transferred';
        this.endedAt = event.at;
        return;
      case 'execution_imported':
        this.status = 'running';
        this.endedAt = null;
        return;
      case 'compensation_started':
        this.undoing = { status: event.status, error: event.error };
        return;
      case 'execution_completed':
        this.output = event.output;
        return this.#finish('completed', event.at);
      case 'execution_failed':
        this.error = event.error;
        this.failedStep = event.error.stepSlug ?? null;
        this.undone = event.compensation ?? null;
        return this.#finish('failed', event.at);
      case 'execution_cancelled':
        this.cancelReason = event.reason;
        this.undone = event.compensation ?? null;
        return this.#finish('cancelled', event.at);
      default:
        return this.#applyWithin(event);
    }
  }

  /** What happens to the bodies, questions and children of steps. */
  #applyWithin(event: JournalEvent): void {
    switch (event.type) {
      case 'iteration_started':
        return this.#round(event);
      case 'iteration_failed':
        return this.#roundFailed(event);
      case 'branch_started':
        return this.#branch(event);
      case 'branch_ended':
        return this.#branchEnded(event);
      case 'approval_requested': {
        const { title, description, approvers } = event;
        const visit = this.#visit(event);
        visit.question = {
          title,
          ...(description === undefined ? {} : { description }),
          ...(approvers === undefined ? {} : { approvers }),
        };
        this.#questions.add(visit);
        return;
      }
      case 'child_started': {
        const visit = this.#visit(event);
        visit.child = { id: event.executionId, status: 'running' };
        visit.status = 'waiting';
        openSpan(visit, 'wait', event.at, event.attempt);
        return;
      }
      case 'child_ended': {
        const { child } = this.#visit(event);
        if (child !== null) child.status = event.status;
        return;
      }
      default:
        return;
    }
  }

  #visit(event: JournalEvent & { activation: number; step: string; frame?: number; compensates?: number }): Visit {
    const known = this.#visits.get(event.activation);
    if (known !== undefined) return known;
    const frame = event.frame ?? 0;
    const compensates = event.compensates ?? null;
    const visit: Visit = {
      ...{ activation: event.activation, slug: event.step, frame, compensates },
      ...{ status: compensates === null ? this.#beginning(event.step) : 'undoing', startedAt: event.at, endedAt: null },
      ...{ spans: [], parameters: undefined, output: undefined, error: null, port: null, dueAt: null },
      ...{ via: compensates === null ? this.#via(event.step, frame) : null },
      ...{ rounds: 0, roundsInAll: null, failedRounds: [], roundsFailed: 0, branches: [] },
      ...{ question: null, child: null, undo: null, log: [] },
    };
    this.#visits.set(event.activation, visit);
    const within = this.#frames.get(frame);
    if (within !== undefined) within.failure = null;
    let step = this.steps.get(event.step);
    if (step === undefined) {
      step = { slug: event.step, visits: [], open: new Set() };
      this.steps.set(event.step, step);
    }
    step.visits.push(visit);
    step.open.add(visit);
    this.#open.add(visit);
    this.#tellUndone(visit, 'undoing');
    return visit;
  }

  #beginning(slug: string): VisitStatus {
    const type = this.#stepOf(slug)?.type ?? '';
    if (type === 'loop') return 'looping';
    if (type === 'parallel') return 'branching';
    return waitingTypes.has(type) ? 'waiting' : 'running';
  }

  /** Where a visit came from: the port taken last, unless that leads elsewhere, as where several bodies run at once. */
  #via(slug: string, frame: number): string | null {
    const last = this.#lastTaken;
    const own = this.#frames.get(frame)?.taken ?? null;
    return own === null || (last !== null && this.#leadsTo(last, slug)) ? last : own;
  }

  #leadsTo(taken: string, slug: string): boolean {
    const [from = '', port = ''] = taken.split(' ');
    const ports = this.#stepOf(from)?.ports;
    return (ports?.get(port) ?? ports?.get('default'))?.slug === slug;
  }

  #started(event: EventOf<'step_started'>): void {
    const visit = this.#visit(event);
    closeSpan(visit, event.at, 'succeeded');
    if (event.parameters !== undefined) visit.parameters = event.parameters;
    visit.status = visit.compensates === null ? this.#beginning(event.step) : 'undoing';
    visit.dueAt = null;
    openSpan(visit, this.#spanKind(visit), event.at, event.attempt);
  }

  #spanKind({ compensates, status }: Visit): 'attempt' | 'wait' | 'undo' {
    if (compensates !== null) return 'undo';
    return status === 'waiting' ? 'wait' : 'attempt';
  }

  #succeeded(event: EventOf<'step_succeeded'>): void {
    const visit = this.#visit(event);
    if (visit.spans.length === 0) openSpan(visit, this.#spanKind(visit), visit.startedAt, event.attempt);
    if (event.output !== null || visit.output === undefined) visit.output = event.output;
    visit.error = event.error ?? null;
    if (visit.compensates !== null) return this.#end(visit, event.at, 'undone', 'succeeded');
    visit.port = event.port;
    this.#take(event.step, event.port, visit.frame);
    this.#end(visit, event.at, 'succeeded', 'succeeded');
  }

  #failed(event: EventOf<'step_failed'>): void {
    const visit = this.#visit(event);
    if (visit.spans.length === 0) openSpan(visit, this.#spanKind(visit), visit.startedAt, event.attempt);
    visit.error = event.error;
    const span = visit.spans.at(-1);
    if (span !== undefined) span.error = event.error;
    if (event.retryAt !== undefined) {
      closeSpan(visit, event.at, 'failed');
      visit.status = 'retrying';
      visit.dueAt = event.retryAt;
      openSpan(visit, 'retry', event.at, event.attempt);
    } else if (visit.compensates !== null) {
      this.#end(visit, event.at, 'undoFailed', 'failed');
    } else {
      visit.port = 'error';
      const frame = this.#frames.get(visit.frame);
      if (frame !== undefined) frame.failure = event.error;
      this.#take(event.step, 'error', visit.frame);
      this.#end(visit, event.at, 'failed', 'failed');
    }
  }

  #round(event: EventOf<'iteration_started'>): void {
    const visit = this.#visit(event);
    visit.rounds = Math.max(visit.rounds, event.index + 1);
    const count = event.count ?? null;
    visit.roundsInAll = count;
    const place: Place = { kind: 'round', number: event.index + 1, count, failed: false };
    this.#frames.set(event.iteration, frameOf(place, event.frame ?? 0));
    this.#take(event.step, 'next', event.iteration);
  }

  #roundFailed(event: EventOf<'iteration_failed'>): void {
    const visit = this.#visit(event);
    const place = this.#frames.get(event.iteration)?.place;
    if (place?.kind === 'round') place.failed = true;
    visit.roundsFailed += 1;
    if (visit.roundsFailed <= MOST_FAILURES) visit.failedRounds.push({ number: event.index + 1, error: event.error });
  }

  #branch(event: EventOf<'branch_started'>): void {
    const { port, branch } = event;
    this.#visit(event).branches.push({ port, frame: branch, status: 'running', error: null });
    this.#frames.set(branch, frameOf({ kind: 'branch', port }, event.frame ?? 0));
    this.#take(event.step, port, branch);
  }

  #branchEnded(event: EventOf<'branch_ended'>): void {
    const branch = this.#visit(event).branches.find(({ port }) => port === event.port);
    if (branch === undefined) return;
    branch.status = event.status;
    branch.error = event.error ?? null;
  }

  #timer(event: EventOf<'timer_set'>): void {
    const visit = this.#visit(event);
    if (event.timer === 'attempt_timeout') return;
    visit.dueAt = event.dueAt;
    if (event.timer === 'retry') visit.status = 'retrying';
    else visit.status = 'waiting';
    const kind = event.timer === 'retry' ? 'retry' : 'wait';
    if (visit.spans.at(-1)?.kind !== kind) openSpan(visit, kind, event.at, visit.spans.length + 1);
  }

  /** `frame`: where control goes on by that port. */
  #take(slug: string, port: string, frame: number): void {
    const taken = `${slug} ${port}`;
    this.#lastTaken = taken;
    const view = this.#frames.get(frame) ?? frameOf(null, null);
    this.#frames.set(frame, view);
    view.taken = taken;
    let ports = this.taken.get(slug);
    if (ports === undefined) {
      ports = new Map();
      this.taken.set(slug, ports);
    }
    ports.set(port, (ports.get(port) ?? 0) + 1);
  }

  #end(visit: Visit, at: number, status: VisitStatus, outcome: SpanOutcome): void {
    if (visit.endedAt !== null) return;
    closeSpan(visit, at, outcome);
    visit.status = status;
    visit.endedAt = at;
    visit.dueAt = null;
    this.#closeBranches(visit);
    const type = this.#stepOf(visit.slug)?.type;
    if (type !== 'loop' && type !== 'parallel' && visit.compensates === null) this.stepsDone += 1;
    this.steps.get(visit.slug)?.open.delete(visit);
    this.#open.delete(visit);
    this.#questions.delete(visit);
    if (status === 'undone' || status === 'undoFailed') this.#tellUndone(visit, status);
  }

  /** Branches that were still open when their step ended: cut short, or what it ended for. */
  #closeBranches({ branches }: Visit): void {
    for (const branch of branches) {
      if (branch.status !== 'running') continue;
      branch.error = this.#frames.get(branch.frame)?.failure ?? null;
      branch.status = branch.error === null ? 'cancelled' : 'failed';
    }
  }

  /** Says at the visit that was done how its undoing goes. */
  #tellUndone({ compensates }: Visit, status: UndoStatus): void {
    const done = compensates === null ? undefined : this.#visits.get(compensates);
    if (done !== undefined) done.undo = status;
  }

  #finish(status: ExecutionStatus, at: number): void {
    this.status = status;
    this.endedAt = at;
    for (const visit of [...this.#open]) {
      const culprit = status === 'failed' && visit.slug === this.failedStep;
      this.#end(visit, at, culprit ? 'failed' : 'cancelled', culprit ? 'failed' : 'cancelled');
    }
  }
}

const waitingTypes: ReadonlySet<string> = new Set(['wait', 'wait_for_event', 'approval']);

function frameOf(place: Place | null, parent: number | null): FrameView {
  return { place, parent, taken: null, failure: null };
}

function parentOf({ trigger }: EventOf<'execution_started'>): string | null {
  return trigger.type === 'workflow' && typeof trigger.executionId === 'string' ? trigger.executionId : null;
}
