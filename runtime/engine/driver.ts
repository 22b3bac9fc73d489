/**
 * Drives one execution: load → advance until only effects are left → commit → perform → feed the result back.
 *
 * What it promises; the tests cite these by number:
 *
 * - I1 A commit is atomic: the new events, the state's snapshot where one is due, the next wake time and the index row,
 *   or none of it. A failed commit leaves this driver stopped and its memory worthless: what is true is in the store.
 * - I2 Nothing leaves the host (an effect, an answer, a notice to watchers) that depends on an event not yet committed.
 * - I3 A recorded result is final. One that arrives for an attempt timed out, superseded or cancelled is dropped.
 * - I4 One driver per execution. Each commit names the `seq` it follows and the driver's epoch; the store refuses a
 *   stale one, and the refused driver stops.
 * - I5 The earliest deadline is part of the commit of the state that needs it. Deadlines are absolute, recorded once.
 * - I6 An effect is performed at least once and at most 1 + retries + crashes survived times, each time with the same
 *   idempotency key. One whose action is not idempotent is never performed again after a crash.
 * - I7 A signal is consumed in the commit that goes past its wait; one that comes early is kept; an id counts once.
 *
 * One commit per effect: its result, the pure steps after it and the start of the next effect are written together.
 */
import type { ApprovalStep, Plan } from '../definition/plan.js';
import {
  CancelledError,
  ConflictError,
  LimitError,
  NewtflowError,
  StorageError,
  TransferredError,
  ValidationError,
} from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import type { ChildOutcome, Commit, ExecutionSummary, RuntimePorts } from '../ports.js';
import { isThenable } from '../thenable.js';
import { toJson } from '../to-json.js';
import { type Advance, advance, type InputEvent, timerOf } from './advance.js';
import { Alarm } from './alarm.js';
import { Commits } from './commits.js';
import { tiedTo } from './control.js';
import { EffectRunner, type Submission } from './effect-runner.js';
import { messageOf } from './failure.js';
import { JOURNAL_VERSION, type Trigger } from './journal.js';
import type { Language } from './language.js';
import { Relatives } from './relatives.js';
import { type ExecutionState, findById, isFinal, type Signal, takeFirst } from './state.js';
import { APPROVAL_SIGNAL } from './steps/approval.js';
import { firstDue, nextDeadline, summaryOf } from './summary.js';
import type { Command } from './work.js';

export interface StartRequest {
  readonly input?: unknown;
  /** Made by `ports.random` when absent; at most 256 characters. An id in use is a {@link ConflictError}. */
  readonly executionId?: string;
  readonly trigger?: Trigger;
  readonly threadId?: string;
  readonly organizationId?: string;
  /** Root of every random value of the execution, a whole number below 2^32; made by `ports.random` when absent. */
  readonly seed?: number;
}

export interface DriverOptions {
  /**
   * Milliseconds. While an effect is under way the commit's wake time is at most this far ahead, so that a host whose
   * alarms outlive it is revived. Absent where nothing can revive the host anyway.
   */
  readonly leaseMs?: number;
}

/** What somebody decided. */
export interface Decision {
  readonly decision: 'approved' | 'rejected';
  /** By the names that the step declares. */
  readonly fields?: JsonObject;
  /** Who decided, as the host knows them. */
  readonly by?: string;
  readonly comment?: string;
}

/** Characters of an execution's id. */
export const LONGEST_ID = 256;
/** Signals and decisions that one execution takes; signals beyond that are refused with `SIGNAL_LIMIT`. */
export const MAX_SIGNALS = 10_000;

interface Waiter {
  readonly parked: () => number;
  readonly resolve: () => void;
}

