import type { Plan, PlanStep } from '../definition/plan.js';
import type { ErrorRecord } from '../errors.js';
import type { EvaluationEnvironment } from '../expression/compile.js';
import type { Json } from '../json.js';
import type { CompiledTemplate } from '../template/compile.js';
import type { ActivationEventBody, EventBody, JournalEvent, Trigger } from './journal.js';
import { seededRandom } from './random.js';
import { EMPTY_RESULTS, mergeResults, withResult } from './results.js';
import { ExecutionScope, type Viewpoint } from './scope.js';
import {
  type Activation,
  type ExecutionState,
  type ExecutionStatus,
  type Frame,
  findById,
  isFinal,
  putById,
  removeById,
  type SecureVariable,
  type Signal,
  type StepResult,
  type Task,
  takeFirst,
} from './state.js';

/** What a host must do next, after the events before it are committed. */
export type Command =
  | {
      readonly type: 'perform';
      readonly activation: number;
      readonly attempt: number;
      /** Equal to those of the journal, but nobody else's: an effect may change them. One that reads secrets is given others. */
      readonly parameters: Json;
    }
  | {
      readonly type: 'abort';
      readonly activation: number;
      readonly reason: string;
      /** Where the attempt took too long; it is not wanted any more when absent. */
      readonly code?: 'TIMEOUT';
    }
  /** It may have ended before it was known that somebody waits for it. */
  | { readonly type: 'await_child'; readonly activation: number; readonly executionId: string }
  | { readonly type: 'cancel_child'; readonly executionId: string; readonly reason: string };

/** Where an activation's events belong. */
export interface Place {
  readonly id: number;
  readonly slug: string;
  readonly frame: number;
  readonly compensates?: number | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The working copy of a state during one transition. The state it was made from is never changed. */
export class Work {
  /** Never used: see docs/decisions/0025. */
  static readonly kept: unknown = new Work(Object({}), Object({ pending: [], activations: [], frames: [] }), 0);
  readonly plan: Plan;
  /** The time of the event that is being applied. */
  readonly at: number;
  events: JournalEvent[] = [];
  commands: Command[] = [];
  queue: Task[];
  readonly state: Mutable<ExecutionState>;
  /** The state's own lists, copied when they are first changed. */
  #activations: Activation[] | undefined;
  #frames: Frame[] | undefined;

  constructor(plan: Plan, state: ExecutionState, at: number) {
    this.plan = plan;
    this.at = at;
    this.state = { ...state, updatedAt: at };
    this.queue = state.pending.slice();
  }

  // --- Journal and commands ---

  record(body: EventBody): void {
    this.state.seq += 1;
    this.events = withLast(this.events, { ...body, seq: this.state.seq, at: this.at });
  }

  /** Records what happens to an activation. The spread comes first: V8 copies that at once, and any other member by member. */
  recordAt(place: Place, body: ActivationEventBody): void {
    const { id, slug, frame, compensates } = place;
    const placed = { ...body, seq: ++this.state.seq, at: this.at, activation: id, step: slug };
    const event =
      typeof compensates === 'number' ? { ...placed, compensates } : frame === 0 ? placed : { ...placed, frame };
    this.events = withLast(this.events, event);
  }

  command(command: Command): void {
    this.commands = withLast(this.commands, command);
  }

  // --- What is still to be walked ---

  later(task: Task): void {
    this.queue = withLast(this.queue, task);
  }

  next(): Task | undefined {
    return takeFirst(this.queue);
  }

  /** Drops what was still to be walked in a frame. */
  forget(frame: number): void {
    this.queue = this.queue.filter((task) => task.frame !== frame);
  }

  // --- Activations and frames ---

  get over(): boolean {
    return isFinal(this.state.status);
  }

  /** Whether nothing may begin: what would follow is kept in the queue. */
  get paused(): boolean {
    return this.state.status === 'paused';
  }

  newActivationId(): number {
    const id = this.state.nextActivation;
    this.state.nextActivation = id + 1;
    return id;
  }

