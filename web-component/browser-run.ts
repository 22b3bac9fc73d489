import {
  CancelledError,
  ConflictError,
  cancelOrphan,
  compileStored,
  type Decision,
  Driver,
  type NewtflowError,
  readHistory,
  StorageError,
  TransferredError,
  ValidationError,
} from '../runtime/index.js';
import type {
  ChildOutcome,
  ErrorRecord,
  ExecutionSummary,
  JournalEvent,
  Json,
  JsonObject,
  RuntimePorts,
} from '../runtime/ports.js';
import { closedError, FollowedRun, finishedError, issuesFromJson, recordOf } from './followed-run.js';
import type { Leader, Lease } from './leader.js';
import type { PageLifecycle } from './page-lifecycle.js';
import type { RunAnswer, RunRequest } from './tab-channel.js';

export interface BrowserRunContext {
  readonly ports: RuntimePorts;
  readonly leader: Leader;
  readonly page: PageLifecycle;
  /** Whether the page was given the workflows that a run may start. */
  readonly hasWorkflows: boolean;
  /** Asks the tab that drives this run; undefined when nobody answered. */
  ask(run: string, request: RunRequest): Promise<RunAnswer | undefined>;
}

/** Milliseconds before a driver that the storage stopped is tried again: doubled from the first to the second. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/**
 * One run of this browser. While its host is open this tab either drives it or stands in line to: whoever drives it
 * closes, crashes or freezes, the next in line goes on from what is stored.
 */
export class BrowserRun extends FollowedRun {
  readonly #context: BrowserRunContext;
  readonly #ending = new AbortController();
  #active: Driver | undefined;
  #inLine = false;
  #attending: Promise<void> | undefined;
  #opened = false;
  #announced: ExecutionSummary;
  #reading: Promise<void> | undefined;
  /** Ends of children that came while this tab was about to drive; told as soon as it does. */
  #ends: { readonly activation: number; readonly outcome: ChildOutcome }[] = [];

  constructor(context: BrowserRunContext, summary: ExecutionSummary, definition: JsonObject) {
    super(summary, definition);
    this.#context = context;
    this.#announced = summary;
  }

  // --- Following -----------------------------------------------------------------------------------------------------

  /** From here on the whole history is kept at hand; resolves once it has been read as far as it is known. */
  async follow(): Promise<void> {
    this.#opened = true;
    await this.#catchUp();
  }

