import {
  ActionError,
  type ErrorRecord,
  ExpressionError,
  NewtflowError,
  TemplateError,
  TimeoutError,
} from '../errors.js';
import type { Json } from '../json.js';
import { toJson } from '../to-json.js';
import type { Place } from './work.js';

/** A year, in milliseconds: as long as the other side may keep us waiting. */
const LONGEST_RETRY_AFTER = 365 * 24 * 60 * 60 * 1000;

/** What the journal keeps of an error that was thrown. An error of no known class came from an action: it may be retried. */
export function errorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof NewtflowError)) {
    return { code: 'ACTION_FAILED', message: messageOf(error), retryable: true };
  }
  const details = plainDetails(error);
  return {
    code: String(error.code),
    message: messageOf(error),
    ...(details === undefined ? {} : { details }),
    ...retryFields(error),
  };
}

/** What a thrown value says of itself; anything can be thrown, also what has no text. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error && typeof error.message === 'string' ? error.message : String(error);
  } catch {
    return 'What was thrown has no text';
  }
}

/** The details as they can be kept: what is no JSON is said to be left out. */
function plainDetails(error: NewtflowError): Json | undefined {
  const details: unknown = error.details === undefined ? sourceOf(error) : error.details;
  if (details === undefined) return undefined;
  try {
    return toJson(details).json;
  } catch {
    return 'The details are no JSON, and left out';
  }
}

/** The author's text that could not be evaluated, and the place in it. */
function sourceOf(error: NewtflowError): object | undefined {
  if (!(error instanceof ExpressionError || error instanceof TemplateError)) return undefined;
  const { source, position } = error;
  return { source, position };
}

function retryFields(error: NewtflowError): Pick<ErrorRecord, 'retryable' | 'retryAfter'> {
  if (error instanceof TimeoutError) return { retryable: true };
  if (!(error instanceof ActionError) || !error.retryable) return {};
  const { retryAfter } = error;
  // A host may hand on what the other side sent: no number, or one that no date has.
  if (typeof retryAfter !== 'number' || Number.isNaN(retryAfter)) return { retryable: true };
  return { retryable: true, retryAfter: Math.min(Math.max(0, Math.ceil(retryAfter)), LONGEST_RETRY_AFTER) };
}

/** The record with the place it belongs to. */
export function located(error: ErrorRecord, place: Place, attempts: number): ErrorRecord {
  return { ...error, stepSlug: place.slug, attempts };
}
