import { child } from './issues.js';

/** Where a text stops being JSON, and what could have stood there. */
export interface JsonFault {
  readonly offset: number;
  readonly expected: string;
}

/** A list or an object that is not closed yet. */
interface Open {
  readonly pointer: string | undefined;
  readonly list: boolean;
  /** Offset of its bracket. */
  readonly start: number;
  index: number;
}

/** Values that nest deeper, or under longer names, are found by the nearest one above: pointers of unbounded length are not made. */
const MAX_DEPTH = 200;
const MAX_POINTER = 1000;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What a JSON string holds unescaped: no quote, no backslash and no control character. */
const PLAIN = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERAL = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

class Fault extends Error {
  readonly fault: JsonFault;
  constructor(offset: number, expected: string) {
    super(expected);
    this.fault = { offset, expected };
  }
}

/** Walks JSON text token by token, with a stack of its own, for what `JSON.parse` does not tell: positions. */
export class JsonScanner {
  readonly #text: string;
  #at = 0;
  readonly #open: Open[] = [];
  readonly #places = new Map<string, number>();
  readonly #twice: { readonly pointer: string; readonly offset: number }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** The offset of every value, by its pointer. The last one counts where a key stands twice, as for `JSON.parse`. */
  places(): ReadonlyMap<string, number> {
    this.fault();
    return this.#places;
  }

  /** Names that their object had before, and where each stands again. To be asked after {@link places}. */
  get twice(): readonly { readonly pointer: string; readonly offset: number }[] {
    return this.#twice;
  }

  /** The first thing that makes the text no JSON; undefined where it is. */
  fault(): JsonFault | undefined {
    try {
      this.#document();
      return undefined;
    } catch (error) {
      if (error instanceof Fault) return error.fault;
      throw error;
    }
  }

  #document(): void {
    this.#value('');
    for (let open = this.#open.at(-1); open !== undefined; open = this.#open.at(-1)) {
      if (open.list) this.#entry(open);
      else this.#member(open);
    }
    this.#space();
    if (this.#at < this.#text.length) this.#fail('the end of the text');
  }

  #entry(open: Open): void {
    if (this.#closes(open, ']')) return;
    this.#value(this.#pointer(open, open.index - 1), open.index === 1 ? 'a value or `]`' : 'a value');
  }

  #member(open: Open): void {
    if (this.#closes(open, '}')) return;
    if (this.#text[this.#at] !== '"')
      this.#fail(open.index === 1 ? 'a key in double quotes or `}`' : 'a key in double quotes');
    const offset = this.#at;
    const key = this.#string();
    const pointer = this.#pointer(open, key);
    if (pointer !== undefined && (this.#places.get(pointer) ?? -1) > open.start) this.#twice.push({ pointer, offset });
    this.#space();
    if (this.#text[this.#at] !== ':') this.#fail('`:`');
    this.#at += 1;
    this.#value(pointer);
  }

  /** Takes the comma before the next entry; true where the list or object ends instead. */
  #closes(open: Open, bracket: string): boolean {
    this.#space();
    const found = this.#text[this.#at];
    if (found === bracket) {
      this.#at += 1;
      this.#open.pop();
      return true;
    }
    if (open.index > 0) {
      if (found !== ',') this.#fail(`\`,\` or \`${bracket}\``);
      this.#at += 1;
      this.#space();
    }
    open.index += 1;
    return false;
  }

  /** Undefined for what is not remembered, nor anything in it. */
  #pointer(open: Open, key: string | number): string | undefined {
    const tooLong = open.pointer === undefined || open.pointer.length + String(key).length > MAX_POINTER;
    return tooLong || this.#open.length > MAX_DEPTH ? undefined : child(open.pointer, key);
  }

  #value(pointer: string | undefined, expected = 'a value'): void {
    this.#space();
    if (pointer !== undefined) this.#places.set(pointer, this.#at);
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      this.#at += 1;
      this.#open.push({ pointer, list: first === '[', start: this.#at - 1, index: 0 });
    } else if (first === '"') {
      this.#string();
    } else if (!this.#take(LITERAL) && !this.#take(NUMBER)) {
      this.#fail(expected);
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      this.#take(PLAIN);
      const stop = this.#text[this.#at];
      if (stop === '"') break;
      if (stop !== '\\')
        this.#fail(stop === undefined ? 'a closing `"`' : 'a closing `"`, or this character as an escape');
      if (!this.#take(ESCAPE)) this.#fail('an escape such as `\\n` or `\\u0041`');
    }
    this.#at += 1;
    const text: unknown = JSON.parse(this.#text.slice(start, this.#at));
    return String(text);
  }

  #space(): void {
    this.#take(SPACE);
  }

  /** Moves past what a sticky pattern matches here. */
  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const matched = pattern.test(this.#text);
    if (matched) this.#at = pattern.lastIndex;
    return matched;
  }

  #fail(expected: string): never {
    throw new Fault(this.#at, expected);
  }
}
