import { Jsep } from 'jsep';
import { ExpressionError } from '../errors.js';
import { binaryPrecedence, type ParsedExpression, type ParseOptions, unaryOperators } from './ast.js';
import { Converter, type RawNode } from './convert.js';
import type { ExpressionLimits } from './limits.js';
import { quickParse } from './quick-parse.js';

declare module 'jsep' {
  /** The parser itself, which the package exports and its types leave out. */
  class Jsep {
    static unary_ops: object;
    static binary_ops: object;
    static max_unop_len: number;
    static max_binop_len: number;
    static right_associative: ReadonlySet<string>;
    static additional_identifier_chars: ReadonlySet<string>;
    static literals: object;
    static this_str: string;
    constructor(source: string);
    readonly expr: string;
    index: number;
    readonly char: string;
    readonly code: number;
    gobbleExpression(): RawNode | false | undefined;
    gobbleToken(): RawNode | false | undefined;
    gobbleTokenProperty(node: RawNode): RawNode;
    gobbleArguments(termination: number): RawNode[];
    gobbleGroup(): RawNode | false;
    gobbleIdentifier(): RawNode;
    gobbleStringLiteral(): RawNode;
    gobbleNumericLiteral(): RawNode;
    gobbleSpaces(): void;
    searchHook(name: string): RawNode | undefined;
    runHook(name: string, node?: RawNode | false): RawNode | false | undefined;
    throwError(message: string): never;
  }
}

/**
 * Parses one expression.
 * @throws ExpressionError with the position: `EXPRESSION_INVALID`, or `EXPRESSION_LIMIT` for too long or too deep
 */
export function parseExpression(source: string, options: ParseOptions): ParsedExpression {
  const { limits, until } = options;
  if (until === undefined && source.length > limits.sourceLength) tooLong(limits.sourceLength);
  return quickParse(source, options) ?? parseWhole(source, options);
}

/** By the whole grammar. */
export function parseWhole(source: string, options: ParseOptions): ParsedExpression {
  const { limits, until } = options;
  const parser = new Grammar(source, limits);
  const raw = withOwnTables(() => parser.parseFrom(options.start ?? 0, until));
  const converter = new Converter({ source, limits, starts: parser.starts, item: options.item ?? false });
  return { node: converter.convert(raw), end: parser.index, cost: converter.nodes };
}

function tooLong(limit: number): never {
  const message = `The expression is longer than the ${limit} characters allowed`;
  throw new ExpressionError(message, { source: '', position: limit }, { code: 'EXPRESSION_LIMIT' });
}

/** jsep asks its tables what they own; whatever a page adds to `Object.prototype` is not in them. */
function table(entries: Iterable<readonly [string, unknown]>): object {
  const own: object = Object.create(
    Object.assign(Object.create(null), { hasOwnProperty: Object.prototype.hasOwnProperty }),
  );
  return Object.assign(own, Object.fromEntries(entries));
}

const longest = (words: readonly string[]) => Math.max(...words.map((word) => word.length));

const ownTables = {
  unary_ops: table(unaryOperators.map((operator) => [operator, 1])),
  binary_ops: table(Object.entries(binaryPrecedence)),
  max_unop_len: longest(unaryOperators),
  max_binop_len: longest(Object.keys(binaryPrecedence)),
  right_associative: new Set<string>(),
  additional_identifier_chars: new Set(['$', '_']),
  literals: table([
    ['true', true],
    ['false', false],
    ['null', null],
    ['undefined', undefined],
  ]),
  this_str: 'this',
};

/**
 * jsep keeps its grammar in statics of its one class, which a page may use and change too. Parsing is synchronous, so
 * ours are put there for its duration and the page's put back: neither sees the other's.
 */
function withOwnTables<T>(parse: () => T): T {
  const { unary_ops, binary_ops, max_unop_len, max_binop_len } = Jsep;
  const { right_associative, additional_identifier_chars, literals, this_str } = Jsep;
  Object.assign(Jsep, ownTables);
  try {
    return parse();
  } finally {
    Object.assign(Jsep, { unary_ops, binary_ops, max_unop_len, max_binop_len });
    Object.assign(Jsep, { right_associative, additional_identifier_chars, literals, this_str });
  }
}

