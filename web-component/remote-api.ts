import type { Decision } from '../runtime/index.js';
import type { ImportResult, TransferReceipt } from '../runtime/operations.js';
import type { ExecutionSummary, JournalEvent, Json, JsonObject, ListPage, ListQuery } from '../runtime/ports.js';
import { isIssue } from './followed-run.js';
import { RemoteError } from './remote-error.js';
import { type ServerMessage, serverMessages } from './server-messages.js';

export interface RemoteApiOptions {
  /** Address of the Worker, without `/v1`; relative ones count from the page. */
  readonly endpoint: string;
  /** Asked before each request, so that a token may expire and be replaced; none is sent when it gives none. */
  readonly getToken?: (() => string | undefined | PromiseLike<string | undefined>) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** A version of a definition, as the Worker keeps it. */
export interface RemoteWorkflow {
  readonly slug: string;
  readonly number: number;
  readonly hash: string;
  readonly definition?: JsonObject;
}
interface EventPage {
  readonly items: readonly JournalEvent[];
  readonly last: number;
  readonly more: boolean;
}

/** Milliseconds for an answer that is not a stream. */
const ANSWER_TIME = 30_000;

/** The calls of the Worker's HTTP API that a page needs; `docs/http-api.md` says what each does. */
export class RemoteApi {
  readonly #base: string;
  readonly #getToken: RemoteApiOptions['getToken'];
  readonly #fetch: typeof fetch;

  constructor(options: RemoteApiOptions) {
    const url = new URL(options.endpoint, globalThis.document?.baseURI ?? globalThis.location?.href);
    this.#base = `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
    this.#getToken = options.getToken;
    this.#fetch = options.fetch ?? fetch.bind(globalThis);
  }

  async workflow(slug: string): Promise<RemoteWorkflow | undefined> {
    return this.#unlessMissing(this.#json<RemoteWorkflow>('GET', path`/workflows/${slug}`));
  }
  async versions(slug: string): Promise<readonly { number: number; hash: string }[]> {
    const page = await this.#json<{ items: { number: number; hash: string }[] }>(
      'GET',
      path`/workflows/${slug}/versions`,
    );
    return page.items;
  }
  putWorkflow(slug: string, definition: unknown): Promise<RemoteWorkflow> {
    return this.#json('PUT', path`/workflows/${slug}`, { body: definition });
  }

