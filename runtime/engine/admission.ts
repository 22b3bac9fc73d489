/**
 * How many executions of one key run at once. A host asks before it starts one, and tells when one has ended.
 *
 * An execution that has to wait is no execution yet: it is an entry of its key's row, with all that its start needs, and
 * hosts show it as `queued`. An entry that is admitted keeps its request until the host says that the execution is
 * stored, so that a host that was cut off in between finds what it still has to start; the execution's id makes
 * starting it twice harmless.
 */
import { checkInput } from '../definition/parameters.js';
import type { Plan } from '../definition/plan.js';
import { ActionError, ConflictError, LimitError, NewtflowError, ValidationError } from '../errors.js';
import { toText } from '../expression/values.js';
import type { Json } from '../json.js';
import type { AdmissionRow, AdmissionStore, Awaitable, QueuedExecution } from '../ports.js';
import { seededRandom } from './random.js';
import { ExecutionScope } from './scope.js';
import { blankState } from './work.js';

/** Executions that wait under one key at most. */
export const MAX_QUEUED = 10_000;

export interface ConcurrencyBound {
  /** Of this workflow and organisation only, whatever text the definition's own key makes. */
  readonly key: string;
  readonly limit: number;
  readonly onLimit: 'queue' | 'refuse';
}

/**
 * The bound that a start is under; undefined where its workflow has none.
 * @param input as `checkInput` gave it
 * @throws ExpressionError or TemplateError when the key cannot be rendered
 */
export function concurrencyOf(
  plan: Plan,
  input: Json,
  start: {
    readonly executionId: string;
    /** Milliseconds since the epoch. */
    readonly now: number;
    readonly organizationId?: string;
  },
): ConcurrencyBound | undefined {
  const { concurrency } = plan.config;
  if (concurrency === undefined) return undefined;
  const { executionId, now, organizationId = null } = start;
  const blank = blankState(plan, executionId, 0, { type: 'manual' }, now);
  const scope = new ExecutionScope(plan, { ...blank, input, organizationId }, { frame: 0 }, now);
  const text = toText(concurrency.key?.render(scope, { now, random: seededRandom(0) }) ?? '');
  const { limit, onLimit } = concurrency;
  return { key: JSON.stringify([organizationId, plan.slug, text]), limit, onLimit };
}

/**
 * As {@link concurrencyOf}, of an input that is not checked yet.
 * @throws ValidationError `INVALID_INPUT` with every problem, or `CONCURRENCY_KEY_INVALID` where the input gives no key
 */
export function boundOf(
  plan: Plan,
  input: unknown,
  start: Parameters<typeof concurrencyOf>[2],
): ConcurrencyBound | undefined {
  if (plan.config.concurrency === undefined) return undefined;
  const checked = checkInput(plan, input);
  if (!checked.ok) {
    throw new ValidationError(`The input of '${plan.slug}' is not valid`, checked.issues, { code: 'INVALID_INPUT' });
  }
  try {
    return concurrencyOf(plan, checked.input, start);
  } catch (error) {
    throw error instanceof NewtflowError ? noKey(plan, error) : error;
  }
}

function noKey(plan: Plan, cause: NewtflowError): ValidationError {
  const message = `The concurrency key of '${plan.slug}' cannot be made of this input: ${cause.message}`;
  const issue = { code: cause.code, severity: 'error', path: '/config/concurrency/key', message } as const;
  return new ValidationError(message, [issue], { code: 'CONCURRENCY_KEY_INVALID', cause });
}

/** A child that is refused is worth another attempt: others will have ended by then. Any other error is given back as it is. */
export function childRefusal(error: unknown, workflow: string): unknown {
  if (!(error instanceof NewtflowError) || !FULL.includes(error.code)) return error;
  const message = `Workflow '${workflow}' cannot be started: ${error.message}`;
  return new ActionError(message, { code: error.code, retryable: true, cause: error });
}

const FULL: readonly string[] = ['CONCURRENCY_LIMIT', 'QUEUE_LIMIT'];

export type Admission =
  | { readonly status: 'admitted' }
  /** `position` counts from 1. */
  | { readonly status: 'queued'; readonly position: number };

/** Decides who starts and who waits; everything it knows is in its store. */
export class Admissions {
  readonly #store: AdmissionStore;

  constructor(store: AdmissionStore) {
    this.#store = store;
  }

