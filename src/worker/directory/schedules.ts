import type { Database } from '../migrations.js';
import { type CatchUp, dueTimes, nextTime, type Overlap, type ScheduleSpec } from './due-times.js';

/** `pending` until the execution exists or is known not to. */
export type RunOutcome = 'pending' | 'started' | 'skipped' | 'failed';

/** One time of a schedule, and what came of it. */
export interface ScheduledRun {
  readonly slug: string;
  readonly scheduledAt: number;
  readonly number: number;
  readonly execution: string;
  readonly outcome: RunOutcome;
  readonly detail: string | null;
}

export interface Schedule {
  readonly slug: string;
  readonly number: number;
  readonly spec: ScheduleSpec;
  readonly nextAt: number | null;
}

type ScheduleRow = {
  slug: string;
  number: number;
  cron: string;
  timezone: string;
  overlap: Overlap;
  catch_up: CatchUp;
  next_at: number | null;
};
type RunRow = {
  slug: string;
  scheduled_at: number;
  number: number;
  execution: string;
  outcome: RunOutcome;
  detail: string | null;
};

/** Milliseconds that what came of a scheduled time is remembered. */
const KEPT = 30 * 24 * 3600 * 1000;

/** The schedules of one organisation's active definitions, and the runs they made due. */
export class Schedules {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Follows a definition that became active, or went (`spec` undefined). A schedule that stays as it was keeps its next
   * time, so that putting a new version loses none. Inside the caller's transaction.
   */
  follow(sql: SqlStorage, slug: string, number: number, spec: ScheduleSpec | undefined, now: number): void {
    const before = scheduleRow(sql, slug);
    if (!spec) {
      sql.exec('DELETE FROM schedules WHERE slug = ?', slug);
      return;
    }
    const same = before?.cron === spec.cron && before.timezone === spec.timezone;
    sql.exec(
      `INSERT OR REPLACE INTO schedules (slug, number, cron, timezone, overlap, catch_up, next_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      slug,
      number,
      spec.cron,
      spec.timezone,
      spec.overlap,
      spec.catchUp,
      same ? before.next_at : nextTime(spec, now),
    );
  }

  list(): Schedule[] {
    const sql = this.#database.reading();
    if (!sql) return [];
    return sql.exec<ScheduleRow>('SELECT * FROM schedules ORDER BY slug').toArray().map(scheduleOf);
  }

  lastRun(slug: string): ScheduledRun | undefined {
    return this.#runs('WHERE slug = ? ORDER BY scheduled_at DESC LIMIT 1', slug)[0];
  }

  /** The last run before `scheduledAt` that made an execution. */
  startedBefore(run: ScheduledRun): ScheduledRun | undefined {
    return this.#runs(
      "WHERE slug = ? AND scheduled_at < ? AND outcome = 'started' ORDER BY scheduled_at DESC LIMIT 1",
      run.slug,
      run.scheduledAt,
    )[0];
  }

  /** What is to be started, oldest first. */
  pending(): ScheduledRun[] {
    return this.#runs("WHERE outcome = 'pending' ORDER BY scheduled_at, slug");
  }

  /**
   * Records what became due by `now` and moves each schedule on, in one transaction. A time that was recorded before is
   * not recorded again: one time makes one execution.
   */
  recordDue(now: number, newId: () => string): void {
    if (!this.#database.reading()) return;
    this.#database.transaction((sql) => {
      const rows = sql.exec<ScheduleRow>('SELECT * FROM schedules WHERE next_at <= ?', now).toArray();
      for (const schedule of rows.map(scheduleOf)) {
        const { due, next } = dueTimes(schedule.spec, schedule.nextAt ?? now, now);
        for (const time of due) {
          sql.exec(
            `INSERT OR IGNORE INTO schedule_runs (slug, scheduled_at, number, execution, outcome)
             VALUES (?, ?, ?, ?, 'pending')`,
            schedule.slug,
            time,
            schedule.number,
            newId(),
          );
        }
        sql.exec('UPDATE schedules SET next_at = ? WHERE slug = ?', next, schedule.slug);
      }
      sql.exec('DELETE FROM schedule_runs WHERE scheduled_at < ?', now - KEPT);
    });
  }

  settle(run: ScheduledRun, outcome: RunOutcome, detail: string | null = null): void {
    this.#database.transaction((sql) =>
      sql.exec(
        'UPDATE schedule_runs SET outcome = ?, detail = ? WHERE slug = ? AND scheduled_at = ?',
        outcome,
        detail,
        run.slug,
        run.scheduledAt,
      ),
    );
  }

  #runs(rest: string, ...values: (string | number)[]): ScheduledRun[] {
    const sql = this.#database.reading();
    if (!sql) return [];
    return sql
      .exec<RunRow>(`SELECT * FROM schedule_runs ${rest}`, ...values)
      .toArray()
      .map(({ scheduled_at: scheduledAt, ...run }) => ({ ...run, scheduledAt }));
  }
}

function scheduleRow(sql: SqlStorage, slug: string): ScheduleRow | undefined {
  return sql.exec<ScheduleRow>('SELECT * FROM schedules WHERE slug = ?', slug).toArray()[0];
}

function scheduleOf(row: ScheduleRow): Schedule {
  const { slug, number, cron, timezone, overlap, catch_up: catchUp, next_at: nextAt } = row;
  return { slug, number, spec: { cron, timezone, overlap, catchUp }, nextAt };
}
