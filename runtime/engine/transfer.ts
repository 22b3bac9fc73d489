/**
 * Carries an execution from one store to another.
 *
 * The source commits `execution_transferred` first: from then on it can never go on there. Only then is there a bundle,
 * made from what is stored, so that it can be read again until the target's receipt is handed in. The target commits the
 * whole journal and `execution_imported` at once; the same transfer a second time changes nothing. Whatever is cut off
 * or lost in between is simply asked for again, and at no time do both go on.
 */
import { canonicalJson } from '../canonical.js';
import { BundleError, ConflictError, NotFoundError, TransferredError } from '../errors.js';
import type { Json } from '../json.js';
import type { ExecutionStore, ExecutionSummary, RuntimePorts } from '../ports.js';
import { MAX_PAYLOAD } from '../to-json.js';
import { advance } from './advance.js';
import {
  bundleOf,
  type ExecutionBundle,
  isTooDeep,
  MAX_BUNDLE,
  MAX_BUNDLE_DEPTH,
  type TransferReceipt,
} from './bundle.js';
import { type CheckedBundle, checkBundle } from './bundle-check.js';
import { readShape, requireShape } from './bundle-shape.js';
import { tiedTo } from './control.js';
import { type PlanDriver, tied } from './driver.js';
import { readExecution } from './driver-with-language.js';
import { historyDigest } from './history.js';
import type { JournalEvent } from './journal.js';
import { readHistory } from './read.js';
import { type ExecutionState, isFinal } from './state.js';
import { earlier, summaryOf } from './summary.js';

/** Room that the journal must leave: for what a bundle holds beside it, and for a result that comes meanwhile. */
const ENVELOPE = 64 * 1024 + MAX_PAYLOAD;
/** Of each event: its short link, quoted. */
const LINK_LENGTH = 20;

export interface ExportOptions {
  /** Who drives the execution now, if anybody does here: it is told, so that its effects are given up at once. */
  readonly driver?: Pick<PlanDriver, 'transfer'>;
  /** Made by `ports.random` when absent. */
  readonly transferId?: string;
}

/**
 * Gives an execution away: resolves with its bundle once it can never go on in this store. Of one that was given away
 * already the bundle is read again.
 * @throws NotFoundError
 * @throws ConflictError `EXECUTION_FINISHED`, or `CHILD_UNDER_WAY` while it waits for another execution or another for it
 * @throws BundleError `BUNDLE_TOO_LARGE`, `BUNDLE_TOO_DEEP` or `BUNDLE_MALFORMED` where no host would take its bundle; the
 * execution goes on here then
 * @throws TransferredError `TRANSFER_CONFIRMED`
 */
export async function exportExecution(
  ports: Pick<RuntimePorts, 'store' | 'clock' | 'random' | 'functions'>,
  id: string,
  options: ExportOptions = {},
): Promise<ExecutionBundle> {
  const read = await found(ports.store, id, ports.functions);
  if (read.state.status !== 'transferred') {
    if (isFinal(read.state.status)) throw finished(read.state);
    if (tiedTo(read.plan, read.state) !== undefined) throw tied(read.plan, read.state);
    const journal = await readHistory(ports.store, id);
    const transferId = options.transferId ?? ports.random.id();
    requireShape(id, transferId, journal);
    requirePortable([read.plan.definition, ...journal]);
    if (options.driver === undefined) await transferStored(ports, id, transferId);
    else await options.driver.transfer(transferId);
  }
  return readBundle(ports.store, id, ports.functions);
}

/**
 * The bundle of an execution that was given away, the same each time.
 * @param functions those of the host that its definition calls
 * @throws NotFoundError
 * @throws ConflictError `NOT_TRANSFERRED`
 * @throws TransferredError `TRANSFER_CONFIRMED` once the target's receipt is there
 */
export async function readBundle(
  store: ExecutionStore,
  id: string,
  functions?: RuntimePorts['functions'],
): Promise<ExecutionBundle> {
  const { plan, state, summary } = await found(store, id, functions);
  requireTransferred(state);
  if (summary.handedOverAt !== undefined) {
    const message = `Execution ${id} has arrived where it was carried to; its bundle is not kept any longer`;
    throw new TransferredError(message, { code: 'TRANSFER_CONFIRMED' });
  }
  return bundleOf(plan, state, await readHistory(store, id));
}

