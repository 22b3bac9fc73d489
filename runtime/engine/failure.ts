import {
  ActionError,
  type ErrorRecord,
  ExpressionError,
  NewtflowError,
  TemplateError,
  TimeoutError,
} from '../errors.js';
import type { Json } from '../json.js';
import type { Place } from './work.js';

/** What the journal keeps of an error that was thrown. An error of no known class came from an action: it may be retried. */
export function errorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof NewtflowError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: 'ACTION_FAILED', message, retryable: true };
  }
  const details = error.details ?? sourceOf(error);
  return {
    code: error.code,
    message: error.message,
    ...(details === undefined ? {} : { details }),
    ...retryFields(error),
  };
}

/** The author's text that could not be evaluated, and the place in it. */
function sourceOf(error: NewtflowError): Json | undefined {
  if (!(error instanceof ExpressionError) && !(error instanceof TemplateError)) return undefined;
  const { source, position } = error;
  return position === undefined ? { source } : { source, position };
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
