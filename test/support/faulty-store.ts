import { StorageError } from '../../runtime/index.js';
import type { Awaitable, Commit, ExecutionStore, ListQuery, NewExecution } from '../../runtime/ports.js';

/**
 * Where a write is cut off: before anything of it is kept, or after all of it is, the answer lost. `taken over`: another
 * driver has opened the execution meanwhile, as happens to one that was frozen; that host lives on.
 */
export type FaultPoint = 'before' | 'after' | 'taken over';

/** Which writes fail: counted from 1 over `create` and `commit` together. */
export type FaultPlan = (write: number) => FaultPoint | undefined;

/**
 * A store whose writes fail where the plan says so, as a host does that is killed at that moment: nothing more of that
 * host is written after that, until it is {@link FaultyStore.revive started again}.
 */
export class FaultyStore implements ExecutionStore {
  #inner: ExecutionStore;
  readonly #plan: FaultPlan;
  #writes = 0;
  #died: StorageError | undefined;

  constructor(inner: ExecutionStore, plan: FaultPlan) {
    this.#inner = inner;
    this.#plan = plan;
  }

  /** Writes asked for so far, those that failed among them. */
  get writes(): number {
    return this.#writes;
  }

  /** @throws StorageError when the host is dead */
  check(): void {
    if (this.#died !== undefined) throw this.#died;
  }

  /** @param inner a new connection to what the dead host left; the one before when absent */
  revive(inner: ExecutionStore = this.#inner): void {
    this.#inner = inner;
    this.#died = undefined;
  }

  create(execution: NewExecution): Promise<void> {
    return this.#write(() => this.#inner.create(execution));
  }

  commit(id: string, commit: Commit): Promise<void> {
    return this.#write(() => this.#inner.commit(id, commit), id);
  }

  open(id: string): ReturnType<ExecutionStore['open']> {
    return this.#inner.open(id);
  }

  read(id: string): ReturnType<ExecutionStore['read']> {
    return this.#inner.read(id);
  }

  readEvents(
    id: string,
    query?: { readonly after?: number; readonly limit?: number },
  ): ReturnType<ExecutionStore['readEvents']> {
    return this.#inner.readEvents(id, query);
  }

  list(query?: ListQuery): ReturnType<ExecutionStore['list']> {
    return this.#inner.list(query);
  }

  async #write(write: () => Awaitable<void>, id?: string): Promise<void> {
    this.check();
    this.#writes += 1;
    const fault = this.#plan(this.#writes);
    if (fault === 'taken over' && id !== undefined) await this.#inner.open(id);
    if (fault !== 'before') await write();
    if (fault === 'taken over') return;
    if (fault === undefined) return;
    this.#died = new StorageError(`The store failed ${fault} write ${this.#writes}.`);
    throw this.#died;
  }
}
