import { type Context, Hono } from 'hono';
import { canonicalJson } from '../../../runtime/index.js';
import type { JsonObject } from '../../../runtime/ports.js';
import { directoryStub, executionStub, readApprovalId } from '../addresses.js';
import { type DecideCommand, mayDecide, type PendingApproval } from '../approvals.js';
import { type AppEnv, hashOf, requireRole } from '../auth.js';
import { isObject, optionalText, readObject, wholeNumber } from '../body.js';
import { INSTANCE } from '../execution-app.js';
import { idempotencyKey } from '../idempotency-key.js';
import { signGrant } from '../link-token.js';
import { HttpProblem, invalidRequest } from '../problem.js';

/** Seconds: a link holds for a week unless told otherwise, for 90 days at most. */
const HOLDS = { min: 60, max: 90 * 24 * 3600, usual: 7 * 24 * 3600 };
/** A key shorter than this could be guessed. */
const LEAST_KEY = 32;

/** Approvals that wait: list, read, decide, and make links that decide. */
export const approvalRoutes = new Hono<AppEnv>()
  .get('/', async (c) => {
    const status = c.req.query('status') ?? 'pending';
    if (status !== 'pending') throw invalidRequest('/status', `There is no status "${status}".`, 'Known: pending.');
    const workflow = c.req.query('workflow');
    const cursor = c.req.query('cursor');
    const page = await directoryStub(c.env, c.var.identity.organization).approvals({
      limit: wholeNumber(c.req.query('limit'), 'limit', { min: 1, max: 200 }) ?? 50,
      ...(workflow === undefined ? {} : { workflow }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    if ('problem' in page) throw invalidRequest('/cursor', page.problem);
    const next = page.cursor === undefined ? '' : `,"cursor":${JSON.stringify(page.cursor)}`;
    return c.body(`{"items":[${page.items.join(',')}]${next}}`, 200, { 'content-type': 'application/json' });
  })
  .get('/:id', (c) => ask(c, ''))
  .post('/:id', requireRole('operator'), async (c) => {
    const { identity, settings } = c.var;
    const key = idempotencyKey(c.req.header('idempotency-key'));
    const body = await readObject(c.req.raw, settings.maxBodyBytes, ['decision', 'fields', 'comment']);
    const decision = decisionIn(body);
    // With another body the key stands for another decision, which comes too late.
    const id = key === undefined ? settings.random.id() : `${key}#${await hashOf(canonicalJson(body))}`;
    return decide(c, identity.organization, c.req.param('id'), {
      id: `decision:${id}`,
      ...decision,
      decider: { name: identity.name, role: identity.role },
    });
  })
  .post('/:id/links', requireRole('editor'), async (c) => {
    const { identity, settings } = c.var;
    const secret = linkKey(c);
    const body = await readObject(c.req.raw, settings.maxBodyBytes, ['decision', 'expiresIn', 'for']);
    const decision = body.decision === undefined ? undefined : decisionIn(body).decision;
    const expiresAt = settings.clock.now() + secondsIn(body.expiresIn) * 1000;
    const holder = optionalText(body, 'for', 200);
    const response = await ask(c, '');
    if (!response.ok) return response;
    const { id, approvers }: PendingApproval = await response.json();
    // Whoever makes links may hand one to any approver, and to nobody else.
    const isNamed = holder !== undefined && approvers?.includes(holder);
    if (approvers !== undefined && !isNamed && !mayDecide(approvers, identity)) {
      throw invalidRequest('/for', 'Say which of the approvers the link is for.', `They are: ${approvers.join(', ')}.`);
    }
    const grant = {
      organization: identity.organization,
      approval: id,
      holder: holder ?? identity.name,
      expiresAt,
      nonce: settings.random.id(),
      ...(decision === undefined ? {} : { decision }),
    };
    const url = new URL(`/approvals/${await signGrant(grant, secret)}`, c.req.url);
    return c.json({ url: url.href, for: grant.holder, expiresAt, ...(decision ? { decision } : {}) }, 201);
  });

/** @throws HttpProblem 501 where the Worker has no key for links */
export function linkKey(c: Context<AppEnv>): string {
  // Local development has one key for everything.
  const key = c.env.NEWTFLOW_LINK_KEY ?? c.env.NEWTFLOW_DEV_KEY ?? '';
  if (key.length >= LEAST_KEY) return key;
  throw new HttpProblem(
    501,
    'LINKS_NOT_SET_UP',
    `Links need a key: NEWTFLOW_LINK_KEY, of at least ${LEAST_KEY} characters.`,
  );
}

/** Hands a decision to the execution it is about. */
export function decide(
  c: Context<AppEnv>,
  organization: string,
  approval: string,
  command: Omit<DecideCommand, 'activation'>,
): Promise<Response> {
  const { execution, activation } = requireApprovalId(approval);
  return executionStub(c.env, organization, execution).fetch('https://object/internal/decide', {
    method: 'POST',
    headers: { [INSTANCE]: c.req.path },
    body: JSON.stringify({ activation, ...command }),
  });
}

/** What an execution says of an approval; `decision` is asked whether it was taken already. */
export function askFor(c: Context<AppEnv>, organization: string, id: string, decision: string): Promise<Response> {
  const { execution, activation } = requireApprovalId(id);
  const query = decision === '' ? '' : `?decision=${encodeURIComponent(decision)}`;
  return executionStub(c.env, organization, execution).fetch(
    `https://object/internal/approvals/${activation}${query}`,
    { headers: { [INSTANCE]: c.req.path } },
  );
}

/** @param usual the decision of a body that has none @throws HttpProblem 400 */
export function decisionIn(
  body: JsonObject,
  usual?: DecideCommand['decision'],
): Pick<DecideCommand, 'decision' | 'fields' | 'comment'> {
  const { decision: given = usual, fields } = body;
  if (given !== 'approved' && given !== 'rejected') {
    throw invalidRequest('/decision', 'The decision is "approved" or "rejected".');
  }
  if (fields !== undefined && !isObject(fields)) throw invalidRequest('/fields', '"fields" must be an object.');
  const comment = optionalText(body, 'comment', 10_000);
  return {
    decision: given,
    ...(fields === undefined ? {} : { fields }),
    ...(comment === undefined ? {} : { comment }),
  };
}

function ask(c: Context<AppEnv>, decision: string): Promise<Response> {
  return askFor(c, c.var.identity.organization, c.req.param('id') ?? '', decision);
}

function requireApprovalId(id: string): { execution: string; activation: number } {
  const read = readApprovalId(id);
  if (read) return read;
  throw new HttpProblem(404, 'APPROVAL_NOT_FOUND', 'There is no such approval.');
}

function secondsIn(value: unknown): number {
  if (value === undefined) return HOLDS.usual;
  if (typeof value === 'number' && Number.isInteger(value) && value >= HOLDS.min && value <= HOLDS.max) return value;
  throw invalidRequest('/expiresIn', `"expiresIn" is a whole number of seconds from ${HOLDS.min} to ${HOLDS.max}.`);
}
