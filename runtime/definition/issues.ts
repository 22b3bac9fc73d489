import type { Issue, Severity } from '../errors.js';
import { child, lastSegment } from '../pointer.js';
import { PatternBudget } from './pattern-budget.js';

export { child, lastSegment };

/** A pointer that would be longer is that of what stands around: in a few long names there may be many issues. */
const LONGEST_POINTER = 1000;

/** The pointer of what keys lead to from a pointer. */
export function below(pointer: string, keys: readonly (string | number)[]): string {
  let made = pointer;
  for (const key of keys) {
    if (made.length + `${key}`.length > LONGEST_POINTER) break;
    made = child(made, key);
  }
  return made;
}

const MOST_HINTS = 100;

export interface IssueExtra {
  readonly step?: string | undefined;
  readonly hint?: string | undefined;
  /** The field is the last segment of the pointer where this is absent. */
  readonly field?: string | undefined;
}

/** Collects what is wrong. Pointers come in as the normal form has them and go out as the author's document has them. */
export class IssueList {
  /** Never used: see docs/decisions/0022. */
  static readonly kept: IssueList = /* @__PURE__ */ new IssueList();

  readonly all: Issue[] = [];
  /** What all that is checked of the document shares. */
  readonly patterns = new PatternBudget();
  readonly #origin: (pointer: string) => string;
  #errors = 0;
  #hints = 0;

  constructor(origin: (pointer: string) => string = (pointer) => pointer) {
    this.#origin = origin;
  }

  /** What is looked for: as many hints as somebody may read. Each takes a while, and a document may hold a hundred thousand slips. */
  hint(look: () => string | undefined): string | undefined {
    return ++this.#hints > MOST_HINTS ? undefined : look();
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