const isDigit = (character: number) => character >= 48 && character <= 57;
const identifierStart = /^[A-Za-z$_\u0080-\uffff]/;

const code = { quote: 34, apostrophe: 39, dot: 46, question: 63, open: 123, pipe: 124, close: 125 } as const;

/** What others write, and what to write here. */
const instead: ReadonlyMap<string, string> = new Map([
  ['=', 'to compare, write =='],
  ['and', 'write &&'],
  ['or', 'write ||'],
]);

/**
 * jsep's grammar with ours on it. The hooks that a page may have registered with jsep do not run: both ways to them
 * are overridden here.
 */
class Grammar extends Jsep {
  /** Where each node begins. */
  readonly starts = new WeakMap<object, number>();
  readonly #limits: ExpressionLimits;
  #start = 0;
  #expressions = 0;
  #tokens = 0;

  constructor(source: string, limits: ExpressionLimits) {
    super(source);
    this.#limits = limits;
  }

  parseFrom(start: number, until: string | undefined): RawNode {
    this.index = start;
    this.#start = start;
    const node = this.#expression();
    this.gobbleSpaces();
    // The last part may be a long one.
    this.#guard(0);
    const ended = until === undefined ? this.index >= this.expr.length : this.expr.startsWith(until, this.index);
    if (!ended) this.throwError(this.#unexpected(until));
    return node;
  }

  override gobbleExpression(): RawNode | false | undefined {
    this.#guard(++this.#expressions);
    const node = super.gobbleExpression();
    this.#expressions--;
    return node;
  }

  override gobbleToken(): RawNode | false | undefined {
    this.#guard(++this.#tokens);
    this.gobbleSpaces();
    const start = this.index;
    const node = super.gobbleToken();
    if (node && !this.starts.has(node)) this.starts.set(node, start);
    this.#tokens--;
    return node;
  }

  override gobbleIdentifier(): RawNode {
    const start = this.index;
    const node = super.gobbleIdentifier();
    this.starts.set(node, start);
    return node;
  }

  /** jsep lets spaces stand for commas; a list with a forgotten operator would pass. */
  override gobbleArguments(termination: number): RawNode[] {
    const nodes: RawNode[] = [];
    this.#list(termination, 'between values', () => nodes.push(this.#expression()));
    return nodes;
  }

  /** What stands between commas; the last may have one after it. */
  #list(close: number, where: string, read: () => void): void {
    for (let first = true; ; first = false) {
      this.gobbleSpaces();
      if (this.code === close) break;
      if (!first) this.#expect(',', where);
      this.gobbleSpaces();
      if (this.code === close && !first) break;
      read();
    }
    this.index++;
  }

  override gobbleGroup(): RawNode | false {
    const start = this.index;
    const node = super.gobbleGroup();
    if (node) return node;
    this.index = start;
    return this.throwError('Expected an expression between the parentheses');
  }

  override searchHook(name: string): RawNode | undefined {
    return name === 'gobble-token' ? this.#gobbleOwnToken() : undefined;
  }

  override runHook(name: string, node?: RawNode | false): RawNode | false | undefined {
    if (name === 'after-token' && node) return this.#gobbleTransforms(node);
    if (name === 'after-expression' && node) return this.#gobbleConditional(node);
    return node;
  }

  override throwError(message: string): never {
    const ended = this.index >= this.expr.length && message.startsWith('Unexpected');
    const what = ended
      ? 'The expression ends too early'
      : message.replace('Unclosed quote after', 'The quote is never closed:');
    throw new ExpressionError(`${what} (character ${this.index + 1})`, { source: this.expr, position: this.index });
  }

  #gobbleOwnToken(): RawNode | undefined {
    const { code: here } = this;
    const next = this.expr.charCodeAt(this.index + 1);
    if (here === code.open)
      return next === code.open ? this.#gobbleBraces() : this.gobbleTokenProperty(this.#gobbleObject());
    if (here === code.dot && !isDigit(next)) return this.gobbleTokenProperty(this.#gobbleItem());
    if (isDigit(here) || here === code.dot) return this.gobbleTokenProperty(this.gobbleNumericLiteral());
    if (this.char === '-' && (isDigit(next) || next === code.dot)) return this.#gobbleNegative();
    return undefined;
  }

