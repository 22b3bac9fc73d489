import type { LiteralNode, Node, TransformNode } from '../expression/ast.js';
import { Part } from '../expression/part.js';
import type { Json, JsonObject } from '../json.js';
import { Compound } from '../template/compound.js';
import type { Token } from '../template/sections.js';
import { type CompiledTemplate, isExpressionTemplate } from '../template/template.js';
import { TextTemplate } from '../template/text.js';
import type { Plan } from './plan.js';
import { PLAN_FORMAT, PLAN_VERSION, SPECIAL_NUMBERS } from './plan-format.js';

/**
 * A plan as JSON: `loadPlan` of `newtflow/plan` makes it ready to run where there is no compiler. What is loaded so is
 * stored as the same JSON again.
 */
export function storePlan(plan: Plan): JsonObject {
  const { hash, definition, entry } = plan;
  const texts = new TextStore();
  const config = stored(plan.config, texts);
  const steps = plan.order.map((step) => stored(step, texts));
  const head = { format: PLAN_FORMAT, version: PLAN_VERSION, hash, definition, entry, config, steps };
  return { ...head, ...texts.tables() };
}

/** What is compiled as what it was made of. */
function stored(value: unknown, texts: TextStore): Json {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Part) return texts.expression(value);
  if (isPorts(value)) return Object.fromEntries([...value].map(([port, target]) => [port, target.slug ?? null]));
  if (Array.isArray(value)) return value.map((entry) => stored(entry, texts));
  if (typeof value !== 'object' || value === null) return null;
  if (isTemplate(value)) return storedTemplate(value, texts);
  // What a step reads is found out again from what is parsed, so that nobody can say otherwise.
  const fields = Object.entries(value).filter(([field, member]) => field !== 'readsSecrets' && member !== undefined);
  return Object.fromEntries(fields.map(([field, member]) => [field, stored(member, texts)]));
}

/** Of all that a plan holds, they alone are a map. */
function isPorts(value: unknown): value is ReadonlyMap<string, { readonly slug?: string }> {
  return value instanceof Map;
}

function isTemplate(value: object): value is CompiledTemplate {
  return 'render' in value && typeof value.render === 'function';
}

function storedTemplate(template: CompiledTemplate, texts: TextStore): Json {
  if (isExpressionTemplate(template)) return { expression: stored(template.expression, texts) };
  if (template instanceof TextTemplate) return { value: texts.text(template) };
  if (!(template instanceof Compound)) return { value: stored(template.render({}), texts) };
  for (const text of template.texts) storedTemplate(text, texts);
  return { value: stored(template.value, texts) };
}

/** What the expressions and texts of a plan are parsed to, each once. */
class TextStore {
  readonly #functions = new Set<string>();
  readonly #expressions = new Map<string, Json>();
  readonly #texts = new Map<string, Json>();

  tables(): JsonObject {
    return {
      functions: [...this.#functions].sort(),
      expressions: Object.fromEntries(this.#expressions),
      texts: Object.fromEntries(this.#texts),
    };
  }

  expression(part: Part): string {
    if (!this.#expressions.has(part.source)) this.#expressions.set(part.source, this.#parsed(part));
    return part.source;
  }

  text(template: TextTemplate): string {
    if (!this.#texts.has(template.text)) {
      // One comment says for all that what stands beside it is written as text, also where it is a value alone.
      const comments = template.pieces.some(({ kind }) => kind === 'comment') ? [{ kind: 'comment' }] : [];
      this.#texts.set(template.text, [...comments, ...this.#pieces(template.tokens)]);
    }
    return template.text;
  }

  #pieces(tokens: readonly Token[]): Json[] {
    return tokens.flatMap((token): Json[] => {
      if (token.kind === 'text') return [token];
      const tag = { kind: token.kind, ...this.#parsed(token.part) };
      return token.kind === 'value' ? [tag] : [tag, ...this.#pieces(token.body), { kind: 'end' }];
    });
  }

  #parsed(part: Part): JsonObject {
    return { cost: part.cost, node: this.#node(part.node, part) };
  }

  #node(node: Node, part: Part): JsonObject {
    switch (node.type) {
      case 'literal':
        return storedLiteral(node);
      case 'transform':
        return this.#transform(node, part);
      default:
        return this.#members(node, part);
    }
  }

  /** Of a node, or of an entry of one. */
  #members(members: object, part: Part): JsonObject {
    return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, this.#member(member, part)]));
  }

  #member(member: unknown, part: Part): Json {
    if (Array.isArray(member)) return member.map((entry) => this.#member(entry, part));
    if (isNode(member)) return this.#node(member, part);
    return typeof member === 'object' && member !== null ? this.#members(member, part) : stored(member, this);
  }

  #transform(node: TransformNode, part: Part): JsonObject {
    this.#functions.add(node.name);
    const { itemArgument } = part.library.find(node, part.source);
    const args = node.args.map((argument, index) => {
      const plain = this.#node(argument, part);
      if (itemArgument?.index !== index || argument.type !== 'literal') return plain;
      const { kind } = itemArgument;
      if (typeof argument.value !== 'string' || kind === 'path' || kind === 'keys') return plain;
      const { cost, parts } = part.library.itemText(argument, argument.value, kind, part.limits);
      return { ...plain, item: { kind, cost, parts: parts.map((one) => this.#member(one, part)) } };
    });
    const { type, name, object, position } = node;
    return { type, name, object: this.#node(object, part), args, position };
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** Of `undefined` nothing is said. */
function storedLiteral({ type, value, position }: LiteralNode): JsonObject {
  if (value === undefined) return { type, position };
  const special = SPECIAL_NUMBERS.find((one) => Object.is(Number(one), value));
  return special === undefined ? { type, value, position } : { type, special, position };
}
