import { type DominatorTree, dominatorTree } from '../../../runtime/tooling.js';
import type { EdgeEntry } from './genxai-document.js';

/** An edge that the import may have led elsewhere. */
export interface Edge extends EdgeEntry {
  /** The node whose answer its condition speaks of, where that is not `from`. */
  readonly source?: string;
}

/** Which nodes follow which, by their ids. */
export class Graph {
  readonly nodes: readonly string[];
  /** By the nodes that they come from. */
  readonly edges: readonly Edge[];
  readonly #out = new Map<string, Edge[]>();
  readonly #before = new Map<string, string[]>();

  constructor(nodes: readonly string[], edges: readonly Edge[]) {
    this.nodes = nodes;
    for (const node of nodes) {
      this.#out.set(node, []);
      this.#before.set(node, []);
    }
    for (const edge of edges) this.#out.get(edge.from)?.push(edge);
    this.edges = nodes.flatMap((node) => this.out(node));
    for (const { from, to } of this.edges) this.#before.get(to)?.push(from);
  }

  out(node: string): readonly Edge[] {
    return this.#out.get(node) ?? [];
  }

  /** The nodes from which an edge leads to one. */
  before(node: string): readonly string[] {
    return this.#before.get(node) ?? [];
  }

  /** Every node that is reached from some, themselves included, on ways that pass none of `without`. */
  reached(from: Iterable<string>, without: ReadonlySet<string> = NONE): Set<string> {
    return walk(from, without, (node) => this.out(node).map(({ to }) => to));
  }

  /** Every node from which some are reached, themselves included, on ways that pass none of `without`. */
  reaching(to: Iterable<string>, without: ReadonlySet<string> = NONE): Set<string> {
    return walk(to, without, (node) => this.before(node));
  }

  /** The nodes from which one is reached by at least one edge. */
  ancestors(node: string): Set<string> {
    return this.reaching(this.before(node));
  }

  /** Tells whether every way from the entry to a node passes another. */
  dominance(entry: string): (dominator: string, node: string) => boolean {
    const after = (node: string) => this.out(node).map(({ to }) => to);
    const { tree, root, indexOf } = this.#dominators([entry], after);
    return (dominator, node) => {
      const at = indexOf(node);
      return !tree.dominates(root, at) || tree.dominates(indexOf(dominator), at);
    };
  }

  /**
   * Tells the first node that every way out from all of some passes, undefined where they meet nowhere. Ways that end
   * only because no condition holds, or that go round for ever, count for nothing.
   */
  meetings(exits: readonly string[]): (from: readonly string[]) => string | undefined {
    const { tree, root, indexOf } = this.#dominators(exits, (node) => this.before(node));
    return (from) => {
      const all = from.map(indexOf);
      const ending = all.filter((node) => tree.dominates(root, node));
      // Where some go round for ever, they meet no way out.
      if (ending.length < all.length) return ending.length === 0 ? this.#firstShared(from) : undefined;
      let passed = all[0] ?? root;
      while (!all.every((node) => tree.dominates(passed, node))) passed = tree.parent[passed] ?? root;
      return this.nodes[passed];
    };
  }

  /** The first node that is reached from each of some, on a way that passes no other such. */
  #firstShared(from: readonly string[]): string | undefined {
    const reach = from.map((node) => this.reached([node]));
    const shared = this.nodes.filter((node) => reach.every((one) => one.has(node)));
    const before = this.reached(from, new Set(shared));
    return shared.find((node) => from.includes(node) || this.before(node).some((one) => before.has(one)));
  }

  /** Of the nodes by their numbers, below a root that leads to some of them. */
  #dominators(from: readonly string[], next: (node: string) => readonly string[]): Dominators {
    const numbers = new Map(this.nodes.map((node, index) => [node, index]));
    const indexOf = (node: string): number => numbers.get(node) ?? -1;
    const successors = [...this.nodes.map((node) => next(node).map(indexOf)), from.map(indexOf)];
    const root = this.nodes.length;
    return { tree: dominatorTree(successors, root), root, indexOf };
  }
}

interface Dominators {
  readonly tree: DominatorTree;
  readonly root: number;
  readonly indexOf: (node: string) => number;
}

function walk(
  from: Iterable<string>,
  without: ReadonlySet<string>,
  next: (node: string) => readonly string[],
): Set<string> {
  const found = new Set<string>();
  for (const node of from) if (!without.has(node)) found.add(node);
  for (const node of found) {
    for (const one of next(node)) if (!without.has(one)) found.add(one);
  }
  return found;
}

const NONE: ReadonlySet<string> = new Set();
