/** Reads what claims to be a bundle into one, as far as its shape goes. Nothing in it is trusted. */

import { BundleError } from '../errors.js';
import { isJsonObject, isList, type Json, type JsonObject } from '../json.js';
import { child } from '../pointer.js';
import {
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  type ExecutionBundle,
  isTooDeep,
  MAX_BUNDLE,
  MAX_BUNDLE_DEPTH,
} from './bundle.js';
import { LONGEST_ID, MAX_SIGNALS } from './driver.js';
import { JOURNAL_VERSION, type JournalEvent } from './journal.js';

const ID = `an id of 1 to ${LONGEST_ID} characters`;
/** The last time that a date has. */
const LAST_TIME = 8.64e15;

/**
 * @param given a text, or the value that it parses to
 * @throws BundleError `BUNDLE_TOO_LARGE`, `BUNDLE_NOT_JSON`, `BUNDLE_TOO_DEEP`, `BUNDLE_FOREIGN`, `BUNDLE_VERSION`,
 * `JOURNAL_FORMAT` or `BUNDLE_MALFORMED`
 */
export function readShape(given: unknown): ExecutionBundle {
  const value = parsed(given);
  if (isTooDeep(value)) {
    throw new BundleError(`A bundle is nested at most ${MAX_BUNDLE_DEPTH} levels deep`, { code: 'BUNDLE_TOO_DEEP' });
  }
  if (!isJsonObject(value) || value.format !== BUNDLE_FORMAT) {
    throw new BundleError(`This is no bundle: its "format" is not "${BUNDLE_FORMAT}"`, {
      code: 'BUNDLE_FOREIGN',
      field: '/format',
    });
  }
  if (value.version !== BUNDLE_VERSION) {
    const found = typeof value.version === 'number' ? value.version : 'none';
    const message = `The bundle has version ${found}; this runtime reads version ${BUNDLE_VERSION}`;
    throw new BundleError(message, { code: 'BUNDLE_VERSION', field: '/version' });
  }
  return shaped(value);
}

function parsed(given: unknown): Json {
  let text: string | undefined;
  try {
    text = typeof given === 'string' ? given : JSON.stringify(given);
  } catch (cause) {
    throw new BundleError('The bundle cannot be written as JSON', { code: 'BUNDLE_NOT_JSON', cause });
  }
  if (text === undefined) throw new BundleError('The bundle is not JSON', { code: 'BUNDLE_NOT_JSON' });
  if (text.length > MAX_BUNDLE) {
    throw new BundleError(`The bundle has ${text.length} characters; at most ${MAX_BUNDLE} are read`, {
      code: 'BUNDLE_TOO_LARGE',
    });
  }
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch (cause) {
    throw new BundleError('The bundle is not JSON', { code: 'BUNDLE_NOT_JSON', cause });
  }
}

function shaped(bundle: JsonObject): ExecutionBundle {
  const { transferId, executionId, planHash, definition, journal, links, digest, deadlines, secrets, checksum } =
    bundle;
  if (!isId(transferId)) throw malformed('/transferId', ID);
  if (!isId(executionId)) throw malformed('/executionId', ID);
  if (!isText(planHash)) throw malformed('/planHash', 'a hash');
  if (!isJsonObject(definition)) throw malformed('/definition', 'an object');
  if (!isText(digest)) throw malformed('/digest', 'a hash');
  if (!isText(checksum)) throw malformed('/checksum', 'a hash');
  if (!isListOf(links, isText)) throw malformed('/links', 'a list of hashes');
  if (!isListOf(secrets, isText)) throw malformed('/secrets', 'a list of names');
  if (!isListOf(deadlines, isDeadline)) throw malformed('/deadlines', 'a list of deadlines');
  const known = { transferId, executionId, planHash, definition, journal: journalOf(journal), links, digest };
  const read = { format: BUNDLE_FORMAT, version: BUNDLE_VERSION, ...known, deadlines, secrets, checksum } as const;
  const more = Object.keys(bundle).find((name) => !Object.hasOwn(read, name));
  if (more === undefined) return read;
  throw new BundleError('The bundle was altered: it has a field that no bundle has', {
    code: 'BUNDLE_ALTERED',
    field: child('', more),
  });
}

/**
 * Holds an execution to the shape that its bundle would have, so that none is given away which no host takes.
 * @throws BundleError `BUNDLE_MALFORMED`, with the place in that bundle
 */
export function requireShape(executionId: string, transferId: string, journal: readonly JournalEvent[]): void {
  try {
    if (!isId(transferId)) throw malformed('/transferId', ID);
    if (!isId(executionId)) throw malformed('/executionId', ID);
    journalOf(journal);
  } catch (cause) {
    if (!(cause instanceof BundleError)) throw cause;
    const { code, field, message } = cause;
    throw new BundleError(`Execution ${executionId} cannot be carried, as no host would take it: ${message}`, {
      code,
      cause,
      ...(field === undefined ? {} : { field }),
    });
  }
}

