import { type DominatorTree, dominatorTree } from './dominators.js';
import { isTerminal } from './ports.js';

/** A step as the analysis of the flow sees it. */
export interface FlowStep {
  readonly type: string;
  /** Indices of the steps that its ports lead to, those apart that begin a body. */
  readonly next: readonly number[];
  /** Indices of the steps that its bodies begin with: a loop's iterations, the branches of a `parallel`. */
  readonly into: readonly number[];
  /** Whether a port leads nowhere, which ends a branch. */
  readonly ends: boolean;
  /** Whether all branches have ended well when it goes on, but where {@link failed} leads. */
  readonly joins: boolean;
  readonly failed: number | undefined;
}

/** What can be known about which steps follow which, before anything runs. */
export interface Flow {
  /** Whether the entry, or `config.onError`, leads to a step. */
  reachable(step: number): boolean;
  /** The steps, loops and `parallel`s, in whose bodies a step stands, outermost first. */
  readonly enclosing: readonly (readonly number[])[];
  /** Those that stand inside {@link MAX_LOOPS} others: too deep to run. */
  readonly tooDeep: readonly number[];
  /** Whether `first` has always been visited when `then` is. */
  precedes(first: number, then: number): boolean;
  /** Whether a step has always been visited when the body of a loop goes back to it. */
  precedesReturn(step: number, loop: number): boolean;
  /** The steps that begin branches of a `parallel` which neither go back to it, nor end, but lead out of it or to an end word. */
  strayBranches(parallel: number): readonly number[];
  /** Loops and `parallel`s whose bodies never go back to them. */
  readonly neverReturning: readonly number[];
  /** One cycle, as steps in order, for each knot of steps that go round without a decision. */
  readonly cycles: readonly (readonly number[])[];
}

const DECISIONS: ReadonlySet<string> = new Set(['condition', 'switch', 'loop', 'approval']);
const NO_LOOPS: readonly number[] = [];
/** How many bodies may stand one inside the other. */
export const MAX_LOOPS = 32;

/**
 * A step stands in the body of a loop where it is reached by the loop's `next` port and by no way around it: neither
 * from the entry past the loop, nor by its other ports. That is: where the edge of the `next` port dominates it. So
 * each such edge is made a node, and one dominator tree answers for all loops at once, in near-linear time. The edges
 * of a `parallel`'s branches are one such node together: what several branches lead to stands in its body too.
 */
export function analyseFlow(steps: readonly FlowStep[], roots: readonly number[]): Flow {
  const graph = buildGraph(steps, roots);
  const tree = dominatorTree(graph.successors, graph.root);
  const { enclosing, tooDeep } = enclosingLoops(steps.length, graph, tree);
  const returns = returnsOf(steps, graph, tree);
  const branches = new Map<number, ReadonlyMap<number, number>>();
  const lastsOf = (owner: number): ReadonlyMap<number, number> => {
    const known = branches.get(owner) ?? lastOfBranches(owner, steps, tree, enclosing);
    branches.set(owner, known);
    return known;
  };
  return {
    reachable: (step) => tree.dominates(graph.root, step),
    enclosing,
    tooDeep,
    precedes: precedence(steps, graph, tree, enclosing, lastsOf),
    strayBranches: (parallel) => [...lastsOf(parallel)].flatMap(([start, last]) => (last === STRAY ? [start] : [])),
    precedesReturn: (step, loop) => tree.dominates(step, returns.get(loop) ?? -1),
    neverReturning: graph.owners.filter((loop) => !returns.has(loop) && tree.dominates(graph.root, loop)),
    cycles: undecidedCycles(steps, enclosing),
  };
}

interface Graph {
  readonly successors: readonly (readonly number[])[];
  readonly root: number;
  /** The node of the edges into a body, by the step that owns it. */
  readonly bodyOf: ReadonlyMap<number, number>;
  /** The owners of such nodes, in the order of the nodes: the first of them follows the root. */
  readonly owners: readonly number[];
  /** The node that an owner passes when its body is over, where it goes on from. They follow those of the bodies, in their order. */
  readonly endOf: ReadonlyMap<number, number>;
}

