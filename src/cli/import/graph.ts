import type { EdgeEntry } from './genxai-document.js';

/** An edge that the import may have led elsewhere. */
export interface Edge extends EdgeEntry {
  /** The node whose answer its condition speaks of, where that is not `from`. */
  readonly source?: string;
}

/** Which nodes follow which, by their ids. */
export class Graph {
  readonly nodes: readonly string[];
  readonly #out = new Map<string, Edge[]>();

  constructor(nodes: readonly string[], edges: readonly Edge[]) {
    this.nodes = nodes;
    for (const node of nodes) this.#out.set(node, []);
    for (const edge of edges) this.#out.get(edge.from)?.push(edge);
  }

  out(node: string): readonly Edge[] {
    return this.#out.get(node) ?? [];
  }

  get edges(): readonly Edge[] {
    return [...this.#out.values()].flat();
  }

  /** Every node that is reached from some, themselves included, on ways that pass none of `without`. */
  reached(from: Iterable<string>, without: ReadonlySet<string> = NONE): Set<string> {
    const found = new Set<string>();
    for (const node of from) if (!without.has(node)) found.add(node);
    for (const node of found) {
      for (const { to } of this.out(node)) if (!without.has(to)) found.add(to);
    }
    return found;
  }

  /** The nodes from which one is reached by at least one edge. */
  ancestors(node: string): Set<string> {
    const sources = new Map<string, string[]>();
    for (const { from, to } of this.edges) sources.set(to, [...(sources.get(to) ?? []), from]);
    const found = new Set(sources.get(node) ?? []);
    for (const one of found) for (const source of sources.get(one) ?? []) found.add(source);
    return found;
  }

  /** Whether every way from the entries to a node passes another. */
  dominates(dominator: string, node: string, entries: readonly string[]): boolean {
    return dominator === node || !this.reached(entries, new Set([dominator])).has(node);
  }

  /**
   * The first node that every way out from all of `from` passes, undefined where they meet nowhere. Ways that end only
   * because no condition holds, or that go round for ever, count for nothing.
   */
  meeting(from: readonly string[], exits: ReadonlySet<string>): string | undefined {
    const reach = from.map((node) => this.reached([node]));
    const shared = this.nodes.filter((node) => reach.every((one) => one.has(node)));
    const passed = shared.filter((node) => ![...this.reached(from, new Set([node]))].some((one) => exits.has(one)));
    return passed.find((node) => this.reached(from, new Set(passed.filter((other) => other !== node))).has(node));
  }
}

const NONE: ReadonlySet<string> = new Set();
