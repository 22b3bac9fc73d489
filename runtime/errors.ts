import type { Json } from './json.js';

/**
 * Every failure a user can cause is a {@link NewtflowError}: a class for the kind, a stable `code` for programs, a
 * `message` for people, and where it is known the step, the field and the position. What follows from each is said on
 * its class.
 */
export interface ErrorDetails {
  readonly code?: string;
  /** Slug of the step that failed. */
  readonly step?: string;
  /** JSON pointer, or the name of the field, that holds the offending text. */
  readonly field?: string;
  readonly details?: Json;
  readonly cause?: unknown;
}

/** How an error is kept in the journal and shown to a workflow as `error` or `steps.<slug>.error`. */
export type ErrorRecord = {
  readonly code: string;
  readonly message: string;
  readonly stepSlug?: string;
  readonly details?: Json;
  readonly attempts?: number;
  /** Whether another attempt could succeed; absent means no. */
  readonly retryable?: boolean;
  /** Milliseconds the other side asked us to wait before another attempt. */
  readonly retryAfter?: number;
};

export abstract class NewtflowError extends Error {
  /** Written out in each class, so that a minifier does not change it. */
  abstract override readonly name: string;
  readonly code: string;
  readonly step: string | undefined;
  readonly field: string | undefined;
  readonly details: Json | undefined;

  constructor(defaultCode: string, message: string, given?: ErrorDetails) {
    // Without a prototype: what a page has put there says nothing about an error.
    const details: ErrorDetails = Object.assign(Object.create(null), given);
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code ?? defaultCode;
    this.step = details.step;
    this.field = details.field;
    this.details = details.details;
  }
}

export type Severity = 'error' | 'warning';

/** One thing wrong with a document or an input. `path` is a JSON pointer (RFC 6901) into what was checked. */
export interface Issue {
  readonly code: string;
  readonly severity: Severity;
  readonly path: string;
  readonly step?: string;
  readonly field?: string;
  readonly message: string;
  /** What to do about it, such as the nearest right name. */
  readonly hint?: string;
  /** Where in the text it is, both from 1, where no pointer can say it: what is malformed, or stands there twice. */
  readonly location?: { readonly line: number; readonly column: number };
}

/** A definition or an input is wrong. Consequence: nothing starts and nothing is stored. */
export class ValidationError extends NewtflowError {
  override readonly name = 'ValidationError';
  readonly issues: readonly Issue[];
  constructor(message: string, issues: readonly Issue[], details?: ErrorDetails) {
    super('INVALID_DEFINITION', message, details);
    this.issues = issues;
  }
}

/** An expression does not parse, or cannot be evaluated. Consequence: the step fails, without a retry. */
export class ExpressionError extends NewtflowError {
  override readonly name = 'ExpressionError';
  readonly source: string;
  /** Offset into {@link source}, in UTF-16 units, where that is known. */
  readonly position: number | undefined;
  constructor(message: string, at: { source: string; position?: number | undefined }, details?: ErrorDetails) {
    super('EXPRESSION_INVALID', message, details);
    this.source = at.source;
    this.position = at.position;
  }
}

/** A template does not parse, or cannot be rendered. Consequence: the step fails, without a retry. */
export class TemplateError extends NewtflowError {
  override readonly name = 'TemplateError';
  readonly source: string;
  readonly position: number | undefined;
  constructor(message: string, at: { source: string; position?: number | undefined }, details?: ErrorDetails) {
    super('TEMPLATE_INVALID', message, details);
    this.source = at.source;
    this.position = at.position;
  }
}

export interface ActionErrorDetails extends ErrorDetails {
  readonly retryable?: boolean;
  /** Milliseconds to wait before another attempt, such as an HTTP `Retry-After` says. */
  readonly retryAfter?: number;
}

/** An action or a model failed. Consequence: a retry where the policy grants one, else the step's `error` port. */
export class ActionError extends NewtflowError {
  override readonly name = 'ActionError';
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  constructor(message: string, details: ActionErrorDetails = {}) {
    super('ACTION_FAILED', message, details);
    this.retryable = details.retryable ?? true;
    this.retryAfter = details.retryAfter;
  }
}

/** A bound on time was passed. Consequence: as for {@link ActionError}; for the execution's own timeout, its end. */
export class TimeoutError extends NewtflowError {
  override readonly name = 'TimeoutError';
  constructor(message: string, details?: ErrorDetails) {
    super('TIMEOUT', message, details);
  }
}

/** The execution was cancelled. Consequence: it has ended; running effects are told by their signal. */
export class CancelledError extends NewtflowError {
  override readonly name = 'CancelledError';
  constructor(message: string, details?: ErrorDetails) {
    super('CANCELLED', message, details);
  }
}

/** A bound on steps, size or depth was passed. Consequence: the step, or the execution, fails; no retry. */
export class LimitError extends NewtflowError {
  override readonly name = 'LimitError';
  constructor(message: string, details?: ErrorDetails) {
    super('LIMIT', message, details);
  }
}

/** Another writer was first: a stale epoch or sequence, or an id in use. Consequence: this driver stops; load again. */
export class ConflictError extends NewtflowError {
  override readonly name = 'ConflictError';
  constructor(message: string, details?: ErrorDetails) {
    super('CONFLICT', message, details);
  }
}

/** The execution was carried to another host. Consequence: it never goes on here; ask where it went. */
export class TransferredError extends NewtflowError {
  override readonly name = 'TransferredError';
  constructor(message: string, details?: ErrorDetails) {
    super('TRANSFERRED', message, details);
  }
}

/**
 * What was to be imported is not what an execution's bundle must be: `code` says in which way, `field` is a JSON pointer
 * into the bundle. Consequence: nothing is stored.
 */
export class BundleError extends NewtflowError {
  override readonly name = 'BundleError';
  constructor(message: string, details?: ErrorDetails) {
    super('BUNDLE_MALFORMED', message, details);
  }
}

/** What was asked for does not exist. Consequence: nothing happened. */
export class NotFoundError extends NewtflowError {
  override readonly name = 'NotFoundError';
  constructor(message: string, details?: ErrorDetails) {
    super('NOT_FOUND', message, details);
  }
}

/** The store could not read or write. Consequence: nothing of the failed commit is kept; the driver stops, and resumes from what is. */
export class StorageError extends NewtflowError {
  override readonly name = 'StorageError';
  constructor(message: string, details?: ErrorDetails) {
    super('STORAGE_FAILED', message, details);
  }
}
