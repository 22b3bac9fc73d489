import { isFinal } from '../../runtime/index.js';
import type { ExecutionSummary, Logger } from '../../runtime/ports.js';
import type { SqliteStore } from './sqlite-store.js';

/** Milliseconds between two reports of an execution whose status did not change. */
const PACE = 1000;

interface Outlet {
  readonly store: SqliteStore;
  readonly logger: Logger | undefined;
  /** Resolves once the directory has it; rejects when it may not have. */
  send(summary: ExecutionSummary): Promise<void>;
  /** Called once the directory knows the end of an execution. */
  settled(): void;
}

/**
 * Reports the execution to the directory's index without the execution waiting for it. What the directory has is
 * recorded; what it has not is reported again at the next commit, alarm or restart. Reports are by `seq`, so that an
 * older one never replaces a newer.
 */
export class IndexOutbox {
  readonly #outlet: Outlet;
  #latest: ExecutionSummary | undefined;
  #sent: ExecutionSummary | undefined;
  #running = false;
  #hurry: (() => void) | undefined;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** Returns at once. The promise of the reports under way, for a host that wants to stay alive for them. */
  touch(summary: ExecutionSummary): Promise<void> | undefined {
    this.#latest = summary;
    if (this.#sent && this.#sent.status !== summary.status) this.#hurry?.();
    if (this.#running) return undefined;
    this.#running = true;
    return this.#drain().finally(() => {
      this.#running = false;
    });
  }

  async #drain(): Promise<void> {
    for (let next = this.#next(); next; next = this.#next()) {
      try {
        await this.#outlet.send(next);
        this.#outlet.store.markIndexed(next.id, next.seq);
      } catch (error) {
        this.#outlet.logger?.log('warn', 'The directory could not be told of an execution; it will be told again.', {
          execution: next.id,
          error: String(error),
        });
        return;
      }
      this.#sent = next;
      if (isFinal(next.status)) this.#outlet.settled();
      else await this.#pause();
    }
  }

  #next(): ExecutionSummary | undefined {
    const latest = this.#latest;
    if (!latest) return undefined;
    const known = this.#sent?.seq ?? this.#outlet.store.indexedSeq(latest.id);
    return latest.seq > known ? latest : undefined;
  }

  #pause(): Promise<void> {
    if (this.#latest?.status !== this.#sent?.status || !this.#next()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PACE);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
