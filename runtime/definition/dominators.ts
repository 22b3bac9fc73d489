/**
 * Dominators by the algorithm of Lengauer and Tarjan (TOPLAS 1979, the simple variant): O(m log n), without recursion,
 * so that a graph that someone made to be slow is not.
 */

/** Node `a` dominates node `b` where every path from the root to `b` passes `a`. */
export interface DominatorTree {
  /** The immediate dominator of each node; -1 for the root and for what cannot be reached. */
  readonly parent: Int32Array;
  /** Reachable nodes, a dominator always before what it dominates. */
  readonly order: readonly number[];
  /** Whether every path to `b` passes `a`. False where either cannot be reached. */
  dominates(a: number, b: number): boolean;
}

export function dominatorTree(successors: readonly (readonly number[])[], root: number): DominatorTree {
  const search = depthFirst(successors, root);
  const parent = immediateDominators(successors, search);
  const { enter, leave } = intervals(parent, search.vertex);
  return {
    parent,
    order: search.vertex,
    dominates: (a, b) => {
      const [from, to, at] = [num(enter, a), num(leave, a), num(enter, b)];
      return from >= 0 && at >= from && at < to;
    },
  };
}

/** Typed arrays of a fixed size: an index out of bounds is a defect of this file. */
function num(array: Int32Array, index: number): number {
  return array[index] ?? -1;
}

interface Search {
  /** Nodes in the order of the visit. */
  readonly vertex: readonly number[];
  /** Number of each node in that order; -1 where it was not reached. */
  readonly number: Int32Array;
  /** Parent of each node in the tree of the search. */
  readonly parent: Int32Array;
}

function depthFirst(successors: readonly (readonly number[])[], root: number): Search {
  const number = new Int32Array(successors.length).fill(-1);
  const parent = new Int32Array(successors.length).fill(-1);
  const next = new Int32Array(successors.length);
  const vertex = [root];
  number[root] = 0;
  const stack = [root];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const targets = successors[node] ?? [];
    const at = num(next, node);
    const target = at < targets.length ? targets[at] : undefined;
    next[node] = at + 1;
    if (target === undefined) {
      stack.pop();
    } else if (num(number, target) < 0) {
      number[target] = vertex.length;
      parent[target] = node;
      vertex.push(target);
      stack.push(target);
    }
  }
  return { vertex, number, parent };
}

function immediateDominators(successors: readonly (readonly number[])[], search: Search): Int32Array {
  const { vertex, number, parent } = search;
  const size = successors.length;
  const predecessors = reversed(successors, number);
  const semi = Int32Array.from(number);
  const dominator = new Int32Array(size).fill(-1);
  const buckets = new Map<number, number[]>();
  const forest = new Forest(semi);
  for (let i = vertex.length - 1; i > 0; i--) {
    const node = vertex[i] ?? -1;
    const above = num(parent, node);
    for (const from of predecessors[node] ?? []) {
      semi[node] = Math.min(num(semi, node), num(semi, forest.least(from)));
    }
    const bucketOf = vertex[num(semi, node)] ?? -1;
    const bucket = buckets.get(bucketOf);
    if (bucket === undefined) buckets.set(bucketOf, [node]);
    else bucket.push(node);
    forest.link(above, node);
    for (const waiting of buckets.get(above) ?? []) {
      const least = forest.least(waiting);
      dominator[waiting] = num(semi, least) < num(semi, waiting) ? least : above;
    }
    buckets.delete(above);
  }
  for (const node of vertex.slice(1)) {
    if (num(dominator, node) !== vertex[num(semi, node)]) dominator[node] = num(dominator, num(dominator, node));
  }
  return dominator;
}

function reversed(successors: readonly (readonly number[])[], number: Int32Array): number[][] {
  const predecessors: number[][] = successors.map(() => []);
  successors.forEach((targets, node) => {
    if (num(number, node) < 0) return;
    for (const target of targets) predecessors[target]?.push(node);
  });
  return predecessors;
}

/** Answers, for a node, which node on its path up the linked trees has the least semidominator; compresses the paths. */
class Forest {
  readonly #semi: Int32Array;
  readonly #ancestor: Int32Array;
  readonly #label: Int32Array;

  constructor(semi: Int32Array) {
    this.#semi = semi;
    this.#ancestor = new Int32Array(semi.length).fill(-1);
    this.#label = Int32Array.from(semi, (_, index) => index);
  }

  link(parent: number, node: number): void {
    this.#ancestor[node] = parent;
  }

  least(node: number): number {
    if (num(this.#ancestor, node) >= 0) this.#compress(node);
    return num(this.#label, node);
  }

  #compress(start: number): void {
    const path: number[] = [];
    let node = start;
    while (num(this.#ancestor, num(this.#ancestor, node)) >= 0) {
      path.push(node);
      node = num(this.#ancestor, node);
    }
    for (let below = path.pop(); below !== undefined; below = path.pop()) {
      const above = num(this.#ancestor, below);
      const label = num(this.#label, above);
      if (num(this.#semi, label) < num(this.#semi, num(this.#label, below))) this.#label[below] = label;
      this.#ancestor[below] = num(this.#ancestor, above);
    }
  }
}

/** When a walk of the dominator tree enters and leaves each node: a node dominates what is entered in between. */
function intervals(parent: Int32Array, order: readonly number[]): { enter: Int32Array; leave: Int32Array } {
  const size = new Int32Array(parent.length);
  for (const node of order.toReversed()) {
    size[node] = num(size, node) + 1;
    const above = num(parent, node);
    if (above >= 0) size[above] = num(size, above) + num(size, node);
  }
  const enter = new Int32Array(parent.length).fill(-1);
  const leave = new Int32Array(parent.length).fill(-1);
  const free = new Int32Array(parent.length);
  for (const node of order) {
    const above = num(parent, node);
    const at = above < 0 ? 0 : num(free, above);
    enter[node] = at;
    leave[node] = at + num(size, node);
    free[node] = at + 1;
    if (above >= 0) free[above] = at + num(size, node);
  }
  return { enter, leave };
}
