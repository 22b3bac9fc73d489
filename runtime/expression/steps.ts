import { pathKey } from './analyse.js';
import type {
  ArrayNode,
  ChainNode,
  ConditionalNode,
  FilterNode,
  IndexNode,
  ItemNode,
  Keys,
  MembersNode,
  Node,
  ObjectNode,
  PathNode,
  TransformNode,
  UnaryNode,
} from './ast.js';
import type { CompileContext } from './context.js';
import { ItemPath } from './item-path.js';
import { compileItemText } from './item-text.js';
import { binaryStep, chainStep, type Step, toNumber } from './operators.js';
import type { BuiltinFunction } from './registry.js';
import type { Run } from './run.js';
import { readData, readOutput, readSteps } from './step-reads.js';
import { append, asData, isObject, readElement, readMember, readOwn, setOwn } from './values.js';

/** Turns a node into a closure. Everything that can be decided before the run is decided here. */
export function compileNode(node: Node, context: CompileContext): Step {
  switch (node.type) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'path':
      return pathStep(node, context);
    case 'item':
      return itemStep(node);
    case 'array':
      return arrayStep(node, context);
    case 'object':
      return objectStep(node, context);
    case 'conditional':
      return conditionalStep(node, context);
    case 'unary':
      return unaryStep(node, context);
    case 'chain':
      return compileChain(node, context);
    case 'members':
      return membersStep(node, context);
    case 'index':
      return indexStep(node, context);
    case 'filter':
      return filterStep(node, context);
    case 'transform':
      return transformStep(node, context);
  }
}

function pathStep(node: PathNode, context: CompileContext): Step {
  const [root = '', ...names] = node.names;
  if (names.length === 0) return (run) => run.root(root);
  const read = rootedPath(root, names, node);
  if (context.repeated === undefined || context.repeated !== pathKey(node)) return read;
  return (run) => {
    const known = run.repeated;
    if (known !== undefined) return known;
    const value = read(run);
    run.repeated = value;
    return value;
  };
}

function rootedPath(root: string, names: readonly string[], path: Keys): Step {
  if (path.bracketed.length > 0) {
    const walk = walker(keysOf(path).slice(1));
    return (run) => walk(run.root(root));
  }
  if (root === 'steps' && names[1] === 'output') return outputPath(names);
  return (run) => {
    let value = run.root(root);
    for (const name of names) value = readMember(value, name);
    return value;
  };
}

/** `steps.<slug>.output…` */
function outputPath([slug = '', , third, ...rest]: readonly string[]): Step {
  const ofData = third === 'data';
  const names = ofData || third === undefined ? rest : [third, ...rest];
  return (run) => {
    const steps = run.layer === undefined ? readSteps(run.scope) : run.root('steps');
    let value = readOutput(readMember(steps, slug));
    if (ofData) value = readData(value);
    for (const name of names) value = readMember(value, name);
    return value;
  };
}

function itemStep(node: ItemNode): Step {
  const walk = walker(keysOf(node));
  return (run) => walk(run.item);
}

function membersStep(node: MembersNode, context: CompileContext): Step {
  const object = compileNode(node.object, context);
  const walk = walker(keysOf(node));
  return (run) => walk(object(run));
}

/** `dot` is true for `.key` and false for `['key']` and `[0]`. */
interface Key {
  readonly name: string;
  readonly dot: boolean;
}

function keysOf({ names, bracketed }: Keys): Key[] {
  const inBrackets = new Set(bracketed);
  return names.map((name, index) => ({ name, dot: !inBrackets.has(index) }));
}

/** Follows keys that are known; stops where there is nothing to follow them into. */
function walker(keys: readonly Key[]): (value: unknown) => unknown {
  const [first, second] = keys;
  if (first === undefined) return (value) => value;
  const { name, dot } = first;
  if (second === undefined) return dot ? (value) => readMember(value, name) : (value) => readOwn(value, name);
  return (start) => {
    let value = start;
    for (const { name, dot } of keys) value = dot ? readMember(value, name) : readOwn(value, name);
    return value;
  };
}

function arrayStep(node: ArrayNode, context: CompileContext): Step {
  const elements = node.elements.map((element) => compileNode(element, context));
  return (run) => {
    const list: unknown[] = [];
    for (const element of elements) append(list, element(run) ?? null);
    return list;
  };
}

function objectStep(node: ObjectNode, context: CompileContext): Step {
  const entries = node.entries.map(({ key, value }) => ({ key, step: compileNode(value, context) }));
  return (run) => {
    const object: Record<string, unknown> = {};
    for (const { key, step } of entries) {
      const value = step(run);
      if (value !== undefined) setOwn(object, key, value);
    }
    return object;
  };
}

