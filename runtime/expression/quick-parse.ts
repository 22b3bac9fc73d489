import {
  type BinaryOperator,
  binaryPrecedence,
  isBinaryOperator,
  type Key,
  type Node,
  type ParsedExpression,
  type ParseOptions,
} from './ast.js';

/** Nothing read here nests deeper: where the bound is lower, the whole grammar says what passes it. */
const DEEPEST = 8;

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
export function quickParse(source: string, { limits, start = 0, until }: ParseOptions): ParsedExpression | undefined {
  if (limits.depth < DEEPEST) return undefined;
  const parser = new QuickParser(source, start);
  const node = parser.expression(1);
  const end = parser.index;
  if (node === undefined || end - start > limits.sourceLength) return undefined;
  const ended = until === undefined ? end >= source.length : source.startsWith(until, end);
  return ended ? { node, end, cost: parser.nodes } : undefined;
}

interface Chain {
  readonly type: 'chain';
  readonly first: Node;
  readonly rest: { operator: BinaryOperator; right: Node }[];
  readonly position: number;
}

class QuickParser {
  index: number;
  /** Nodes that the whole grammar would count. */
  nodes = 0;
  readonly #source: string;
  /** Where the last name or literal began: what the whole grammar says of chains. */
  #position = 0;

  constructor(source: string, start: number) {
    this.#source = source;
    this.index = start;
  }

  /** Operators that bind at least so tightly, applied from the left. */
  expression(precedence: number): Node | undefined {
    const position = this.#position;
    const first = this.#operand();
    let chain: Chain | undefined;
    for (let operator = this.#operator(precedence); operator !== undefined; operator = this.#operator(precedence)) {
      if (first === undefined) return undefined;
      this.index += operator.length;
      const right = this.expression(binaryPrecedence[operator] + 1);
      if (right === undefined) return undefined;
      if (chain === undefined) {
        chain = { type: 'chain', first, rest: [], position };
        this.nodes += 1;
      }
      chain.rest.push({ operator, right });
    }
    return chain ?? first;
  }

  /** The operator here, where it binds tightly enough. */
  #operator(precedence: number): BinaryOperator | undefined {
    const operator = symbolAt(this.#source, this.index);
    return operator !== undefined && binaryPrecedence[operator] >= precedence ? operator : undefined;
  }

  /** A path or a literal, and the functions applied to it. */
  #operand(): Node | undefined {
    this.#skipSpace();
    const here = this.#code();
    this.#position = this.index;
    const node = isNameStart(here) ? this.#nameOrConstant() : this.#literal(here);
    return node === undefined ? undefined : this.#transforms(node);
  }

  #nameOrConstant(): Node | undefined {
    const position = this.index;
    const name = this.#name();
    if (name === undefined || RESERVED.has(name)) return undefined;
    const constant = CONSTANTS.get(name);
    this.nodes += 1;
    return constant === undefined ? this.#path(name, position) : { type: 'literal', value: constant, position };
  }

  #path(root: string, position: number): Node | undefined {
    const keys: Key[] = [{ name: root, dot: true }];
    for (;;) {
      const here = this.#code();
      if (here === code.dot) {
        this.index += 1;
        const name = this.#name();
        if (name === undefined) return undefined;
        keys.push({ name, dot: true });
      } else if (here === code.open) {
        const name = this.#bracketed();
        if (name === undefined) return undefined;
        keys.push({ name, dot: false });
      } else {
        break;
      }
      this.nodes += 1;
    }
    if (keys.length > 1) this.nodes += 1;
    return { type: 'path', keys, position };
  }

  /** `[0]` or `['key']` */
  #bracketed(): string | undefined {
    this.index += 1;
    this.#position = this.index;
    const literal = this.#literal(this.#code());
    if (literal?.type !== 'literal' || this.#code() !== code.close) return undefined;
    this.index += 1;
    return String(literal.value);
  }

  #literal(here: number): Node | undefined {
    const position = this.index;
    const value = here === code.quote || here === code.apostrophe ? this.#text(here) : this.#number(here);
    if (value === undefined) return undefined;
    this.nodes += 1;
    return { type: 'literal', value, position };
  }

  #text(quote: number): string | undefined {
    const start = this.index + 1;
    const end = this.#source.indexOf(quote === code.quote ? '"' : "'", start);
    const text = this.#source.slice(start, Math.max(start, end));
    if (end === -1 || text.includes('\\')) return undefined;
    this.index = end + 1;
    return text;
  }

  #number(here: number): number | undefined {
    if (!isDigit(here)) return undefined;
    const start = this.index;
    this.#digits();
    if (this.#code() === code.dot) {
      this.index += 1;
      if (!isDigit(this.#code())) return undefined;
      this.#digits();
    }
    const next = this.#code();
    if (isNameStart(next) || next === code.dot || next > 127) return undefined;
    return Number.parseFloat(this.#source.slice(start, this.index));
  }

  #digits(): void {
    while (isDigit(this.#code())) this.index += 1;
  }

  /** `|name`, any number of times; what may follow a value, and is not read here, ends it all. */
  #transforms(first: Node): Node | undefined {
    let node = first;
    let count = 0;
    for (this.#skipSpace(); this.#atTransform(); this.#skipSpace()) {
      this.index += 1;
      this.#skipSpace();
      const position = this.index;
      const name = this.#name();
      count += 1;
      if (name === undefined || count > DEEPEST) return undefined;
      node = { type: 'transform', name, object: node, args: [], position };
    }
    if (count > 0) this.nodes += first.type === 'path' && first.keys.length > 1 ? count : count + 1;
    return node;
  }

  #atTransform(): boolean {
    return this.#code() === code.pipe && this.#source.charCodeAt(this.index + 1) !== code.pipe;
  }

  #name(): string | undefined {
    const start = this.index;
    if (!isNameStart(this.#code())) return undefined;
    do this.index += 1;
    while (isNamePart(this.#code()));
    return this.#code() > 127 ? undefined : this.#source.slice(start, this.index);
  }

  #skipSpace(): void {
    for (let here = this.#code(); here === 32 || (here >= 9 && here <= 13); here = this.#code()) {
      // The host's parser knows four kinds of space.
      if (here === 11 || here === 12) return;
      this.index += 1;
    }
  }

  #code(): number {
    return this.#source.charCodeAt(this.index);
  }
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
