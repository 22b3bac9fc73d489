import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { directoryStub } from '../addresses.js';
import type { AppEnv } from '../auth.js';
import { isObject, parseJson } from '../body.js';
import { HttpProblem, invalidRequest } from '../problem.js';

/** The most characters of what a data provider is asked with. */
const MAX_INPUTS = 4000;

/** The catalogue: what steps of type `action` can do here. */
export const actionRoutes = new Hono<AppEnv>().get('/', (c) => {
  const items = c.var.settings.actions.list().map((action) => {
    const { type, title, description, category, inputSchema, outputSchema, idempotent = true, provider } = action;
    return {
      type,
      title,
      description,
      category,
      inputSchema,
      outputSchema,
      idempotent,
      isProvider: provider !== undefined,
    };
  });
  return c.json({ items });
});

/** The options of form fields. */
export const providerRoutes = new Hono<AppEnv>().get('/:name', async (c) => {
  const text = c.req.query('inputs') ?? '{}';
  if (text.length > MAX_INPUTS) throw invalidRequest('/inputs', `"inputs" has at most ${MAX_INPUTS} characters.`);
  const inputs = parseJson(text);
  if (!isObject(inputs)) throw invalidRequest('/inputs', '"inputs" must be a JSON object.');
  const { organization } = c.var.identity;
  const answer = await directoryStub(c.env, organization).options(
    organization,
    c.req.param('name'),
    JSON.stringify(inputs),
  );
  if ('items' in answer) {
    return c.body(`{"items":${answer.items}}`, 200, { 'content-type': 'application/json' });
  }
  throw new HttpProblem(statusOf(answer.code), answer.code, answer.message);
});

/** What a provider could not do is not this server's fault, nor the client's. */
function statusOf(code: string): ContentfulStatusCode {
  if (code === 'DATA_PROVIDER_NOT_FOUND') return 404;
  return code === 'ACTION_INPUT_INVALID' ? 422 : 502;
}
