import { compileExpression, ExpressionError } from '../../../runtime/index.js';
import type { NodeEntry } from './genxai-document.js';
import type { Graph } from './graph.js';
import type { Notes } from './notes.js';
import { translateCondition, UntranslatableError } from './python-expression.js';

/** Names that GenXAI's state has of its own. */
const STATE = new Set(['state', 'context']);
const ANSWER = new Set(['result', 'output', 'response']);
const ANSWERING = new Set<NodeEntry['kind']>(['agent', 'tool', 'human', 'subgraph']);

/** Turns conditions into expressions, and remembers which fields they expect of which answer. */
export class Conditions {
  readonly #graph: Graph;
  readonly #nodes: ReadonlyMap<string, NodeEntry>;
  readonly #slugs: ReadonlyMap<string, string>;
  readonly #notes: Notes;
  readonly #fields = new Map<string, Set<string>>();

  constructor(graph: Graph, nodes: ReadonlyMap<string, NodeEntry>, slugs: ReadonlyMap<string, string>, notes: Notes) {
    this.#graph = graph;
    this.#nodes = nodes;
    this.#slugs = slugs;
    this.#notes = notes;
  }

  /** The fields of a node's answer that conditions read. */
  fieldsOf(node: string): readonly string[] {
    return [...(this.#fields.get(node) ?? [])].sort();
  }

  /** How the answer is read that a condition at a node speaks of; undefined where no node before it answers. */
  answerAt(node: string): string | undefined {
    const source = this.#sourceOf(node, new Set());
    return source === undefined ? undefined : this.#answerOf(source);
  }

  /** @returns `false`, and a note, where the condition cannot be said in an expression */
  translate(text: string, path: string, node: string): string {
    const source = this.#sourceOf(node, new Set());
    const fields: string[] = [];
    try {
      const expression = translateCondition(text, (name) => this.#read(name, source, fields), STATE);
      compileExpression(expression);
      this.#noteFields(fields, source, path);
      return expression;
    } catch (error) {
      if (!(error instanceof UntranslatableError || error instanceof ExpressionError)) throw error;
      const message = `The condition ${JSON.stringify(text)} cannot be carried over (${error.message}): it never holds here.`;
      this.#notes.note('CONDITION_NOT_CARRIED', path, message, 'Write the `expression` or `when` by hand.');
      return 'false';
    }
  }

  #read(name: string, source: string | undefined, fields: string[]): string {
    if (name === 'input') return 'input';
    const answer = source === undefined ? 'input' : this.#answerOf(source);
    if (STATE.has(name) || ANSWER.has(name)) return answer;
    const node = this.#nodes.get(name);
    if (node !== undefined && ANSWERING.has(node.kind)) return this.#answerOf(name);
    fields.push(name);
    return `${answer}.${name}`;
  }

  #answerOf(node: string): string {
    return `steps.${this.#slugs.get(node) ?? node}.output`;
  }

  #noteFields(fields: readonly string[], source: string | undefined, path: string): void {
    for (const field of new Set(fields)) {
      if (source === undefined) {
        this.#notes.note('READ_FROM_INPUT', path, `\`${field}\` is read from the input: no agent answers before this.`);
        continue;
      }
      const known = this.#fields.get(source) ?? new Set();
      this.#fields.set(source, known.add(field));
      const asked = this.#nodes.get(source)?.kind === 'agent' ? ', which is asked for JSON with it' : '';
      this.#notes.note(
        'READ_FROM_ANSWER',
        path,
        `\`${field}\` is read from the answer of ${JSON.stringify(source)}${asked}.`,
      );
    }
  }

  /** The node itself where it answers; else the one before it, where there is only one. */
  #sourceOf(node: string, seen: Set<string>): string | undefined {
    const kind = this.#nodes.get(node)?.kind;
    if (kind !== undefined && ANSWERING.has(kind)) return node;
    if (seen.has(node)) return undefined;
    seen.add(node);
    const before = new Set(this.#graph.before(node));
    const sources = new Set([...before].map((one) => this.#sourceOf(one, seen)).filter((one) => one !== undefined));
    return sources.size === 1 ? [...sources][0] : undefined;
  }
}
