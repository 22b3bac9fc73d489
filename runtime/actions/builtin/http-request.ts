/**
 * `http_request`: one HTTP exchange with a public host. What a definition asks for is not trusted: where it leads is
 * judged anew at each redirect, and what comes back is bounded.
 */
import { ActionError, TimeoutError } from '../../errors.js';
import type { Json, JsonObject } from '../../json.js';
import type { Action, ActionContext, FetchResponse } from '../../ports.js';
import { defineAction } from '../define.js';
import { privateHost } from './addresses.js';
import { type Body, bodyOf } from './http-body.js';
import { type Headers, headersOf, lowercase, refuseBadHeaders, retryAfterOf } from './http-headers.js';
import { discard, MAX_RESPONSE, readExcerpt, readText } from './http-response.js';

export interface HttpRequestOptions {
  /** Whether private, link-local and loopback addresses may be asked; never where definitions are not trusted. */
  readonly allowPrivate?: boolean;
  /** The largest response read, in bytes; 4 MB when absent. */
  readonly maxResponseBytes?: number;
  /** Headers that every request carries, such as `user-agent`. */
  readonly headers?: Readonly<Record<string, string>>;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
/** Fetch standard: the others of 300 to 399 lead nowhere. */
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MAX_REDIRECTS = 5;
/** RFC 9110: too early, too many, or the server's own trouble. */
const RETRY_STATUS: readonly number[] = [408, 425, 429, 500, 502, 503, 504];
/** Not sent on to another origin. */
const PERSONAL: readonly string[] = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key'];

const input: JsonObject = {
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  properties: {
    method: { type: 'string', enum: [...METHODS], description: 'GET when absent, POST where there is a body.' },
    url: { type: 'string', minLength: 1, description: 'An http or https address of a public host.' },
    query: { type: 'object', description: 'Added to the address; lists give a name several times.' },
    headers: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
    body: { description: 'A text, or whatever `bodyType` makes of it.' },
    bodyType: { type: 'string', enum: ['json', 'form', 'text'], description: 'json when absent, text for a text.' },
    responseType: { type: 'string', enum: ['auto', 'json', 'text'], description: 'auto goes by the content type.' },
    timeout: {
      type: 'number',
      minimum: 1,
      description: 'Milliseconds for the whole exchange, redirects and body too.',
    },
    retryStatus: { type: 'array', items: { type: 'integer' }, description: 'Statuses worth another attempt.' },
    followRedirects: { type: 'boolean', description: 'true when absent.' },
  },
};

interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/** Makes `http_request`. Its result is `{status, headers, body}`; other statuses than 2xx fail with `HTTP_<status>`. */
export function httpRequest(options: HttpRequestOptions = {}): Action {
  return defineAction({
    type: 'http_request',
    title: 'HTTP request',
    description: 'Asks a public HTTP service.',
    input,
    timeoutOf: ({ timeout }) => (typeof timeout === 'number' && timeout >= 1 ? timeout : undefined),
    run: (parameters, context) => exchange(parameters, context, options),
  });
}

async function exchange(parameters: JsonObject, context: ActionContext, options: HttpRequestOptions): Promise<Json> {
  const asked = askedFor(parameters, context, options);
  const response = await follow(asked, parameters.followRedirects !== false, context, options);
  const headers = headersOf(response);
  if (!response.ok) throw await failure(response, headers, parameters, context);
  const text = await readText(response, options.maxResponseBytes ?? MAX_RESPONSE, context.signal);
  return { status: response.status, headers, body: parsed(text, headers['content-type'] ?? '', parameters) };
}

function askedFor(parameters: JsonObject, context: ActionContext, options: HttpRequestOptions): Asked {
  const made: Body = bodyOf(parameters.body, parameters.bodyType);
  const method = String(parameters.method ?? (made.text === undefined ? 'GET' : 'POST'));
  if (made.text !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw refused(`A ${method} request carries no body`, 'BODY_INVALID', 'body');
  }
  const headers: Headers = {
    ...made.headers,
    ...lowercase(options.headers),
    ...(SAFE.includes(method) ? {} : { 'idempotency-key': context.idempotencyKey }),
    ...lowercase(parameters.headers),
  };
  refuseBadHeaders(headers);
  const url = urlOf(String(parameters.url), undefined, options);
  for (const [name, value] of Object.entries(parameters.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null) url.searchParams.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
    }
  }
  return { method, url, headers, body: made.text };
}

