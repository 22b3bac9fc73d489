import { ActionError, type ErrorRecord, NewtflowError, TimeoutError } from '../errors.js';
import type { Place } from './work.js';

/** What the journal keeps of an error that was thrown. An error of no known class came from an action: it may be retried. */
export function errorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof NewtflowError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: 'ACTION_FAILED', message, retryable: true };
  }
  return {
    code: error.code,
    message: error.message,
    ...(error.details === undefined ? {} : { details: error.details }),
    ...retryFields(error),
  };
}

function retryFields(error: NewtflowError): Pick<ErrorRecord, 'retryable' | 'retryAfter'> {
  if (error instanceof TimeoutError) return { retryable: true };
  if (!(error instanceof ActionError) || !error.retryable) return {};
  return error.retryAfter === undefined
    ? { retryable: true }
    : { retryable: true, retryAfter: Math.max(0, Math.ceil(error.retryAfter)) };
}

/** The record with the place it belongs to. */
export function located(error: ErrorRecord, place: Place, attempts: number): ErrorRecord {
  return { ...error, stepSlug: place.slug, attempts };
}
