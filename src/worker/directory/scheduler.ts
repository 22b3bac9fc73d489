import { NewtflowError } from '../../../runtime/index.js';
import { executionStub } from '../addresses.js';
import type { ScheduleView } from '../directory-api.js';
import type { Database } from '../migrations.js';
import type { WorkerEnv } from '../options.js';
import type { Settings } from '../settings.js';
import { isOver, type Standing } from '../standing.js';
import type { StartCommand } from '../start-command.js';
import type { Claims } from './claims.js';
import type { Definitions } from './definitions.js';
import type { ExecutionIndex } from './execution-index.js';
import type { ScheduledRun, Schedules } from './schedules.js';

interface Surroundings {
  readonly env: WorkerEnv;
  readonly settings: Settings;
  readonly database: Database;
  readonly schedules: Schedules;
  readonly definitions: Definitions;
  readonly claims: Claims;
  readonly index: ExecutionIndex;
}

/** Starts what the schedules of one organisation have due. */
export class Scheduler {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  views(): ScheduleView[] {
    return this.#around.schedules.list().map(({ slug, number, spec, nextAt }) => {
      const last = this.#around.schedules.lastRun(slug);
      const executionId = last?.outcome === 'started' ? last.execution : null;
      return {
        workflow: slug,
        number,
        ...spec,
        nextRunAt: nextAt,
        lastRun: last
          ? {
              scheduledAt: last.scheduledAt,
              outcome: last.outcome,
              detail: last.detail,
              executionId,
              status: executionId === null ? null : (this.#around.index.statusOf(executionId) ?? null),
            }
          : null,
      };
    });
  }

  /** Starts what is due by `now`. What cannot be started now is tried at the next call. */
  async run(organization: string, now: number): Promise<void> {
    const { settings, database } = this.#around;
    if (!database.reading()) return;
    this.#around.schedules.recordDue(now, () => settings.random.id());
    database.transaction((sql) => this.#around.claims.forgetOld(sql, now));
    for (const run of this.#around.schedules.pending()) {
      try {
        await this.#startRun(organization, run);
      } catch (error) {
        settings.logger.log('error', 'A scheduled execution could not be started; it will be tried again.', {
          workflow: run.slug,
          scheduledAt: run.scheduledAt,
          error: error instanceof NewtflowError ? error.code : String(error),
        });
      }
    }
  }

  async #startRun(organization: string, run: ScheduledRun): Promise<void> {
    const found = this.#around.definitions.findPinned(run.slug, run.number);
    if (!found) return this.#around.schedules.settle(run, 'failed', 'The definition is gone.');
    const overlap =
      this.#around.schedules.list().find((schedule) => schedule.slug === run.slug)?.spec.overlap ?? 'skip';
    if (overlap !== 'allow' && (await this.#isLastRunning(organization, run))) {
      if (overlap === 'skip') this.#around.schedules.settle(run, 'skipped', 'The execution before was not over.');
      return;
    }
    const command: StartCommand = {
      executionId: run.execution,
      organizationId: organization,
      definition: JSON.parse(found.definition),
      trigger: { type: 'schedule', scheduledAt: run.scheduledAt },
    };
    const response = await executionStub(this.#around.env, organization, run.execution).fetch(
      'https://object/internal/start',
      {
        method: 'POST',
        body: JSON.stringify(command),
      },
    );
    if (response.ok) return this.#around.schedules.settle(run, 'started');
    const problem: { detail?: unknown } = await response.json();
    // What the request itself is wrong about does not get better by asking again.
    if (response.status < 500)
      return this.#around.schedules.settle(run, 'failed', String(problem.detail ?? response.status));
    throw new Error(`The execution answered ${response.status}.`);
  }

  async #isLastRunning(organization: string, run: ScheduledRun): Promise<boolean> {
    const last = this.#around.schedules.startedBefore(run);
    if (!last) return false;
    const response = await executionStub(this.#around.env, organization, last.execution).fetch(
      'https://object/internal/summary',
    );
    if (!response.ok) return false;
    const summary: Standing = await response.json();
    return !isOver(summary.status);
  }
}
