import type { AdmissionRow, AdmissionStore } from '../ports.js';

/** Keeps who runs and who waits in this process. */
export class MemoryAdmissionStore implements AdmissionStore {
  readonly #rows = new Map<string, AdmissionRow>();

  update<T>(
    key: string,
    change: (row: AdmissionRow | undefined) => { readonly row: AdmissionRow | undefined; readonly result: T },
  ): T {
    const { row, result } = change(this.#rows.get(key));
    if (row === undefined) this.#rows.delete(key);
    else this.#rows.set(key, row);
    return result;
  }

  keys(): readonly string[] {
    return [...this.#rows.keys()];
  }
}
