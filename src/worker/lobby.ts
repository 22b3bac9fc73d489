import type { Plan } from '../../runtime/index.js';
import type { ConcurrencyBound } from '../../runtime/operations.js';
import { readDocument, writeDocument } from './chunks.js';
import type { Database } from './migrations.js';
import type { Standing } from './standing.js';
import type { StartCommand } from './start-command.js';

/** A start that was asked for and has not been made. */
export interface HeldStart {
  readonly command: StartCommand;
  readonly bound: ConcurrencyBound;
  readonly workflow: { readonly slug: string; readonly name: string; readonly hash: string };
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Set once it is called off: then it never begins. */
  readonly calledOff?: { readonly reason: string; readonly at: number };
}

/** What an object keeps of the execution that it is to start, until that is stored. */
export class Lobby {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get held(): HeldStart | undefined {
    const sql = this.#database.reading();
    const text = sql && readDocument(sql, OWNER, KIND);
    return text === undefined ? undefined : JSON.parse(text);
  }

  hold(command: StartCommand, bound: ConcurrencyBound, { slug, name, hash }: Plan, at: number): HeldStart {
    const held = { command, bound, workflow: { slug, name, hash }, at };
    this.#database.transaction((sql) => writeDocument(sql, OWNER, KIND, JSON.stringify(held)));
    return held;
  }

  /** Inside the caller's transaction. */
  callOff(sql: SqlStorage, held: HeldStart, reason: string, at: number): HeldStart {
    const ended = { ...held, calledOff: { reason, at } };
    writeDocument(sql, OWNER, KIND, JSON.stringify(ended));
    return ended;
  }

  drop(): void {
    this.#database.transaction((sql) => this.clear(sql));
  }

  /** Inside the caller's transaction. */
  clear(sql: SqlStorage): void {
    sql.exec('DELETE FROM documents WHERE owner = ? AND kind = ?', OWNER, KIND);
  }
}

export function standingOf({ command, workflow, at, calledOff }: HeldStart): Standing {
  return {
    id: command.executionId,
    workflow: workflow.slug,
    workflowName: workflow.name,
    planHash: workflow.hash,
    status: calledOff ? 'cancelled' : 'queued',
    seq: 0,
    startedAt: at,
    updatedAt: calledOff?.at ?? at,
    wakeAt: null,
    currentSteps: [],
    ...(calledOff ? { error: { code: 'CANCELLED', message: calledOff.reason } } : {}),
  };
}

/** No execution has this id. */
const OWNER = '';
const KIND = 'held';
