/** Stub files: what they may say, and what each answer in them means. */

import { parseDuration } from '../definition/duration.js';
import { type Issue, ValidationError } from '../errors.js';
import { isJsonObject, isList, type Json, type JsonObject } from '../json.js';
import { child } from '../pointer.js';
import type { ModelUsage, ToolCall } from '../ports.js';

/** What is answered when a call fails; of another workflow, also where in it, and after how many attempts. */
export interface StubError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** Milliseconds. */
  readonly retryAfter?: number;
  readonly details?: Json;
  readonly stepSlug?: string;
  readonly attempts?: number;
}

/** One prepared answer. */
export type Answer = (
  | { readonly kind: 'output'; readonly output: Json; readonly usage?: ModelUsage }
  | {
      readonly kind: 'toolCalls';
      readonly calls: readonly ToolCall[];
      /** What a model says along with them. */
      readonly text: string;
      readonly usage?: ModelUsage;
    }
  | { readonly kind: 'error'; readonly error: StubError }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'never' }
) & {
  /** Milliseconds until it comes. */
  readonly after?: number;
};

/**
 * The answers by key.
 * @throws ValidationError `INVALID_STUBS` with every issue, its `path` a JSON pointer into the document
 */
export function readStubs(document: Json): ReadonlyMap<string, readonly Answer[]> {
  const issues: Issue[] = [];
  const stubs = new Map<string, readonly Answer[]>();
  if (isJsonObject(document)) {
    for (const [key, entry] of Object.entries(document)) {
      if (key !== '$schema') stubs.set(key, readEntry(entry, child('', key), issues));
    }
  } else {
    report(issues, '', 'Stubs are an object that maps a step slug, an action type or "llm" to an answer.');
  }
  if (issues.length > 0) {
    const count = issues.length === 1 ? 'is one problem' : `are ${issues.length} problems`;
    throw new ValidationError(`There ${count} in the stubs.`, issues, { code: 'INVALID_STUBS' });
  }
  return stubs;
}

function readEntry(entry: Json, path: string, issues: Issue[]): readonly Answer[] {
  if (!isList(entry)) return readAnswer(entry, path, issues);
  if (entry.length === 0) report(issues, path, 'A list of answers needs at least one.');
  return entry.flatMap((item, index) => readAnswer(item, `${path}/${index}`, issues));
}

function readAnswer(value: Json, path: string, issues: Issue[]): Answer[] {
  const given = isJsonObject(value) ? value : {};
  const kinds = Object.keys(given).filter((key) => !BESIDE.includes(key));
  const kind = KINDS.find((known) => known === kinds[0]);
  if (kinds.length !== 1 || kind === undefined) {
    report(issues, path, 'An answer is {"output": …}, {"error": {"code", "message"}} or {"never": true}.', HINT);
    return [];
  }
  for (const key of BESIDE) {
    const fits = key === 'after' ? kind !== 'never' : key === 'text' ? kind === 'toolCalls' : true;
    if (given[key] !== undefined && !fits) report(issues, `${path}/${key}`, `"${key}" does not go with "${kind}".`);
  }
  const beside = readBeside(given, path, issues);
  return readKind(kind, given[kind] ?? null, given, `${path}/${kind}`, issues).map((answer) => ({
    ...answer,
    ...beside,
  }));
}

const KINDS = ['output', 'toolCalls', 'error', 'cancelled', 'never'] as const;
/** What may stand beside an answer. */
const BESIDE: readonly string[] = ['usage', 'after', 'text'];

function readKind(
  kind: (typeof KINDS)[number],
  value: Json,
  { text = '', usage }: JsonObject,
  path: string,
  issues: Issue[],
): Answer[] {
  const used = readUsage(usage, path, issues);
  if (kind === 'output') return [{ kind, output: value, ...used }];
  if (kind === 'error') return readError(value, path, issues);
  if (kind === 'toolCalls') {
    if (typeof text !== 'string') report(issues, path, '"text" is what the model says along with its calls.');
    return [{ kind, calls: readCalls(value, path, issues), text: String(text), ...used }];
  }
  if (value !== true) report(issues, path, `"${kind}" takes no value but true.`);
  return [{ kind }];
}

