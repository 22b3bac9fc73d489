import type { Database } from '../migrations.js';

/** Milliseconds that an idempotency key is remembered. */
const KEPT = 30 * 24 * 3600 * 1000;

/** What an idempotency key stands for: one execution of one version, started by one request. */
export interface Claim {
  /** Hash of the request. */
  readonly fingerprint: string;
  readonly execution: string;
  readonly slug: string;
  readonly number: number;
}

/**
 * Idempotency keys. A claim is recorded before its execution is created, and creating one id twice changes nothing: an
 * answer that was lost, or a Worker that died in between, costs a repeated request and nothing more.
 */
export class Claims {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(key: string): Claim | undefined {
    return this.#database
      .reading()
      ?.exec<Claim & Record<string, string | number>>(
        'SELECT fingerprint, execution, slug, number FROM idempotency WHERE key = ?',
        key,
      )
      .toArray()[0];
  }

  /** The claim that holds: this one, or the one that was there first. */
  record(key: string, claim: Claim, now: number): Claim {
    return this.#database.transaction((sql) => {
      sql.exec(
        `INSERT OR IGNORE INTO idempotency (key, fingerprint, execution, slug, number, created_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        key,
        claim.fingerprint,
        claim.execution,
        claim.slug,
        claim.number,
        now,
      );
      return this.find(key) ?? claim;
    });
  }

  forgetOld(sql: SqlStorage, now: number): void {
    sql.exec('DELETE FROM idempotency WHERE created_at < ?', now - KEPT);
  }
}