function journalOf(value: Json | undefined): readonly JournalEvent[] {
  if (!isList(value) || value.length === 0) throw malformed('/journal', 'a list of events');
  const [first] = value;
  if (isJsonObject(first) && typeof first.format === 'number' && first.format > JOURNAL_VERSION) {
    const message = `The journal has format ${first.format}; this runtime reads up to ${JOURNAL_VERSION}`;
    throw new BundleError(message, { code: 'JOURNAL_FORMAT', field: '/journal/0/format' });
  }
  let signals = 0;
  let before = 0;
  const events = value.map((event, index): JournalEvent => {
    const path = `/journal/${index}`;
    if (!isEvent(event, path)) throw malformed(path, 'an event');
    if (event.seq !== index + 1) throw malformed(`${path}/seq`, `${index + 1}`);
    if (event.at < before) throw malformed(`${path}/at`, 'no time before that of the event before it');
    before = event.at;
    signals += signalCount(event);
    return event;
  });
  if (signals > MAX_SIGNALS) throw malformed('/journal', `a history of at most ${MAX_SIGNALS} signals`);
  return events;
}

/** Towards the most that are taken. Each approval that was asked has room for its decision: the replay holds those to the plan. */
function signalCount(event: JournalEvent): number {
  if (event.type === 'approval_requested') return -1;
  return event.type === 'signal_received' ? 1 : 0;
}

function malformed(field: string, wanted: string): BundleError {
  return new BundleError(`The bundle is malformed: ${field} must be ${wanted}`, { code: 'BUNDLE_MALFORMED', field });
}

// --- Events ---

type Check = (value: Json) => boolean;

/** What a field of an event holds, wherever it stands. Those that hold any value are not listed. */
const FIELDS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ...[
    'seq',
    'activation',
    'attempt',
    'frame',
    'iteration',
    'index',
    'count',
    'branch',
    'compensates',
    'format',
    'seed',
  ].map((name): [string, Check] => [name, isCount]),
  ...['at', 'retryAt', 'dueAt'].map((name): [string, Check] => [name, isTime]),
  ...['type', 'step', 'port', 'name', 'message', 'reason', 'timer', 'level', 'status'].map((name): [string, Check] => [
    name,
    isText,
  ]),
  ...['id', 'transferId', 'executionId', 'organizationId', 'threadId'].map((name): [string, Check] => [name, isText]),
  ['repeatable', (value) => typeof value === 'boolean'],
  ['variables', isJsonObject],
  ['trigger', (value) => isJsonObject(value) && isText(value.type)],
  [
    'workflow',
    (value) => isJsonObject(value) && ['slug', 'name', 'version', 'hash'].every((name) => isText(value[name])),
  ],
  ['usage', (value) => isJsonObject(value) && isCount(value.inputTokens) && isCount(value.outputTokens)],
  ['error', isError],
  [
    'origin',
    (value) =>
      isJsonObject(value) &&
      [value.executionId, value.step, value.planHash].every(isText) &&
      isCount(value.seq) &&
      isCount(value.activation),
  ],
]);

/** What must stand in the events that come from outside; all others are compared with what the plan makes of those. */
const REQUIRED: ReadonlyMap<string, readonly string[]> = new Map([
  ['execution_started', ['format', 'executionId', 'workflow', 'input', 'trigger', 'seed']],
  ['step_succeeded', ['activation', 'attempt', 'output']],
  ['step_failed', ['activation', 'attempt', 'error']],
  ['step_interrupted', ['activation', 'attempt', 'repeatable']],
  ['timer_fired', ['timer']],
  ['signal_received', ['id', 'name', 'data']],
  ['log', ['activation', 'level', 'message']],
  ['checkpoint', ['activation', 'name', 'data']],
  ['child_started', ['activation', 'attempt', 'executionId']],
  ['child_ended', ['activation', 'executionId', 'status']],
  ['cancellation_requested', ['reason']],
  ['execution_cancelled', ['reason']],
  ['execution_transferred', ['transferId']],
  ['execution_imported', ['transferId']],
  ['execution_forked', ['executionId', 'origin']],
]);

/** @throws BundleError `BUNDLE_MALFORMED` that names the field */
function isEvent(value: Json, path: string): value is JournalEvent {
  if (!isJsonObject(value)) return false;
  for (const name of ['type', 'at', 'seq', ...(REQUIRED.get(isText(value.type) ? value.type : '') ?? [])]) {
    if (!Object.hasOwn(value, name)) throw malformed(`${path}/${name}`, 'there');
  }
  for (const [name, field] of Object.entries(value)) {
    if (FIELDS.get(name)?.(field) === false) throw malformed(`${path}/${name}`, 'what such a field holds');
  }
  return true;
}

function isError(value: Json): boolean {
  if (!isJsonObject(value) || !isText(value.code) || !isText(value.message)) return false;
  const { stepSlug = '', attempts = 0, retryable = true, retryAfter = 0 } = value;
  return isText(stepSlug) && isCount(attempts) && typeof retryable === 'boolean' && isTime(retryAfter);
}

function isDeadline(value: Json): value is ExecutionBundle['deadlines'][number] {
  return isJsonObject(value) && isTime(value.dueAt) && isText(value.timer);
}

function isListOf<T extends Json>(value: Json | undefined, check: (item: Json) => item is T): value is readonly T[] {
  return isList(value) && value.every(check);
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string';
}

function isId(value: Json | undefined): value is string {
  return isText(value) && value.length > 0 && value.length <= LONGEST_ID;
}

function isCount(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isTime(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= LAST_TIME;
}
