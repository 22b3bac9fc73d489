import {
  type BinaryOperator,
  binaryPrecedence,
  isBinaryOperator,
  NO_BRACKETS,
  type Node,
  type ParsedExpression,
  type ParseOptions,
} from './ast.js';

/** Nothing read here nests deeper: where the bound is lower, the whole grammar says what passes it. */
const DEEPEST = 8;
/** Paths of more keys are left to the whole grammar. */
const MOST_KEYS = 64;

const code = {
  quote: 34,
  apostrophe: 39,
  dot: 46,
  question: 63,
  open: 91,
  close: 93,
  pipe: 124,
} as const;

/** Words that are no names, or that stand between values. */
const RESERVED: ReadonlySet<string> = new Set(['this', 'undefined', ...Object.keys(binaryPrecedence)]);
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/**
 * Reads the forms that most expressions have: paths, numbers, texts without escapes, functions without arguments, and
 * operators between them. What it gives is what the whole grammar gives, at a fraction of the cost. Undefined where
 * there is anything else, or anything wrong: that is for the whole grammar to read, or to say.
 */
export function quickParse(
  source: string,
  { limits, start = 0, until, item = false }: ParseOptions,
): ParsedExpression | undefined {
  if (limits.depth < DEEPEST) return undefined;
  const reader: Reader = { source, item, index: start, nodes: 0, position: 0 };
  const node = readExpression(reader, 1);
  const end = reader.index;
  if (node === undefined || end - start > limits.sourceLength) return undefined;
  const ended = until === undefined ? end >= source.length : source.startsWith(until, end);
  return ended ? { node, end, cost: reader.nodes } : undefined;
}

/** A plain object: the shape of instances of a class is forgotten with the last of them, and compiled code with it. */
interface Reader {
  readonly source: string;
  readonly item: boolean;
  index: number;
  /** Nodes that the whole grammar would count. */
  nodes: number;
  /** Where the last name or literal began: what the whole grammar says of chains. */
  position: number;
}

type Rest = { operator: BinaryOperator; right: Node }[];

/** Operators that bind at least so tightly, applied from the left. */
function readExpression(reader: Reader, precedence: number): Node | undefined {
  const { position } = reader;
  const first = readOperand(reader);
  let operator = operatorHere(reader, precedence);
  if (first === undefined || operator === undefined) return first;
  reader.nodes += 1;
  let rest: Rest | undefined;
  for (; operator !== undefined; operator = operatorHere(reader, precedence)) {
    reader.index += operator.length;
    const right = readExpression(reader, binaryPrecedence[operator] + 1);
    if (right === undefined) return undefined;
    // Mostly there is one: a list of one is smaller than one that is begun empty.
    if (rest === undefined) rest = [{ operator, right }];
    else rest.push({ operator, right });
  }
  return { type: 'chain', first, rest: rest ?? [], position };
}

/** The operator here, where it binds tightly enough. */
function operatorHere({ source, index }: Reader, precedence: number): BinaryOperator | undefined {
  const operator = symbolAt(source, index);
  return operator !== undefined && binaryPrecedence[operator] >= precedence ? operator : undefined;
}

/** A path or a literal, and the functions applied to it. */
function readOperand(reader: Reader): Node | undefined {
  skipSpace(reader);
  const here = codeHere(reader);
  reader.position = reader.index;
  let node: Node | undefined;
  if (isNameStart(here)) node = readNameOrConstant(reader);
  else node = here === code.dot && reader.item ? readItem(reader) : readLiteral(reader, here);
  return node === undefined ? undefined : readTransforms(reader, node);
}

function readNameOrConstant(reader: Reader): Node | undefined {
  const position = reader.index;
  const name = readName(reader);
  if (name === undefined || RESERVED.has(name)) return undefined;
  reader.nodes += 1;
  const constant = CONSTANTS.get(name);
  if (constant !== undefined) return { type: 'literal', value: constant, position };
  const names = [name];
  const bracketed = readKeys(reader, names);
  // A copy of its size: a list that has grown has room for more, and this one stays.
  return bracketed && { type: 'path', names: names.slice(), bracketed, position };
}

/** `.a.b`, or `.` alone. */
function readItem(reader: Reader): Node | undefined {
  const position = reader.index;
  const next = reader.source.charCodeAt(position + 1);
  if (next === code.dot || isDigit(next) || next > 127) return undefined;
  if (!isNameStart(next)) reader.index += 1;
  reader.nodes += 1;
  const names: string[] = [];
  const bracketed = readKeys(reader, names);
  return bracketed && { type: 'item', names, bracketed, position };
}

