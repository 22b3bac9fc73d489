import { type ErrorDetails, type Issue, NewtflowError } from '../runtime/index.js';

export interface RemoteErrorDetails extends ErrorDetails {
  readonly status?: number;
  readonly issues?: readonly Issue[];
}

/**
 * A Worker refused a request, or could not be reached (`NETWORK_ERROR`, without a status). `code` and `issues` are what
 * the Worker said. Consequence: nothing happened, save after `NETWORK_ERROR`, when it is not known.
 */
export class RemoteError extends NewtflowError {
  override readonly name = 'RemoteError';
  /** Of the HTTP answer, where there was one. */
  readonly status: number | undefined;
  readonly issues: readonly Issue[];

  constructor(message: string, details: RemoteErrorDetails = {}) {
    super('REMOTE_FAILED', message, details);
    this.status = details.status;
    this.issues = details.issues ?? [];
  }

  /** Whether the same request may well succeed a little later. */
  get passing(): boolean {
    const { status } = this;
    return status === undefined || status >= 500 || status === 401 || status === 408 || status === 429;
  }
}