  put(activation: Activation): void {
    putById(this.#ownActivations(), activation);
  }

  drop(id: number): void {
    if (findById(this.state.activations, id) === undefined) return;
    removeById(this.#ownActivations(), id);
  }

  activation(id: number): Activation | undefined {
    return findById(this.state.activations, id);
  }

  hasFrame(id: number): boolean {
    return findById(this.state.frames, id) !== undefined;
  }

  frame(id: number): Frame {
    const frame = findById(this.state.frames, id);
    if (frame === undefined) throw new Error(`Frame ${id} is gone`);
    return frame;
  }

  newFrame(parent: number, owner: number, index: number): Frame {
    const frame: Frame = {
      id: this.state.nextFrame,
      parent,
      owner,
      index,
      results: EMPTY_RESULTS,
      lastOutput: null,
    };
    this.state.nextFrame += 1;
    this.#ownFrames().push(frame);
    return frame;
  }

  /** The iterations or branches under way of a step, in the order in which they began. */
  framesOf(owner: number): readonly Frame[] {
    return this.state.frames.filter((frame) => frame.parent !== null && frame.owner === owner);
  }

  /** Takes a frame away; what its steps produced is seen nowhere until it is {@link merge merged}. */
  dropFrame(id: number): void {
    removeById(this.#ownFrames(), id);
  }

  /** Lets a scope see what the steps of an iteration or a branch produced. */
  merge(into: number, ended: Pick<Frame, 'results' | 'lastOutput'>): void {
    const frame = this.frame(into);
    putById(this.#ownFrames(), {
      ...frame,
      results: mergeResults(frame.results, ended.results),
      lastOutput: ended.lastOutput ?? frame.lastOutput,
    });
  }

  /** @param carries whether its output becomes the last output of its scope */
  setResult(place: Place, step: PlanStep, result: StepResult, carries: boolean): void {
    const frame = this.frame(place.frame);
    const results = withResult(frame.results, step.index, result);
    putById(this.#ownFrames(), { ...frame, results, lastOutput: carries ? result.output : frame.lastOutput });
  }

  #ownActivations(): Activation[] {
    this.#activations ??= this.state.activations.slice();
    this.state.activations = this.#activations;
    return this.#activations;
  }

  #ownFrames(): Frame[] {
    this.#frames ??= this.state.frames.slice();
    this.state.frames = this.#frames;
    return this.#frames;
  }

  // --- Evaluation ---

  scope(view: Viewpoint, now = this.at): ExecutionScope {
    return new ExecutionScope(this.plan, this.state, view, now);
  }

  /** `turn` tells apart the evaluations of one activation, such as the iterations of a loop. */
  environment(activation: number, turn = 0, now = this.at): EvaluationEnvironment {
    return { now, random: seededRandom(this.state.seed, activation, turn) };
  }

  /** What a template makes where a visit stands. */
  render(template: CompiledTemplate, visit: Place & { readonly cause: ErrorRecord | null }): unknown {
    return template.render(this.scope(visit), this.environment(visit.id));
  }

  // --- The whole execution ---

  addSignal(signal: Signal): void {
    this.state.signals = [...this.state.signals, signal];
  }

  removeSignal(id: string): void {
    this.state.signals = this.state.signals.filter((signal) => signal.id !== id);
  }

  setVariable(name: string, value: Json, secure: SecureVariable | undefined): void {
    this.state.variables = { ...this.state.variables, [name]: value };
    const known = this.state.secureVariables;
    if (secure !== undefined) {
      this.state.secureVariables = { ...known, [name]: secure };
    } else if (Object.hasOwn(known, name)) {
      const { [name]: _gone, ...others } = known;
      this.state.secureVariables = others;
    }
  }

  finish(status: ExecutionStatus): void {
    this.state.status = status;
    this.queue.length = 0;
  }

  done(): { state: ExecutionState; events: readonly JournalEvent[]; commands: readonly Command[] } {
    if (!this.over && !this.paused) {
      const running = this.state.activations.some((activation) => activation.status === 'running');
      this.state.status = running || this.queue.length > 0 ? 'running' : 'waiting';
    }
    if (this.queue.length > 0 || this.state.pending.length > 0) this.state.pending = this.queue;
    return { state: this.state, events: this.events, commands: this.commands };
  }
}

/** The list with one more. One that grows has room for many, and mostly these lists come to one or two. */
function withLast<T>(list: T[], item: T): T[] {
  const [first] = list;
  if (first === undefined) return [item];
  if (list.length === 1) return [first, item];
  list.push(item);
  return list;
}

/** The state before the first event. */
export function blankState(
  plan: Plan,
  executionId: string,
  seed: number,
  trigger: Trigger,
  at: number,
): ExecutionState {
  return {
    seq: 0,
    status: 'running',
    executionId,
    planHash: plan.hash,
    startedAt: at,
    updatedAt: at,
    seed,
    input: null,
    trigger,
    organizationId: null,
    threadId: null,
    deadline: plan.config.timeout === undefined ? null : at + plan.config.timeout,
    nextActivation: 1,
    nextFrame: 1,
    stepsTaken: 0,
    variables: {},
    secureVariables: {},
    activations: [],
    frames: [{ id: 0, parent: null, owner: 0, index: 0, results: EMPTY_RESULTS, lastOutput: null }],
    pending: [],
    signals: [],
    signalIds: [],
    conversation: [],
    onErrorTaken: false,
    undo: [],
    ending: null,
    output: null,
    error: null,
  };
}