/** @throws ActionError `URL_INVALID` or `URL_REFUSED` */
function urlOf(text: string, base: string | undefined, { allowPrivate = false }: HttpRequestOptions): URL {
  let url: URL;
  try {
    url = new URL(text, base);
  } catch (cause) {
    throw refused('The URL cannot be read', 'URL_INVALID', 'url', cause);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refused(`Only http and https are asked, not ${url.protocol}`, 'URL_REFUSED', 'url');
  }
  if (url.username !== '' || url.password !== '') {
    throw refused('A URL must hold no user name or password; use a header', 'URL_REFUSED', 'url');
  }
  const why = allowPrivate ? undefined : privateHost(url.hostname);
  if (why !== undefined) throw refused(`'${url.hostname}' may not be asked: ${why}`, 'URL_REFUSED', 'url');
  return url;
}

function refused(message: string, code: string, field: string, cause?: unknown): ActionError {
  return new ActionError(message, { code, retryable: false, field, ...(cause === undefined ? {} : { cause }) });
}

/** Follows redirects by hand, so that each is judged before it is asked. */
async function follow(
  first: Asked,
  redirects: boolean,
  context: ActionContext,
  options: HttpRequestOptions,
): Promise<FetchResponse> {
  let asked = first;
  for (let hop = 0; ; hop += 1) {
    const { url, method, headers, body } = asked;
    const sent = { method, headers, redirect: 'manual' as const, ...(body === undefined ? {} : { body }) };
    const response = await send(url.href, sent, context);
    if (response.status === 0) {
      const message = `'${url.hostname}' redirects, and the network of this host does not show where to`;
      throw refused(message, 'HTTP_REDIRECT_HIDDEN', 'url');
    }
    const location = response.headers.get('location');
    if (!redirects || location === null || !REDIRECTS.includes(response.status)) return response;
    discard(response);
    if (hop >= MAX_REDIRECTS) {
      throw refused(`'${url.hostname}' redirects more than ${MAX_REDIRECTS} times`, 'HTTP_REDIRECT_LIMIT', 'url');
    }
    asked = redirected(asked, response.status, urlOf(location, url.href, options));
  }
}

/** As the Fetch standard does: after 303, and after 301 and 302 of a POST, what follows is a GET without a body. */
function redirected(asked: Asked, status: number, url: URL): Asked {
  const becomesGet = (status === 303 && asked.method !== 'HEAD') || (asked.method === 'POST' && status <= 302);
  const sameOrigin = url.origin === asked.url.origin;
  const kept = Object.entries(asked.headers).filter(
    ([name]) =>
      !(becomesGet && /^(content-(type|encoding|language|location)|idempotency-key)$/.test(name)) &&
      (sameOrigin || !PERSONAL.includes(name)),
  );
  const headers = Object.fromEntries(kept);
  return becomesGet ? { method: 'GET', url, headers, body: undefined } : { ...asked, url, headers };
}

async function send(
  url: string,
  init: Parameters<ActionContext['fetch']>[1],
  context: ActionContext,
): Promise<FetchResponse> {
  try {
    return await context.fetch(url, init);
  } catch (cause) {
    if (cause instanceof ActionError || cause instanceof TimeoutError) throw cause;
    if (context.signal.aborted) throw cause;
    throw new ActionError('The host could not be reached', { code: 'NETWORK_ERROR', retryable: true, cause });
  }
}

function parsed(text: string, contentType: string, { responseType = 'auto' }: JsonObject): Json {
  const isJson = responseType === 'json' || (responseType === 'auto' && /[/+]json\b/i.test(contentType));
  if (!isJson || (text === '' && responseType === 'auto')) return text;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch (cause) {
    throw new ActionError('The response is not JSON', { code: 'RESPONSE_NOT_JSON', retryable: false, cause });
  }
}

async function failure(
  response: FetchResponse,
  headers: Headers,
  { retryStatus = RETRY_STATUS }: JsonObject,
  { signal, now }: ActionContext,
): Promise<ActionError> {
  const { status } = response;
  const retryable = Array.isArray(retryStatus) && retryStatus.includes(status);
  const retryAfter = retryAfterOf(headers, now);
  return new ActionError(`The service answered with status ${status}`, {
    code: `HTTP_${status}`,
    retryable,
    ...(retryable && retryAfter !== undefined ? { retryAfter } : {}),
    details: { status, body: await readExcerpt(response, signal) },
  });
}
