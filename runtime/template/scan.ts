import { TemplateError } from '../errors.js';
import type { Part } from '../expression/part.js';
import type { TemplateLimits } from './limits.js';

/** A piece of a text: characters, or a tag. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly part: Part }
  | { readonly kind: 'section' | 'inverted'; readonly part: Part }
  | { readonly kind: 'end' | 'comment' };

/** Compiles the expression that begins at an offset of the text and ends before `until`. */
type CompileExpression = (start: number, until: string, item: boolean) => Part;

/** A section that is open: its expression as written, and where it began. */
interface OpenSection {
  readonly mark: '#' | '^';
  readonly source: string;
  readonly position: number;
}

/** A plain object: the shape of instances of a class is forgotten with the last of them, and compiled code with it. */
interface Scan {
  readonly text: string;
  readonly limits: TemplateLimits;
  readonly compile: CompileExpression;
  readonly open: OpenSection[];
  /** Up to where the text is taken apart. */
  index: number;
}

const opening = '{{';
const closing = '}}';

/**
 * Takes a text apart. Where a tag ends is for the expression's parser to say, not for the first `}}`: an expression
 * may hold braces in a string.
 * @throws TemplateError, and ExpressionError for an expression that does not parse
 */
export function scan(text: string, limits: TemplateLimits, compile: CompileExpression): readonly Piece[] {
  const state: Scan = { text, limits, compile, open: [], index: 0 };
  const pieces: Piece[] = [];
  for (let at = text.indexOf(opening); at !== -1; at = text.indexOf(opening, state.index)) {
    if (at > state.index) pieces.push({ kind: 'text', text: text.slice(state.index, at) });
    pieces.push(scanTag(state, at));
  }
  if (state.index < text.length) pieces.push({ kind: 'text', text: text.slice(state.index) });
  const unclosed = state.open.at(-1);
  if (unclosed !== undefined)
    fail(state, `The section {{${unclosed.mark}${unclosed.source}}} is never closed`, unclosed.position);
  // A copy of its size: a list that has grown has room for more, and this one stays.
  return pieces.slice();
}

function scanTag(state: Scan, start: number): Piece {
  const { text } = state;
  if (text.charAt(start + 2) === '!') return scanComment(state, start);
  const content = skipSpace(text, start + 2);
  const sigil = text.charAt(content);
  switch (sigil) {
    case '/':
      return scanSectionEnd(state, start, content + 1);
    case '#':
    case '^':
      return scanSection(state, sigil === '#' ? 'section' : 'inverted', start, content + 1);
    case '&':
      return scanValue(state, content + 1, closing);
    case '{':
      return content === start + 2 ? scanValue(state, content + 1, '}}}') : scanValue(state, content, closing);
    case '>':
      return fail(state, 'Partials ({{> …}}) are not supported', start);
    case '=':
      return fail(state, 'The delimiters cannot be changed; write a literal {{ as {{ "{{" }}', start);
    default:
      return scanValue(state, content, closing);
  }
}

function scanComment(state: Scan, start: number): Piece {
  const end = state.text.indexOf(closing, start);
  if (end === -1) fail(state, 'The comment is never closed', start);
  state.index = end + closing.length;
  return { kind: 'comment' };
}

function scanValue(state: Scan, start: number, until: string): Piece {
  return { kind: 'value', part: compileAt(state, start, until) };
}

function scanSection(state: Scan, kind: 'section' | 'inverted', position: number, start: number): Piece {
  const part = compileAt(state, start, closing);
  const mark = kind === 'section' ? '#' : '^';
  state.open.push({ mark, source: state.text.slice(start, part.end).trim(), position });
  if (state.open.length <= state.limits.depth) return { kind, part };
  const message = `The sections are nested more than ${state.limits.depth} levels deep`;
  throw new TemplateError(message, { source: state.text, position }, { code: 'TEMPLATE_LIMIT' });
}

function scanSectionEnd(state: Scan, position: number, start: number): Piece {
  const { text } = state;
  const content = skipSpace(text, start);
  const section = state.open.pop();
  if (section === undefined) return fail(state, 'This closes a section that is not open', position);
  const end = skipSpace(text, content + section.source.length);
  if (!text.startsWith(section.source, content) || !text.startsWith(closing, end)) {
    fail(state, `Expected {{/${section.source}}} here, to close the section`, position);
  }
  state.index = end + closing.length;
  return { kind: 'end' };
}

function compileAt(state: Scan, start: number, until: string): Part {
  const part = state.compile(start, until, state.open.length > 0);
  state.index = part.end + until.length;
  return part;
}

function skipSpace(text: string, from: number): number {
  let index = from;
  while (isSpace(text.charCodeAt(index))) index++;
  return index;
}

function isSpace(character: number): boolean {
  return character <= 32 || character > 127 ? /\s/.test(String.fromCharCode(character)) : false;
}

function fail(state: Scan, message: string, position: number): never {
  throw new TemplateError(`${message} (character ${position + 1})`, { source: state.text, position });
}
