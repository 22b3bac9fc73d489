import {
  isBinaryOperator,
  isUnaryOperator,
  type LiteralNode,
  type Node,
  type TransformNode,
} from '../expression/ast.js';
import type { ItemTextKind, ParsedItemText } from '../expression/context.js';
import type { BuiltinFunction } from '../expression/registry.js';
import { SPECIAL_NUMBERS } from './plan-format.js';
import { list, maybe, number, object, oneOf, type Read, type Reading, text, upTo, variant, whole } from './reading.js';

/** Deeper than the grammar lets any expression nest: brackets, operators and chains within one another. */
const MAX_NESTING = 600;

interface ItemText extends ParsedItemText {
  readonly kind: ItemTextKind;
}

interface StoredLiteral {
  readonly type: 'literal';
  readonly value?: string | number | boolean | null | undefined;
  readonly special?: (typeof SPECIAL_NUMBERS)[number] | undefined;
  /** What the text says of an item. */
  readonly item?: ItemText | undefined;
  readonly position: number;
}
type StoredNode = Exclude<Node, LiteralNode> | StoredLiteral;

/** Reads nodes: a closed list, of one source as deep and as many as its grammar could make of it. */
export class StoredNodes {
  /** What the texts say that speak of items, by the literals that hold them. */
  readonly items = new WeakMap<Node, ItemText>();
  readonly #functions: ReadonlyMap<string, BuiltinFunction>;
  readonly #read = this.#reader();
  readonly #most: number;
  #length = 0;
  /** Nodes and keys of the source at hand. */
  #count = 0;
  #depth = 0;

  /**
   * @param functions all that are called
   * @param most characters of an expression, whatever text it stands in
   */
  constructor(functions: ReadonlyMap<string, BuiltinFunction>, most: number) {
    this.#functions = functions;
    this.#most = most;
  }

  /**
   * Reads what a source of so many characters was parsed to.
   * @returns what it costs at least: to name a lower price would be to go round the bounds
   */
  of<T>(size: number, read: () => T): { readonly made: T; readonly least: number } {
    const [length, count] = [this.#length, this.#count];
    this.#length = size;
    this.#count = 0;
    const made = read();
    const least = this.#count;
    this.#length = length;
    this.#count = count;
    return { made, least };
  }

  readonly node: Read<Node> = (value, reading) => {
    this.#depth += 1;
    this.#add(1, reading);
    if (this.#depth > MAX_NESTING) reading.fail('This nests deeper than any expression.');
    const node = this.#finished(this.#read(value, reading), reading);
    this.#depth -= 1;
    return node;
  };

  #add(count: number, reading: Reading): void {
    this.#count += count;
    if (this.#count > Math.min(this.#length, this.#most))
      reading.fail('There is more of this than its source can say.');
  }

  #finished(node: StoredNode, reading: Reading): Node {
    if (node.type === 'transform') this.#checkTransform(node, reading);
    return node.type === 'literal' ? this.#literal(node) : node;
  }

  #literal({ type, value, special, item, position }: StoredLiteral): LiteralNode {
    const node: LiteralNode = { type, value: special === undefined ? value : Number(special), position };
    if (item !== undefined) this.items.set(node, item);
    return node;
  }

  #checkTransform({ name, args }: TransformNode, reading: Reading): void {
    const definition = this.#functions.get(name) ?? reading.fail('This function is not among those of the plan.');
    const { index = 0, kind } = definition.itemArgument ?? {};
    const argument = args[index];
    if ((kind !== 'format' && kind !== 'condition') || argument?.type !== 'literal') return;
    if (typeof argument.value !== 'string' || this.items.get(argument)?.kind === kind) return;
    reading.fail(`The plan was stored with another function \`${name}\`, which takes other texts.`);
  }

  #reader(): Read<StoredNode> {
    const node: Read<Node> = (value, reading) => this.node(value, reading);
    const own: Read<string> = (value, reading) => upTo(this.#length)(value, reading);
    const position: Read<number> = (value, reading) => whole(0, this.#length)(value, reading);
    const keys = (least: number) => ({ names: this.#names(own, least), bracketed: list(whole(0)) });
    const [test, cost] = this.#priced(node);
    return variant<StoredNode>({
      literal: {
        value: maybe(primitive(own)),
        special: maybe(oneOf(...SPECIAL_NUMBERS)),
        item: maybe(this.#itemText(node, own)),
        position,
      },
      path: { ...keys(1), position },
      item: { ...keys(0), position },
      array: { elements: list(node), position },
      object: { entries: list(object({ key: own, value: node })), position },
      conditional: {
        test: node,
        consequent: (value, at) => (value === null ? null : node(value, at)),
        alternate: node,
        position,
      },
      unary: { operator: operator(isUnaryOperator), argument: node, position },
      chain: { first: node, rest: list(object({ operator: operator(isBinaryOperator), right: node })), position },
      members: { object: node, ...keys(1), position },
      index: { object: node, index: node, position },
      filter: { object: node, test, cost, position },
      transform: { name: text, object: node, args: list(node), position },
    });
  }

  #names(own: Read<string>, least: number): Read<readonly string[]> {
    return (value, reading) => {
      const names = list(own)(value, reading);
      if (names.length < least) reading.fail('Nothing is named here.');
      this.#add(Math.max(0, names.length - 1), reading);
      return names;
    };
  }

  /** A node, and right after it what it costs. */
  #priced(node: Read<Node>): readonly [Read<Node>, Read<number>] {
    let least = 0;
    const counted: Read<Node> = (value, reading) => {
      const before = this.#count;
      const made = node(value, reading);
      least = this.#count - before;
      return made;
    };
    return [counted, (value, reading) => whole(least)(value, reading)];
  }

  /** It is part of the source, and costs by itself. */
  #itemText(node: Read<Node>, own: Read<string>): Read<ItemText> {
    const part: Read<string | Node> = (value, reading) =>
      typeof value === 'string' ? own(value, reading) : node(value, reading);
    const read = object<ItemText>({ kind: oneOf('format', 'condition'), parts: list(part), cost: whole(1) });
    return (value, reading) => {
      const { made, least } = this.of(this.#length, () => read(value, reading));
      const [first, second] = made.parts;
      const isOne = second === undefined && typeof first === 'object';
      if (made.cost < least || (made.kind === 'condition' && !isOne)) reading.fail('This is no text about an item.');
      return made;
    };
  }
}

function primitive(own: Read<string>): Read<string | number | boolean | null> {
  const finite = number(-Number.MAX_VALUE);
  return (value, reading) => {
    if (value === null || typeof value === 'boolean') return value;
    return typeof value === 'number' ? finite(value, reading) : own(value, reading);
  };
}

function operator<T extends string>(is: (value: string) => value is T): Read<T> {
  return (value, reading) => {
    const made = text(value, reading);
    return is(made) ? made : reading.fail('There is no such operator.');
  };
}