/** Appends the keys that follow; which of them stand in brackets. */
function readKeys(reader: Reader, names: string[]): readonly number[] | undefined {
  const { length } = names;
  let bracketed = NO_BRACKETS;
  for (let here = codeHere(reader); here === code.dot || here === code.open; here = codeHere(reader)) {
    reader.index += 1;
    const name = here === code.dot ? readName(reader) : readBracketed(reader);
    if (name === undefined || names.length === MOST_KEYS) return undefined;
    if (here === code.open) bracketed = [...bracketed, names.length];
    names.push(name);
    reader.nodes += 1;
  }
  if (names.length > length) reader.nodes += 1;
  return bracketed;
}

/** `0]` or `'key']` */
function readBracketed(reader: Reader): string | undefined {
  reader.position = reader.index;
  const literal = readLiteral(reader, codeHere(reader));
  if (literal?.type !== 'literal' || codeHere(reader) !== code.close) return undefined;
  reader.index += 1;
  return String(literal.value);
}

function readLiteral(reader: Reader, here: number): Node | undefined {
  const position = reader.index;
  const value = here === code.quote || here === code.apostrophe ? readText(reader, here) : readNumber(reader, here);
  if (value === undefined) return undefined;
  reader.nodes += 1;
  return { type: 'literal', value, position };
}

function readText(reader: Reader, quote: number): string | undefined {
  const start = reader.index + 1;
  const end = reader.source.indexOf(quote === code.quote ? '"' : "'", start);
  const text = reader.source.slice(start, Math.max(start, end));
  if (end === -1 || text.includes('\\')) return undefined;
  reader.index = end + 1;
  return text;
}

function readNumber(reader: Reader, here: number): number | undefined {
  if (!isDigit(here)) return undefined;
  const start = reader.index;
  skipDigits(reader);
  if (codeHere(reader) === code.dot) {
    reader.index += 1;
    if (!isDigit(codeHere(reader))) return undefined;
    skipDigits(reader);
  }
  const next = codeHere(reader);
  if (isNameStart(next) || next === code.dot || next > 127) return undefined;
  return Number.parseFloat(reader.source.slice(start, reader.index));
}

function skipDigits(reader: Reader): void {
  while (isDigit(codeHere(reader))) reader.index += 1;
}

/** `|name`, any number of times; what may follow a value, and is not read here, ends it all. */
function readTransforms(reader: Reader, first: Node): Node | undefined {
  let node = first;
  let count = 0;
  for (skipSpace(reader); isAtTransform(reader); skipSpace(reader)) {
    reader.index += 1;
    skipSpace(reader);
    const position = reader.index;
    const name = readName(reader);
    count += 1;
    if (name === undefined || count > DEEPEST) return undefined;
    node = { type: 'transform', name, object: node, args: [], position };
  }
  if (count > 0) reader.nodes += count + (hasLinks(first) ? 0 : 1);
  return node;
}

/** Whether the whole grammar has counted what links a value to its keys. */
function hasLinks(node: Node): boolean {
  return (node.type === 'path' && node.names.length > 1) || (node.type === 'item' && node.names.length > 0);
}

function isAtTransform({ source, index }: Reader): boolean {
  return source.charCodeAt(index) === code.pipe && source.charCodeAt(index + 1) !== code.pipe;
}

function readName(reader: Reader): string | undefined {
  const { source, index: start } = reader;
  if (!isNameStart(source.charCodeAt(start))) return undefined;
  let end = start + 1;
  while (isNamePart(source.charCodeAt(end))) end += 1;
  reader.index = end;
  return source.charCodeAt(end) > 127 ? undefined : source.slice(start, end);
}

function skipSpace(reader: Reader): void {
  for (let here = codeHere(reader); here === 32 || (here >= 9 && here <= 13); here = codeHere(reader)) {
    // The host's parser knows four kinds of space.
    if (here === 11 || here === 12) return;
    reader.index += 1;
  }
}

function codeHere({ source, index }: Reader): number {
  return source.charCodeAt(index);
}

/** The longest operator of signs that begins here. */
function symbolAt(source: string, index: number): BinaryOperator | undefined {
  const here = source.charCodeAt(index);
  // Mostly the expression is over: `}`, or NaN at the end.
  if (!(here < 95 || here === code.pipe)) return undefined;
  for (let length = 3; length > 0; length--) {
    const symbol = source.slice(index, index + length);
    if (symbol.length === length && isBinaryOperator(symbol)) return symbol;
  }
  return undefined;
}

function isDigit(character: number): boolean {
  return character >= 48 && character <= 57;
}

function isNameStart(character: number): boolean {
  return (
    (character >= 97 && character <= 122) ||
    (character >= 65 && character <= 90) ||
    character === 95 ||
    character === 36
  );
}

function isNamePart(character: number): boolean {
  return isNameStart(character) || isDigit(character);
}