function buildGraph(steps: readonly FlowStep[], roots: readonly number[]): Graph {
  const successors: (readonly number[])[] = steps.map((step) => step.next);
  const root = successors.push(roots) - 1;
  const bodyOf = new Map<number, number>();
  const endOf = new Map<number, number>();
  const owners: number[] = [];
  steps.forEach(({ into }, index) => {
    if (into.length === 0) return;
    bodyOf.set(index, successors.push(into) - 1);
    owners.push(index);
  });
  for (const owner of owners) {
    const end = successors.push(steps[owner]?.next ?? NO_LOOPS) - 1;
    endOf.set(owner, end);
    successors[owner] = [bodyOf.get(owner) ?? end, end];
  }
  return { successors, root, bodyOf, endOf, owners };
}

function enclosingLoops(count: number, graph: Graph, tree: DominatorTree): Pick<Flow, 'enclosing' | 'tooDeep'> {
  const chains: (readonly number[])[] = graph.successors.map(() => NO_LOOPS);
  const tooDeep: number[] = [];
  for (const node of tree.order) {
    const above = tree.parent[node] ?? -1;
    const chain = (above < 0 ? undefined : chains[above]) ?? NO_LOOPS;
    const loop = node > graph.root ? graph.owners[node - graph.root - 1] : undefined;
    const full = chain.length >= MAX_LOOPS;
    chains[node] = loop === undefined || full ? chain : [...chain, loop];
    if (loop !== undefined && full) tooDeep.push(loop);
  }
  return { enclosing: chains.slice(0, count), tooDeep };
}

/** What all ways to a step pass, and what all ways through a branch pass that is joined before the step. */
function precedence(
  steps: readonly FlowStep[],
  { bodyOf, endOf }: Graph,
  tree: DominatorTree,
  enclosing: Flow['enclosing'],
  lastsOf: (owner: number) => ReadonlyMap<number, number>,
): Flow['precedes'] {
  const hasPassed = (first: number, owner: number): boolean => {
    let branch = first;
    while (branch >= 0 && tree.parent[branch] !== bodyOf.get(owner)) branch = tree.parent[branch] ?? -1;
    const last = lastsOf(owner).get(branch) ?? OUTSIDE;
    // Ways that have only what is around the branch in common pass no step of it for certain.
    if (enclosing[last]?.includes(owner) !== true) return false;
    return last === first || precedes(first, last) || (joined(first, last) && steps[last]?.failed === undefined);
  };
  /** Whether a step stands in a branch of a `parallel`, and on all ways through it, when that goes on. */
  const joined = (first: number, owner: number): boolean =>
    steps[owner]?.joins === true && enclosing[first]?.includes(owner) === true && hasPassed(first, owner);
  const isBehind = (then: number, owner: number): boolean =>
    owner !== then &&
    enclosing[then]?.includes(owner) !== true &&
    tree.dominates(endOf.get(owner) ?? owner, then) &&
    !tree.dominates(steps[owner]?.failed ?? -1, then);
  const precedes = (first: number, then: number): boolean => {
    if (first === then) return false;
    if (tree.dominates(endOf.get(first) ?? first, then)) return true;
    // What stands inside this one cannot be on all ways past it.
    const owner = enclosing[first]?.find((one) => isBehind(then, one));
    return owner !== undefined && joined(first, owner);
  };
  return precedes;
}

/** In place of the last node that all ways through a branch pass: they have none in common. */
const OUTSIDE = -1;
/** The same, where none of them ends the branch. */
const STRAY = -2;

/** By the step that a branch of a `parallel` begins with, the last node that all ways to its end pass. */
function lastOfBranches(
  owner: number,
  steps: readonly FlowStep[],
  tree: DominatorTree,
  enclosing: Flow['enclosing'],
): ReadonlyMap<number, number> {
  const lasts = new Map<number, number>();
  for (const start of steps[owner]?.into ?? NO_LOOPS) {
    const branch = new Set([start]);
    for (const index of branch) {
      const { next = NO_LOOPS, into = NO_LOOPS, ends = false } = steps[index] ?? {};
      for (const target of [...next, ...into]) if (enclosing[target]?.includes(owner)) branch.add(target);
      const isOutermost = enclosing[index]?.at(-1) === owner;
      // Out of a body within the branch, whatever owns that has not ended.
      if (into.includes(owner) || (next.includes(owner) && !isOutermost)) lasts.set(start, OUTSIDE);
      else if (next.includes(owner) || (ends && isOutermost))
        lasts.set(start, commonDominator(tree, lasts.get(start) ?? index, index));
    }
    if (lasts.has(start)) continue;
    const isTerminated = [...branch].some((index) => isTerminal(steps[index]?.type ?? ''));
    lasts.set(start, isTerminated ? OUTSIDE : STRAY);
  }
  return lasts;
}

