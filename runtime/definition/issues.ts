import type { Issue, Severity } from '../errors.js';

/** The pointer of a child, as RFC 6901 writes it. */
export function child(pointer: string, key: string | number): string {
  if (typeof key === 'number' || !(key.includes('~') || key.includes('/'))) return `${pointer}/${key}`;
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The last segment of a pointer, unescaped: the name of the field it points at. */
export function lastSegment(pointer: string): string {
  return pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

export interface IssueExtra {
  readonly step?: string | undefined;
  readonly hint?: string | undefined;
  /** The field is the last segment of the pointer where this is absent. */
  readonly field?: string | undefined;
}

/** Collects what is wrong. Pointers come in as the normal form has them and go out as the author's document has them. */
export class IssueList {
  readonly all: Issue[] = [];
  readonly #origin: (pointer: string) => string;
  #errors = 0;

  constructor(origin: (pointer: string) => string = (pointer) => pointer) {
    this.#origin = origin;
  }

  get failed(): boolean {
    return this.#errors > 0;
  }

  error(code: string, pointer: string, message: string, extra: IssueExtra = {}): void {
    this.#errors += 1;
    this.#add('error', code, pointer, message, extra);
  }

  warning(code: string, pointer: string, message: string, extra: IssueExtra = {}): void {
    this.#add('warning', code, pointer, message, extra);
  }

  #add(severity: Severity, code: string, pointer: string, message: string, extra: IssueExtra): void {
    const path = this.#origin(pointer);
    const field = extra.field ?? lastSegment(path);
    this.all.push({
      code,
      severity,
      path,
      ...(extra.step === undefined ? {} : { step: extra.step }),
      ...(field === '' ? {} : { field }),
      message,
      ...(extra.hint === undefined ? {} : { hint: extra.hint }),
    });
  }
}
