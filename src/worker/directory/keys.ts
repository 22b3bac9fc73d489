import type { Database } from '../migrations.js';

export const roles = ['viewer', 'operator', 'editor', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
}

type KeyRow = { id: string; name: string; role: Role; created_at: number };

/** The API keys of one organisation, by their hash: the key itself is nowhere. */
export class Keys {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(hash: string): Pick<ApiKey, 'name' | 'role'> | undefined {
    const rows = this.#database
      .reading()
      ?.exec<{ name: string; role: Role }>('SELECT name, role FROM keys WHERE hash = ?', hash);
    return rows?.toArray()[0];
  }

  add(hash: string, key: ApiKey): void {
    this.#database.transaction((sql) =>
      sql.exec(
        'INSERT INTO keys (hash, id, name, role, created_at) VALUES (?, ?, ?, ?, ?)',
        hash,
        key.id,
        key.name,
        key.role,
        key.createdAt,
      ),
    );
  }

  list(): ApiKey[] {
    const sql = this.#database.reading();
    if (!sql) return [];
    return sql
      .exec<KeyRow>('SELECT id, name, role, created_at FROM keys ORDER BY created_at, id')
      .toArray()
      .map(({ created_at: createdAt, ...key }) => ({ ...key, createdAt }));
  }

  /** Whether there was one. */
  revoke(id: string): boolean {
    if (!this.#database.reading()) return false;
    return this.#database.transaction((sql) => sql.exec('DELETE FROM keys WHERE id = ?', id).rowsWritten > 0);
  }
}