  /**
   * Asks to start an execution. The same id again gets the answer that holds now, and takes no second place.
   * @param request what starting it needs, should it have to wait
   * @throws ConflictError `CONCURRENCY_LIMIT` where one more is refused
   * @throws LimitError `QUEUE_LIMIT`
   */
  async enter({ key, limit, onLimit }: ConcurrencyBound, id: string, request: Json): Promise<Admission> {
    return this.#store.update(key, (found) => {
      const row = { ...(found ?? EMPTY), limit };
      const known = positionOf(row, id);
      if (known !== undefined) return { row, result: known };
      const entry = { id, request };
      if (row.queued.length === 0 && row.running.length < limit) {
        return { row: { ...row, running: [...row.running, entry] }, result: { status: 'admitted' } };
      }
      if (onLimit === 'refuse') throw tooMany(limit);
      if (row.queued.length >= MAX_QUEUED) {
        throw new LimitError(`At most ${MAX_QUEUED} executions wait under one key`, { code: 'QUEUE_LIMIT' });
      }
      const queued = [...row.queued, entry];
      return { row: { ...row, queued }, result: { status: 'queued', position: queued.length } };
    });
  }

  /** Counts an execution that is under way by whatever admission, beyond the limit too. */
  async occupy({ key, limit }: ConcurrencyBound, id: string): Promise<void> {
    await this.#store.update(key, (found) => {
      const others = without({ ...(found ?? EMPTY), limit }, (entry) => entry.id !== id);
      return { row: { ...others, running: [...others.running, { id }] }, result: undefined };
    });
  }

  /** The execution is stored: nothing has to be kept to start it. */
  async started(key: string, id: string): Promise<void> {
    await this.#store.update(key, (row = EMPTY) => {
      const running = row.running.map((entry) => (entry.id === id ? { id } : entry));
      return { row: kept({ ...row, running }), result: undefined };
    });
  }

  /**
   * The execution has ended, or was called off while it waited.
   * @returns those whose turn it is now, in their order: to be started
   */
  async left(key: string, id: string): Promise<readonly QueuedExecution[]> {
    return this.#store.update(key, (row = EMPTY) => admitted(without(row, (entry) => entry.id !== id)));
  }

  /** Those admitted of which nobody said that they are stored: what a host still has to start after it was cut off. */
  async unstarted(key: string): Promise<readonly QueuedExecution[]> {
    return this.#store.update(key, (row = EMPTY) => ({ row: kept(row), result: row.running.filter(isUnstarted) }));
  }

  /**
   * Lets go of those started that are over, for a host that may have missed their end.
   * @returns those whose turn it is now
   */
  async reconcile(key: string, isOver: (id: string) => Awaitable<boolean>): Promise<readonly QueuedExecution[]> {
    const { running } = await this.#store.update(key, (row = EMPTY) => ({ row: kept(row), result: row }));
    const over = new Set<string>();
    for (const entry of running) if (!isUnstarted(entry) && (await isOver(entry.id))) over.add(entry.id);
    return this.#store.update(key, (row = EMPTY) => admitted(without(row, ({ id }) => !over.has(id))));
  }
}

const EMPTY: AdmissionRow = { limit: 1, running: [], queued: [] };

function positionOf({ running, queued }: AdmissionRow, id: string): Admission | undefined {
  if (running.some((entry) => entry.id === id)) return { status: 'admitted' };
  const at = queued.findIndex((entry) => entry.id === id);
  return at === -1 ? undefined : { status: 'queued', position: at + 1 };
}

function without(row: AdmissionRow, keeps: (entry: { readonly id: string }) => boolean): AdmissionRow {
  return { ...row, running: row.running.filter(keeps), queued: row.queued.filter(keeps) };
}

/** Fills the places that are free with those who wait the longest. */
function admitted(row: AdmissionRow): { row: AdmissionRow | undefined; result: readonly QueuedExecution[] } {
  const free = Math.max(0, row.limit - row.running.length);
  const result = row.queued.slice(0, free);
  return { row: kept({ ...row, running: [...row.running, ...result], queued: row.queued.slice(free) }), result };
}

/** A key that nobody is under leaves no row behind. */
function kept(row: AdmissionRow): AdmissionRow | undefined {
  return row.running.length + row.queued.length === 0 ? undefined : row;
}

function isUnstarted(entry: AdmissionRow['running'][number]): entry is QueuedExecution {
  return entry.request !== undefined;
}

function tooMany(limit: number): ConflictError {
  const what = limit === 1 ? 'An execution with this key is' : `${limit} executions with this key are`;
  return new ConflictError(`${what} under way, as many as config.concurrency.limit grants`, {
    code: 'CONCURRENCY_LIMIT',
  });
}
