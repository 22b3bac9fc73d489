/** The Worker of the benchmarks in workerd: the same chain of steps by our objects, by Workflows, and as bare writes. */
import { DurableObject, WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import {
  type Action,
  compile,
  createActionRegistry,
  Driver,
  type JsonObject,
  type RuntimePorts,
} from '../../runtime/index.js';
import { DirectoryObject as Directory } from '../../src/worker/directory-object.js';
import { ExecutionObject as Execution } from '../../src/worker/execution-object.js';
import type { WorkerEnv } from '../../src/worker/options.js';
import { settingsOf } from '../../src/worker/settings.js';
import { SqliteStore } from '../../src/worker/sqlite-store.js';
import { chainDefinition, waitingDefinition } from '../chains.js';
import { checkHandled, firstOrder, handle, isOrder, type Order } from '../order.js';

interface Env extends WorkerEnv {
  readonly GATES: DurableObjectNamespace<Gate>;
  readonly WRITES: DurableObjectNamespace<Writes>;
  readonly RECOVERIES: DurableObjectNamespace<Recoveries>;
  readonly CHAIN: Workflow<{ readonly steps: number }>;
}

/** What a step does: it has its answer at once, or once all that was written before is on the disk. */
function actionsOn(storage: DurableObjectStorage): Action[] {
  const orderOf = (parameters: JsonObject): Order => {
    if (!isOrder(parameters.order)) throw new Error('There is no order');
    return parameters.order;
  };
  return [
    { type: 'order_handle', run: (parameters) => handle(orderOf(parameters)) },
    {
      type: 'order_handle_synced',
      run: async (parameters) => {
        await storage.sync();
        return handle(orderOf(parameters));
      },
    },
  ];
}

export class ExecutionObject extends Execution {
  constructor(context: DurableObjectState, env: Env) {
    super(context, env, settingsOf({ actions: actionsOn(context.storage) }));
  }
}

export class DirectoryObject extends Directory {
  constructor(context: DurableObjectState, env: Env) {
    super(context, env, settingsOf({}));
  }
}

/** One write per step, each on the disk before the next: what nothing that is durable can go below. */
export class Writes extends DurableObject {
  async run(steps: number, length: number): Promise<number> {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS writes (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
    for (let step = 0; step < steps; step++) {
      sql.exec('INSERT INTO writes (body) VALUES (?)', 'x'.repeat(length));
      await this.ctx.storage.sync();
    }
    return sql.exec<{ count: number }>('SELECT count(*) AS count FROM writes').one().count;
  }
}

/** Executions that wait for an event, each known by how often it handled its order. */
export class Recoveries extends DurableObject<Env> {
  async prepare(times: readonly number[], mostSteps: number): Promise<void> {
    const plan = compile(waitingDefinition(mostSteps, 'order_handle'));
    for (const count of times) {
      const request = { executionId: `of-${count}`, input: { order: { ...firstOrder }, times: count } };
      const driver = await Driver.start(this.#ports(), plan, request);
      await driver.idle();
      driver.stop();
    }
  }

  /** Takes each over, sees that it stands where it waits, and lets go of it. */
  async open(times: readonly number[]): Promise<void> {
    for (const count of times) {
      const driver = await Driver.open(this.#ports(), `of-${count}`);
      if (driver?.state.status !== 'waiting') throw new Error(`An execution is ${driver?.state.status ?? 'gone'}`);
      checkHandled(driver.state.frames[0]?.lastOutput, count);
      driver.stop();
    }
  }

  #ports(): RuntimePorts {
    const { storage } = this.ctx;
    const { clock, random } = settingsOf({});
    return { store: new SqliteStore(storage), clock, random, actions: createActionRegistry(actionsOn(storage)) };
  }
}

/** Tells whoever waits what a workflow made, as JSON, so that nobody has to ask again and again. */
export class Gate extends DurableObject {
  #open: ((result: string) => void) | undefined;

  wait(): Promise<string> {
    return new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(result: string): void {
    this.#open?.(result);
  }
}

export class Chain extends WorkflowEntrypoint<Env, { readonly steps: number }> {
  override async run(event: Readonly<WorkflowEvent<{ readonly steps: number }>>, step: WorkflowStep): Promise<Order> {
    let order: Order = firstOrder;
    for (let index = 0; index < event.payload.steps; index++) {
      const given = order;
      order = await step.do(`handle_${index}`, () => handle(given));
    }
    await this.env.GATES.getByName(event.instanceId).open(JSON.stringify(order));
    return order;
  }
}

async function ours(env: Env, id: string, steps: number, type: string): Promise<void> {
  const { definition } = compile(chainDefinition(steps, type));
  const body = {
    executionId: id,
    organizationId: 'bench',
    definition,
    input: { order: { ...firstOrder } },
    trigger: { type: 'manual' },
  };
  const response = await env.EXECUTIONS.getByName(`bench/${id}`).fetch('http://object/internal/start?wait=60', {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const view: { readonly output?: unknown } = await response.json();
  checkHandled(view.output, steps);
}

async function workflow(env: Env, id: string, steps: number): Promise<void> {
  const done = env.GATES.getByName(id).wait();
  await env.CHAIN.create({ id, params: { steps } });
  checkHandled(JSON.parse(await done), steps);
}

async function writes(env: Env, id: string, steps: number, length: number): Promise<void> {
  const count = await env.WRITES.getByName(id).run(steps, length);
  if (count !== steps) throw new Error(`${count} writes are kept of ${steps}`);
}

async function perform(work: string, asked: URLSearchParams, env: Env): Promise<boolean> {
  const id = asked.get('id') ?? '';
  const steps = Number(asked.get('steps'));
  const times = (asked.get('times') ?? '').split(',').map(Number);
  switch (work) {
    case '/ours':
      await ours(env, id, steps, 'order_handle');
      return true;
    case '/ours-synced':
      await ours(env, id, steps, 'order_handle_synced');
      return true;
    case '/workflow':
      await workflow(env, id, steps);
      return true;
    case '/writes':
      await writes(env, id, steps, Number(asked.get('length')));
      return true;
    case '/prepare':
      await env.RECOVERIES.getByName(id).prepare(times, steps);
      return true;
    case '/open':
      await env.RECOVERIES.getByName(id).open(times);
      return true;
    default:
      return false;
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const known = await perform(pathname, searchParams, env);
    return known ? new Response('done') : new Response(`There is no ${pathname}`, { status: 404 });
  },
};