export class PlanDriver {
  readonly id: string;
  readonly plan: Plan;
  readonly #ports: RuntimePorts;
  readonly #language: Language;
  readonly #commits: Commits;
  readonly #effects: EffectRunner;
  readonly #relatives: Relatives;
  readonly #alarm: Alarm;
  readonly #queue: Submission[] = [];
  readonly #idleWaiters = new Set<Waiter>();
  #end: { resolve(state: ExecutionState): void; reject(reason: unknown): void } | undefined;
  readonly #settled = new Promise<ExecutionState>((resolve, reject) => {
    this.#end = { resolve, reject };
  });
  #state: ExecutionState;
  #busy = false;
  #stopped: { readonly reason: unknown } | undefined;

  private constructor(language: Language, ports: RuntimePorts, plan: Plan, state: ExecutionState, commits: Commits) {
    this.id = state.executionId;
    this.plan = plan;
    this.#language = language;
    this.#ports = ports;
    this.#state = state;
    this.#commits = commits;
    const quiet = (): void => this.#checkIdle();
    this.#relatives = new Relatives(ports, this, quiet);
    const submit = (made: Submission): void => this.#post(made);
    this.#effects = new EffectRunner(language, ports, plan, this.id, this.#relatives, submit, quiet);
    this.#alarm = new Alarm(ports.clock, () => this.#afterwards(true));
    // Whoever does not ask how it ended must not be told by an unhandled rejection.
    this.#settled.catch(() => undefined);
    this.#settle(state);
  }

  /**
   * Starts an execution: what precedes its first effect is committed when the promise resolves, and the rest goes on
   * in the background.
   * @throws ValidationError `INVALID_INPUT` with every problem, or `BAD_EXECUTION_ID`; nothing is stored then
   * @throws ConflictError when the id is in use
   */
  static async start(
    language: Language,
    ports: RuntimePorts,
    plan: Plan,
    request: StartRequest = {},
    options: DriverOptions = {},
  ): Promise<PlanDriver> {
    const check = language.checkInput(plan, request.input);
    const checked = isThenable(check) ? await check : check;
    if (!checked.ok) {
      throw new ValidationError(`The input of '${plan.slug}' is not valid`, checked.issues, { code: 'INVALID_INPUT' });
    }
    const { organizationId, threadId } = request;
    const executionId = request.executionId ?? ports.random.id();
    if (executionId === '' || executionId.length > LONGEST_ID) {
      const message = `The id of an execution has 1 to ${LONGEST_ID} characters, not ${executionId.length}`;
      throw new ValidationError(message, [], { code: 'BAD_EXECUTION_ID' });
    }
    const first = advance(plan, undefined, {
      type: 'execution_started',
      at: ports.clock.now(),
      format: JOURNAL_VERSION,
      executionId,
      workflow: { slug: plan.slug, name: plan.name, version: plan.version, hash: plan.hash },
      input: checked.input,
      trigger: request.trigger ?? { type: 'manual' },
      seed: (request.seed ?? ports.random.seed()) >>> 0,
      ...(organizationId === undefined ? {} : { organizationId }),
      ...(threadId === undefined ? {} : { threadId }),
    });
    const commits = new Commits(plan, ports.store, 1, options.leaseMs, []);
    const driver = new PlanDriver(language, ports, plan, first.state, commits);
    const summary = commits.summaryOf(first.state);
    await ports.store.create({
      summary,
      definition: plan.definition,
      events: first.events,
      snapshot: { seq: first.state.seq, state: first.state },
    });
    // What answers at once waits its turn, as it does after every other commit: all that begins together has begun first.
    driver.#busy = true;
    driver.#carryOut(first, summary);
    driver.#busy = false;
    driver.#pump();
    return driver;
  }

  /**
   * Takes an execution over and goes on with it. Effects that were under way when its last driver went are repeated,
   * or failed where they must not be (I6). Where this host cannot go on with it, whoever drives it is not disturbed.
   * @returns undefined when there is no such execution
   * @throws ValidationError `FUNCTION_NOT_FOUND` when the definition calls functions that `ports.functions` lacks
   * @throws ConflictError `JOURNAL_FORMAT` when a newer runtime wrote it, `PLAN_MISMATCH` or `JOURNAL_MISMATCH` when what is stored does not fit together
   */
  static async open(
    language: Language,
    ports: RuntimePorts,
    id: string,
    options: DriverOptions = {},
  ): Promise<PlanDriver | undefined> {
    const { store, functions } = ports;
    const read = await store.read(id);
    if (read === undefined) return undefined;
    const events = await store.readEvents(id, { after: read.snapshot.seq, limit: 1e9 });
    let { plan, state } = await language.recover(read, events, functions);
    // The epoch is raised last: a driver elsewhere that can go on with it is not to be refused by one that cannot.
    const stored = await store.open(id);
    if (stored === undefined) return undefined;
    // It was driven on meanwhile.
    if (stored.summary.seq > state.seq) ({ plan, state } = await language.recover(stored, stored.tail, functions));
    const commits = new Commits(plan, store, stored.epoch, options.leaseMs, stored.tail);
    const driver = new PlanDriver(language, ports, plan, state, commits);
    driver.#takeUp();
    return driver;
  }

  /** As of the last commit. */
  get state(): ExecutionState {
    return this.#state;
  }

  get summary(): ExecutionSummary {
    return summaryOf(this.plan, this.#state);
  }

  /** Effects that have begun and not answered. */
  get effectsUnderWay(): number {
    return this.#effects.underWay;
  }

  /** To be called when a deadline may have passed, as by an alarm. Early and repeated calls change nothing. */
  wake(): void {
    this.#afterwards(true);
  }

  /**
   * Hands the execution a signal. Resolves once that is committed; `duplicate` when its id was known already, also after
   * the end.
   * @throws ConflictError `EXECUTION_FINISHED`, or `RESERVED_SIGNAL` for a name that is not for everybody
   * @throws TransferredError when the execution was carried away
   * @throws LimitError `SIGNAL_LIMIT`
   */
  async signal({
    id = this.#ports.random.id(),
    name,
    data: given,
  }: {
    readonly id?: string;
    readonly name: string;
    readonly data?: Json;
  }): Promise<{ duplicate: boolean }> {
    if (name.startsWith(APPROVAL_SIGNAL)) {
      throw new ConflictError(`No signal can be called '${name}'`, { code: 'RESERVED_SIGNAL' });
    }
    const { json: data, size } = toJson(given);
    const what = `signal '${name}'`;
    if (this.#state.signalIds.includes(id)) return { duplicate: true };
    this.#refuseWhenOver(what);
    if (this.#state.signalIds.length >= MAX_SIGNALS) {
      throw new LimitError(`An execution takes at most ${MAX_SIGNALS} signals`, { code: 'SIGNAL_LIMIT' });
    }
    return this.#deliver(what, size, { id, name, data });
  }

  async #deliver(what: string, size: number, signal: Signal): Promise<{ duplicate: boolean }> {
    const accepted = await this.#submit(size, (at) => [{ type: 'signal_received', at, ...signal }]);
    if (!this.#state.signalIds.includes(signal.id)) this.#refuseWhenOver(what);
    return { duplicate: !accepted };
  }

  /**
   * Ends the execution as cancelled, once what it did is undone; resolves once that is committed.
   * @returns false when it has failed already and only what it did is being undone: that goes on, a pause no longer
   * holding it, and the execution ends as `failed`
   * @throws ConflictError `EXECUTION_FINISHED`
   * @throws TransferredError when the execution was carried away
   */
  async cancel(reason = 'Cancelled by request'): Promise<boolean> {
    await this.#request('cancellation', reason.length, (at) => [
      ...this.#logs(at),
      { type: 'execution_cancelled', at, reason },
    ]);
    const { status, ending } = this.#state;
    return (ending?.status ?? status) === 'cancelled';
  }

  /**
   * Holds the execution: no step is entered and no attempt begins until {@link resume}. Effects under way may end, and
   * their results are kept; deadlines wait, the execution's own timeout apart. Resolves once that is committed.
   * @returns false when it was paused already, and nothing changed
   * @throws ConflictError `EXECUTION_FINISHED`
   * @throws TransferredError when the execution was carried away
   */
  async pause(reason?: string): Promise<boolean> {
    return await this.#request('pause', reason?.length ?? 0, (at) => [
      { type: 'execution_paused', at, ...(reason === undefined ? {} : { reason }) },
    ]);
  }

  /**
   * Goes on after {@link pause}: what was kept is walked, and what fell due meanwhile is due at once.
   * @returns false when it was not paused, and nothing changed
   * @throws ConflictError `EXECUTION_FINISHED`
   * @throws TransferredError when the execution was carried away
   */
  async resume(): Promise<boolean> {
    return await this.#request('resumption', 0, (at) => [{ type: 'execution_resumed', at }]);
  }

  /**
   * Gives the execution away, so that it never goes on in this store; resolves once that is committed. Effects under way
   * are given up. What to carry is read from the store then.
   * @returns the id of the transfer
   * @throws ConflictError `EXECUTION_FINISHED`, or `CHILD_UNDER_WAY` while it waits for another execution or another for it
   * @throws TransferredError when the execution was carried away
   */
  async transfer(transferId = this.#ports.random.id()): Promise<string> {
    await this.#request('transfer', 0, (at) => [...this.#logs(at), { type: 'execution_transferred', at, transferId }]);
    if (this.#state.status !== 'transferred') throw tied(this.plan, this.#state);
    return transferId;
  }

  /**
   * Hands an approval that is waiting its decision; resolves once that is committed. The step's output is
   * `{decision, fields, by?, comment?}`. Who may decide is for the host to check.
   * @param id of the decision, so that one that is sent twice counts once; made by `ports.random` when absent
   * @throws ConflictError `EXECUTION_FINISHED`, or `NOT_WAITING` where that approval is decided or was never asked for
   * @throws ValidationError `INVALID_FIELDS` with every problem; the approval goes on waiting
   */
  async decide(
    activationId: number,
    decision: Decision,
    id = this.#ports.random.id(),
  ): Promise<{ duplicate: boolean }> {
    if (this.#state.signalIds.includes(id)) return { duplicate: true };
    this.#refuseWhenOver('decision');
    const waiting = findById(this.#state.activations, activationId);
    const step = waiting && this.plan.steps.get(waiting.slug);
    if (step?.type === 'approval') {
      const fields = await this.#checkedFields(step, decision);
      const { json: data, size } = toJson({ ...decision, fields });
      const name = `${APPROVAL_SIGNAL}${activationId}`;
      const told = await this.#deliver('decision', size, { id, name, data });
      if (this.#state.signalIds.includes(id)) return told;
    }
    throw new ConflictError(`Execution ${this.id} waits for no approval ${activationId}`, { code: 'NOT_WAITING' });
  }

  /** Whoever rejects need not fill in what whoever approves must. */
  async #checkedFields(step: ApprovalStep, { decision, fields = {} }: Decision): Promise<Json> {
    if (decision === 'rejected') return fields;
    const checked = await this.#language.checkFields(step.fields, fields);
    if (checked.ok) return checked.input;
    throw new ValidationError(`What was filled in for '${step.slug}' is not valid`, checked.issues, {
      code: 'INVALID_FIELDS',
      step: step.slug,
    });
  }

  /** Tells how an execution ended that a `workflow` step waits for. Anything that is not waited for changes nothing. */
  async childEnded(activation: number, outcome: ChildOutcome): Promise<void> {
    if (isFinal(this.#state.status)) return;
    const { json: output, size } = toJson(outcome.output ?? null);
    const brought = outcome.status === 'completed' ? { output } : {};
    await this.#submit(size, (at) => [{ ...outcome, ...brought, type: 'child_ended', at, activation }]);
  }

  /** The final state. Rejects with the reason when this driver had to let go before, such as when it was transferred. */
  settled(): Promise<ExecutionState> {
    return this.#settled;
  }

  /**
   * Resolves when nothing can happen before a deadline or a signal, or when it is over.
   * @param parked how many of the effects under way wait for the clock themselves, and so do not count
   */
  idle(parked: () => number = () => 0): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.add({ parked, resolve });
      this.#checkIdle();
    });
  }

  /** Lets go without a trace in the journal: effects are aborted, and another driver may take over. */
  stop(reason: unknown = new CancelledError('The driver was stopped', { code: 'DRIVER_STOPPED' })): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = { reason };
    this.#alarm.withdraw();
    this.#effects.abortAll(reason);
    for (const pending of this.#queue.splice(0)) pending.reject?.(reason);
    if (!isFinal(this.#state.status)) this.#end?.reject(reason);
    this.#checkIdle();
  }

  #takeUp(): void {
    // Whoever told the parent may have gone before that was done; it counts once.
    this.#relatives.report(this.#state);
    // All that was cut off is told before anything that is due meanwhile: a timeout would grant what a crash must not (I6).
    this.#busy = true;
    if (firstDue(this.#state, this.#now()) === 'execution') this.#postDue();
    for (const activation of this.#state.activations) {
      if (activation.child !== null) void this.#relatives.ask(activation.child, activation.id);
      if (activation.status !== 'running') continue;
      const { id, attempt } = activation;
      const repeatable = this.#effects.isRepeatable(activation);
      this.#post({
        size: 0,
        make: (at) => [{ type: 'step_interrupted', at, activation: id, attempt, repeatable }],
      });
    }
    this.#busy = false;
    this.#pump();
  }

  /**
   * Submits what somebody asks of an execution that is not over.
   * @returns whether it changed anything
   */
  async #request(what: string, size: number, make: Submission['make']): Promise<boolean> {
    this.#refuseWhenOver(what);
    const accepted = await this.#submit(size, make);
    if (!accepted) this.#refuseWhenOver(what);
    return accepted;
  }

  #submit(size: number, make: Submission['make']): Promise<boolean> {
    return new Promise((resolve, reject) => this.#post({ size, make, resolve, reject }));
  }

  #post(pending: Submission): void {
    if (this.#stopped !== undefined) {
      pending.reject?.(this.#stopped.reason);
      return;
    }
    this.#queue.push(pending);
    this.#pump();
  }

  /** Applies what is queued, one event and one commit at a time. */
  #pump(): void {
    if (this.#busy) return;
    this.#busy = true;
    let pending = takeFirst(this.#queue);
    while (pending !== undefined && this.#apply(pending)) pending = takeFirst(this.#queue);
    if (pending !== undefined) return;
    this.#busy = false;
    this.#afterwards();
  }

  /**
   * Whatever a store takes to answer, what follows is done at once then, before any effect can answer: the same is done in
   * the same order on every store.
   * @returns false where the store answers later, and the queue is gone on with then
   */
  #apply(pending: Submission): boolean {
    try {
      const next = this.#advanced(pending.make(this.#now()));
      if (next.events.length === 0) {
        pending.resolve?.(false);
        return true;
      }
      const commit = this.#commits.next(this.#state, next, pending.size);
      const committed = this.#ports.store.commit(this.id, commit);
      if (isThenable(committed)) {
        committed.then(
          () => this.#goOn(pending, () => this.#committed(next, commit, pending)),
          (error: unknown) => this.#goOn(pending, () => this.#breakOff(pending, error)),
        );
        return false;
      }
      this.#committed(next, commit, pending);
    } catch (error) {
      this.#breakOff(pending, error);
    }
    return true;
  }

  /** With the queue, once the store has answered. */
  #goOn(pending: Submission, answered: () => void): void {
    try {
      answered();
    } catch (error) {
      this.#breakOff(pending, error);
    }
    this.#busy = false;
    this.#pump();
  }

  #breakOff({ reject }: Submission, error: unknown): void {
    const failure =
      error instanceof NewtflowError
        ? error
        : new StorageError(`The store failed: ${messageOf(error)}`, { cause: error });
    const reason = this.#stopped?.reason ?? failure;
    reject?.(reason);
    this.#ports.logger?.log('error', `Execution ${this.id} stopped: ${messageOf(reason)}`);
    this.stop(reason);
  }

  #advanced(inputs: readonly InputEvent[]): Advance {
    const [only] = inputs;
    if (only !== undefined && inputs.length === 1) return advance(this.plan, this.#state, only);
    let all: Advance = { state: this.#state, events: [], commands: [] };
    for (const input of inputs) {
      const next = advance(this.plan, all.state, input);
      all = {
        state: next.state,
        events: [...all.events, ...next.events],
        commands: [...all.commands, ...next.commands],
      };
    }
    return all;
  }

  #committed(next: Advance, commit: Commit, pending: Submission): void {
    this.#carryOut(next, commit.summary);
    pending.resolve?.(true);
  }

  /** What may leave the host now that it is committed (I2). */
  #carryOut(next: Advance, summary: ExecutionSummary): void {
    this.#state = next.state;
    this.#ports.sink?.publish(this.id, next.events, summary);
    // Who watches may have stopped it.
    if (this.#stopped === undefined) for (const command of next.commands) this.#carryOutOne(command, next.state);
    this.#settle(next.state);
    this.#relatives.report(next.state);
  }

  #carryOutOne(command: Command, state: ExecutionState): void {
    switch (command.type) {
      case 'perform':
        return this.#effects.perform(command, state);
      case 'abort':
        return this.#effects.abort(command);
      case 'await_child':
        return void this.#relatives.ask(command.executionId, command.activation);
      case 'cancel_child':
        return this.#relatives.cancel(command.executionId, command.reason);
    }
  }

  #settle(state: ExecutionState): void {
    if (state.status === 'transferred') this.#end?.reject(transferred(this.id));
    else if (isFinal(state.status)) this.#end?.resolve(state);
  }

  /**
   * Between events: fires what is due, arms the next deadline, and tells who waits for quiet.
   * @param rested whether the host had its turn since the last event; only then does a long walk go on
   */
  #afterwards(rested = false): void {
    if (this.#busy) return;
    if (this.#stopped === undefined) {
      const deadline = nextDeadline(this.#state);
      // The clock is asked only where something may be due.
      const due = deadline === null ? undefined : firstDue(this.#state, this.#now());
      if (due !== undefined && (rested || due !== 'walk')) {
        this.#postDue();
        return;
      }
      this.#alarm.set(deadline);
    }
    this.#checkIdle();
  }

  #postDue(): void {
    this.#post({ size: 0, make: (at) => this.#dueEvents(at) });
  }

  #dueEvents(at: number): readonly InputEvent[] {
    const due = firstDue(this.#state, at);
    if (due === undefined) return [];
    if (due === 'walk') return [{ type: 'execution_continued', at }];
    if (due === 'execution') return [...this.#logs(at), { type: 'timer_fired', at, timer: 'execution_timeout' }];
    const timer = timerOf(due);
    const brought = timer === 'attempt_timeout' ? this.#effects.retryOf(due) : {};
    return [...this.#logs(at, due.id), { type: 'timer_fired', at, timer, activation: due.id, ...brought }];
  }

  /** What effects that are about to be given up have logged so far. */
  #logs(at: number, activation?: number): readonly InputEvent[] {
    return this.#effects.takeLogs(activation).map((event) => ({ ...event, at }));
  }

  #checkIdle(): void {
    if (this.#idleWaiters.size === 0 || this.#busy || this.#queue.length > 0) return;
    const over = this.#stopped !== undefined || isFinal(this.#state.status);
    for (const waiter of this.#idleWaiters) {
      if (!over && (this.#relatives.asking > 0 || this.#effects.underWay > waiter.parked())) continue;
      this.#idleWaiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Time never goes back within a journal, whatever the host's clock does. */
  #now(): number {
    return Math.max(this.#ports.clock.now(), this.#state.updatedAt);
  }

  #refuseWhenOver(what: string): void {
    if (!isFinal(this.#state.status)) return;
    if (this.#state.status === 'transferred') throw transferred(this.id);
    throw new ConflictError(`Execution ${this.id} has ended as ${this.#state.status}; it takes no ${what}`, {
      code: 'EXECUTION_FINISHED',
    });
  }
}

/** Why an execution cannot be carried now. */
export function tied(plan: Plan, state: ExecutionState): ConflictError {
  return new ConflictError(
    `Execution ${state.executionId} cannot be carried: it and execution ${tiedTo(plan, state) ?? ''} need one another here until one ends`,
    { code: 'CHILD_UNDER_WAY' },
  );
}

function transferred(id: string): TransferredError {
  return new TransferredError(`Execution ${id} was carried to another host; ask there`);
}
