import type { BreakerState, BreakerStore } from '../ports.js';

/** Keeps the states of circuit breakers in this process: they are closed again after a restart. */
export class MemoryBreakers implements BreakerStore {
  readonly #states = new Map<string, { readonly state: BreakerState; readonly version: number }>();

  read(key: string): { readonly state: BreakerState; readonly version: number } | undefined {
    return this.#states.get(key);
  }

  write(key: string, state: BreakerState, version: number): boolean {
    if ((this.#states.get(key)?.version ?? 0) !== version) return false;
    this.#states.set(key, { state, version: version + 1 });
    return true;
  }
}
