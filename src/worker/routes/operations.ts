import type { Context } from 'hono';
import { canonicalJson } from '../../../runtime/index.js';
import type { MoveCheck } from '../../../runtime/operations.js';
import type { ExecutionSummary, Json } from '../../../runtime/ports.js';
import { directoryStub, executionStub, isExecutionId } from '../addresses.js';
import { type AppEnv, hashOf } from '../auth.js';
import { isObject, optionalText, parseJson, readLimited, readObject, readText, wholeNumber } from '../body.js';
import { INSTANCE } from '../execution-app.js';
import type { RetryAnswer, RetryCommand } from '../execution-control.js';
import { idempotencyKey } from '../idempotency-key.js';
import { HttpProblem, invalidRequest } from '../problem.js';

/** Bytes of a bundle that is taken in; more would not fit a Worker's memory beside what it becomes. */
const MAX_IMPORT = 32 * 1024 * 1024;
const VERSIONS = { min: 1, max: 1_000_000 };

/**
 * Hands a request on to the execution that it is about; its body as a whole, since an object may answer without having
 * read it, and a connection must not break off while the client still sends.
 */
export async function forward(c: Context<AppEnv>): Promise<Response> {
  const execution = executionStub(c.env, c.var.identity.organization, requireId(c));
  const { method, headers, url, body } = c.req.raw;
  if (body === null) return execution.fetch(c.req.raw);
  const text = await readLimited(c.req.raw, c.var.settings.maxBodyBytes);
  return execution.fetch(url, { method, headers: unsized(headers), body: text });
}

/** Without what is told of a body that is written anew. */
function unsized(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of ['content-length', 'transfer-encoding', 'content-encoding']) kept.delete(name);
  return kept;
}

/** `POST /v1/executions/:id/retry`: a new execution, in an object of its own. */
export async function retry(c: Context<AppEnv>): Promise<Response> {
  const id = requireId(c);
  const { organization } = c.var.identity;
  const key = idempotencyKey(c.req.header('idempotency-key'));
  const body = await readObject(c.req.raw, c.var.settings.maxBodyBytes, ['from', 'input', 'definition']);
  const command: RetryCommand = {
    // The same request under the same key means the same execution.
    executionId:
      key === undefined ? c.var.settings.random.id() : (await hashOf(canonicalJson([id, key, body]))).slice(0, 40),
    definition: definitionIn(body.definition),
    ...startIn(body.from),
    ...(body.input === undefined ? {} : { input: body.input }),
  };
  const response = await ask(c, id, '/internal/retry', command);
  if (!response.ok) return response;
  const answer: RetryAnswer = await response.json();
  const location = `/v1/executions/${answer.id}`;
  const found = await executionStub(c.env, organization, answer.id).fetch('https://object/internal/summary');
  const summary: ExecutionSummary | object = found.ok ? await found.json() : {};
  return c.json({ ...summary, ...answer }, 202, { location });
}

/** `POST /v1/executions/import`: takes over what was given away elsewhere. */
export async function importBundle(c: Context<AppEnv>): Promise<Response> {
  const digest = c.req.query('digest');
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest)) {
    throw invalidRequest('/digest', '"digest" is the digest of a history: 64 hexadecimal digits.');
  }
  const text = await readText(c.req.raw, Math.max(MAX_IMPORT, c.var.settings.maxBodyBytes));
  if (text.trim() === '') throw invalidRequest('', 'Send the bundle of an execution as the body.');
  const bundle = parsed(text);
  const id = isObject(bundle) ? bundle.executionId : undefined;
  if (typeof id !== 'string' || !isExecutionId(id)) {
    const message = 'The body is not the bundle of an execution: it has no "executionId" that could be one.';
    throw new HttpProblem(422, 'BUNDLE_MALFORMED', message);
  }
  const { organization } = c.var.identity;
  const query = new URLSearchParams({ organization, ...(digest === undefined ? {} : { digest }) });
  // As it came: to write it anew would take a stack as deep as it is nested.
  const response = await executionStub(c.env, organization, id).fetch(`https://object/internal/import?${query}`, {
    ...{ method: 'POST', headers: { [INSTANCE]: c.req.path }, body: text },
  });
  const headers = new Headers(response.headers);
  if (response.ok) headers.set('location', `/v1/executions/${id}`);
  return new Response(response.body, { status: response.status, headers });
}

/** `GET /v1/workflows/:slug/versions/:version/compatibility`: which executions could go on under a version. */
export async function compatibility(c: Context<AppEnv>): Promise<Response> {
  const { organization } = c.var.identity;
  const slug = c.req.param('slug') ?? '';
  const number = wholeNumber(c.req.param('version'), 'version', VERSIONS);
  const limit = wholeNumber(c.req.query('limit'), 'limit', { min: 1, max: 50 }) ?? 20;
  const cursor = c.req.query('cursor');
  const directory = directoryStub(c.env, organization);
  const found = await directory.definition(slug, number);
  if (!found) {
    const detail = `There is no workflow "${slug}" with a version ${number}.`;
    throw new HttpProblem(404, 'WORKFLOW_NOT_FOUND', detail);
  }
  const page = await directory.list({
    ...{ workflow: slug, isLive: true, limit },
    ...(cursor === undefined ? {} : { cursor }),
  });
  if ('problem' in page) throw invalidRequest('/cursor', page.problem);
  const items = await Promise.all(
    page.items.map(async (text) => {
      const { id, status, planHash }: ExecutionSummary = JSON.parse(text);
      const response = await ask(c, id, '/internal/compatibility', JSON.parse(found.definition));
      const said: MoveCheck | { code: string; detail: string } = await response.json();
      const check =
        'ok' in said ? said : { ok: false, reasons: [{ code: String(said.code), message: String(said.detail) }] };
      return { executionId: id, status, planHash, ...check };
    }),
  );
  return c.json({ items, ...(page.cursor === undefined ? {} : { cursor: page.cursor }) });
}

function ask(c: Context<AppEnv>, id: string, path: string, body: unknown): Promise<Response> {
  return executionStub(c.env, c.var.identity.organization, id).fetch(`https://object${path}`, {
    method: 'POST',
    headers: { [INSTANCE]: c.req.path },
    body: JSON.stringify(body),
  });
}

function requireId(c: Context<AppEnv>): string {
  const id = c.req.param('id') ?? '';
  if (isExecutionId(id)) return id;
  throw new HttpProblem(404, 'EXECUTION_NOT_FOUND', 'There is no such execution.');
}

function definitionIn(value: Json | undefined): RetryCommand['definition'] {
  if (value === undefined || value === 'same') return 'same';
  if (value === 'current') return 'current';
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidRequest('/definition', '"definition" is "same", "current", or the number of a version kept.');
}

/** Where to go back to: the slug of a step, or the number of a visit. */
function startIn(value: Json | undefined): Pick<RetryCommand, 'step' | 'activation'> {
  if (value === undefined) return {};
  if (typeof value === 'string') return { step: optionalText({ from: value }, 'from', 200) ?? value };
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return { activation: value };
  throw invalidRequest('/from', '"from" is the slug of a step, or the number of a visit (an activation).');
}

/**
 * A bundle nests deeper than other bodies may; how deep it may be is for its import to say.
 * @throws HttpProblem 400 saying where it is not JSON
 */
function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    // What is damaged is read once more by the parser that tells the place.
    parseJson(text);
    throw error;
  }
}