/**
 * Takes the target's receipt: the bundle cannot be read any more. Twice is the same as once.
 * @param functions those of the host that its definition calls
 * @throws NotFoundError
 * @throws ConflictError `NOT_TRANSFERRED`, or `WRONG_RECEIPT` when it is of another transfer or of another history
 */
export async function confirmTransfer(
  store: ExecutionStore,
  id: string,
  receipt: TransferReceipt,
  functions?: RuntimePorts['functions'],
): Promise<void> {
  const { plan, state, summary } = await found(store, id, functions);
  requireTransferred(state);
  const digest = historyDigest(await readHistory(store, id));
  const own = { transferId: state.transfer?.id, executionId: id, digest };
  for (const field of ['transferId', 'executionId', 'digest'] as const) {
    if (receipt[field] === own[field]) continue;
    throw new ConflictError(`The receipt is not the one of this transfer of execution ${id}: its ${field} differs`, {
      code: 'WRONG_RECEIPT',
      field,
    });
  }
  if (!Number.isSafeInteger(receipt.importedAt)) {
    const message = `The receipt for execution ${id} has no "importedAt" in whole milliseconds since the epoch`;
    throw new ConflictError(message, { code: 'WRONG_RECEIPT', field: 'importedAt' });
  }
  if (summary.handedOverAt !== undefined) return;
  const opened = await store.open(id);
  if (opened === undefined) throw gone(id);
  await store.commit(id, {
    after: state.seq,
    epoch: opened.epoch,
    events: [],
    summary: { ...summaryOf(plan, state), handedOverAt: receipt.importedAt },
  });
}

export interface ImportOptions {
  /** The digest that the source gave by another way: a bundle that was made up as a whole is refused then. */
  readonly digest?: string;
}

export interface ImportResult {
  readonly id: string;
  /** Whether this transfer had arrived before; nothing was changed then. */
  readonly duplicate: boolean;
  readonly receipt: TransferReceipt;
  /** Names of the secrets that the execution reads: this host must have values for them. */
  readonly secrets: readonly string[];
}

/**
 * Takes an execution over from its bundle. What is stored then is found by `Driver.open` like any other: effects that
 * were under way are repeated under the same idempotency key, or fail with `OUTCOME_UNKNOWN`, and what is overdue is due.
 * @param bundle its text, or the value that it parses to; nothing in it is trusted
 * @throws BundleError with a code and the field, when it is not what a bundle must be, and `FUNCTION_NOT_FOUND` when it is,
 * but calls functions that this host lacks; nothing is stored
 * @throws ConflictError `EXECUTION_EXISTS` when another execution has the id, `TRANSFER_SOURCE` when this is the store
 * that gave it away
 */
export async function importExecution(
  ports: Pick<RuntimePorts, 'store' | 'clock' | 'functions'>,
  bundle: unknown,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const read = readShape(bundle);
  if (options.digest !== undefined && options.digest !== read.digest) {
    throw new BundleError('The bundle is not the one whose digest was announced', {
      code: 'BUNDLE_ALTERED',
      field: '/digest',
    });
  }
  const checked = checkBundle(read, ports.functions);
  for (let tries = 1; ; tries += 1) {
    try {
      return await take(ports, read, checked);
    } catch (error) {
      // Somebody was faster, maybe with the same transfer: look again.
      if (tries > 1 || !(error instanceof ConflictError) || !RACES.includes(error.code)) throw error;
    }
  }
}

const RACES: readonly string[] = ['EXECUTION_EXISTS', 'STALE_EPOCH', 'STALE_SEQ'];

async function take(
  ports: Pick<RuntimePorts, 'store' | 'clock'>,
  bundle: ExecutionBundle,
  { plan, state: before }: CheckedBundle,
): Promise<ImportResult> {
  const { store } = ports;
  const { executionId: id, transferId, digest, secrets } = bundle;
  const at = Math.max(ports.clock.now(), before.updatedAt);
  const { state, events } = advance(plan, before, { type: 'execution_imported', at, transferId });
  const result = (importedAt: number, duplicate: boolean): ImportResult => ({
    id,
    duplicate,
    receipt: { transferId, executionId: id, digest, importedAt },
    secrets,
  });
  const summary = wakingAt(at, summaryOf(plan, state), state);
  const snapshot = { seq: state.seq, state };
  const journal = [...bundle.journal, ...events];
  if ((await store.read(id)) === undefined) {
    await store.create({ summary, definition: plan.definition, events: journal, snapshot });
    return result(at, false);
  }
  const own = await readHistory(store, id);
  const arrived = own[bundle.journal.length];
  if (arrived?.type === 'execution_imported' && arrived.transferId === transferId && isPrefix(bundle.journal, own)) {
    return result(arrived.at, true);
  }
  requireReturn(bundle, own);
  const opened = await store.open(id);
  if (opened === undefined) throw gone(id);
  await store.commit(id, {
    after: own.length,
    epoch: opened.epoch,
    events: journal.slice(own.length),
    summary,
    snapshot,
  });
  return result(at, false);
}

