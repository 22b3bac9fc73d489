import { type Context, Hono } from 'hono';
import { canonicalJson, checkInput, compileStored, ValidationError } from '../../../runtime/index.js';
import type { Json, JsonObject, RuntimePorts } from '../../../runtime/ports.js';
import { directoryStub, executionStub } from '../addresses.js';
import { type AppEnv, hashOf, requireRole } from '../auth.js';
import { isObject, optionalText, parseJson, readObject, wholeNumber } from '../body.js';
import type { Claim } from '../directory/claims.js';
import type { StandingQuery } from '../directory/execution-index.js';
import type { Preparation } from '../directory-api.js';
import { INSTANCE, MAX_WAIT } from '../execution-app.js';
import { idempotencyKey } from '../idempotency-key.js';
import { HttpProblem, invalidRequest } from '../problem.js';
import type { Standing } from '../standing.js';
import type { StartCommand } from '../start-command.js';
import { forward, importBundle, retry } from './operations.js';
import { noWorkflow, versionIn } from './workflows.js';

const statuses: readonly Standing['status'][] = [
  ...(['queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'transferred'] as const),
];

/** `POST /v1/workflows/:slug/executions` */
export const startRoutes = new Hono<AppEnv>().post('/:slug/executions', requireRole('operator'), async (c) => {
  const request = await readStart(c);
  const prepared = await prepare(c, request);
  const { organization } = c.var.identity;
  const command: StartCommand = {
    executionId: prepared.execution,
    organizationId: organization,
    definition: prepared.definition,
    trigger: { type: 'manual' },
    ...(request.input === undefined ? {} : { input: request.input }),
    ...(request.threadId === undefined ? {} : { threadId: request.threadId }),
  };
  const response = await executionStub(c.env, organization, prepared.execution).fetch(
    `https://object/internal/start?wait=${request.wait}`,
    { method: 'POST', headers: { [INSTANCE]: c.req.path }, body: JSON.stringify(command) },
  );
  const headers = new Headers(response.headers);
  if (response.ok) headers.set('location', `/v1/executions/${prepared.execution}`);
  return new Response(response.body, { status: response.status, headers });
});

/** Reading and steering executions; the execution's own object answers what is about one. */
export const executionRoutes = new Hono<AppEnv>()
  .get('/', async (c) => {
    const page = await directoryStub(c.env, c.var.identity.organization).list(readQuery(c));
    if ('problem' in page) throw invalidRequest('/cursor', page.problem);
    const cursor = page.cursor === undefined ? '' : `,"cursor":${JSON.stringify(page.cursor)}`;
    return c.body(`{"items":[${page.items.join(',')}]${cursor}}`, 200, { 'content-type': 'application/json' });
  })
  .get('/:id', (c) => forward(c))
  .get('/:id/events', (c) => forward(c))
  .get('/:id/bundle', requireRole('operator'), (c) => forward(c))
  .post('/import', requireRole('editor'), (c) => importBundle(c))
  .post('/:id/cancel', requireRole('operator'), (c) => forward(c))
  .post('/:id/pause', requireRole('operator'), (c) => forward(c))
  .post('/:id/resume', requireRole('operator'), (c) => forward(c))
  .post('/:id/retry', requireRole('operator'), (c) => retry(c))
  .post('/:id/export', requireRole('operator'), (c) => forward(c))
  .post('/:id/receipt', requireRole('operator'), (c) => forward(c))
  .post('/:id/signals/:name', requireRole('operator'), (c) => forward(c));

interface StartRequest {
  readonly slug: string;
  readonly input: Json | undefined;
  readonly threadId: string | undefined;
  readonly number: number | undefined;
  readonly key: string | undefined;
  readonly wait: number;
}

async function readStart(c: Context<AppEnv, '/:slug/executions'>): Promise<StartRequest> {
  const wait = wholeNumber(c.req.query('wait'), 'wait', { min: 0, max: MAX_WAIT }) ?? 0;
  const key = idempotencyKey(c.req.header('idempotency-key'));
  const body = await readObject(c.req.raw, c.var.settings.maxBodyBytes, ['input', 'threadId', 'version']);
  const number = versionIn(body.version);
  const threadId = optionalText(body, 'threadId', 200);
  return { slug: c.req.param('slug'), input: body.input, threadId, number, key, wait };
}

/** Which execution of which definition a request means: a new one, or the one that its key stands for. */
async function prepare(
  c: Context<AppEnv>,
  request: StartRequest,
): Promise<{ execution: string; definition: JsonObject }> {
  const { slug, number, key } = request;
  const directory = directoryStub(c.env, c.var.identity.organization);
  const print = key === undefined ? '' : await fingerprint(request);
  const prepared: Preparation = await directory.prepare(slug, number, key, print);
  if (prepared.kind === 'reused') throw reused();
  if (prepared.kind === 'no-workflow') throw noWorkflow(slug);
  if (prepared.kind === 'no-version') throw noWorkflow(slug, number);
  if (prepared.kind === 'repeated') {
    return { execution: prepared.claim.execution, definition: parseDefinition(prepared.definition) };
  }
  const definition = parseDefinition(prepared.found.definition);
  const execution = c.var.settings.random.id();
  if (key === undefined) return { execution, definition };
  // A request that cannot start must not use up its key.
  requireInput(definition, request.input, c.var.settings.functions);
  const { workflow } = prepared.found;
  const ours: Claim = { fingerprint: print, execution, slug, number: workflow.number };
  const claim = await directory.claim(key, ours);
  if (claim.fingerprint !== print) throw reused();
  if (claim.number === workflow.number) return { execution: claim.execution, definition };
  const pinned = await directory.prepare(slug, number, key, print);
  if (pinned.kind !== 'repeated') throw reused();
  return { execution: claim.execution, definition: parseDefinition(pinned.definition) };
}

function fingerprint({ slug, number, input, threadId }: StartRequest): Promise<string> {
  return hashOf(canonicalJson({ slug, version: number ?? null, input: input ?? null, threadId: threadId ?? null }));
}

function requireInput(definition: JsonObject, input: Json | undefined, functions: RuntimePorts['functions']): void {
  const plan = compileStored(definition, functions);
  const checked = checkInput(plan, input);
  if (checked.ok) return;
  throw new ValidationError(`The input of "${plan.slug}" is not valid.`, checked.issues, { code: 'INVALID_INPUT' });
}

function parseDefinition(text: string): JsonObject {
  const definition = parseJson(text);
  if (isObject(definition)) return definition;
  throw new TypeError('A stored definition is not an object.');
}

function reused(): HttpProblem {
  const detail = 'This idempotency key was used before, for another request. Use a new key for a new request.';
  return new HttpProblem(409, 'IDEMPOTENCY_KEY_REUSED', detail);
}

function readQuery(c: Context<AppEnv>): StandingQuery {
  const status = c.req.query('status');
  const known = statuses.find((name) => name === status);
  if (status !== undefined && known === undefined) {
    throw invalidRequest('/status', `There is no status "${status}".`, `Known: ${statuses.join(', ')}.`);
  }
  const workflow = c.req.query('workflow');
  const cursor = c.req.query('cursor');
  return {
    limit: wholeNumber(c.req.query('limit'), 'limit', { min: 1, max: 200 }) ?? 50,
    ...(workflow === undefined ? {} : { workflow }),
    ...(known === undefined ? {} : { status: known }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}
