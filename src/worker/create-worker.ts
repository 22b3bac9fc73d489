import { directoryStub, REGISTRY } from './addresses.js';
import { workerApp } from './app.js';
import { DirectoryObject } from './directory-object.js';
import { ExecutionObject } from './execution-object.js';
import type { WorkerEnv, WorkerSetup } from './options.js';
import { type Settings, settingsOf } from './settings.js';

/** What a Worker's entry exports: `handler` as the default, the two classes by their names. */
export interface NewtflowWorker<Env extends WorkerEnv = WorkerEnv> {
  readonly handler: {
    fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
    scheduled(controller: ScheduledController, env: Env, context: ExecutionContext): Promise<void>;
  };
  readonly ExecutionObject: new (context: DurableObjectState, env: Env) => ExecutionObject;
  readonly DirectoryObject: new (context: DurableObjectState, env: Env) => DirectoryObject;
}

/**
 * A whole Worker: the HTTP API, the Cron Trigger, and the Durable Objects that hold executions and what surrounds them.
 *
 * ```ts
 * const worker = createWorker({ actions: [sendEmail] });
 * export default worker.handler;
 * export const { ExecutionObject, DirectoryObject } = worker;
 * ```
 */
export function createWorker<Env extends WorkerEnv = WorkerEnv>(setup: WorkerSetup<Env> = {}): NewtflowWorker<Env> {
  const settingsFor = (env: Env): Settings => settingsOf(typeof setup === 'function' ? setup(env) : setup);
  return {
    handler: {
      fetch: (request, env, context) => workerApp(() => settingsFor(env)).fetch(request, env, context),
      scheduled: (controller, env) => runSchedules(env, settingsFor(env), controller.scheduledTime),
    },
    ExecutionObject: class extends ExecutionObject {
      constructor(context: DurableObjectState, env: Env) {
        super(context, env, settingsFor(env));
      }
    },
    DirectoryObject: class extends DirectoryObject {
      constructor(context: DurableObjectState, env: Env) {
        super(context, env, settingsFor(env));
      }
    },
  };
}

/** One organisation's trouble keeps no other one waiting. */
async function runSchedules(env: WorkerEnv, settings: Settings, now: number): Promise<void> {
  const organizations = await directoryStub(env, REGISTRY).organizations();
  const outcomes = await Promise.allSettled(
    organizations.map((organization) => directoryStub(env, organization).runDue(organization, now)),
  );
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') continue;
    settings.logger.log(
      'error',
      'The schedules of an organisation could not be asked; they will be at the next minute.',
      {
        organization: organizations[index] ?? '',
        error: String(outcome.reason),
      },
    );
  }
}
