import type { Node, PathNode } from './ast.js';

/** What an expression reads of its scope. */
export interface Reads {
  readonly names: ReadonlySet<string>;
  readonly paths: readonly (readonly string[])[];
  /** The {@link pathKey} of the longest path that stands in it more than once. */
  readonly repeated: string | undefined;
}

/** Tells paths apart by what they read. */
export const pathKey = (node: PathNode) => JSON.stringify(node.keys.map(({ name, dot }) => [name, dot]));

/** Finds every root name, and every path as far as it is known before anything runs. */
export function findReads(root: Node): Reads {
  const names = new Set<string>();
  const paths = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  let repeated: PathNode | undefined;
  const pending: Node[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === 'path') {
      const keys = node.keys.map((key) => key.name);
      names.add(keys[0] ?? '');
      paths.set(JSON.stringify(keys), keys);
      const key = pathKey(node);
      if (seen.has(key) && keys.length > (repeated?.keys.length ?? 1)) repeated = node;
      seen.add(key);
    }
    pending.push(...childrenOf(node).reverse());
  }
  return { names, paths: [...paths.values()], repeated: repeated && pathKey(repeated) };
}

function childrenOf(node: Node): Node[] {
  switch (node.type) {
    case 'literal':
    case 'path':
    case 'item':
      return [];
    case 'array':
      return [...node.elements];
    case 'object':
      return node.entries.map((entry) => entry.value);
    case 'conditional':
      return node.consequent === null ? [node.test, node.alternate] : [node.test, node.consequent, node.alternate];
    case 'unary':
      return [node.argument];
    case 'chain':
      return [node.first, ...node.rest.map((step) => step.right)];
    case 'members':
      return [node.object];
    case 'index':
      return [node.object, node.index];
    case 'filter':
      return [node.object, node.test];
    case 'transform':
      return [node.object, ...node.args];
  }
}
