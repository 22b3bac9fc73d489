import type { Library } from '../expression/context.js';
import type { ExpressionLimits } from '../expression/limits.js';
import { type CompiledExpression, Part } from '../expression/part.js';
import type { BuiltinFunction } from '../expression/registry.js';
import { owns } from '../expression/values.js';
import { compileCompound } from '../template/compound.js';
import { defaultTemplateLimits } from '../template/limits.js';
import type { Piece } from '../template/scan.js';
import type { Token } from '../template/sections.js';
import { type CompiledTemplate, constantTemplate, expressionTemplate, holdsTemplate } from '../template/template.js';
import { type TextSetting, TextTemplate } from '../template/text.js';
import { list, oneOf, type Read, type Reading, text, whole } from './reading.js';
import { StoredNodes } from './stored-nodes.js';

/** The expressions and texts of a stored plan, as they were parsed where it was compiled. */
export class StoredTexts {
  readonly #limits: ExpressionLimits;
  readonly #nodes: StoredNodes;
  readonly #library: Library;
  readonly #setting: TextSetting;
  #expressions: ReadonlyMap<string, Part> = new Map();
  #texts: ReadonlyMap<string, TextTemplate> = new Map();

  /** @param functions all that are called */
  constructor(limits: ExpressionLimits, functions: ReadonlyMap<string, BuiltinFunction>) {
    const { fuel, outputLength } = defaultTemplateLimits;
    this.#limits = limits;
    this.#nodes = new StoredNodes(functions, limits.sourceLength);
    this.#setting = { outputLength, limits: { ...limits, fuel }, nest };
    this.#library = {
      find: ({ name }) => found(functions.get(name), name),
      itemText: (node, given) => found(this.#nodes.items.get(node), given),
      isSure: () => true,
    };
  }

  /** Reads both tables. */
  read(stored: object, reading: Reading): void {
    this.#expressions = reading.field(stored, 'expressions', this.#table(this.#limits.sourceLength, this.#part));
    this.#texts = reading.field(stored, 'texts', this.#table(defaultTemplateLimits.sourceLength, this.#text));
  }

  readonly expression: Read<CompiledExpression> = (value, reading) =>
    this.#expressions.get(text(value, reading)) ?? reading.fail('There is no expression of this source.');

  /** A value with the templates in it, or an expression. */
  readonly template: Read<CompiledTemplate> = (value, reading) => {
    const given = reading.object(value);
    return owns(given, 'expression')
      ? expressionTemplate(reading.field(given, 'expression', this.expression))
      : reading.field(given, 'value', this.#value);
  };

  readonly #value: Read<CompiledTemplate> = (given, reading) => {
    const value = reading.json(given);
    const find = (one: string) => this.#texts.get(one) ?? reading.fail(`There is no text ${JSON.stringify(one)}.`);
    if (typeof value === 'string') return holdsTemplate(value) ? find(value) : constantTemplate(value);
    return compileCompound(value, find) ?? constantTemplate(value);
  };

  #table<T>(longest: number, read: (source: string) => Read<T>): Read<ReadonlyMap<string, T>> {
    return (value, reading) => {
      const given = reading.object(value);
      const entries = Object.keys(given).map((source) => {
        if (source.length > longest) reading.fail(`A text has more than the ${longest} characters allowed.`);
        return [source, reading.field(given, source, read(source))] as const;
      });
      return new Map(entries);
    };
  }

  readonly #part =
    (source: string): Read<Part> =>
    (value, reading) => {
      const given = reading.object(value);
      const { made: node, least } = this.#nodes.of(source.length, () => reading.field(given, 'node', this.#nodes.node));
      const cost = reading.field(given, 'cost', whole(least));
      return new Part(source, { node, cost, end: source.length }, this.#limits, this.#library);
    };

  readonly #text =
    (source: string): Read<TextTemplate> =>
    (value, reading) => {
      const pieces = list(this.#piece(source))(value, reading);
      let open = 0;
      let length = 0;
      for (const piece of pieces) {
        length += piece.kind === 'text' ? piece.text.length : 1;
        if (piece.kind === 'section' || piece.kind === 'inverted') open += 1;
        if (piece.kind === 'end') open -= 1;
        if (open < 0 || open > defaultTemplateLimits.depth) reading.fail('The sections of this text do not nest.');
      }
      if (open > 0 || length > source.length || !holdsTemplate(source)) reading.fail('This is no text of such pieces.');
      return new TextTemplate(source, pieces, this.#setting);
    };

  #piece(source: string): Read<Piece> {
    return (value, reading) => {
      const given = reading.object(value);
      const kind = reading.field(given, 'kind', oneOf('text', 'value', 'section', 'inverted', 'end', 'comment'));
      if (kind === 'end' || kind === 'comment') return { kind };
      return kind === 'text'
        ? { kind, text: reading.field(given, 'text', text) }
        : { kind, part: this.#part(source)(value, reading) };
    };
  }
}

/** What was looked for when the plan was loaded. */
function found<T>(one: T | undefined, name: string): T {
  if (one === undefined) throw new Error(`The plan was loaded without ${name}`);
  return one;
}

/** Puts pieces into the sections around them; lines that tags had to themselves are gone already. */
function nest(pieces: readonly Piece[]): readonly Token[] {
  const root: Token[] = [];
  const around: Token[][] = [];
  let body = root;
  for (const piece of pieces) {
    switch (piece.kind) {
      case 'comment':
        break;
      case 'end':
        body = around.pop() ?? root;
        break;
      case 'section':
      case 'inverted': {
        const inside: Token[] = [];
        body.push({ kind: piece.kind, part: piece.part, body: inside });
        around.push(body);
        body = inside;
        break;
      }
      default:
        body.push(piece);
    }
  }
  return root;
}
