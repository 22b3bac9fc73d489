import type { Node, PathNode, TransformNode } from './ast.js';

/** Keys from the root, as far as they are known before anything runs. */
export type Paths = readonly (readonly string[])[];

/** What an expression reads of its scope, and what it applies. */
export interface Reads {
  /** Each once, in the order of the source. */
  readonly paths: Paths;
  readonly transforms: readonly TransformNode[];
}

/** Tells paths apart by what they read. */
export const pathKey = ({ names, bracketed }: PathNode) => JSON.stringify([names, bracketed]);

const NO_TRANSFORMS: readonly TransformNode[] = [];

export function findReads(root: Node): Reads {
  if (root.type === 'path') return { paths: [root.names], transforms: NO_TRANSFORMS };
  const paths: (readonly string[])[] = [];
  const transforms: TransformNode[] = [];
  visit(root, (node) => {
    if (node.type === 'path') paths.push(node.names);
    else transforms.push(node);
  });
  return { paths: distinctPaths(paths), transforms };
}

/** The {@link pathKey} of the longest path of several keys that stands in it more than once. */
export function findRepeated(root: Node): string | undefined {
  const seen = new Set<string>();
  let repeated: PathNode | undefined;
  visit(root, (node) => {
    if (node.type !== 'path') return;
    const key = pathKey(node);
    if (seen.has(key) && node.names.length > (repeated?.names.length ?? 1)) repeated = node;
    seen.add(key);
  });
  return repeated && pathKey(repeated);
}

/** Up to so many are compared with one another; more of them by their texts, so that the time is not squared. */
const FEW_PATHS = 8;

/** Each path once, in the order given. A list of its size: one that has grown has room for more, and this one stays. */
export function distinctPaths(paths: Paths): Paths {
  if (paths.length < 2 || (paths.length <= FEW_PATHS && paths.every(differsFromEarlier))) return paths.slice();
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

function differsFromEarlier(path: readonly string[], index: number, paths: Paths): boolean {
  for (let earlier = 0; earlier < index; earlier++) if (areAlike(path, paths[earlier] ?? [])) return false;
  return true;
}

function areAlike(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

/** Calls back with each path and transform, in the order of the source. Recurses no deeper than the grammar allows. */
function visit(node: Node, found: (node: PathNode | TransformNode) => void): void {
  switch (node.type) {
    case 'literal':
    case 'item':
      return;
    case 'path':
      found(node);
      return;
    case 'array':
      for (const element of node.elements) visit(element, found);
      return;
    case 'object':
      for (const { value } of node.entries) visit(value, found);
      return;
    case 'conditional':
      visit(node.test, found);
      if (node.consequent !== null) visit(node.consequent, found);
      visit(node.alternate, found);
      return;
    case 'unary':
      visit(node.argument, found);
      return;
    case 'chain':
      visit(node.first, found);
      for (const { right } of node.rest) visit(right, found);
      return;
    case 'members':
      visit(node.object, found);
      return;
    case 'index':
      visit(node.object, found);
      visit(node.index, found);
      return;
    case 'filter':
      visit(node.object, found);
      visit(node.test, found);
      return;
    case 'transform':
      found(node);
      visit(node.object, found);
      for (const argument of node.args) visit(argument, found);
  }
}
