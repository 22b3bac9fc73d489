import type { ParseOptions } from './ast.js';
import type { Library } from './context.js';
import { builtinFunctions, type FunctionRegistry } from './functions.js';
import { type ExpressionLimits, limitsOf } from './limits.js';
import { parseExpression } from './parse.js';
import { parseItemText } from './parse-item-text.js';
import { asTyped, type CompiledExpression, Part, rootsOf } from './part.js';
import { unknownFunction } from './unknown-function.js';

export type { CompiledExpression } from './part.js';
export type { EvaluationEnvironment } from './run.js';

export interface ExpressionOptions {
  /** Functions beside the built-in ones; one of the same name takes its place. */
  readonly functions?: FunctionRegistry | undefined;
  readonly limits?: Partial<ExpressionLimits>;
}

/**
 * Compiles an expression to closures; nothing of it runs.
 * @throws ExpressionError with the position: `EXPRESSION_INVALID`, or `EXPRESSION_LIMIT` for a source too long or deep
 */
export function compileExpression(source: string, options?: ExpressionOptions): CompiledExpression {
  const { paths, evaluator } = compilePart(source, { limits: limitsOf(options), ...WHOLE }, options);
  return Object.freeze({ source, names: rootsOf(paths), paths, evaluate: evaluator });
}

/**
 * As {@link compileExpression}, but what evaluates it is made when that is first wanted: for definitions, most of whose
 * expressions are never run.
 */
export function deferExpression(source: string, options?: ExpressionOptions): CompiledExpression {
  return compilePart(source, { limits: limitsOf(options), ...WHOLE }, options);
}

/** Said in full: what is left out may be inherited from what a page has put on all objects. */
const WHOLE = { start: 0, until: undefined, item: false };

/** As {@link compileExpression}, for an expression that begins at `start` of a text and ends before `until`. */
export function compilePart(source: string, parse: ParseOptions, options: ExpressionOptions = {}): Part {
  const functions = Object.hasOwn(options, 'functions') ? options.functions : undefined;
  try {
    return new Part(source, parseExpression(source, parse), parse.limits, libraryOf(functions));
  } catch (error) {
    throw asTyped(error, source, undefined);
  }
}

/** By the functions of a host: a plan has many expressions, and all of them the same. */
const libraries = new WeakMap<FunctionRegistry, Library>();

function libraryOf(functions: FunctionRegistry | undefined): Library {
  if (functions === undefined) return OWN;
  const known = libraries.get(functions) ?? {
    find: (node, source) =>
      functions.get(node.name) ??
      builtinFunctions.get(node.name) ??
      unknownFunction(node, source, [...functions.keys(), ...builtinFunctions.keys()]),
    itemText: parseItemText,
    isSure: () => false,
  };
  libraries.set(functions, known);
  return known;
}

/** The functions of the language alone. */
const OWN: Library = {
  find: (node, source) =>
    builtinFunctions.get(node.name) ?? unknownFunction(node, source, [...builtinFunctions.keys()]),
  itemText: parseItemText,
  isSure: ({ name, args }) => args.length === 0 && builtinFunctions.has(name),
};
