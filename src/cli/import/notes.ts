import type { Issue } from '../../../runtime/index.js';

/** What an import has to say, each with the place in the YAML it is about, as a JSON pointer. */
export class Notes {
  /** By what tells them apart: what was said once is not said again. */
  readonly #notes = new Map<string, Issue>();

  /** Something is not as it was, or is not there: the import goes on. */
  note(code: string, path: string, message: string, hint?: string): void {
    this.#add('warning', code, path, message, hint);
  }

  /** Without this there is nothing to import. */
  error(code: string, path: string, message: string, hint?: string): void {
    this.#add('error', code, path, message, hint);
  }

  #add(severity: Issue['severity'], code: string, path: string, message: string, hint: string | undefined): void {
    const key = JSON.stringify([code, path, message]);
    if (this.#notes.has(key)) return;
    this.#notes.set(key, { code, severity, path, message, ...(hint === undefined ? {} : { hint }) });
  }

  get all(): readonly Issue[] {
    return [...this.#notes.values()];
  }

  get failed(): boolean {
    return this.all.some(({ severity }) => severity === 'error');
  }
}
