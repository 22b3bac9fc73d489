import type { Database } from '../migrations.js';

/** A circuit breaker's state, as JSON. */
export interface StoredBreaker {
  readonly state: string;
  readonly version: number;
}

/** The circuit breakers that the executions of one organisation share. */
export class Breakers {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  read(key: string): StoredBreaker | undefined {
    const rows = this.#database
      .reading()
      ?.exec<{ state: string; version: number }>('SELECT state, version FROM breakers WHERE key = ?', key);
    return rows?.toArray()[0];
  }

  /** Whether the version was still that one, 0 for none; nothing is written otherwise. */
  write(key: string, state: string, version: number): boolean {
    return this.#database.transaction((sql) => {
      if ((this.read(key)?.version ?? 0) !== version) return false;
      sql.exec('INSERT OR REPLACE INTO breakers (key, version, state) VALUES (?, ?, ?)', key, version + 1, state);
      return true;
    });
  }
}
