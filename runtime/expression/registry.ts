import type { Meter } from './limits.js';
import type { EvaluationEnvironment } from './run.js';

type ItemKind = 'format' | 'condition' | 'path' | 'keys';

/** What it takes to run a function of the language, written `value|name(args)` or `name(value, args)`. */
export interface BuiltinFunction {
  readonly name: string;
  /**
   * Computes the result. `value` and `args` are data: JSON, a LazyRecord, or undefined, and whatever is no data in the
   * result is dropped. Where the expression gives a text at {@link itemArgument}, that argument is an
   * {@link ItemProgram}. Charge work that grows with the data to the meter before doing it.
   */
  call(value: unknown, args: readonly unknown[], environment: EvaluationEnvironment, meter: Meter): unknown;
  /**
   * A text that speaks of each element, compiled with the expression it stands in: a `format` such as "{name}: {price}",
   * a `condition` such as "price > 10" or a `path` such as "address.city"; `keys` is a path that is handed over as an
   * `ItemPath`, and no program is made of it. Only a text written in the expression is compiled, never one in the data.
   */
  readonly itemArgument?: { readonly index: number; readonly kind: ItemKind };
}

/** A function with what people are told of it; those of the language itself are told of in `function-docs.ts`. */
export interface FunctionDefinition extends BuiltinFunction {
  /** One line for people: what it gives. */
  readonly description: string;
  /** Its types as the editor shows them, such as `list|join(separator?: string): string`. */
  readonly signature: string;
}

/** Runs a compiled text for one element. */
export type ItemProgram = (item: unknown) => unknown;

export type Call = BuiltinFunction['call'];

/** What {@link ofItems} adds to a function. */
type ItemFunction = Pick<BuiltinFunction, 'call' | 'itemArgument'>;

/** The language's own functions of one kind, by name. */
export type Functions = Readonly<Record<string, Call | ItemFunction>>;

/** A function whose first argument speaks of each element. */
export function ofItems(kind: ItemKind, call: Call): ItemFunction {
  return { itemArgument: { index: 0, kind }, call };
}

/** Functions by name. */
export type FunctionRegistry = ReadonlyMap<string, BuiltinFunction>;

const namePattern = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/**
 * Checks and freezes a definition.
 * @throws TypeError when its name could not be written in an expression
 */
export function defineFunction(definition: FunctionDefinition): FunctionDefinition {
  if (!namePattern.test(definition.name)) {
    throw new TypeError(`A function cannot be named ${JSON.stringify(definition.name)}`);
  }
  return Object.freeze({ ...definition });
}

/**
 * Makes a registry of definitions.
 * @throws TypeError when two bear one name
 */
export function functionRegistry<T extends BuiltinFunction>(definitions: Iterable<T>): ReadonlyMap<string, T> {
  const registry = new Map<string, T>();
  for (const definition of definitions) {
    if (registry.has(definition.name)) throw new TypeError(`Two functions are named ${definition.name}`);
    registry.set(definition.name, definition);
  }
  return registry;
}

/** Functions as a host is given them. */
export type GivenFunctions = FunctionRegistry | readonly FunctionDefinition[];

/**
 * The registry of what a host was given.
 * @throws TypeError when two in a list bear one name
 */
export function registryOf(given: GivenFunctions | undefined): FunctionRegistry | undefined {
  return given === undefined || 'get' in given ? given : functionRegistry(given);
}

/** Whether an argument is a compiled text: data never holds a function. */
export function isItemProgram(argument: unknown): argument is ItemProgram {
  return typeof argument === 'function';
}
