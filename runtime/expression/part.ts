import { ExpressionError, NewtflowError } from '../errors.js';
import { findReads, findRepeated, type Paths } from './analyse.js';
import type { Node, ParsedExpression } from './ast.js';
import type { Library } from './context.js';
import { defaultExpressionLimits, type ExpressionLimits } from './limits.js';
import type { Step } from './operators.js';
import { type EvaluationEnvironment, Run } from './run.js';
import { compileNode } from './steps.js';
import { LazyRecord, type Scope, settle } from './values.js';

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

const NOTHING: ParsedExpression = { node: { type: 'literal', value: null, position: 0 }, end: 0, cost: 1 };

/** An expression, or one within a longer text, that is parsed: nothing here reads a text. */
export class Part implements CompiledExpression {
  /** Never run: see docs/decisions/0022. */
  static readonly kept: CompiledExpression = /* @__PURE__ */ new Part(
    '',
    NOTHING,
    defaultExpressionLimits,
    Object({ isSure: Boolean }),
  );

  readonly source: string;
  readonly paths: Paths;
  /** Offset behind it and the spaces after it, where it stands within a longer text. */
  readonly end: number;
  /** Fuel to charge for each {@link step}. */
  readonly cost: number;
  readonly node: Node;
  readonly library: Library;
  readonly limits: ExpressionLimits;
  #evaluate: CompiledExpression['evaluate'] | undefined;
  #made: { readonly step: Step; readonly repeats: boolean } | undefined;

  constructor(source: string, { node, end, cost }: ParsedExpression, limits: ExpressionLimits, library: Library) {
    const { paths, transforms } = findReads(node);
    this.source = source;
    this.paths = paths;
    this.end = end;
    this.cost = cost;
    this.node = node;
    this.library = library;
    this.limits = limits;
    // Where nothing is left that could be wrong, closures are made when they are first wanted: mostly never.
    if (!transforms.every(library.isSure)) this.#made = this.#compile();
    Object.freeze(this);
  }

  get names(): ReadonlySet<string> {
    return rootsOf(this.paths);
  }

  /** Runs it within a run under way, so that the bounds span both. */
  get step(): Step {
    const { step, repeats } = this.#compiled();
    return repeats ? afresh(step) : step;
  }

  /** What {@link evaluate} calls: for who evaluates often, and for who keeps it apart from its expression. */
  get evaluator(): CompiledExpression['evaluate'] {
    this.#evaluate ??= evaluator(this, this.limits, this.node.type === 'path', () => this.#compiled().step);
    return this.#evaluate;
  }

  evaluate(scope: Scope, environment?: EvaluationEnvironment): unknown {
    return this.evaluator(scope, environment);
  }

  #compiled() {
    this.#made ??= this.#compile();
    return this.#made;
  }

  #compile() {
    const { source, library, node, limits } = this;
    const repeated = findRepeated(node);
    return { step: compileNode(node, { source, limits, repeated, library }), repeats: repeated !== undefined };
  }
}

/** A closure, not a method: what it needs is at hand, where a method would read each field of an object first. */
function evaluator(
  { source, cost }: Part,
  limits: ExpressionLimits,
  isPath: boolean,
  compiled: () => Step,
): CompiledExpression['evaluate'] {
  let step: Step | undefined;
  return (scope, environment) => {
    const run = new Run(source, limits, scope, environment);
    try {
      step ??= compiled();
      run.spend(cost);
      const value = step(run);
      // What a path finds in a host's view is data by contract, and may be large: it is not looked through again.
      return isPath && scope instanceof LazyRecord && !(value instanceof LazyRecord) ? value : result(value, run);
    } catch (error) {
      throw asTyped(error, source, run.position);
    }
  };
}

/** The names that paths begin with. */
export function rootsOf(paths: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(paths.map(([root = '']) => root));
}

/** Within a run of several parts each reads for itself: names may mean something else there. */
function afresh(step: Step): Step {
  return (run) => {
    run.repeated = undefined;
    return step(run);
  };
}

/** Characters of a result that count as one value: one text may stand in a list a thousand times, and is written so. */
const charactersPerValue = 16;

/** What leaves the expression: JSON, or undefined. */
function result(value: unknown, run: Run): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? jsonNumber(value) : value;
  let size = 0;
  return settle(value, (part) => {
    size++;
    if (typeof part === 'string' && part.length > charactersPerValue)
      size += Math.floor(part.length / charactersPerValue);
    run.checkResult(size);
  });
}

const jsonNumber = (value: number) => (Number.isFinite(value) ? value + 0 : null);

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
