import { type EventOf, StorageError } from '../../runtime/index.js';
import type { JournalEvent, Trigger } from '../../runtime/ports.js';
import { readDocument, writeDocument } from './chunks.js';
import type { SqliteStore } from './sqlite-store.js';

/** No execution has this id. */
const OWNER = '';
const KIND = 'organization';

/** Where the execution of an object comes from, and whose it is. */
export class Origin {
  readonly #store: SqliteStore;
  readonly #held: () => string | undefined;
  #id: string | undefined;
  #first: EventOf<'execution_started'> | undefined;
  #organization: string | undefined;
  /** Who takes over what is stored next. */
  #claimant: string | undefined;

  /** @param held whose the execution is that is to begin here, while there is none */
  constructor(store: SqliteStore, held: () => string | undefined) {
    this.#store = store;
    this.#held = held;
  }

  /** Undefined while there is no execution. */
  get id(): string | undefined {
    this.#id ??= this.#store.list({ limit: 1 }).items[0]?.id;
    return this.#id;
  }

  get trigger(): Trigger | undefined {
    return this.#started()?.trigger;
  }

  /**
   * The organisation that the object belongs to, which for an execution that came from elsewhere is not for its journal
   * to say.
   */
  get organization(): string {
    const sql = this.#store.database.reading();
    this.#organization ??=
      this.#claimant ?? (sql && readDocument(sql, OWNER, KIND)) ?? this.#started()?.organizationId ?? this.#held();
    if (this.#organization !== undefined) return this.#organization;
    throw new StorageError('The execution does not say whose it is.', { code: 'STORAGE_CORRUPT' });
  }

  /** Within the transaction of a commit: whether it is the one that makes the execution. */
  follow(sql: SqlStorage, events: readonly JournalEvent[]): boolean {
    if (this.#claimant !== undefined) writeDocument(sql, OWNER, KIND, this.#claimant);
    const [first] = events;
    if (first?.type !== 'execution_started') return false;
    this.#first = first;
    return true;
  }

  /** Runs work that stores an execution made elsewhere: it is this organisation's from the same commit on. */
  async claiming<T>(organization: string, work: () => Promise<T>): Promise<T> {
    this.#claimant = organization;
    try {
      return await work();
    } finally {
      this.#claimant = undefined;
    }
  }

  #started(): EventOf<'execution_started'> | undefined {
    if (this.#first) return this.#first;
    const { id } = this;
    const [first] = id === undefined ? [] : this.#store.readEvents(id, { limit: 1 });
    if (first?.type === 'execution_started') this.#first = first;
    return this.#first;
  }
}
