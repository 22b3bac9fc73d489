import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { directoryStub } from './addresses.js';
import { type AppEnv, authenticate, developmentKey } from './auth.js';
import { HttpProblem, problemResponse } from './problem.js';
import { approvalLinkRoutes, linkProblem } from './routes/approval-links.js';
import { approvalRoutes } from './routes/approvals.js';
import { eventRoutes } from './routes/events.js';
import { executionRoutes, startRoutes } from './routes/executions.js';
import { keyRoutes } from './routes/keys.js';
import { workflowRoutes } from './routes/workflows.js';
import type { Settings } from './settings.js';

/** The Worker's HTTP side: decode, ask an object, encode. */
export function workerApp(settingsFor: (env: AppEnv['Bindings']) => Settings): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => problemResponse(error, c.req.path, c.var.settings?.logger));
  app.notFound((c) => notFound(c));
  app.use(async (c, next) => {
    c.set('settings', settingsFor(c.env));
    await next();
  });
  app.use('/v1/*', (c, next) => crossOrigin(c)(c, next));
  app.use('/v1/*', async (c, next) => {
    await next();
    // What a key may see is for no cache between.
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  app.use(
    '/v1/*',
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, allowed) => {
        const detail = `${c.req.method} is not possible here. Possible: ${allowed.join(', ')}.`;
        const problem = new HttpProblem(405, 'METHOD_NOT_ALLOWED', detail, { headers: { allow: allowed.join(', ') } });
        return problemResponse(problem, c.req.path);
      },
    }),
  );
  app.get('/v1/health', (c) => c.json({ status: 'ok' }));
  app.get('/dev/key', (c) => {
    const key = developmentKey(c);
    if (key === undefined) throw new HttpProblem(404, 'NOT_FOUND', 'There is nothing here.');
    return c.json({ key }, 200, { 'cache-control': 'no-store' });
  });
  app.route('/approvals', linksToApprovals());
  app.route('/v1', authorized());
  return app;
}

/** A whole app of its own, so that its problems can be pages. */
function linksToApprovals(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => linkProblem(c, error));
  return app.route('/', approvalLinkRoutes);
}

function authorized(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .use(authenticate)
    .route('/workflows', workflowRoutes)
    .route('/workflows', startRoutes)
    .route('/executions', executionRoutes)
    .route('/approvals', approvalRoutes)
    .route('/events', eventRoutes)
    .route('/keys', keyRoutes)
    .get('/schedules', async (c) =>
      c.json({ items: await directoryStub(c.env, c.var.identity.organization).schedules() }),
    );
}

/** What no route knows: the site, where the Worker serves one, else a problem. */
function notFound(c: Context<AppEnv>): Response | Promise<Response> {
  const isApi = c.req.path === '/v1' || c.req.path.startsWith('/v1/') || c.req.path.startsWith('/dev/');
  if (!isApi && c.env.ASSETS) return c.env.ASSETS.fetch(c.req.raw);
  return problemResponse(new HttpProblem(404, 'NOT_FOUND', 'There is nothing here.'), c.req.path);
}

function crossOrigin(c: Context<AppEnv>): ReturnType<typeof cors> {
  const fromEnvironment = (c.env.NEWTFLOW_ALLOWED_ORIGINS ?? '').split(',').map((origin) => origin.trim());
  const allowed = new Set([...c.var.settings.allowedOrigins, ...fromEnvironment]);
  return cors({
    origin: (origin) => (allowed.has('*') || allowed.has(origin) ? origin : null),
    allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id'],
    exposeHeaders: ['location'],
    maxAge: 600,
  });
}