  /** `key` makes it safe to ask again when the answer was lost, and so it does. */
  startExecution(slug: string, body: JsonObject, key: string): Promise<ExecutionSummary> {
    const headers = { 'Idempotency-Key': key };
    return this.#again(() => this.#json('POST', path`/workflows/${slug}/executions`, { body, headers }));
  }
  async execution(id: string): Promise<(ExecutionSummary & { definition: JsonObject }) | undefined> {
    return this.#unlessMissing(this.#json('GET', path`/executions/${id}?include=definition`));
  }
  executions(query: ListQuery): Promise<ListPage> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    return this.#json('GET', `/executions?${search}`);
  }
  events(id: string, after: number): Promise<EventPage> {
    return this.#json('GET', path`/executions/${id}/events?after=${String(after)}`);
  }
  /** The events after a number and then those to come; ends when the connection does. Undefined when none can come. */
  async stream(id: string, after: number, signal: AbortSignal): Promise<AsyncIterable<ServerMessage> | undefined> {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': String(after) };
    const response = await this.#request('GET', path`/executions/${id}/events`, { headers, signal });
    return response.body === null || response.status === 204 ? undefined : serverMessages(response.body);
  }
  /** Whether it will end as cancelled by that. */
  async cancel(id: string, reason: string | undefined): Promise<{ changed: boolean; summary: ExecutionSummary }> {
    const body = reason === undefined ? {} : { reason };
    const response = await this.#request('POST', path`/executions/${id}/cancel`, { body });
    return { changed: response.status !== 200, summary: await readJson(response) };
  }
  async pause(id: string, reason: string | undefined): Promise<void> {
    await this.#json('POST', path`/executions/${id}/pause`, { body: reason === undefined ? {} : { reason } });
  }
  async resume(id: string): Promise<void> {
    await this.#json('POST', path`/executions/${id}/resume`, { body: {} });
  }
  /** `key` makes it safe to ask again, and so it does. */
  retry(id: string, body: JsonObject, key: string): Promise<ExecutionSummary> {
    const headers = { 'Idempotency-Key': key };
    return this.#again(() => this.#json('POST', path`/executions/${id}/retry`, { body, headers }));
  }
  /** The bundle is the same however often it is asked for. */
  exportExecution(id: string): Promise<JsonObject> {
    return this.#again(() => this.#json('POST', path`/executions/${id}/export`, { body: {} }));
  }
  /** The same bundle twice makes one execution. */
  importExecution(bundle: unknown, digest: string | undefined): Promise<ImportResult> {
    const search = digest === undefined ? '' : `?${new URLSearchParams({ digest })}`;
    return this.#again(() => this.#json('POST', `/executions/import${search}`, { body: bundle }));
  }
  /** The same receipt twice is the same as once. */
  async confirmTransfer(receipt: TransferReceipt): Promise<void> {
    const { transferId, executionId, digest, importedAt } = receipt;
    const body = { transferId, executionId, digest, importedAt };
    await this.#again(() => this.#request('POST', path`/executions/${executionId}/receipt`, { body }));
  }
  async signal(id: string, signal: { id: string; name: string; data: Json }): Promise<void> {
    const body = { id: signal.id, data: signal.data };
    await this.#again(() => this.#json('POST', path`/executions/${id}/signals/${signal.name}`, { body }));
  }

  /** Who decides is for the Worker to say, by the token. `key` makes it safe to ask again. */
  async decide(id: string, activation: number, { decision, fields, comment }: Decision, key: string): Promise<void> {
    const body = {
      decision,
      ...(fields === undefined ? {} : { fields }),
      ...(comment === undefined ? {} : { comment }),
    };
    const headers = { 'Idempotency-Key': key };
    await this.#again(() => this.#json('POST', path`/approvals/${approvalId(id, activation)}`, { body, headers }));
  }

  async #unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof RemoteError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Once more when no answer came; only for what the Worker takes once however often it comes. */
  async #again<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RemoteError) || error.status !== undefined) throw error;
      return request();
    }
  }

  async #json<T>(method: string, path: string, request: RequestParts = {}): Promise<T> {
    return readJson<T>(await this.#request(method, path, { signal: AbortSignal.timeout(ANSWER_TIME), ...request }));
  }

  async #request(method: string, path: string, { body, headers = {}, signal }: RequestParts): Promise<Response> {
    const token = await this.#getToken?.();
    let response: Response;
    try {
      response = await this.#fetch(`${this.#base}${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(token === undefined || token === '' ? {} : { Authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
        cache: 'no-store',
      });
    } catch (error) {
      throw unreachable(error);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

/** How the Worker names what waits for a decision. */
function approvalId(execution: string, activation: number): string {
  return `${execution}~${activation}`;
}

interface RequestParts {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Builds a path, whatever is put into it escaped. */
function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: parts }, ...values.map(encodeURIComponent));
}

async function readJson<T>(response: Response): Promise<T> {
  try {
    return await response.json();
  } catch (error) {
    throw new RemoteError('The server answered something that is not JSON. Is its address right?', {
      code: 'UNEXPECTED_ANSWER',
      status: response.status,
      cause: error,
    });
  }
}

function unreachable(cause: unknown): RemoteError {
  return new RemoteError('The server cannot be reached. Check the connection and the address.', {
    code: 'NETWORK_ERROR',
    cause,
  });
}

/** What problem details (RFC 9457) say; an answer without them is told by its status. */
async function refusal(response: Response): Promise<RemoteError> {
  const { status } = response;
  const problem: unknown = await response.json().catch(() => undefined);
  const fields: Partial<Record<string, unknown>> =
    typeof problem === 'object' && problem !== null ? { ...problem } : {};
  const { code, detail, title, issues } = fields;
  const message =
    [detail, title].find((text) => typeof text === 'string') ?? `The server answered with status ${status}.`;
  return new RemoteError(message, {
    status,
    ...(typeof code === 'string' ? { code } : {}),
    ...(Array.isArray(issues) ? { issues: issues.filter(isIssue) } : {}),
  });
}
