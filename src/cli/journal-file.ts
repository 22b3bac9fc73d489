import { historyDigest, type Issue, JOURNAL_VERSION, type JournalEvent } from '../../runtime/index.js';
import type { Json, JsonObject } from '../../runtime/ports.js';
import { FileError, type SourceFile } from './files.js';

export const JOURNAL_FORMAT = 'newtflow-journal/1';

/** What `run --journal` writes: all that is needed to replay a run elsewhere. */
export interface JournalFile {
  readonly format: typeof JOURNAL_FORMAT;
  readonly definition: JsonObject;
  readonly events: readonly JournalEvent[];
  /** Chained SHA-256 of the events, in hex; absent where a hand made the file. */
  readonly digest?: string;
}

/** The text of a journal file. */
export function journalText(definition: JsonObject, events: readonly JournalEvent[]): string {
  const digest = historyDigest(events);
  const head = `"format": ${JSON.stringify(JOURNAL_FORMAT)},\n"digest": "${digest}",\n"definition": ${JSON.stringify(definition)}`;
  // One event a line, so that two journals can be compared by any tool.
  return `{\n${head},\n"events": [\n${events.map(lineOf).join(',\n')}\n]\n}\n`;
}

/** What tells events apart stands first, before what they carry. */
function lineOf(event: JournalEvent): string {
  const { seq, at, type, ...rest } = event;
  const where = 'activation' in event ? { activation: event.activation, step: event.step } : {};
  return JSON.stringify({ seq, at, type, ...where, ...rest });
}

/** @throws FileError with everything that keeps the file from being a journal. */
export function readJournal(file: SourceFile): JournalFile {
  const issues: Issue[] = [];
  const say = (path: string, message: string): void => {
    issues.push({ code: 'INVALID_JOURNAL', severity: 'error', path, message });
  };
  const document = isObject(file.document) ? file.document : {};
  if (document !== file.document) say('', 'A journal is an object, as `run --journal` writes it.');
  const { format = null, definition = null, events = null, digest } = document;
  if (format !== JOURNAL_FORMAT)
    say('/format', `The format must be "${JOURNAL_FORMAT}", not ${JSON.stringify(format)}.`);
  if (!isObject(definition)) say('/definition', 'The definition must be an object.');
  if (digest !== undefined && typeof digest !== 'string') say('/digest', 'The digest must be text.');
  const read = readEvents(events, say);
  if (issues.length > 0 || !isObject(definition)) {
    throw new FileError(`${file.name} is not a journal.`, { file, issues });
  }
  return { format: JOURNAL_FORMAT, definition, events: read, ...(typeof digest === 'string' ? { digest } : {}) };
}

function readEvents(events: Json, say: (path: string, message: string) => void): JournalEvent[] {
  if (!isList(events) || events.length === 0) {
    say('/events', 'The events must be a list of at least one.');
    return [];
  }
  const read: JournalEvent[] = [];
  for (const [index, event] of events.entries()) {
    if (isEvent(event)) read.push(event);
    else say(`/events/${index}`, 'An event has a number "seq", a number "at" and a text "type".');
  }
  const [first] = read;
  if (first?.type === 'execution_started' && first.format !== JOURNAL_VERSION) {
    say('/events/0/format', `Histories of format ${JOURNAL_VERSION} are read, not ${JSON.stringify(first.format)}.`);
  }
  return read;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** Only the outline: an event that is no more than that is where the replay then diverges. */
function isEvent(value: unknown): value is JournalEvent {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'seq' in value &&
    typeof value.seq === 'number' &&
    'at' in value &&
    typeof value.at === 'number' &&
    'type' in value &&
    typeof value.type === 'string'
  );
}
