import { ExpressionError } from '../errors.js';
import { isBinaryOperator, isUnaryOperator, type LiteralNode, NO_BRACKETS, type Node } from './ast.js';
import { decodeString } from './escapes.js';
import type { ExpressionLimits } from './limits.js';

/**
 * The tree as jsep and this grammar leave it. {@link Converter} accepts of it only what is on its list, so nothing
 * here is trusted yet.
 */
export interface RawNode {
  readonly type: string;
  readonly [property: string]: unknown;
}

export interface ConversionInput {
  readonly source: string;
  readonly limits: ExpressionLimits;
  readonly starts: WeakMap<object, number>;
  readonly item: boolean;
}

interface Link {
  readonly object: RawNode;
  /** Whether it is a step of its own when it runs; static keys are one with what they follow. */
  readonly dynamic: boolean;
  readonly wrap: (object: Node) => Node;
}

/**
 * The allow-list: turns what jsep made into the nodes of `ast.ts`, and refuses everything else with its position.
 * Chains of operators, members and transforms are walked in a loop; only what the grammar has bounded recurses.
 */
export class Converter {
  /** Nodes made so far. */
  nodes = 0;
  readonly #source: string;
  readonly #limits: ExpressionLimits;
  readonly #starts: WeakMap<object, number>;
  readonly #item: boolean;
  /** Whether the brackets at hand speak of an item. */
  #usesItem = false;
  #position = 0;
  #itemPosition = 0;
  #depth = 0;

  constructor(input: ConversionInput) {
    this.#source = input.source;
    this.#limits = input.limits;
    this.#starts = input.starts;
    this.#item = input.item;
  }

  convert(raw: RawNode): Node {
    const node = this.#node(raw);
    if (this.#usesItem && !this.#item) {
      const message =
        'A name that begins with a dot is an element’s; it may stand in a filter, as in list[.price > 10], or in a section';
      this.#failAt(message, this.#itemPosition);
    }
    return node;
  }

  #node(raw: RawNode): Node {
    this.nodes++;
    const position = this.#starts.get(raw) ?? this.#position;
    this.#position = position;
    switch (own(raw, 'type')) {
      case 'Literal':
        return this.#literal(raw, position);
      case 'Identifier':
        return { type: 'path', names: [text(raw, 'name')], bracketed: NO_BRACKETS, position };
      case 'Item':
        this.#usesItem = true;
        this.#itemPosition = position;
        return { type: 'item', names: [], bracketed: NO_BRACKETS, position };
      case 'ArrayExpression':
        return { type: 'array', elements: this.#nodes(children(raw, 'elements')), position };
      case 'Object':
        return this.#object(raw, position);
      case 'Conditional':
        return this.#conditional(raw, position);
      case 'UnaryExpression':
        return this.#unary(raw, position);
      case 'BinaryExpression':
        return this.#chain(raw, position);
      case 'MemberExpression':
      case 'Transform':
      case 'CallExpression':
        return this.#links(raw);
      default:
        return this.#refuse(raw);
    }
  }

  #nodes(raws: readonly RawNode[]): Node[] {
    return raws.map((raw) => this.#node(raw));
  }

