import { Hono } from 'hono';
import type { TransferReceipt } from '../../runtime/operations.js';
import type { Json, JsonObject, NewExecution } from '../../runtime/ports.js';
import { optionalText, readObject } from './body.js';
import type { ExecutionControl } from './execution-control.js';
import { idempotencyKey } from './idempotency-key.js';
import { invalidRequest } from './problem.js';
import type { Settings } from './settings.js';
import type { Standing } from './standing.js';

/** What the requests of control need of the execution they are about. */
export interface Controlled {
  readonly control: ExecutionControl;
  requireSummary(): Standing;
  cancel(reason: string | undefined): Promise<boolean>;
}

/** The requests that do something to one execution. Those under `/v1` come as the client sent them. */
export function controlApp(execution: Controlled, settings: Settings): Hono {
  const { control } = execution;
  const body = (request: Request, ...fields: string[]): Promise<JsonObject> =>
    readObject(request, settings.maxBodyBytes, fields);

  return new Hono()
    .post('/v1/executions/:id/cancel', async (c) => {
      execution.requireSummary();
      const changed = await execution.cancel(optionalText(await body(c.req.raw, 'reason'), 'reason'));
      return c.json(execution.requireSummary(), changed ? 202 : 200);
    })
    .post('/v1/executions/:id/pause', async (c) => {
      execution.requireSummary();
      const changed = await control.pause(optionalText(await body(c.req.raw, 'reason'), 'reason'));
      return c.json(execution.requireSummary(), changed ? 202 : 200);
    })
    .post('/v1/executions/:id/resume', async (c) => {
      execution.requireSummary();
      await body(c.req.raw);
      const changed = await control.resume();
      return c.json(execution.requireSummary(), changed ? 202 : 200);
    })
    .post('/v1/executions/:id/signals/:name', async (c) => {
      execution.requireSummary();
      const read = await body(c.req.raw, 'data', 'id');
      const id = optionalText(read, 'id', 255) ?? idempotencyKey(c.req.header('idempotency-key'));
      const name = c.req.param('name');
      if (name.length > 200) throw invalidRequest('/name', 'The name of a signal has at most 200 characters.');
      const told = await control.signal({ name, data: read.data ?? null, ...(id === undefined ? {} : { id }) });
      return c.json(told, 202);
    })
    .post('/v1/executions/:id/export', async (c) => {
      execution.requireSummary();
      await body(c.req.raw);
      return c.json(await control.export());
    })
    .get('/v1/executions/:id/bundle', async (c) => {
      execution.requireSummary();
      return c.json(await control.bundle());
    })
    .post('/v1/executions/:id/receipt', async (c) => {
      execution.requireSummary();
      const receipt = receiptIn(await body(c.req.raw, 'transferId', 'executionId', 'digest', 'importedAt'));
      await control.receipt(receipt);
      return c.body(null, 204);
    })
    .post('/internal/cancel', async (c) => {
      const { reason }: { reason: string } = await c.req.json();
      execution.requireSummary();
      await execution.cancel(reason);
      return c.body(null, 204);
    })
    .post('/internal/signal', async (c) => c.json(await control.signal(await c.req.json()), 202))
    .get('/internal/approvals/:activation', async (c) =>
      c.json(await control.approval(Number(c.req.param('activation')), c.req.query('decision'))),
    )
    .post('/internal/decide', async (c) => c.json(await control.decide(await c.req.json()), 202))
    .post('/internal/retry', async (c) => c.json(await control.retry(await c.req.json()), 202))
    .post('/internal/adopt', async (c) => {
      const { organization, execution: made }: { organization: string; execution: NewExecution } = await c.req.json();
      await control.adopt(organization, made);
      return c.body(null, 204);
    })
    .post('/internal/import', async (c) => {
      const bundle: Json = await c.req.json();
      const result = await control.import(c.req.query('organization') ?? '', bundle, c.req.query('digest'));
      return c.json(result, result.duplicate ? 200 : 201);
    })
    .post('/internal/compatibility', async (c) => c.json(await control.compatibility(await c.req.json())));
}

function receiptIn(body: JsonObject): TransferReceipt {
  const text = (name: string): string => {
    const value = optionalText(body, name, 300);
    if (value === undefined)
      throw invalidRequest(`/${name}`, `A receipt has a "${name}"; send it as the import gave it.`);
    return value;
  };
  const { importedAt } = body;
  if (typeof importedAt !== 'number' || !Number.isSafeInteger(importedAt) || importedAt < 0) {
    throw invalidRequest('/importedAt', '"importedAt" is a time in whole milliseconds since the epoch.');
  }
  return {
    transferId: text('transferId'),
    executionId: text('executionId'),
    digest: text('digest'),
    importedAt,
  };
}
