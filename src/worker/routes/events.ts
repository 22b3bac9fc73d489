import { Hono } from 'hono';
import { directoryStub } from '../addresses.js';
import { type AppEnv, requireRole } from '../auth.js';
import { optionalText, readObject } from '../body.js';
import type { PublishedEvent } from '../directory/events.js';
import { idempotencyKey } from '../idempotency-key.js';
import { invalidRequest } from '../problem.js';

/** Events from outside: they start what subscribes to them, and wake what waits for them. */
export const eventRoutes = new Hono<AppEnv>().post('/', requireRole('operator'), async (c) => {
  const { identity, settings } = c.var;
  const body = await readObject(c.req.raw, settings.maxBodyBytes, ['name', 'data', 'id']);
  const name = optionalText(body, 'name', 200);
  if (name === undefined) throw invalidRequest('/name', 'Say what happened: {"name": "customer.created"}.');
  const given = optionalText(body, 'id', 255) ?? idempotencyKey(c.req.header('idempotency-key'));
  const id = given ?? settings.random.id();
  const event: PublishedEvent = { id, name, data: body.data ?? null, depth: 0 };
  const isNew = await directoryStub(c.env, identity.organization).publish(identity.organization, JSON.stringify(event));
  return c.json({ id, duplicate: !isNew }, 202);
});
