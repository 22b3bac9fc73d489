import { type Context, Hono } from 'hono';
import type { Json, JsonObject } from '../../../runtime/ports.js';
import { approvalPage, messagePage } from '../approval-page.js';
import { APPROVAL_STYLES } from '../approval-styles.js';
import type { PendingApproval } from '../approvals.js';
import type { AppEnv } from '../auth.js';
import { isObject, parseJson, readLimited, readObject } from '../body.js';
import type { ApprovalView } from '../execution-control.js';
import { fieldsOfForm } from '../form-fields.js';
import { type LinkGrant, readGrant } from '../link-token.js';
import { HttpProblem, problemResponse } from '../problem.js';
import { askFor, decide, decisionIn, linkKey } from './approvals.js';

/**
 * Links that decide an approval, for people without a key. A GET only shows what is asked, so that whatever fetches
 * links beforehand decides nothing; a POST decides, once.
 */
export const approvalLinkRoutes = new Hono<AppEnv>()
  .get('/page.css', (c) =>
    c.body(APPROVAL_STYLES, 200, {
      ...{ 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=3600' },
      'x-content-type-options': 'nosniff',
    }),
  )
  .get('/:token', async (c) => {
    const grant = await requireGrant(c);
    const approval = await requireOpen(c, grant);
    if (!wantsPage(c)) return c.json({ ...approval, ...(grant.decision ? { decision: grant.decision } : {}) });
    return page(200, approvalPage(approval, grant));
  })
  .post('/:token', async (c) => {
    const grant = await requireGrant(c);
    const approval = await requireOpen(c, grant);
    const asked = decisionIn(await readAnswer(c, approval), grant.decision);
    if (grant.decision !== undefined && asked.decision !== grant.decision) {
      throw new HttpProblem(403, 'LINK_FOR_ANOTHER_DECISION', `This link is for "${grant.decision}" only.`);
    }
    const { comment, fields } = asked;
    const response = await decide(c, grant.organization, grant.approval, {
      id: decisionId(grant),
      decision: asked.decision,
      decider: { name: grant.holder },
      ...(fields === undefined ? {} : { fields }),
      ...(comment === undefined ? {} : { comment }),
    });
    if (!response.ok) {
      const problem = await problemIn(response);
      if (problem.status !== 422 || !wantsPage(c)) throw problem;
      const refused = { problems: problem.issues ?? [], fields: fields ?? {}, comment: comment ?? '' };
      return page(422, approvalPage(approval, grant, refused));
    }
    const { duplicate }: { duplicate: boolean } = await response.json();
    if (duplicate) throw used();
    if (!wantsPage(c)) return c.json({ decision: asked.decision }, 200);
    return page(200, messagePage(asked.decision === 'approved' ? 'Approved' : 'Rejected', 'Thank you.'));
  });

/** What goes wrong with a link, as a page for whoever asks for one. */
export function linkProblem(c: Context<AppEnv>, error: unknown): Response | Promise<Response> {
  const response = problemResponse(error, '/approvals', c.var.settings?.logger);
  if (!wantsPage(c)) return response;
  return asPage(response);
}

async function asPage(response: Response): Promise<Response> {
  const { code, title, detail }: { code: string; title: string; detail: string } = await response.json();
  const heading = Object.hasOwn(headings, code) ? headings[code] : undefined;
  return page(response.status, messagePage(heading ?? title, detail));
}

/** In words for whoever was sent the link. */
const headings: Readonly<Record<string, string>> = {
  LINK_INVALID: 'This link does not work',
  LINK_EXPIRED: 'This link is too old',
  LINK_USED: 'This was decided already',
  NOT_WAITING: 'There is nothing left to decide',
  EXECUTION_FINISHED: 'There is nothing left to decide',
  LINK_FOR_ANOTHER_DECISION: 'This link is for another decision',
};

/** @throws HttpProblem 403 for a link that we did not make, 410 for one whose time is over */
async function requireGrant(c: Context<AppEnv>): Promise<LinkGrant> {
  const grant = await readGrant(c.req.param('token') ?? '', linkKey(c));
  if (!grant) throw new HttpProblem(403, 'LINK_INVALID', 'This link is not one that was made here, or it was changed.');
  if (grant.expiresAt <= c.var.settings.clock.now()) {
    throw new HttpProblem(410, 'LINK_EXPIRED', 'The time of this link is over. Ask for a new one.');
  }
  return grant;
}

/** @throws HttpProblem 410 where the link was used, 409 where the approval was decided otherwise */
async function requireOpen(c: Context<AppEnv>, grant: LinkGrant): Promise<PendingApproval> {
  const response = await askFor(c, grant.organization, grant.approval, decisionId(grant));
  if (!response.ok) throw await problemIn(response);
  const approval: ApprovalView = await response.json();
  if ('decided' in approval) throw used();
  return approval;
}

function used(): HttpProblem {
  return new HttpProblem(410, 'LINK_USED', 'This link was used already; it decides once.');
}

function decisionId({ nonce }: LinkGrant): string {
  return `link:${nonce}`;
}

async function readAnswer(c: Context<AppEnv>, approval: PendingApproval): Promise<JsonObject> {
  const { maxBodyBytes } = c.var.settings;
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    return readObject(c.req.raw, maxBodyBytes, ['decision', 'fields', 'comment']);
  }
  const form = new URLSearchParams(await readLimited(c.req.raw, maxBodyBytes));
  const decision = form.get('decision');
  const comment = form.get('comment');
  return {
    ...(decision === null ? {} : { decision }),
    ...(comment === null || comment === '' ? {} : { comment }),
    fields: fieldsOfForm(approval.fields, form),
  };
}

/** A problem that an object of ours answered, to be answered by us. */
async function problemIn(response: Response): Promise<HttpProblem> {
  const body: Json = parseJson(await response.text());
  const { code, detail, issues } = isObject(body) ? body : {};
  const status = response.status === 404 || response.status === 403 || response.status === 422 ? response.status : 409;
  const list = Array.isArray(issues) ? issues : [];
  const found = list.flatMap((issue) =>
    isObject(issue) && typeof issue.path === 'string' && typeof issue.message === 'string'
      ? [{ code: String(issue.code), severity: 'error' as const, path: issue.path, message: issue.message }]
      : [],
  );
  return new HttpProblem(response.status >= 500 ? 503 : status, String(code ?? 'UNAVAILABLE'), String(detail), {
    ...(found.length > 0 ? { issues: found } : {}),
  });
}

function wantsPage(c: Context<AppEnv>): boolean {
  return (c.req.header('accept') ?? '').includes('text/html');
}

function page(status: number, html: string): Response {
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
    },
  });
}