  #literal(raw: RawNode, position: number): LiteralNode {
    const value = own(raw, 'value');
    if (typeof value === 'string') return { type: 'literal', value: this.#string(raw), position };
    if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) {
      return { type: 'literal', value, position };
    }
    return this.#refuse(raw);
  }

  #string(raw: RawNode): string {
    const start = this.#starts.get(raw) ?? this.#position;
    return decodeString(text(raw, 'raw'), (message, offset) => this.#failAt(message, start + offset));
  }

  #object(raw: RawNode, position: number): Node {
    const entries = children(raw, 'entries').map((entry) => ({
      key: this.#key(child(entry, 'key')),
      value: this.#node(child(entry, 'value')),
    }));
    return { type: 'object', entries, position };
  }

  #key(raw: RawNode): string {
    if (own(raw, 'type') === 'Identifier') return text(raw, 'name');
    const value = own(raw, 'value');
    return typeof value === 'number' ? String(value) : this.#string(raw);
  }

  #conditional(raw: RawNode, position: number): Node {
    return {
      type: 'conditional',
      test: this.#node(child(raw, 'test')),
      consequent: own(raw, 'consequent') === null ? null : this.#node(child(raw, 'consequent')),
      alternate: this.#node(child(raw, 'alternate')),
      position,
    };
  }

  #unary(raw: RawNode, position: number): Node {
    const operator = text(raw, 'operator');
    if (!isUnaryOperator(operator)) return this.#refuse(raw);
    return { type: 'unary', operator, argument: this.#node(child(raw, 'argument')), position };
  }

  /** Operators apply from the left: the left spine becomes a list. */
  #chain(raw: RawNode, position: number): Node {
    const steps: { operator: string; right: RawNode }[] = [];
    let first = raw;
    while (own(first, 'type') === 'BinaryExpression') {
      steps.push({ operator: text(first, 'operator'), right: child(first, 'right') });
      first = child(first, 'left');
    }
    const head = this.#node(first);
    const rest = steps.reverse().map(({ operator, right }) => {
      if (!isBinaryOperator(operator)) return this.#refuse(raw);
      return { operator, right: this.#node(right) };
    });
    return { type: 'chain', first: head, rest, position };
  }

  /** Members, transforms and calls apply from the left too. */
  #links(raw: RawNode): Node {
    const links: Link[] = [];
    let base = raw;
    for (let link = this.#link(base); link !== undefined; link = this.#link(base)) {
      links.push(link);
      base = link.object;
    }
    this.#enter(links.filter((link) => link.dynamic).length);
    let node = this.#isCall(base) ? this.#call(base) : this.#node(base);
    for (const link of links.reverse()) {
      if (link.dynamic) this.#depth--;
      node = link.wrap(node);
    }
    return node;
  }

  #link(raw: RawNode): Link | undefined {
    switch (own(raw, 'type')) {
      case 'MemberExpression': {
        const property = child(raw, 'property');
        const computed = own(raw, 'computed') === true;
        const dynamic = computed && own(property, 'type') !== 'Literal';
        return { object: child(raw, 'object'), dynamic, wrap: (object) => this.#member(object, property, computed) };
      }
      case 'Transform':
        return { object: child(raw, 'object'), dynamic: true, wrap: (object) => this.#transform(object, raw) };
      default:
        return undefined;
    }
  }

  #member(object: Node, property: RawNode, computed: boolean): Node {
    this.nodes++;
    const position = this.#starts.get(property) ?? object.position;
    if (!computed) return withKey(object, text(property, 'name'), false, position);
    const outer = this.#usesItem;
    const before = this.nodes;
    this.#usesItem = false;
    const inner = this.#node(property);
    const filter = this.#usesItem;
    this.#usesItem = outer;
    if (filter) return { type: 'filter', object, test: inner, cost: this.nodes - before, position };
    if (inner.type === 'literal' && (typeof inner.value === 'string' || typeof inner.value === 'number')) {
      return withKey(object, String(inner.value), true, position);
    }
    return { type: 'index', object, index: inner, position };
  }

  #transform(object: Node, raw: RawNode): Node {
    this.nodes++;
    const name = child(raw, 'name');
    const position = this.#starts.get(name) ?? object.position;
    return { type: 'transform', name: text(name, 'name'), object, args: this.#nodes(children(raw, 'args')), position };
  }

  #isCall(raw: RawNode): boolean {
    return own(raw, 'type') === 'CallExpression';
  }

  /** `name(a, b)` is `a|name(b)`. Only a name can be called: nothing that a value holds is a function. */
  #call(raw: RawNode): Node {
    const callee = child(raw, 'callee');
    const position = this.#starts.get(callee) ?? this.#position;
    if (own(callee, 'type') !== 'Identifier') {
      const at = own(callee, 'type') === 'MemberExpression' ? child(callee, 'property') : callee;
      return this.#failAt(
        'Values have no methods; apply a function as value|name(…)',
        this.#starts.get(at) ?? position,
      );
    }
    this.nodes++;
    const [first, ...args] = this.#nodes(children(raw, 'arguments'));
    const object: Node = first ?? { type: 'literal', value: undefined, position };
    return { type: 'transform', name: text(callee, 'name'), object, args, position };
  }

  #refuse(raw: RawNode): never {
    const type = own(raw, 'type');
    if (type === 'ThisExpression') return this.#fail('There is no "this" here');
    if (type === 'SequenceExpression' || type === 'Compound') {
      return this.#fail('Expected one expression here, found several; an operator may be missing');
    }
    return this.#fail(`An expression may not contain a ${typeof type === 'string' ? type : 'thing of this kind'}`);
  }

  /** Steps that will wait for what is read next. */
  #enter(steps: number): void {
    this.#depth += steps;
    if (this.#depth <= this.#limits.depth) return;
    throw new ExpressionError(
      `The expression chains more than ${this.#limits.depth} steps`,
      { source: this.#source, position: this.#position },
      { code: 'EXPRESSION_LIMIT' },
    );
  }

  #fail(message: string): never {
    return this.#failAt(message, this.#position);
  }

  #failAt(message: string, position: number): never {
    throw new ExpressionError(`${message} (character ${position + 1})`, { source: this.#source, position });
  }
}

function withKey(object: Node, name: string, inBrackets: boolean, position: number): Node {
  if (object.type !== 'path' && object.type !== 'item' && object.type !== 'members') {
    return { type: 'members', object, names: [name], bracketed: inBrackets ? [0] : NO_BRACKETS, position };
  }
  const { names, bracketed } = object;
  return { ...object, names: [...names, name], bracketed: inBrackets ? [...bracketed, names.length] : bracketed };
}

/** What the node owns: an inherited property is none of the parser's making. */
function own(raw: RawNode, property: string): unknown {
  return Object.hasOwn(raw, property) ? raw[property] : undefined;
}

function text(raw: RawNode, property: string): string {
  const value = own(raw, property);
  return typeof value === 'string' ? value : '';
}

function isRaw(value: unknown): value is RawNode {
  return typeof value === 'object' && value !== null;
}

function child(raw: RawNode, property: string): RawNode {
  const value = own(raw, property);
  return isRaw(value) ? value : { type: 'Nothing' };
}

function children(raw: RawNode, property: string): RawNode[] {
  const value = own(raw, property);
  return Array.isArray(value) ? value.filter(isRaw) : [];
}