function conditionalStep(node: ConditionalNode, context: CompileContext): Step {
  const test = compileNode(node.test, context);
  const alternate = compileNode(node.alternate, context);
  if (node.consequent === null) return (run) => test(run) || alternate(run);
  const consequent = compileNode(node.consequent, context);
  return (run) => (test(run) ? consequent(run) : alternate(run));
}

function unaryStep(node: UnaryNode, context: CompileContext): Step {
  const argument = compileNode(node.argument, context);
  switch (node.operator) {
    case '!':
      return (run) => !argument(run);
    case '-':
      return (run) => -toNumber(argument(run));
    case '+':
      return (run) => toNumber(argument(run));
  }
}

/** Chains of a few operators nest; longer ones run in a loop. */
const longestNest = 8;

function compileChain(node: ChainNode, context: CompileContext): Step {
  const first = compileNode(node.first, context);
  const rest = node.rest.map(({ operator, right }) => ({ operator, right: compileNode(right, context) }));
  if (rest.length > longestNest) return chainStep(first, rest);
  return rest.reduce((left, { operator, right }) => binaryStep(operator, left, right), first);
}

function indexStep(node: IndexNode, context: CompileContext): Step {
  const object = compileNode(node.object, context);
  const index = compileNode(node.index, context);
  const { position } = node;
  return (run) => {
    const value = object(run);
    const key = index(run);
    if (typeof key === 'string' || typeof key === 'number') return readOwn(value, key);
    if (key === undefined || key === null) return undefined;
    run.position = position;
    return run.fail(`A key must be a text or a number; this one is ${kindOf(key)}`);
  };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return isObject(value) ? 'an object' : 'neither';
}

function filterStep(node: FilterNode, context: CompileContext): Step {
  const object = compileNode(node.object, context);
  const test = compileNode(node.test, context);
  const { cost, position } = node;
  return (run) => {
    const list = asList(object(run));
    const kept: unknown[] = [];
    const outer = run.item;
    run.position = position;
    run.spend(cost * list.length);
    for (let index = 0; index < list.length; index++) {
      const item = readElement(list, index);
      run.item = item;
      if (test(run)) append(kept, item);
    }
    run.item = outer;
    run.checkArray(kept.length);
    return kept;
  };
}

/** As in JEXL: one value is a list of one, and nothing is an empty list. */
function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

function transformStep(node: TransformNode, context: CompileContext): Step {
  const definition = context.library.find(node, context.source);
  const object = compileNode(node.object, context);
  const args = node.args.map((argument, index) => argumentStep(definition, argument, index, context));
  const { position } = node;
  const [first, second] = args;
  if (first === undefined) {
    return (run) => {
      const value = object(run);
      run.position = position;
      run.spend(1);
      return asData(definition.call(value, nothing, run.environment, run));
    };
  }
  return (run) => {
    const value = object(run);
    const values = second === undefined ? [first(run)] : [first(run), second(run)];
    for (let index = 2; index < args.length; index++) append(values, args[index]?.(run));
    run.position = position;
    run.spend(1);
    return asData(definition.call(value, values, run.environment, run));
  };
}

const nothing: readonly unknown[] = Object.freeze([]);

function argumentStep(definition: BuiltinFunction, node: Node, index: number, context: CompileContext): Step {
  const item = definition.itemArgument;
  if (item === undefined || item.index !== index) return compileNode(node, context);
  if (node.type !== 'literal' || typeof node.value !== 'string') return compileNode(node, context);
  if (item.kind === 'path' || item.kind === 'keys') {
    const path = new ItemPath(node.value);
    return item.kind === 'keys' ? () => path : (run) => (element: unknown) => path.read(element, run);
  }
  // A path in the text begins at the item: it is none of those that the expression repeats.
  const own = { ...context, repeated: undefined };
  const { cost, step } = compileItemText(node, node.value, item.kind, own, compileNode);
  return (run) => (element: unknown) => runOnItem(run, element, step, cost);
}

/** Names within an item's text are the item's own, and nothing else's. */
function runOnItem(run: Run, element: unknown, step: Step, cost: number): unknown {
  const { scope, item, layer } = run;
  run.spend(cost);
  run.scope = element;
  run.item = element;
  run.layer = undefined;
  const value = step(run);
  run.scope = scope;
  run.item = item;
  run.layer = layer;
  return value;
}