/** The last node that all ways to both pass; -1 where there is none. */
function commonDominator(tree: DominatorTree, one: number, other: number): number {
  let last = one;
  while (last >= 0 && !tree.dominates(last, other)) last = tree.parent[last] ?? -1;
  return last;
}

/** The last node that every way back from a body has passed, by the step that owns the body. */
function returnsOf(steps: readonly FlowStep[], graph: Graph, tree: DominatorTree): ReadonlyMap<number, number> {
  const returns = new Map<number, number>();
  steps.forEach(({ next, into }, index) => {
    const visit = (target: number): void => {
      const body = graph.bodyOf.get(target);
      if (body === undefined || !(tree.dominates(body, index) || target === index)) return;
      returns.set(target, commonDominator(tree, returns.get(target) ?? index, index));
    };
    next.forEach(visit);
    into.forEach(visit);
  });
  return returns;
}

/**
 * Cycles left when the decisions, and the ways back into a `parallel`, are taken out: by Tarjan's strongly connected
 * components, without recursion.
 */
function undecidedCycles(steps: readonly FlowStep[], enclosing: Flow['enclosing']): number[][] {
  const successors = steps.map(({ type, next, into }, from) => {
    if (DECISIONS.has(type)) return NO_LOOPS;
    const all = into.length === 0 ? next : [...next, ...into];
    const goesOn = (index: number) => !DECISIONS.has(steps[index]?.type ?? '') && !enclosing[from]?.includes(index);
    return all.every(goesOn) ? all : all.filter(goesOn);
  });
  return knots(successors).map((knot) => shortestCycle(knot, successors));
}

function knots(successors: readonly (readonly number[])[]): number[][] {
  const found: number[][] = [];
  const number = new Int32Array(successors.length).fill(-1);
  const low = new Int32Array(successors.length);
  const next = new Int32Array(successors.length);
  const open = new Uint8Array(successors.length);
  const pending: number[] = [];
  let count = 0;
  const visit = (node: number): number => {
    number[node] = low[node] = count++;
    open[node] = 1;
    pending.push(node);
    return node;
  };
  const close = (node: number): void => {
    if (low[node] !== number[node]) return;
    if (pending.at(-1) === node && !successors[node]?.includes(node)) {
      // Mostly a step stands alone.
      pending.pop();
      open[node] = 0;
      return;
    }
    const members = pending.splice(pending.lastIndexOf(node));
    for (const member of members) open[member] = 0;
    if (members.length > 1 || successors[node]?.includes(node)) found.push(members);
  };
  const stack: number[] = [];
  for (let start = 0; start < successors.length; start++) {
    if ((number[start] ?? 0) >= 0) continue;
    stack.push(visit(start));
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const at = next[node] ?? 0;
      const targets = successors[node] ?? [];
      const target = at < targets.length ? targets[at] : undefined;
      if (target !== undefined) {
        next[node] = at + 1;
        if ((number[target] ?? 0) < 0) stack.push(visit(target));
        else if (open[target] === 1) low[node] = Math.min(low[node] ?? 0, number[target] ?? 0);
        continue;
      }
      stack.pop();
      const above = stack.at(-1);
      if (above !== undefined) low[above] = Math.min(low[above] ?? 0, low[node] ?? 0);
      close(node);
    }
  }
  return found;
}

/** A shortest way from the first member of a knot back to itself. */
function shortestCycle(knot: readonly number[], successors: readonly (readonly number[])[]): number[] {
  const members = new Set(knot);
  const start = Math.min(...knot.slice(0, 1000));
  const cameFrom = new Map<number, number>();
  const queue = [start];
  for (const node of queue) {
    for (const target of successors[node] ?? []) {
      if (target === start) return trace(node, start, cameFrom);
      if (!members.has(target) || cameFrom.has(target)) continue;
      cameFrom.set(target, node);
      queue.push(target);
    }
  }
  return [...knot];
}

function trace(last: number, start: number, cameFrom: ReadonlyMap<number, number>): number[] {
  const path = [last];
  for (let node = last; node !== start; ) {
    node = cameFrom.get(node) ?? start;
    path.push(node);
  }
  return path.reverse();
}
