/**
 * Turns a condition written in Python's manner, as GenXAI's edges bear it, into an expression of ours: comparisons,
 * `and or not`, `in`, `is None`, members, lists, arithmetic and the few calls that have a counterpart.
 */

/** The condition says something that has no counterpart, or is malformed. */
export class UntranslatableError extends Error {}

/** What a name that stands alone means: an expression of ours. */
export type Resolve = (name: string) => string;

interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'sign' | 'end';
  readonly text: string;
}

/** Our text, and how tightly its outermost operator binds. */
interface Part {
  readonly text: string;
  readonly binds: number;
}

const BINDS = { choice: 1, or: 2, and: 3, compare: 4, add: 5, multiply: 6, unary: 7, pipe: 8, atom: 9 } as const;

/**
 * @param namespaces names whose members are what they would be without them: `state.x` and `state['x']` are `x`
 * @throws UntranslatableError
 */
export function translateCondition(source: string, resolve: Resolve, namespaces: ReadonlySet<string>): string {
  return new Translator(tokens(source), resolve, namespaces).whole().text;
}

// --- Words -----------------------------------------------------------------------------------------------------------

const PATTERN =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_]\w*)|(?<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<sign>===|!==|==|!=|<=|>=|&&|\|\||\/\/|\*\*|[-+*/%<>()[\],.!]))/suy;

function tokens(source: string): readonly Token[] {
  const found: Token[] = [];
  const end = source.trimEnd().length;
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < end) {
    const from = PATTERN.lastIndex;
    const groups = PATTERN.exec(source)?.groups;
    if (groups === undefined)
      throw new UntranslatableError(`cannot read ${JSON.stringify(source.slice(from, from + 20))}`);
    const [kind, text] = Object.entries(groups).find(([, part]) => part !== undefined) ?? ['sign', ''];
    found.push({ kind: kind === 'number' || kind === 'name' || kind === 'text' ? kind : 'sign', text });
  }
  return [...found, { kind: 'end', text: 'the end' }];
}

// --- Sentences -------------------------------------------------------------------------------------------------------