  /** Says that the store holds the run up to `summary.seq`, committed by this tab or another. */
  announce(summary: ExecutionSummary): void {
    if (summary.seq > this.#announced.seq) this.#announced = summary;
    if (!this.#opened) return this.note(summary);
    this.#catchUp().catch((error: unknown) => this.stand(this.driver, recordOf(error)));
  }

  /** Another tab committed: it drives. */
  hear(summary: ExecutionSummary): void {
    if (!this.drivenHere) this.stand('elsewhere');
    this.announce(summary);
  }

  /** Looks into the store for what this tab may have slept through. */
  async refresh(): Promise<void> {
    const stored = await this.#context.ports.store.read(this.id);
    if (stored !== undefined) this.announce(stored.summary);
    this.#active?.wake();
  }

  async #catchUp(): Promise<void> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readOn(): Promise<void> {
    while (this.known < this.#announced.seq) {
      const target = this.#announced;
      // What was committed since goes with its own summary, next.
      const missing = (await readHistory(this.#context.ports.store, this.id, this.known)).filter(
        (event) => event.seq <= target.seq,
      );
      if (missing.at(-1)?.seq !== target.seq) {
        throw new StorageError(`The stored history of "${this.id}" ends before event ${target.seq}.`, {
          code: 'STORAGE_CORRUPT',
        });
      }
      this.accept(missing, target);
    }
  }

  // --- Driving -------------------------------------------------------------------------------------------------------

  /** Drives on with a driver that was started under this lease, and stands in line again should it be lost. */
  driveOn(driver: Driver, lease: Lease): void {
    this.#inLine = true;
    this.#attending = this.#attend({ driver, lease });
  }

  /**
   * Drives the run, at once where nobody does, else as soon as nobody does any more. Resolves with whether it is
   * driven here now. A page that lacks an action or the model that the run needs does not stand in line.
   */
  async standInLine(): Promise<boolean> {
    if (this.#inLine || this.finished || this.#ending.signal.aborted) return this.#active !== undefined;
    this.#inLine = true;
    const lack = this.#lack();
    const lease = await this.#context.leader.tryAcquire(this.id);
    if (lack !== undefined) {
      await lease?.release();
      this.#inLine = false;
      this.stand(lease === undefined ? 'elsewhere' : 'none', lack);
      return false;
    }
    if (lease === undefined) {
      this.stand('elsewhere');
      this.#attending = this.#attend();
      return false;
    }
    return new Promise((resolve) => {
      this.#attending = this.#attend({ lease, begun: resolve });
    });
  }

  /** Lets go without a trace, and stands in line again: whoever is next, perhaps this tab, repeats what was under way. */
  letGoOfDriver(why: string): void {
    this.#active?.stop(new CancelledError(why, { code: 'TAKEN_OVER' }));
  }

  /** Lets go without a trace: whoever opens the run next goes on with it. Resolves once others can. */
  async leave(): Promise<void> {
    this.#ending.abort();
    this.#active?.stop(closedError());
    this.letGo();
    await this.#attending;
  }

  /** Stands in line, drives, and stands in line again, until the run is over or the host closes. Never rejects. */
  async #attend(first: Turn = {}): Promise<void> {
    let turn = first;
    let pause = FIRST_PAUSE;
    // The first turn is always taken, since it may come with a lease to give back.
    for (let over = false; !over; over = this.finished || this.#ending.signal.aborted) {
      const outcome = await this.#takeTurn(turn);
      turn = {};
      if (outcome === 'ended') break;
      first.begun?.(false);
      pause = outcome === 'moved' ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
      if (outcome === 'failed') await sleep(pause, this.#ending.signal);
    }
    this.#inLine = false;
    first.begun?.(false);
  }

  /**
   * One time at the wheel. `moved`: it was taken from us, or over; `failed`: the storage stopped it, so try again later;
   * `ended`: there is no more to try.
   */
  async #takeTurn({ lease: given, driver, begun }: Turn): Promise<'moved' | 'failed' | 'ended'> {
    const { page } = this.#context;
    if (given === undefined) await page.shown();
    const lease = given ?? (await this.#context.leader.acquire(this.id, this.#ending.signal));
    if (lease === undefined) return 'ended';
    try {
      if (driver === undefined && this.#ending.signal.aborted) return 'ended';
      if (driver === undefined && page.isHidden) return 'moved';
      const active = driver ?? (await this.#takeOver());
      if (active === undefined) return this.finished ? 'moved' : 'ended';
      await this.#drive(active, lease, begun);
      return 'moved';
    } catch (error) {
      if (error instanceof ConflictError && fencedCodes.has(error.code)) return 'moved';
      if (this.#ending.signal.aborted) return 'ended';
      this.stand('none', recordOf(error));
      return error instanceof StorageError ? 'failed' : 'ended';
    } finally {
      await lease.release();
    }
  }

  /** The run as another tab left it, with a driver of this one; undefined when that other brought it to its end. */
  async #takeOver(): Promise<Driver | undefined> {
    const { ports } = this.#context;
    const stored = await ports.store.read(this.id);
    if (stored === undefined) {
      throw new ConflictError(`The run "${this.id}" is no longer stored.`, { code: 'EXECUTION_GONE' });
    }
    this.announce(stored.summary);
    if (this.#opened) await this.#catchUp();
    if (this.finished) return undefined;
    const driver = await Driver.open(ports, this.id);
    if (driver !== undefined) await cancelOrphan(ports.store, driver, ports.functions);
    return driver;
  }

  async #drive(driver: Driver, lease: Lease, begun?: (driven: boolean) => void): Promise<void> {
    const stop = (): void =>
      driver.stop(
        new CancelledError('Another tab took the run over.', { code: 'TAKEN_OVER', cause: lease.lost.reason }),
      );
    this.#active = driver;
    if (this.#ending.signal.aborted) driver.stop(closedError());
    else if (lease.lost.aborted) stop();
    else if (this.#context.page.isHidden) this.letGoOfDriver('The page was left meanwhile.');
    lease.lost.addEventListener('abort', stop);
    this.stand('here');
    begun?.(true);
    for (const { activation, outcome } of this.#ends.splice(0)) void this.#tell(driver, activation, outcome);
    try {
      await driver.settled();
    } catch (error) {
      if (!(error instanceof CancelledError && error.code === 'TAKEN_OVER')) throw error;
    } finally {
      this.#active = undefined;
      this.stand('elsewhere');
      lease.lost.removeEventListener('abort', stop);
    }
  }

  /** What this page would need to go on with the run, in words; undefined when it has it all. */
  #lack(): ErrorRecord | undefined {
    const { actions, functions, model } = this.#context.ports;
    try {
      const missing = new Set<string>();
      for (const step of compileStored(this.definition, functions).order) {
        if (step.type === 'action' && actions.find(step.action) === undefined)
          missing.add(`the action "${step.action}"`);
        if (step.type === 'llm' && model === undefined) missing.add('a language model');
        if (step.type === 'workflow' && !this.#context.hasWorkflows) missing.add('the workflows it starts');
      }
      if (missing.size === 0) return undefined;
      return {
        code: 'PAGE_LACKS_ACTIONS',
        message: `This page cannot go on with the run, as it lacks ${[...missing].join(', ')}. Open the page that started it.`,
      };
    } catch (error) {
      return recordOf(error);
    }
  }

  // --- Requests ------------------------------------------------------------------------------------------------------

  async signal(name: string, data: Json = null, id = this.#context.ports.random.id()): Promise<void> {
    await this.#request({ kind: 'signal', signal: { id, name, data } });
  }

  async cancel(reason?: string): Promise<boolean> {
    return this.#request({ kind: 'cancel', ...(reason === undefined ? {} : { reason }) });
  }

  async pause(reason?: string): Promise<void> {
    await this.#request({ kind: 'pause', ...(reason === undefined ? {} : { reason }) });
  }

  async resume(): Promise<void> {
    await this.#request({ kind: 'resume' });
  }

  /** Gives the run away, by the driver of whichever tab has one. */
  async transfer(transferId: string): Promise<string> {
    await this.#request({ kind: 'transfer', transferId });
    return transferId;
  }

  async decide(activation: number, decision: Decision, id = this.#context.ports.random.id()): Promise<void> {
    await this.#request({ kind: 'decide', activation, decision, id });
  }

  /** A run that this one waits for has ended. Another tab that drives this one learns of it by itself; twice is once. */
  async childEnded(activation: number, outcome: ChildOutcome): Promise<void> {
    if (this.#active !== undefined) await this.#tell(this.#active, activation, outcome);
    else if (this.#inLine) this.#ends.push({ activation, outcome });
  }

  /** A driver that was lost meanwhile needs no word: the next one asks. */
  async #tell(driver: Driver, activation: number, outcome: ChildOutcome): Promise<void> {
    await driver.childEnded(activation, outcome).catch(() => undefined);
  }

  get drivenHere(): boolean {
    return this.#active !== undefined;
  }

  /** Does it with the driver of this tab. Undefined when that driver was lost in doing so, or there is none. */
  async perform(request: RunRequest): Promise<RunAnswer | undefined> {
    const driver = this.#active;
    if (driver === undefined) return undefined;
    try {
      return { heard: (await carryOut(driver, request)) !== false };
    } catch (error) {
      if (this.#ending.signal.aborted) throw closedError();
      const replaced =
        error instanceof CancelledError || (error instanceof ConflictError && fencedCodes.has(error.code));
      return replaced ? undefined : { error: recordOf(error) };
    }
  }

  /**
   * Done here or by whoever drives; when nobody answers this tab's turn comes, so it asks until one of the two happens.
   * @returns whether it had an effect
   */
  async #request(request: RunRequest): Promise<boolean> {
    for (let asked = false; ; asked = true) {
      if (this.#ending.signal.aborted) throw closedError();
      const answer = this.finished
        ? { error: recordOf(finishedError(this.summary)) }
        : await (this.drivenHere ? this.perform(request) : this.#askDriver(request));
      if (answer !== undefined) {
        if (answer.error === undefined) return answer.heard !== false;
        if (this.finished && (await this.#wasHeard(request, asked))) return true;
        throw errorOf(answer.error);
      }
      if (!this.#inLine && !(await this.standInLine()) && !this.#inLine) throw this.#unreachable();
      if (!this.drivenHere) await sleep(FIRST_PAUSE / 5, this.#ending.signal);
    }
  }

  /** Whether the run, which is over, took what is asked for before that: only the answer was lost then, with a tab. */
  async #wasHeard(request: RunRequest, asked: boolean): Promise<boolean> {
    if (request.kind === 'cancel') return asked && this.summary.status === 'cancelled';
    await this.#catchUp();
    return this.events.some((event) => isRecordOf(request, event));
  }

  /** What the tab that drives answers; undefined when none does, or as soon as this one is at the wheel. */
  #askDriver(request: RunRequest): Promise<RunAnswer | undefined> {
    return new Promise((resolve, reject) => {
      const end = this.onDriverChange(() => {
        if (this.drivenHere) resolve(undefined);
      });
      this.#context.ask(this.id, request).then(resolve, reject).finally(end);
    });
  }

  #unreachable(): NewtflowError {
    if (this.finished) return finishedError(this.summary);
    if (this.problem !== undefined) return errorOf(this.problem);
    return new ConflictError(`No open page drives the run "${this.id}".`, { code: 'NOT_DRIVEN' });
  }
}

async function carryOut(driver: Driver, request: RunRequest): Promise<unknown> {
  switch (request.kind) {
    case 'signal':
      return driver.signal(request.signal);
    case 'cancel':
      return driver.cancel(request.reason);
    case 'pause':
      return driver.pause(request.reason);
    case 'resume':
      return driver.resume();
    case 'transfer':
      return driver.transfer(request.transferId);
    case 'decide':
      return driver.decide(request.activation, request.decision, request.id);
  }
}

/** Whether the journal keeps a request by this event. */
function isRecordOf(request: RunRequest, event: JournalEvent): boolean {
  switch (request.kind) {
    case 'signal':
      return event.type === 'signal_received' && event.id === request.signal.id;
    case 'decide':
      return event.type === 'signal_received' && event.id === request.id;
    case 'transfer':
      return event.type === 'execution_transferred' && event.transferId === request.transferId;
    default:
      return false;
  }
}

/** A time at the wheel that begins with a lease in hand, and perhaps a driver. */
interface Turn {
  readonly lease?: Lease;
  readonly driver?: Driver;
  /** Told whether the first turn led to driving; only the first word counts. */
  readonly begun?: (driven: boolean) => void;
}

/** What a store says to a driver whose place was taken. */
const fencedCodes: ReadonlySet<string> = new Set(['STALE_EPOCH', 'STALE_SEQ']);

function errorOf(record: ErrorRecord): NewtflowError {
  const { code, message } = record;
  if (code.startsWith('INVALID')) return new ValidationError(message, issuesFromJson(record.details), { code });
  if (code === 'TRANSFERRED') return new TransferredError(message);
  return code.startsWith('STORAGE') ? new StorageError(message, { code }) : new ConflictError(message, { code });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
  });
}
