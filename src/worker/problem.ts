import type { ContentfulStatusCode } from 'hono/utils/http-status';
import {
  ConflictError,
  type Issue,
  LimitError,
  NewtflowError,
  NotFoundError,
  StorageError,
  ValidationError,
} from '../../runtime/index.js';
import { BundleError, TransferredError } from '../../runtime/operations.js';
import type { Logger } from '../../runtime/ports.js';
import type { Location } from '../../runtime/tooling.js';

/** An issue with its place in the text that was sent, both counted from 1. */
export interface LocatedIssue extends Omit<Issue, 'location'> {
  readonly line?: number;
  readonly column?: number;
}

/** `place` is where the issue's path leads; what names a place itself knows better. */
export function locatedIssue({ location, ...issue }: Issue, place?: Location): LocatedIssue {
  return { ...issue, ...(location ?? place) };
}

/** An answer that is an error: RFC 9457 problem details with a stable `code`. */
export class HttpProblem extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly issues: readonly LocatedIssue[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ContentfulStatusCode,
    code: string,
    detail: string,
    more: { readonly issues?: readonly LocatedIssue[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.name = 'HttpProblem';
    this.status = status;
    this.code = code;
    this.issues = more.issues;
    this.headers = more.headers ?? {};
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not valid',
  429: 'Too many',
  500: 'Internal error',
  501: 'Not set up',
  502: 'The other side failed',
  503: 'Not available now',
};

/** One thing wrong with a parameter, a header or the shape of a body. */
export function invalidRequest(path: string, message: string, hint?: string): HttpProblem {
  const issue: Issue = { code: 'INVALID_REQUEST', severity: 'error', path, message, ...(hint ? { hint } : {}) };
  return new HttpProblem(400, 'INVALID_REQUEST', message, { issues: [issue] });
}

/** `instance` is the path that was asked for. What nobody foresaw is logged and answered without its text. */
export function problemResponse(error: unknown, instance: string, logger?: Logger): Response {
  const problem = asProblem(error);
  if (problem.status === 500) logger?.log('error', 'A request failed.', { instance, error: describe(error) });
  const body = {
    type: `urn:newtflow:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`,
    title: titles[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.message,
    instance,
    code: problem.code,
    ...(problem.issues ? { issues: problem.issues } : {}),
  };
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  });
}

function asProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof NewtflowError) {
    const issues = error instanceof ValidationError ? { issues: error.issues } : {};
    return new HttpProblem(statusOf(error), error.code, error.message, issues);
  }
  if (isPassing(error)) return new HttpProblem(503, 'UNAVAILABLE', 'The service is busy; try again.');
  return new HttpProblem(500, 'INTERNAL', 'Something went wrong on our side; it was noted.');
}

function statusOf(error: NewtflowError): ContentfulStatusCode {
  // Nothing that was asked is wrong: what lacks a function today may have it after the next deployment, and is asked again.
  if (error.code === 'FUNCTION_NOT_FOUND') return 501;
  if (error instanceof ValidationError) {
    return error.code === 'INVALID_REQUEST' || error.code === 'MALFORMED_JSON' ? 400 : 422;
  }
  if (error instanceof ConflictError) return error.code === 'QUEUE_LIMIT' ? 429 : 409;
  if (error instanceof TransferredError) return 409;
  if (error instanceof BundleError) return 422;
  if (error instanceof NotFoundError) return 404;
  if (error instanceof LimitError) return error.code === 'PAYLOAD_LIMIT' ? 413 : 422;
  if (error instanceof StorageError) return 503;
  return 500;
}

/** Durable Objects mark errors that pass by themselves. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && (('retryable' in error && error.retryable === true) || 'overloaded' in error);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