const COMPARISONS: ReadonlyMap<string, string> = new Map([
  ['==', '=='],
  ['===', '=='],
  ['!=', '!='],
  ['!==', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);
const CONSTANTS: ReadonlyMap<string, string> = new Map([
  ['True', 'true'],
  ['true', 'true'],
  ['False', 'false'],
  ['false', 'false'],
  ['None', 'null'],
  ['null', 'null'],
]);
/** Functions and methods, with the transform that does the same; those with an argument take it along. */
const FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['len', 'length'],
  ['str', 'string'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['abs', 'abs'],
  ['round', 'round'],
]);
const METHODS: ReadonlyMap<string, string> = new Map([
  ['lower', 'lower'],
  ['upper', 'upper'],
  ['strip', 'trim'],
]);
const OPERATOR_METHODS: ReadonlyMap<string, string> = new Map([
  ['startswith', 'startsWith'],
  ['endswith', 'endsWith'],
]);
const MAX_DEPTH = 50;

class Translator {
  readonly #tokens: readonly Token[];
  readonly #resolve: Resolve;
  readonly #namespaces: ReadonlySet<string>;
  #at = 0;
  #depth = 0;

  constructor(found: readonly Token[], resolve: Resolve, namespaces: ReadonlySet<string>) {
    this.#tokens = found;
    this.#resolve = resolve;
    this.#namespaces = namespaces;
  }

  whole(): Part {
    const part = this.#or();
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return part;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'the end' };
  }

  #unexpected(): UntranslatableError {
    return new UntranslatableError(`${this.#next.text} is not understood`);
  }

  #accept(...texts: string[]): string | undefined {
    const { kind, text } = this.#next;
    if (kind === 'text' || !texts.includes(text)) return undefined;
    this.#at++;
    return text;
  }

  #expect(text: string): void {
    if (this.#accept(text) === undefined) throw this.#unexpected();
  }

  #or(): Part {
    if (++this.#depth > MAX_DEPTH) throw new UntranslatableError('it is nested too deeply');
    let left = this.#and();
    while (this.#accept('or', '||') !== undefined) left = join(left, '||', this.#and(), BINDS.or);
    this.#depth--;
    return left;
  }

  #and(): Part {
    let left = this.#not();
    while (this.#accept('and', '&&') !== undefined) left = join(left, '&&', this.#not(), BINDS.and);
    return left;
  }

  #not(): Part {
    let negations = 0;
    while (this.#accept('not', '!') !== undefined) negations++;
    const part = this.#comparison();
    if (negations === 0) return part;
    return { text: `${'!'.repeat(negations)}${within(part, BINDS.unary)}`, binds: BINDS.unary };
  }

  /** `a < b < c` holds where both comparisons do. */
  #comparison(): Part {
    let left = this.#sum();
    let whole: Part | undefined;
    for (let operator = this.#comparator(); operator !== undefined; operator = this.#comparator()) {
      const right = this.#sum();
      const one = compare(left, operator, right);
      whole = whole === undefined ? one : join(whole, '&&', one, BINDS.and);
      left = right;
    }
    return whole ?? left;
  }

  #comparator(): string | undefined {
    const sign = COMPARISONS.get(this.#next.text);
    if (sign !== undefined && this.#next.kind === 'sign') {
      this.#at++;
      return sign;
    }
    if (this.#accept('in') !== undefined) return 'in';
    if (this.#accept('is') !== undefined) return this.#accept('not') === undefined ? '==' : '!=';
    if (this.#next.text !== 'not') return undefined;
    this.#at++;
    this.#expect('in');
    return 'not in';
  }

  #sum(): Part {
    let left = this.#product();
    for (let sign = this.#accept('+', '-'); sign !== undefined; sign = this.#accept('+', '-'))
      left = join(left, sign, this.#product(), BINDS.add);
    return left;
  }

  #product(): Part {
    let left = this.#signed();
    for (let sign = this.#factor(); sign !== undefined; sign = this.#factor())
      left = join(left, sign, this.#signed(), BINDS.multiply);
    return left;
  }

  #factor(): string | undefined {
    return this.#accept('*', '/', '//', '%');
  }

  #signed(): Part {
    if (this.#accept('-') === undefined) return this.#members();
    return { text: `-${within(this.#members(), BINDS.unary)}`, binds: BINDS.unary };
  }

  #members(): Part {
    let part = this.#atom();
    for (;;) {
      if (this.#accept('.') !== undefined) part = this.#member(part);
      else if (this.#accept('[') !== undefined) {
        const key = this.#or();
        this.#expect(']');
        part = { text: `${within(part, BINDS.atom)}[${key.text}]`, binds: BINDS.atom };
      } else return part;
    }
  }

  #member(object: Part): Part {
    const { kind, text: name } = this.#next;
    if (kind !== 'name') throw this.#unexpected();
    this.#at++;
    if (this.#accept('(') === undefined) return { text: `${within(object, BINDS.atom)}.${name}`, binds: BINDS.atom };
    const args = this.#list(')');
    const [first, second] = args;
    const transform = METHODS.get(name);
    if (transform !== undefined && first === undefined) return piped(object, transform);
    const operator = OPERATOR_METHODS.get(name);
    if (operator !== undefined && first !== undefined && second === undefined)
      return join(object, operator, first, BINDS.compare);
    if (name === 'get' && first !== undefined) {
      const value = { text: `${within(object, BINDS.atom)}[${first.text}]`, binds: BINDS.atom };
      return second === undefined ? value : piped(value, `default(${second.text})`);
    }
    throw new UntranslatableError(`the method ${name}() has no counterpart`);
  }

  #atom(): Part {
    const { kind, text } = this.#next;
    this.#at++;
    if (kind === 'number') return { text, binds: BINDS.atom };
    if (kind === 'text') return { text: quoted(text), binds: BINDS.atom };
    if (kind === 'name') return this.#named(text);
    if (text === '[')
      return {
        text: `[${this.#list(']')
          .map((one) => one.text)
          .join(', ')}]`,
        binds: BINDS.atom,
      };
    if (text === '(') return this.#bracketed();
    this.#at--;
    throw this.#unexpected();
  }

  #named(name: string): Part {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { text: constant, binds: BINDS.atom };
    if (['and', 'or', 'not', 'in', 'is', 'if', 'else', 'for', 'lambda'].includes(name)) {
      this.#at--;
      throw this.#unexpected();
    }
    if (this.#accept('(') === undefined)
      return { text: this.#resolve(this.#memberOfSpace(name) ?? name), binds: BINDS.atom };
    const args = this.#list(')');
    const transform = FUNCTIONS.get(name);
    if (transform === undefined || args[0] === undefined || args.length > 1)
      throw new UntranslatableError(`the function ${name}() has no counterpart`);
    return piped(args[0], transform);
  }

  /** The name that `space.name`, `space['name']` or `space.get('name')` speaks of; undefined for anything else. */
  #memberOfSpace(space: string): string | undefined {
    if (!this.#namespaces.has(space)) return undefined;
    const signs = this.#tokens.slice(this.#at, this.#at + 5).map(({ text }) => text);
    const shape = signs.map((sign) => (/^\W$/u.test(sign) ? sign : 'x')).join('');
    const [form, at] =
      shape.startsWith('.x(x)') && signs[1] === 'get' ? ['.x(x)', 3] : shape.startsWith('[x]') ? ['[x]', 1] : ['.x', 1];
    const key = signs[at]?.replace(/^(['"])(.*)\1$/u, '$2') ?? '';
    const isCall = form === '.x' && signs[2] === '(';
    if (!shape.startsWith(form) || isCall || !/^[A-Za-z_]\w*$/u.test(key)) return undefined;
    this.#at += form.length;
    return key;
  }

  /** Brackets, or a tuple, which is a list here. */
  #bracketed(): Part {
    const parts = this.#list(')');
    const [only] = parts;
    const isTuple = parts.length !== 1 || this.#tokens[this.#at - 2]?.text === ',';
    if (only !== undefined && !isTuple) return only;
    return { text: `[${parts.map(({ text }) => text).join(', ')}]`, binds: BINDS.atom };
  }

  #list(close: string): Part[] {
    const parts: Part[] = [];
    while (this.#accept(close) === undefined) {
      parts.push(this.#or());
      if (this.#accept(',') !== undefined) continue;
      this.#expect(close);
      return parts;
    }
    return parts;
  }
}

function join(left: Part, operator: string, right: Part, binds: number): Part {
  return { text: `${within(left, binds)} ${operator} ${within(right, binds + 1)}`, binds };
}

function compare(left: Part, operator: string, right: Part): Part {
  if (operator !== 'not in') return join(left, operator, right, BINDS.compare);
  return { text: `!(${join(left, 'in', right, BINDS.compare).text})`, binds: BINDS.unary };
}

function piped(value: Part, transform: string): Part {
  return { text: `${within(value, BINDS.pipe)}|${transform}`, binds: BINDS.pipe };
}

function within(part: Part, binds: number): string {
  return part.binds < binds ? `(${part.text})` : part.text;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** A text of Python's as one of ours, in single quotes. */
function quoted(text: string): string {
  const value = text.slice(1, -1).replace(/\\(.)/gsu, (_match, sign: string) => ESCAPES[sign] ?? sign);
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('{{', '\\x7b\\x7b');
  return `'${escaped}'`;
}
