import { Hono } from 'hono';
import { directoryStub, organizationPattern } from '../addresses.js';
import { type AppEnv, hashOf, newKey, requireRole } from '../auth.js';
import { optionalText, readObject } from '../body.js';
import { roles } from '../directory/keys.js';
import { HttpProblem, invalidRequest } from '../problem.js';

/** API keys: made, listed and revoked by an admin. A key is shown once, in the answer that makes it. */
export const keyRoutes = new Hono<AppEnv>()
  .use(requireRole('admin'))
  .get('/', async (c) => c.json({ items: await directoryStub(c.env, c.var.identity.organization).keys() }))
  .post('/', async (c) => {
    const { identity, settings } = c.var;
    const body = await readObject(c.req.raw, settings.maxBodyBytes, ['name', 'role', 'organization']);
    const name = optionalText(body, 'name', 100);
    if (name === undefined) throw invalidRequest('/name', 'Give the key a name, to know it by in the list.');
    const wanted = optionalText(body, 'role');
    const role = roles.find((known) => known === wanted);
    if (!role) throw invalidRequest('/role', `The role is one of ${roles.join(', ')}.`);
    const organization = optionalText(body, 'organization') ?? identity.organization;
    if (!organizationPattern.test(organization)) {
      const rule = 'at most 40 small letters, digits and hyphens, none of them first or last a hyphen';
      throw invalidRequest('/organization', `The name of an organisation has ${rule}.`);
    }
    if (organization !== identity.organization && !identity.isRoot) {
      throw new HttpProblem(403, 'FORBIDDEN', 'A key makes keys for its own organisation only.');
    }
    const key = newKey(organization);
    const entry = { id: settings.random.id(), name, role, createdAt: settings.clock.now() };
    await directoryStub(c.env, organization).addKey(await hashOf(key), entry);
    return c.json({ ...entry, organization, key }, 201, { 'cache-control': 'no-store' });
  })
  .delete('/:id', async (c) => {
    const revoked = await directoryStub(c.env, c.var.identity.organization).revokeKey(c.req.param('id'));
    if (!revoked) throw new HttpProblem(404, 'NOT_FOUND', 'There is no such key.');
    return c.body(null, 204);
  });
