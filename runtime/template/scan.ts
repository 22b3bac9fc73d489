import { ExpressionError, TemplateError } from '../errors.js';
import type { CompiledPart } from '../expression/compile.js';
import type { TemplateLimits } from './limits.js';

/** A piece of a text: characters, or a tag. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly part: CompiledPart }
  | { readonly kind: 'section' | 'inverted'; readonly part: CompiledPart }
  | { readonly kind: 'end' | 'comment' };

export interface ScanOptions {
  readonly limits: TemplateLimits;
  /** Compiles the expression that begins at an offset of the text and ends before `until`. */
  compile(start: number, until: string, item: boolean): CompiledPart;
}

const opening = '{{';
const closing = '}}';
const refused: ReadonlyMap<string, string> = new Map([
  ['>', 'Partials ({{> …}}) are not supported'],
  ['=', 'The delimiters cannot be changed; write a literal {{ as {{ "{{" }}'],
]);

/**
 * Takes a text apart. Where a tag ends is for the expression's parser to say, not for the first `}}`: an expression
 * may hold braces in a string.
 * @throws TemplateError, and ExpressionError for an expression that does not parse
 */
export function scan(text: string, options: ScanOptions): Piece[] {
  return new Scanner(text, options).scan();
}

class Scanner {
  readonly #text: string;
  readonly #options: ScanOptions;
  readonly #pieces: Piece[] = [];
  /** Expressions of the sections that are open, as written, and where they began. */
  readonly #open: { readonly source: string; readonly position: number }[] = [];
  #index = 0;

  constructor(text: string, options: ScanOptions) {
    this.#text = text;
    this.#options = options;
  }

  scan(): Piece[] {
    for (let at = this.#find(); at !== -1; at = this.#find()) {
      if (at > this.#index) this.#pieces.push({ kind: 'text', text: this.#text.slice(this.#index, at) });
      this.#index = at;
      this.#tag(at);
    }
    if (this.#index < this.#text.length) this.#pieces.push({ kind: 'text', text: this.#text.slice(this.#index) });
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) this.#fail(`The section {{#${unclosed.source}}} is never closed`, unclosed.position);
    return this.#pieces;
  }

  #find(): number {
    return this.#text.indexOf(opening, this.#index);
  }

  #tag(start: number): void {
    if (this.#text.charAt(start + 2) === '!') {
      this.#comment(start);
      return;
    }
    const content = this.#skipSpace(start + 2);
    const sigil = this.#text.charAt(content);
    const refusal = refused.get(sigil);
    if (refusal !== undefined) this.#fail(refusal, start);
    if (sigil === '/') this.#sectionEnd(start, content + 1);
    else if (sigil === '#' || sigil === '^') this.#section(sigil, start, content + 1);
    else if (sigil === '{' && content === start + 2) this.#value(content + 1, '}}}');
    else this.#value(sigil === '&' ? content + 1 : content, closing);
  }

  #comment(start: number): void {
    const end = this.#text.indexOf(closing, start);
    if (end === -1) this.#fail('The comment is never closed', start);
    this.#index = end + closing.length;
    this.#pieces.push({ kind: 'comment' });
  }

  #value(start: number, until: string): void {
    const part = this.#compile(start, until);
    this.#pieces.push({ kind: 'value', part });
  }

  #section(sigil: '#' | '^', position: number, start: number): void {
    const part = this.#compile(start, closing);
    const source = this.#text.slice(start, part.end).trim();
    this.#pieces.push({ kind: sigil === '#' ? 'section' : 'inverted', part });
    this.#open.push({ source, position });
    if (this.#open.length > this.#options.limits.depth) this.#tooDeep(position);
  }

  #sectionEnd(position: number, start: number): void {
    const content = this.#skipSpace(start);
    const section = this.#open.pop();
    if (section === undefined) this.#fail('This closes a section that is not open', position);
    const end = this.#skipSpace(content + section.source.length);
    if (!this.#text.startsWith(section.source, content) || !this.#text.startsWith(closing, end)) {
      this.#fail(`Expected {{/${section.source}}} here, to close the section`, position);
    }
    this.#index = end + closing.length;
    this.#pieces.push({ kind: 'end' });
  }

  #compile(start: number, until: string): CompiledPart {
    const part = this.#options.compile(start, until, this.#open.length > 0);
    this.#index = part.end + until.length;
    return part;
  }

  #skipSpace(from: number): number {
    let index = from;
    while (isSpace(this.#text.charCodeAt(index))) index++;
    return index;
  }

  #fail(message: string, position: number): never {
    throw new TemplateError(`${message} (character ${position + 1})`, { source: this.#text, position });
  }

  #tooDeep(position: number): never {
    const message = `The sections are nested more than ${this.#options.limits.depth} levels deep`;
    throw new TemplateError(message, { source: this.#text, position }, { code: 'TEMPLATE_LIMIT' });
  }
}

function isSpace(character: number): boolean {
  return character <= 32 || character > 127 ? /\s/.test(String.fromCharCode(character)) : false;
}

/** The same error, saying which field holds the text. */
export function inField(error: unknown, field: string): unknown {
  if (!(error instanceof ExpressionError || error instanceof TemplateError) || error.field !== undefined) return error;
  const Kind = error instanceof ExpressionError ? ExpressionError : TemplateError;
  const { source, position, code, step, details } = error;
  return new Kind(
    error.message,
    { source, position },
    {
      code,
      field,
      ...(step === undefined ? {} : { step }),
      ...(details === undefined ? {} : { details }),
      cause: error.cause ?? error,
    },
  );
}
