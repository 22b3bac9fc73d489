import { ActionError, parentOf } from '../../runtime/index.js';
import type {
  ChildOutcome,
  ChildRequest,
  ChildWorkflows,
  ExecutionSummary,
  JournalEvent,
  Json,
  Logger,
  Trigger,
} from '../../runtime/ports.js';
import { directoryStub, executionStub } from './addresses.js';
import type { WorkerEnv } from './options.js';
import type { Origin } from './origin.js';
import type { SqliteStore } from './sqlite-store.js';
import type { StartCommand } from './start-command.js';

interface Surroundings {
  readonly env: WorkerEnv;
  readonly store: SqliteStore;
  readonly logger: Logger | undefined;
  readonly origin: Origin;
  /** How the execution of this object has ended. */
  outcome(): Promise<ChildOutcome | undefined>;
}

type ChildRow = { id: string; cancel: string };
type ReportRow = { parent: string; activation: number };

/** How often a start is asked for that gets no answer, before the step's own policy has its say. */
const ATTEMPTS = 3;

/**
 * The children that an execution waits for, and the parent that waits for it: other objects of the same organisation.
 * What is owed to them is recorded in the commit that makes it owed, and kept until the other one has it: a child to be
 * cancelled, and to the parent the end of this one.
 */
export class Relatives implements ChildWorkflows {
  readonly #around: Surroundings;
  #sending: Promise<void> | undefined;
  #again = false;
  /** Whether there may be rows in `children`: most executions never have any, and pay nothing for it. */
  #hasChildren: boolean | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Within the transaction of each commit. */
  follow(sql: SqlStorage, summary: ExecutionSummary, events: readonly JournalEvent[]): void {
    for (const event of events) {
      if (event.type === 'child_ended') {
        sql.exec('DELETE FROM children WHERE id = ?', event.executionId);
      } else if (event.type === 'step_failed' || event.type === 'step_cancelled') {
        // The visit has ended otherwise than by the end of its child.
        this.#giveUp(sql, 'The step that started it waits no more.', event.activation);
      } else if (
        event.type === 'execution_completed' ||
        event.type === 'execution_failed' ||
        event.type === 'execution_cancelled'
      ) {
        this.#giveUp(sql, `Execution ${summary.id}, which started it, has ended.`);
        this.owe(sql, this.#around.origin.trigger);
      }
    }
  }

  /** This execution has ended: whoever waits for that is to be told. Inside the caller's transaction. */
  owe(sql: SqlStorage, trigger: Trigger | undefined): void {
    const parent = trigger && parentOf(trigger);
    if (!parent) return;
    const { executionId, activation } = parent;
    sql.exec('INSERT OR REPLACE INTO reports (parent, activation) VALUES (?, ?)', executionId, activation);
  }

  /** Whether something is owed. */
  get owes(): boolean {
    const sql = this.#around.store.database.reading();
    if (!sql) return false;
    const owed = sql.exec('SELECT 1 FROM reports UNION ALL SELECT 1 FROM children WHERE cancel IS NOT NULL LIMIT 1');
    return owed.toArray().length > 0;
  }

  /** Sends what is owed; what cannot be sent now stays. Never rejects. */
  settle(): Promise<void> {
    this.#again = true;
    this.#sending ??= this.#settleAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async start(request: ChildRequest): Promise<void> {
    const { executionId: id, trigger } = request;
    const isAwaited = trigger.detached !== true;
    // Recorded before it can begin, so that whatever becomes of this step, the child is not forgotten.
    if (isAwaited) this.#record(id, Number(trigger.activation));
    const refused = await this.#refused(request);
    if (refused !== undefined) {
      if (isAwaited) this.#forget(id);
      throw refused;
    }
    // It may have been given up while it was being started.
    if (isAwaited && this.#isGivenUp(id)) await this.settle();
  }

  async cancel(executionId: string, reason: string): Promise<void> {
    this.#around.store.database.transaction((sql) =>
      sql.exec('UPDATE children SET cancel = ? WHERE id = ?', reason, executionId),
    );
    await this.settle();
  }

  async outcome(executionId: string): Promise<ChildOutcome | undefined> {
    const response = await this.#ask(executionId, '/internal/outcome');
    if (response.status === 204 || response.status === 404) return undefined;
    if (!response.ok) throw new Error(`Execution ${executionId} answered ${response.status}.`);
    return response.json();
  }

  report(): void {
    void this.settle();
  }

  /**
   * Undefined when the child runs; else why it does not, and never will under this id.
   * @throws ActionError where it is not known; the commit of that failure has the child cancelled
   */
  async #refused(request: ChildRequest): Promise<ActionError | undefined> {
    const { executionId, workflow, version, input, threadId, trigger } = request;
    const { organization } = this.#around.origin;
    const found = await directoryStub(this.#around.env, organization).definitionOf(workflow, version);
    if (!found) {
      // It may have been started by this very step, and its definition deleted since.
      return (await this.#ask(executionId, '/internal/summary')).ok ? undefined : notFound(workflow, version);
    }
    const eventDepth = this.#around.origin.trigger?.eventDepth;
    const command: StartCommand = {
      executionId,
      organizationId: organization,
      definition: JSON.parse(found.definition),
      input,
      // How far it is from the event that began it all goes with it, so that a circle of events has an end.
      trigger: typeof eventDepth === 'number' ? { ...trigger, eventDepth } : trigger,
      ...(threadId === undefined ? {} : { threadId }),
    };
    const body = JSON.stringify(command);
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#ask(executionId, '/internal/start', body);
      if (response.ok) return undefined;
      if (response.status < 500) return refusal(response, workflow);
      if (attempt === ATTEMPTS) throw await refusal(response, workflow);
    }
  }

  /** What came to be owed while others were told is told too. */
  async #settleAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    const sql = this.#around.store.database.reading();
    if (!sql) return;
    try {
      const children = sql.exec<ChildRow>('SELECT id, cancel FROM children WHERE cancel IS NOT NULL').toArray();
      for (const child of children) await this.#cancelOne(child);
      for (const report of sql.exec<ReportRow>('SELECT parent, activation FROM reports').toArray()) {
        await this.#reportTo(report);
      }
    } catch (error) {
      this.#around.logger?.log('warn', 'Another execution could not be told; it will be told again.', {
        error: String(error),
      });
    }
  }

  async #cancelOne({ id, cancel }: ChildRow): Promise<void> {
    const response = await this.#ask(id, '/internal/cancel', JSON.stringify({ reason: cancel }));
    // 404: it never began.
    if (!response.ok && response.status !== 404) throw new Error(`Execution ${id} answered ${response.status}.`);
    this.#forget(id);
  }

  async #reportTo({ parent, activation }: ReportRow): Promise<void> {
    const { store } = this.#around;
    const outcome = await this.#around.outcome();
    if (outcome !== undefined) {
      const response = await this.#ask(parent, '/internal/child-ended', JSON.stringify({ activation, outcome }));
      if (!response.ok && response.status !== 404) throw new Error(`Execution ${parent} answered ${response.status}.`);
    }
    store.database.transaction((sql) => sql.exec('DELETE FROM reports WHERE parent = ?', parent));
  }

  #giveUp(sql: SqlStorage, reason: string, activation?: number): void {
    this.#hasChildren ??= sql.exec('SELECT 1 FROM children LIMIT 1').toArray().length > 0;
    if (!this.#hasChildren) return;
    sql.exec(
      'UPDATE children SET cancel = ?1 WHERE cancel IS NULL AND (?2 IS NULL OR activation = ?2)',
      reason,
      activation ?? null,
    );
  }

  #record(id: string, activation: number): void {
    this.#around.store.database.transaction((sql) =>
      sql.exec('INSERT OR IGNORE INTO children (id, activation) VALUES (?, ?)', id, activation),
    );
    this.#hasChildren = true;
  }

  #forget(id: string): void {
    this.#around.store.database.transaction((sql) => sql.exec('DELETE FROM children WHERE id = ?', id));
  }

  #isGivenUp(id: string): boolean {
    const sql = this.#around.store.database.reading();
    const rows = sql?.exec('SELECT 1 FROM children WHERE id = ? AND cancel IS NOT NULL', id).toArray();
    return rows !== undefined && rows.length > 0;
  }

  #ask(execution: string, path: string, body?: string): Promise<Response> {
    const { env, origin } = this.#around;
    const init = body === undefined ? {} : { method: 'POST', body };
    return executionStub(env, origin.organization, execution).fetch(`https://object${path}`, init);
  }
}

function notFound(workflow: string, version: string | undefined): ActionError {
  const which = version === undefined ? `'${workflow}'` : `'${workflow}' in version ${version}`;
  return new ActionError(`There is no workflow ${which} to start`, { code: 'WORKFLOW_NOT_FOUND', retryable: false });
}

async function refusal(response: Response, workflow: string): Promise<ActionError> {
  const problem: { code?: string; detail?: string; issues?: Json } = await response.json();
  const { code = 'UNAVAILABLE', detail = `It answered ${response.status}.`, issues } = problem;
  return new ActionError(`Workflow '${workflow}' cannot be started: ${detail}`, {
    code,
    // Another time may do where the fault is not in what was asked.
    retryable: response.status >= 500 || code === 'CONCURRENCY_LIMIT' || code === 'QUEUE_LIMIT',
    ...(issues === undefined ? {} : { details: issues }),
  });
}
