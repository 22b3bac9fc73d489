import { Hono } from 'hono';
import type { ChildOutcome, Json, JsonObject, Trigger } from '../../runtime/ports.js';
import { wholeNumber } from './body.js';
import { type Controlled, controlApp } from './control-app.js';
import { eventStream } from './event-stream.js';
import { type HeldStart, standingOf } from './lobby.js';
import { invalidRequest, problemResponse } from './problem.js';
import type { Settings } from './settings.js';
import type { EventText } from './sqlite-store.js';
import { isOver, type Standing } from './standing.js';
import type { StartCommand } from './start-command.js';

/** Seconds that a request may wait for the end of an execution. */
export const MAX_WAIT = 60;
/** On a request of our own: the path that the client asked for, for the problem that may come of it. */
export const INSTANCE = 'x-newtflow-instance';
const STREAM_BATCH = 500;
const PAGE = { min: 1, max: 1000, usual: 1000 };

/** What `GET /v1/executions/:id` answers. */
export interface ExecutionView extends Standing {
  readonly input: Json;
  readonly output: Json;
  readonly variables: JsonObject;
  readonly steps: Json;
  readonly trigger: Trigger;
  readonly threadId: string | null;
  readonly definition?: JsonObject;
}

/** The same of one that has not begun. */
export function heldView(held: HeldStart, includeDefinition: boolean): ExecutionView {
  const { input = {}, trigger, threadId = null, definition } = held.command;
  return {
    ...standingOf(held),
    ...{ input, trigger, threadId, output: null, variables: {}, steps: {} },
    ...(includeDefinition ? { definition } : {}),
  };
}

/** What the requests need of the execution they are about. */
export interface Execution extends Controlled {
  start(command: StartCommand): Promise<Standing>;
  waitForEnd(milliseconds: number): Promise<Standing>;
  current(): Standing;
  /** Begins what was held back, where its turn has come; false where there is nothing to begin. */
  begin(): Promise<boolean>;
  view(includeDefinition: boolean): Promise<ExecutionView>;
  events(after: number, limit: number): EventText[];
  watch(listener: (standing: Standing) => void): () => void;
  outcome(): Promise<ChildOutcome | undefined>;
  childEnded(activation: number, outcome: ChildOutcome): Promise<void>;
}

/**
 * The requests that one execution answers. Those under `/v1` come as the client sent them, authorised by the Worker;
 * `/internal` is reachable only from our own code.
 */
export function executionApp(execution: Execution, settings: Settings): Hono {
  const app = new Hono();
  app.onError((error, c) => problemResponse(error, c.req.header(INSTANCE) ?? c.req.path, settings.logger));

  app.post('/internal/start', async (c) => {
    const command: StartCommand = await c.req.json();
    const seconds = wholeNumber(c.req.query('wait'), 'wait', { min: 0, max: MAX_WAIT }) ?? 0;
    await execution.start(command);
    const summary = await execution.waitForEnd(seconds * 1000);
    if (seconds > 0 && isOver(summary.status)) return c.json(await execution.view(false));
    return c.json(summary, 202);
  });

  app.post('/internal/begin', async (c) => c.body(null, (await execution.begin()) ? 204 : 404));

  app.get('/internal/summary', (c) => c.json(execution.requireSummary()));

  app.get('/internal/outcome', async (c) => {
    const outcome = await execution.outcome();
    return outcome === undefined ? c.body(null, 204) : c.json(outcome);
  });

  app.post('/internal/child-ended', async (c) => {
    const { activation, outcome }: { activation: number; outcome: ChildOutcome } = await c.req.json();
    await execution.childEnded(activation, outcome);
    return c.body(null, 204);
  });

  app.get('/v1/executions/:id', async (c) => {
    const seconds = wholeNumber(c.req.query('wait'), 'wait', { min: 0, max: MAX_WAIT }) ?? 0;
    const include = c.req.query('include');
    if (include !== undefined && include !== 'definition') {
      throw invalidRequest('/include', `There is nothing named "${include}" to include.`, 'Known: definition.');
    }
    await execution.waitForEnd(seconds * 1000);
    return c.json(await execution.view(include === 'definition'));
  });

  app.get('/v1/executions/:id/events', (c) => {
    execution.current();
    const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
    const after = wholeNumber(c.req.query('after'), 'after', range) ?? 0;
    if (wantsStream(c.req.header('accept'))) {
      const resumed = wholeNumber(c.req.header('last-event-id') || undefined, 'Last-Event-ID', range);
      return streamResponse(execution, resumed ?? after, settings.heartbeatMs);
    }
    const limit = wholeNumber(c.req.query('limit'), 'limit', PAGE) ?? PAGE.usual;
    const found = execution.events(after, limit);
    const last = found.at(-1)?.seq ?? after;
    const more = last < execution.requireSummary().seq;
    // The events are kept as JSON: they go out as they are, in pieces, however large.
    const body = `{"items":[${found.map(({ text }) => text).join(',')}],"last":${last},"more":${more}}`;
    return c.body(body, 200, { 'content-type': 'application/json' });
  });

  app.route('/', controlApp(execution, settings));

  return app;
}

function wantsStream(accept: string | undefined): boolean {
  return (accept ?? '').toLowerCase().includes('text/event-stream');
}

function streamResponse(execution: Execution, after: number, heartbeatMs: number): Response {
  const { status, seq } = execution.requireSummary();
  // 204 is what stops an EventSource from reconnecting once it has everything.
  if (isOver(status) && after >= seq) return new Response(null, { status: 204 });
  const stream = eventStream(
    {
      events: (position) => execution.events(position, STREAM_BATCH),
      summary: () => execution.requireSummary(),
      watch: (listener) => execution.watch(listener),
    },
    after,
    heartbeatMs,
  );
  return new Response(stream, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}
