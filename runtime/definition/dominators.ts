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
      const from = num(enter, a);
      const at = num(enter, b);
      return from >= 0 && at >= from && at < num(leave, a);
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
  const { starts, sources } = reversed(successors, number);
  const semi = Int32Array.from(number);
  const dominator = new Int32Array(size).fill(-1);
  // For each node a list of those that wait for it: its first, and the next of each.
  const firstWaiting = new Int32Array(size).fill(-1);
  const nextWaiting = new Int32Array(size).fill(-1);
  const forest = forestOf(semi);
  for (let i = vertex.length - 1; i > 0; i--) {
    const node = vertex[i] ?? -1;
    const above = num(parent, node);
    for (let edge = num(starts, node); edge < num(starts, node + 1); edge++) {
      semi[node] = Math.min(num(semi, node), num(semi, least(forest, num(sources, edge))));
    }
    const waitsFor = vertex[num(semi, node)] ?? -1;
    nextWaiting[node] = num(firstWaiting, waitsFor);
    firstWaiting[waitsFor] = node;
    forest.ancestor[node] = above;
    for (let waiting = num(firstWaiting, above); waiting >= 0; waiting = num(nextWaiting, waiting)) {
      const lowest = least(forest, waiting);
      dominator[waiting] = num(semi, lowest) < num(semi, waiting) ? lowest : above;
    }
    firstWaiting[above] = -1;
  }
  for (let i = 1; i < vertex.length; i++) {
    const node = vertex[i] ?? -1;
    if (num(dominator, node) !== vertex[num(semi, node)]) dominator[node] = num(dominator, num(dominator, node));
  }
  return dominator;
}

/** The edges that lead to node `n` come from `sources[starts[n]]` and those after it, up to `starts[n + 1]`. */
interface Edges {
  readonly starts: Int32Array;
  readonly sources: Int32Array;
}

function reversed(successors: readonly (readonly number[])[], number: Int32Array): Edges {
  const starts = new Int32Array(successors.length + 1);
  successors.forEach((targets, node) => {
    if (num(number, node) >= 0) for (const target of targets) starts[target] = num(starts, target) + 1;
  });
  for (let node = 1; node < starts.length; node++) starts[node] = num(starts, node - 1) + num(starts, node);
  const sources = new Int32Array(num(starts, successors.length));
  // From the end of each node's part to its beginning, which leaves the beginnings in place.
  successors.forEach((targets, node) => {
    if (num(number, node) < 0) return;
    for (const target of targets) {
      starts[target] = num(starts, target) - 1;
      sources[num(starts, target)] = node;
    }
  });
  return { starts, sources };
}

/** Trees that are linked step by step; {@link least} compresses their paths. */
interface Forest {
  readonly semi: Int32Array;
  readonly ancestor: Int32Array;
  readonly label: Int32Array;
  /** Emptied after each use. */
  readonly path: number[];
}

function forestOf(semi: Int32Array): Forest {
  const ancestor = new Int32Array(semi.length).fill(-1);
  return { semi, ancestor, label: semi.map((_, index) => index), path: [] };
}

/** The node with the least semidominator on the path from a node up its tree. */
function least(forest: Forest, node: number): number {
  if (num(forest.ancestor, node) >= 0) compress(forest, node);
  return num(forest.label, node);
}

function compress({ semi, ancestor, label, path }: Forest, start: number): void {
  let node = start;
  while (num(ancestor, num(ancestor, node)) >= 0) {
    path.push(node);
    node = num(ancestor, node);
  }
  for (let below = path.pop(); below !== undefined; below = path.pop()) {
    const above = num(ancestor, below);
    const lowest = num(label, above);
    if (num(semi, lowest) < num(semi, num(label, below))) label[below] = lowest;
    ancestor[below] = num(ancestor, above);
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