  /** `{{ … }}` within an expression groups, as parentheses do. */
  #gobbleBraces(): RawNode {
    this.index += 2;
    const node = this.#expression();
    this.gobbleSpaces();
    if (!this.expr.startsWith('}}', this.index)) this.throwError('Expected }} here, to close {{');
    this.index += 2;
    return this.gobbleTokenProperty(node);
  }

  /** `-5` is a number, so that a transform applies to it whole. */
  #gobbleNegative(): RawNode | undefined {
    const start = this.index++;
    if (this.code === code.dot && !isDigit(this.expr.charCodeAt(this.index + 1))) {
      this.index = start;
      return undefined;
    }
    const { value } = this.gobbleNumericLiteral();
    return this.gobbleTokenProperty({ type: 'Literal', value: -Number(value) });
  }

  /** `.name`, or `.` alone; what follows the name is left to jsep. */
  #gobbleItem(): RawNode {
    const next = this.expr.charAt(this.index + 1);
    const node = { type: 'Item' };
    this.starts.set(node, this.index);
    if (!identifierStart.test(next)) this.index++;
    return node;
  }

  #gobbleObject(): RawNode {
    const entries: { key: RawNode; value: RawNode }[] = [];
    this.index++;
    this.#list(code.close, 'between members', () => {
      const key = this.#gobbleKey();
      this.gobbleSpaces();
      this.#expect(':', 'after a key');
      entries.push({ key, value: this.#expression() });
    });
    return { type: 'Object', entries };
  }

  #gobbleKey(): RawNode {
    const { code: here } = this;
    if (here === code.quote || here === code.apostrophe) {
      const start = this.index;
      const key = this.gobbleStringLiteral();
      this.starts.set(key, start);
      return key;
    }
    return isDigit(here) ? this.gobbleNumericLiteral() : this.gobbleIdentifier();
  }

  #gobbleTransforms(first: RawNode): RawNode {
    let node = first;
    for (;;) {
      this.gobbleSpaces();
      if (this.code !== code.pipe || this.expr.charCodeAt(this.index + 1) === code.pipe) return node;
      this.index++;
      this.gobbleSpaces();
      const name = this.gobbleIdentifier();
      this.gobbleSpaces();
      const args: RawNode[] = [];
      if (this.char === '(') {
        this.index++;
        args.push(...this.gobbleArguments(41));
      }
      node = this.gobbleTokenProperty({ type: 'Transform', object: node, name, args });
    }
  }

  #gobbleConditional(test: RawNode): RawNode {
    if (this.code !== code.question) return test;
    this.index++;
    this.gobbleSpaces();
    const consequent = this.char === ':' ? null : this.#expression();
    this.gobbleSpaces();
    this.#expect(':', 'and what to take otherwise');
    return { type: 'Conditional', test, consequent, alternate: this.#expression() };
  }

  #expression(): RawNode {
    const node = this.gobbleExpression();
    if (!node) this.throwError(this.index < this.expr.length ? this.#unexpected() : 'Expected an expression');
    return node;
  }

  #expect(mark: string, where: string): void {
    if (this.char !== mark) this.throwError(`Expected ${mark} ${where}`);
    this.index++;
  }

  #unexpected(until?: string): string {
    const [found] = /^\w+|^./su.exec(this.expr.slice(this.index, this.index + 40)) ?? [];
    if (found === undefined) return `Expected ${until ?? 'an expression'}`;
    const wanted = instead.get(found) ?? `expected an operator, or ${until ?? 'the end'}`;
    return `Unexpected "${found}"; ${wanted}`;
  }

  #guard(depth: number): void {
    if (this.index - this.#start > this.#limits.sourceLength) tooLong(this.#limits.sourceLength);
    if (depth <= this.#limits.depth) return;
    throw new ExpressionError(
      `The expression is nested more than ${this.#limits.depth} levels deep`,
      { source: this.expr, position: this.index },
      { code: 'EXPRESSION_LIMIT' },
    );
  }
}
