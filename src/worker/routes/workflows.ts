import { Hono } from 'hono';
import { directoryStub, REGISTRY } from '../addresses.js';
import { type AppEnv, requireRole } from '../auth.js';
import { isObject, parseJson, readObject, readText, wholeNumber } from '../body.js';
import type { StoredDefinition } from '../directory/definitions.js';
import { checkDocument, requireValid, scheduleIn } from '../documents.js';
import { HttpProblem, invalidRequest } from '../problem.js';
import { compatibility } from './operations.js';

const NUMBERS = { min: 1, max: 1_000_000 };

/** Definitions: check, put, read, roll back, delete. */
export const workflowRoutes = new Hono<AppEnv>()
  .post('/validate', async (c) => {
    const { actions, functions, maxBodyBytes } = c.var.settings;
    const checked = checkDocument(await requireText(c.req.raw, maxBodyBytes), { actions, functions });
    if (!checked.ok) return c.json({ valid: false, issues: checked.issues });
    const { slug, name, version, hash } = checked.plan;
    return c.json({ valid: true, slug, name, version, hash, issues: checked.issues });
  })
  .get('/', async (c) => c.json({ items: await directoryStub(c.env, c.var.identity.organization).definitions() }))
  .get('/:slug', async (c) => {
    const number = wholeNumber(c.req.query('version'), 'version', NUMBERS);
    const { organization } = c.var.identity;
    const found = await directoryStub(c.env, organization).definition(c.req.param('slug'), number);
    if (!found) throw noWorkflow(c.req.param('slug'), number);
    return c.json(shown(found));
  })
  .get('/:slug/versions', async (c) => {
    const items = await directoryStub(c.env, c.var.identity.organization).versions(c.req.param('slug'));
    if (!items) throw noWorkflow(c.req.param('slug'));
    return c.json({ items });
  })
  .get('/:slug/versions/:version/compatibility', (c) => compatibility(c))
  .put('/:slug', requireRole('editor'), async (c) => {
    const { actions, functions, maxBodyBytes } = c.var.settings;
    const text = await requireText(c.req.raw, maxBodyBytes);
    const { plan, issues } = requireValid(checkDocument(text, { actions, functions }, c.req.param('slug')));
    const { organization } = c.var.identity;
    const schedule = scheduleIn(plan.definition);
    // Registered first: an organisation without a schedule in the registry is asked in vain, the other way round is a loss.
    if (schedule) await directoryStub(c.env, REGISTRY).registerOrganization(organization);
    const { slug, name, version, hash } = plan;
    const put = { slug, name, version, hash, definition: JSON.stringify(plan.definition) };
    const { workflow, created } = await directoryStub(c.env, organization).putDefinition(put, schedule);
    return c.json({ ...workflow, issues }, created ? 201 : 200);
  })
  .post('/:slug/activate', requireRole('editor'), async (c) => {
    const { organization } = c.var.identity;
    const slug = c.req.param('slug');
    const body = await readObject(c.req.raw, c.var.settings.maxBodyBytes, ['version']);
    const number = versionIn(body.version);
    if (number === undefined) throw invalidRequest('/version', 'Say which version to make active: {"version": 1}.');
    const directory = directoryStub(c.env, organization);
    const found = await directory.definition(slug, number);
    if (!found) throw noWorkflow(slug, number);
    const schedule = scheduleOf(found);
    if (schedule) await directoryStub(c.env, REGISTRY).registerOrganization(organization);
    const workflow = await directory.activate(slug, number, schedule);
    if (!workflow) throw noWorkflow(slug, number);
    return c.json(workflow);
  })
  .delete('/:slug', requireRole('editor'), async (c) => {
    const removed = await directoryStub(c.env, c.var.identity.organization).removeDefinition(c.req.param('slug'));
    if (!removed) throw noWorkflow(c.req.param('slug'));
    return c.body(null, 204);
  });

export function noWorkflow(slug: string, number?: number): HttpProblem {
  const which = number === undefined ? '' : ` with a version ${number}`;
  return new HttpProblem(404, 'WORKFLOW_NOT_FOUND', `There is no workflow "${slug}"${which}.`);
}

/** The number of a version in a body. @throws HttpProblem 400 for anything but a positive whole number */
export function versionIn(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidRequest('/version', '"version" is the number of a version kept: a whole number from 1.');
}

function shown(found: StoredDefinition): object {
  return { ...found.workflow, definition: parseJson(found.definition) };
}

function scheduleOf(found: StoredDefinition): ReturnType<typeof scheduleIn> {
  const definition = parseJson(found.definition);
  return isObject(definition) ? scheduleIn(definition) : undefined;
}

async function requireText(request: Request, maxBytes: number): Promise<string> {
  const text = await readText(request, maxBytes);
  if (text.trim() === '') throw invalidRequest('', 'Send a definition as the body.');
  return text;
}
