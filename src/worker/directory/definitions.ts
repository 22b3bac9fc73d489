import { readDocument, writeDocument } from '../chunks.js';
import type { Database } from '../migrations.js';

/** A workflow as the API shows it. */
export interface Workflow {
  readonly slug: string;
  readonly name: string;
  /** Counts the versions kept, from 1. */
  readonly number: number;
  /** What the definition calls its version. */
  readonly version: string;
  readonly hash: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Version {
  readonly number: number;
  readonly version: string;
  readonly hash: string;
  readonly createdAt: number;
  readonly active: boolean;
}

export interface NewVersion {
  readonly slug: string;
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  /** JSON of the normal form. */
  readonly definition: string;
}

/** A definition with its text. */
export interface StoredDefinition {
  readonly workflow: Workflow;
  /** JSON of the normal form. */
  readonly definition: string;
}

type WorkflowRow = {
  slug: string;
  name: string;
  number: number;
  version: string;
  hash: string;
  created: number;
  updated: number;
};
type VersionRow = { number: number; version: string; hash: string; created_at: number };

const columns =
  'w.slug, w.name, v.number, v.version, v.hash, w.created_at AS created, w.updated_at AS updated ' +
  'FROM workflows w JOIN versions v ON v.slug = w.slug';

/** The definitions of one organisation: every version put stays, one of each workflow is active. */
export class Definitions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes a version active, a new one unless it equals the one that is. Inside the caller's transaction. */
  put(sql: SqlStorage, put: NewVersion, now: number): { workflow: Workflow; change: 'created' | 'updated' | 'none' } {
    const active = activeOf(sql, put.slug);
    if (active?.hash === put.hash) return { workflow: active, change: 'none' };
    const { last } = sql
      .exec<{ last: number | null }>('SELECT max(number) AS last FROM versions WHERE slug = ?', put.slug)
      .one();
    const number = (last ?? 0) + 1;
    sql.exec(
      'INSERT INTO versions (slug, number, version, hash, created_at) VALUES (?, ?, ?, ?, ?)',
      put.slug,
      number,
      put.version,
      put.hash,
      now,
    );
    writeDocument(sql, put.slug, `definition:${number}`, put.definition);
    sql.exec(
      `INSERT INTO workflows (slug, name, active, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
       ON CONFLICT (slug) DO UPDATE SET name = ?2, active = ?3, updated_at = ?4,
         created_at = CASE WHEN active IS NULL THEN ?4 ELSE created_at END`,
      put.slug,
      put.name,
      number,
      now,
    );
    const created = active?.createdAt ?? now;
    const { definition: _, ...kept } = put;
    return {
      workflow: { ...kept, number, createdAt: created, updatedAt: now },
      change: active ? 'updated' : 'created',
    };
  }

  /** Makes a version that was put before the active one; undefined where there is none. Inside the caller's transaction. */
  activate(sql: SqlStorage, slug: string, number: number, now: number): StoredDefinition | undefined {
    if (!activeOf(sql, slug)) return undefined;
    const found = this.find(slug, number);
    if (!found) return undefined;
    sql.exec(
      'UPDATE workflows SET active = ?, name = ?, updated_at = ? WHERE slug = ?',
      number,
      nameIn(found),
      now,
      slug,
    );
    return { ...found, workflow: { ...found.workflow, updatedAt: now } };
  }

  /** Whether there was one. Inside the caller's transaction. */
  remove(sql: SqlStorage, slug: string): boolean {
    if (!activeOf(sql, slug)) return false;
    sql.exec('UPDATE workflows SET active = NULL WHERE slug = ?', slug);
    return true;
  }

  /** The active version, or the one of that number, of a workflow that is not deleted. */
  find(slug: string, number?: number): StoredDefinition | undefined {
    const sql = this.#database.reading();
    const active = sql && activeOf(sql, slug);
    if (!sql || !active) return undefined;
    return number === undefined || number === active.number ? withText(sql, active) : this.findPinned(slug, number);
  }

  /** As {@link find}, with a version as a definition names it: by its text, the newest of that text, else by its number. */
  findByText(slug: string, version: string | undefined): StoredDefinition | undefined {
    if (version === undefined) return this.find(slug);
    const named = this.versions(slug)?.find((kept) => kept.version === version)?.number;
    const number = named ?? (/^[1-9]\d{0,8}$/.test(version) ? Number(version) : undefined);
    return number === undefined ? undefined : this.find(slug, number);
  }

  /** A version by its number, also of a workflow deleted since. */
  findPinned(slug: string, number: number): StoredDefinition | undefined {
    const sql = this.#database.reading();
    const row = sql
      ?.exec<WorkflowRow>(`SELECT ${columns} WHERE w.slug = ? AND v.number = ?`, slug, number)
      .toArray()[0];
    return sql && row && withText(sql, workflowOf(row));
  }

  list(): Workflow[] {
    const sql = this.#database.reading();
    if (!sql) return [];
    return sql.exec<WorkflowRow>(`SELECT ${columns} AND v.number = w.active ORDER BY w.slug`).toArray().map(workflowOf);
  }

  /** Newest first; undefined where there is no such workflow. */
  versions(slug: string): Version[] | undefined {
    const sql = this.#database.reading();
    const active = sql && activeOf(sql, slug);
    if (!sql || !active) return undefined;
    return sql
      .exec<VersionRow>(
        'SELECT number, version, hash, created_at FROM versions WHERE slug = ? ORDER BY number DESC',
        slug,
      )
      .toArray()
      .map(({ created_at: createdAt, ...row }) => ({ ...row, createdAt, active: row.number === active.number }));
  }
}

function activeOf(sql: SqlStorage, slug: string): Workflow | undefined {
  const row = sql.exec<WorkflowRow>(`SELECT ${columns} AND v.number = w.active WHERE w.slug = ?`, slug).toArray()[0];
  return row && workflowOf(row);
}

function workflowOf({ created, updated, ...row }: WorkflowRow): Workflow {
  return { ...row, createdAt: created, updatedAt: updated };
}

function withText(sql: SqlStorage, workflow: Workflow): StoredDefinition | undefined {
  const definition = readDocument(sql, workflow.slug, `definition:${workflow.number}`);
  return definition === undefined
    ? undefined
    : { workflow: { ...workflow, name: nameIn({ workflow, definition }) }, definition };
}

/** Each version has the name that its own text gives. */
function nameIn(found: StoredDefinition): string {
  const { name } = JSON.parse(found.definition);
  return typeof name === 'string' ? name : found.workflow.name;
}