/** An execution may come back to a store that gave it away, with what it did elsewhere. */
function requireReturn({ executionId, journal }: ExecutionBundle, own: readonly JournalEvent[]): void {
  if (own.at(-1)?.type === 'execution_transferred' && isPrefix(own, journal)) {
    if (own.length < journal.length) return;
    throw new ConflictError(`Execution ${executionId} was given away from here, and can be imported only elsewhere`, {
      code: 'TRANSFER_SOURCE',
    });
  }
  throw new ConflictError(`Another execution ${executionId} exists already`, { code: 'EXECUTION_EXISTS' });
}

function isPrefix(start: readonly JournalEvent[], whole: readonly JournalEvent[]): boolean {
  return start.every((event, index) => {
    const other = whole[index];
    return other !== undefined && canonicalJson(event) === canonicalJson(other);
  });
}

/** What was under way needs a driver at once, whatever deadlines there are. */
function wakingAt(at: number, summary: ExecutionSummary, state: ExecutionState): ExecutionSummary {
  const needed = state.activations.some(({ status }) => status === 'running');
  return needed ? { ...summary, wakeAt: earlier(summary.wakeAt, at) } : summary;
}

/** Gives away what nobody drives here; whoever does after all is refused at the next commit (I4). */
async function transferStored(
  { store, clock, functions }: Pick<RuntimePorts, 'store' | 'clock' | 'functions'>,
  id: string,
  transferId: string,
): Promise<void> {
  const opened = await store.open(id);
  if (opened === undefined) throw gone(id);
  const { plan, state } = await found(store, id, functions);
  if (state.status === 'transferred') return;
  if (isFinal(state.status)) throw finished(state);
  const at = Math.max(clock.now(), state.updatedAt);
  const next = advance(plan, state, { type: 'execution_transferred', at, transferId });
  if (next.events.length === 0) throw tied(plan, state);
  await store.commit(id, {
    after: state.seq,
    epoch: opened.epoch,
    events: next.events,
    summary: summaryOf(plan, next.state),
  });
}

/** @throws BundleError when no bundle could hold these */
function requirePortable(parts: readonly Json[]): void {
  let size = ENVELOPE;
  for (const part of parts) {
    if (isTooDeep(part, MAX_BUNDLE_DEPTH - 2)) {
      throw new BundleError(`A bundle is nested at most ${MAX_BUNDLE_DEPTH} levels deep`, { code: 'BUNDLE_TOO_DEEP' });
    }
    size += JSON.stringify(part).length + LINK_LENGTH;
  }
  if (size > MAX_BUNDLE) {
    throw new BundleError(`The bundle would have about ${size} characters, over ${MAX_BUNDLE}`, {
      code: 'BUNDLE_TOO_LARGE',
    });
  }
}

async function found(
  store: ExecutionStore,
  id: string,
  functions: RuntimePorts['functions'],
): Promise<NonNullable<Awaited<ReturnType<typeof readExecution>>>> {
  const read = await readExecution(store, id, functions);
  if (read === undefined) throw gone(id);
  return read;
}

function gone(id: string): NotFoundError {
  return new NotFoundError(`There is no execution ${id}`);
}

function finished({ executionId, status }: ExecutionState): ConflictError {
  return new ConflictError(`Execution ${executionId} has ended as ${status}; there is nothing to carry`, {
    code: 'EXECUTION_FINISHED',
  });
}

function requireTransferred({ executionId, status }: ExecutionState): void {
  if (status === 'transferred') return;
  throw new ConflictError(`Execution ${executionId} was not given away`, { code: 'NOT_TRANSFERRED' });
}