function readBeside({ after }: JsonObject, path: string, issues: Issue[]): { readonly after?: number } {
  if (after === undefined) return {};
  const ms = parseDuration(after);
  if (ms === undefined) report(issues, `${path}/after`, '"after" is milliseconds, or a duration such as "30s".');
  return ms === undefined ? {} : { after: ms };
}

function readUsage(usage: Json | undefined, path: string, issues: Issue[]): { readonly usage?: ModelUsage } {
  if (usage === undefined) return {};
  const { inputTokens, outputTokens } = isJsonObject(usage) ? usage : {};
  if (typeof inputTokens === 'number' && typeof outputTokens === 'number') {
    return { usage: { inputTokens, outputTokens } };
  }
  report(issues, path.replace(/[^/]*$/, 'usage'), '"usage" is {"inputTokens", "outputTokens"}, two numbers.');
  return {};
}

function readCalls(value: Json, path: string, issues: Issue[]): ToolCall[] {
  const calls = isList(value) ? value : [];
  if (calls.length === 0) report(issues, path, '"toolCalls" is a list of at least one {"name", "arguments"}.');
  return calls.flatMap((call, index) => {
    const { id = `call_${index + 1}`, name, arguments: given = {} } = isJsonObject(call) ? call : {};
    if (typeof name === 'string' && typeof id === 'string') return [{ id, name, arguments: given }];
    report(issues, `${path}/${index}`, 'A call of a tool is {"name", "arguments"?, "id"?}.');
    return [];
  });
}

const HINT = 'Put the value to answer with under "output".';
const ERROR_FIELDS: Readonly<Record<string, readonly ['string' | 'boolean' | 'number' | 'any', string]>> = {
  code: ['string', 'text'],
  message: ['string', 'text'],
  retryable: ['boolean', 'true or false'],
  retryAfter: ['number', 'a number of milliseconds, 0 or more'],
  details: ['any', 'JSON'],
  stepSlug: ['string', 'text'],
  attempts: ['number', 'a number, 0 or more'],
};

function readError(value: Json, path: string, issues: Issue[]): Answer[] {
  if (!isJsonObject(value)) {
    report(issues, path, 'An error is an object with "code" and "message".');
    return [];
  }
  const before = issues.length;
  for (const [field, content] of Object.entries(value)) checkErrorField(field, content, path, issues);
  const { code, message, retryable, retryAfter, details, stepSlug, attempts } = value;
  if (code === undefined) report(issues, path, 'The error has no "code".');
  if (issues.length > before) return [];
  const error = {
    code: String(code),
    message: typeof message === 'string' ? message : String(code),
    retryable: retryable !== false,
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
    ...(details === undefined ? {} : { details }),
    ...(typeof stepSlug === 'string' ? { stepSlug } : {}),
    ...(typeof attempts === 'number' ? { attempts } : {}),
  };
  return [{ kind: 'error', error }];
}

function checkErrorField(field: string, content: Json, path: string, issues: Issue[]): void {
  const rule = Object.hasOwn(ERROR_FIELDS, field) ? ERROR_FIELDS[field] : undefined;
  const at = child(path, field);
  if (rule === undefined) {
    report(issues, at, `An error has no field "${field}".`, `It may have ${Object.keys(ERROR_FIELDS).join(', ')}.`);
  } else if (rule[0] !== 'any' && (typeof content !== rule[0] || (typeof content === 'number' && content < 0))) {
    report(issues, at, `"${field}" is ${rule[1]}.`);
  }
}

function report(issues: Issue[], path: string, message: string, hint?: string): void {
  issues.push({ code: 'INVALID_STUB', severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) });
}
