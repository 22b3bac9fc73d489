import type { Node, PathNode, TransformNode } from './ast.js';

/** What an expression reads of its scope, and what it applies. */
export interface Reads {
  /** Each once, as its keys from the root as far as they are known before anything runs. */
  readonly paths: readonly (readonly string[])[];
  /** The {@link pathKey} of the longest path that stands in it more than once. */
  readonly repeated: string | undefined;
  readonly transforms: readonly TransformNode[];
}

/** Tells paths apart by what they read. */
export const pathKey = (node: PathNode) => JSON.stringify(node.keys.map(({ name, dot }) => [name, dot]));

const NO_TRANSFORMS: readonly TransformNode[] = [];

/** Finds every path as far as it is known before anything runs. */
export function findReads(root: Node): Reads {
  if (root.type === 'path') return { paths: [namesOf(root)], repeated: undefined, transforms: NO_TRANSFORMS };
  const found: PathNode[] = [];
  const transforms: TransformNode[] = [];
  const pending: Node[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === 'path') found.push(node);
    else pushChildren(node, pending);
    if (node.type === 'transform') transforms.push(node);
  }
  return { ...distinct(found), transforms };
}

function namesOf(path: PathNode): string[] {
  return path.keys.map((key) => key.name);
}

function distinct(found: readonly PathNode[]): Pick<Reads, 'paths' | 'repeated'> {
  const [first, second, third] = found;
  if (first === undefined || second === undefined) return { paths: found.map(namesOf), repeated: undefined };
  // Two that differ where they begin or end are not alike, and need not be told apart by their whole texts.
  if (third === undefined && differ(first, second)) return { paths: found.map(namesOf), repeated: undefined };
  const paths = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  let repeated: PathNode | undefined;
  for (const node of found) {
    const names = namesOf(node);
    paths.set(JSON.stringify(names), names);
    const key = pathKey(node);
    if (seen.has(key) && names.length > (repeated?.keys.length ?? 1)) repeated = node;
    seen.add(key);
  }
  return { paths: [...paths.values()], repeated: repeated && pathKey(repeated) };
}

function differ({ keys: a }: PathNode, { keys: b }: PathNode): boolean {
  return a.length !== b.length || a[0]?.name !== b[0]?.name || a.at(-1)?.name !== b.at(-1)?.name;
}

/** The first child is put last, so that it is taken first. */
function pushChildren(node: Node, pending: Node[]): void {
  switch (node.type) {
    case 'literal':
    case 'path':
    case 'item':
      return;
    case 'array':
      for (const element of node.elements.toReversed()) pending.push(element);
      return;
    case 'object':
      for (const { value } of node.entries.toReversed()) pending.push(value);
      return;
    case 'conditional':
      pending.push(node.alternate);
      if (node.consequent !== null) pending.push(node.consequent);
      pending.push(node.test);
      return;
    case 'unary':
      pending.push(node.argument);
      return;
    case 'chain':
      for (let at = node.rest.length - 1; at >= 0; at--) pending.push(node.rest[at]?.right ?? node.first);
      pending.push(node.first);
      return;
    case 'members':
      pending.push(node.object);
      return;
    case 'index':
      pending.push(node.index, node.object);
      return;
    case 'filter':
      pending.push(node.test, node.object);
      return;
    case 'transform':
      for (const argument of node.args.toReversed()) pending.push(argument);
      pending.push(node.object);
  }
}
