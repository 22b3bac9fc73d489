import { ExpressionError, NewtflowError } from '../errors.js';
import { findReads, type Reads } from './analyse.js';
import { builtinFunctions, type FunctionRegistry } from './functions.js';
import { defaultExpressionLimits, type ExpressionLimits, resolveLimits } from './limits.js';
import type { Step } from './operators.js';
import { type ParsedExpression, type ParseOptions, parseExpression } from './parse.js';
import { type EvaluationEnvironment, Run } from './run.js';
import { compileNode } from './steps.js';
import { LazyRecord, type Scope, settle } from './values.js';

export type { EvaluationEnvironment } from './run.js';

export interface CompiledExpression {
  readonly source: string;
  /** Root names the expression reads, such as `input` and `steps`. */
  readonly names: ReadonlySet<string>;
  /** Paths read, each as its keys from the root as far as they are known before anything runs. */
  readonly paths: readonly (readonly string[])[];
  /**
   * The expression's value: JSON, or undefined. Nothing in the scope is changed.
   * @throws ExpressionError `EXPRESSION_INVALID` or `EXPRESSION_LIMIT`, and whatever typed error the scope throws
   */
  evaluate(scope: Scope, environment?: EvaluationEnvironment): unknown;
}

export interface ExpressionOptions {
  /** Functions beside the built-in ones; one of the same name takes its place. */
  readonly functions?: FunctionRegistry;
  readonly limits?: Partial<ExpressionLimits>;
}

/**
 * Compiles an expression to closures; nothing of it runs.
 * @throws ExpressionError with the position: `EXPRESSION_INVALID`, or `EXPRESSION_LIMIT` for a source too long or deep
 */
export function compileExpression(source: string, options?: ExpressionOptions): CompiledExpression {
  const limits = limitsOf(options);
  const { expression } = compilePart(source, { limits }, options);
  return expression;
}

/** An expression found within a longer text. */
export interface CompiledPart {
  readonly expression: CompiledExpression;
  /** Offset behind it and the spaces after it. */
  readonly end: number;
  /** Runs it within a run under way, so that the bounds span both. */
  readonly step: Step;
  /** Fuel to charge for each {@link step}. */
  readonly cost: number;
}

/** As {@link compileExpression}, for an expression that begins at `start` of a text and ends before `until`. */
export function compilePart(source: string, parse: ParseOptions, options: ExpressionOptions = {}): CompiledPart {
  const parsed = typed(source, () => parseExpression(source, parse));
  const functions = Object.hasOwn(options, 'functions') ? options.functions : undefined;
  const reads = findReads(parsed.node);
  const step = typed(source, () =>
    compileNode(parsed.node, {
      source,
      limits: parse.limits,
      repeated: reads.repeated,
      find: (name) => functions?.get(name) ?? builtinFunctions.get(name),
      known: () => [...(functions?.keys() ?? []), ...builtinFunctions.keys()],
    }),
  );
  return {
    expression: expressionOf(source, parsed, reads, step, parse.limits),
    end: parsed.end,
    step: reads.repeated === undefined ? step : afresh(step),
    cost: parsed.cost,
  };
}

/** Within a run of several parts each reads for itself: names may mean something else there. */
function afresh(step: Step): Step {
  return (run) => {
    run.repeated = undefined;
    return step(run);
  };
}

export function limitsOf(options: ExpressionOptions | undefined): ExpressionLimits {
  if (options === undefined || !Object.hasOwn(options, 'limits')) return defaultExpressionLimits;
  return resolveLimits(options.limits);
}

function expressionOf(
  source: string,
  parsed: ParsedExpression,
  { names, paths }: Reads,
  step: Step,
  limits: ExpressionLimits,
): CompiledExpression {
  // What a path finds in a host's view is data by contract, and may be large: it is not looked through again.
  const trusted = parsed.node.type === 'path';
  return Object.freeze({
    source,
    names,
    paths,
    evaluate(scope: Scope, environment?: EvaluationEnvironment): unknown {
      const run = new Run(source, limits, scope, environment);
      try {
        run.spend(parsed.cost);
        const value = step(run);
        return trusted && scope instanceof LazyRecord && !(value instanceof LazyRecord) ? value : result(value, run);
      } catch (error) {
        throw asTyped(error, source, run.position);
      }
    },
  });
}

/** What leaves the expression: JSON, or undefined. */
function result(value: unknown, run: Run): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? jsonNumber(value) : value;
  let size = 0;
  return settle(value, () => {
    size++;
    run.checkResult(size);
  });
}

const jsonNumber = (value: number) => (Number.isFinite(value) ? value + 0 : null);

function typed<T>(source: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asTyped(error, source, undefined);
  }
}

/** Nothing untyped leaves: a stack that was too deep is a bound passed, and what a host's function throws is said so. */
export function asTyped(error: unknown, source: string, position: number | undefined): NewtflowError {
  if (error instanceof NewtflowError) return located(error, source, position);
  const at = { source, position };
  if (error instanceof RangeError) {
    return new ExpressionError('The expression needs more room than there is', at, {
      code: 'EXPRESSION_LIMIT',
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : 'something that is no error was thrown';
  return new ExpressionError(`The expression could not be evaluated: ${reason}`, at, { cause: error });
}

/** Where a bound was passed below the place that knows the source, the source is added. */
function located(error: NewtflowError, source: string, position: number | undefined): NewtflowError {
  if (!(error instanceof ExpressionError) || error.source !== '') return error;
  return new ExpressionError(error.message, { source, position: error.position ?? position }, { code: error.code });
}
