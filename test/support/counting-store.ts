import type { Awaitable, Commit, ExecutionStore, ListQuery, NewExecution } from '../../runtime/ports.js';

/** A store that keeps count of what is written to it. */
export class CountingStore implements ExecutionStore {
  readonly #inner: ExecutionStore;
  readonly commits: Commit[] = [];
  created = 0;

  constructor(inner: ExecutionStore) {
    this.#inner = inner;
  }

  create(execution: NewExecution): Awaitable<void> {
    this.created += 1;
    return this.#inner.create(execution);
  }

  commit(id: string, commit: Commit): Awaitable<void> {
    this.commits.push(commit);
    return this.#inner.commit(id, commit);
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
}
