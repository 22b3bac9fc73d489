import { ExpressionError } from '../errors.js';
import { charactersPerUnit, defaultExpressionLimits, type ExpressionLimits, type Meter } from './limits.js';
import { asData, LazyRecord, owns, readOwn, type Scope } from './values.js';

/** What an expression may know of the world, so that a replay knows the same. */
export interface EvaluationEnvironment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** A number in [0, 1), made by the host so that a replay makes the same. */
  random(): number;
}

/** An item whose own members hide the names outside it. */
export interface Layer {
  item: object;
  readonly outer: Layer | undefined;
}

const noEnvironment: EvaluationEnvironment = Object.freeze({
  get now(): number {
    throw new ExpressionError('There is no time to be had where this expression is evaluated', { source: '' });
  },
  random(): number {
    throw new ExpressionError('There is no chance to be had where this expression is evaluated', { source: '' });
  },
});

/**
 * One evaluation: where names are looked up, and what is left of the bounds. One is made for every evaluation, so its
 * fields are plain properties: private names would double what that costs.
 */
export class Run implements Meter {
  /**
   * Never run. Where a collection finds no run under way, V8 forgets their shape, and with it the code it has made of
   * every step; this one outlives all collections.
   */
  static readonly kept = new Run('', defaultExpressionLimits, {}, undefined);

  readonly limits: ExpressionLimits;
  readonly environment: EvaluationEnvironment;
  /** Where root names are read: the scope, or the item that a text argument speaks of. */
  scope: unknown;
  /** What hides names of the scope. */
  layer: Layer | undefined;
  /** The element at hand of a filter or a section. */
  item: unknown;
  /** What stands left of the operator that runs in a long chain. */
  operand: unknown;
  /** What the path that stands in the expression more than once has given; undefined until it is read. */
  repeated: unknown;
  /** Offset of the part that runs, where it may fail. */
  position: number | undefined;
  private readonly source: string;
  private fuel: number;

  constructor(source: string, limits: ExpressionLimits, scope: Scope, environment: EvaluationEnvironment | undefined) {
    this.limits = limits;
    this.environment = environment ?? noEnvironment;
    this.scope = scope;
    this.layer = undefined;
    this.item = undefined;
    this.operand = undefined;
    this.repeated = undefined;
    this.position = undefined;
    this.source = source;
    this.fuel = limits.fuel;
  }

  /** The value of a name: of the innermost layer that owns it, else of the scope. */
  root(name: string): unknown {
    return this.layer === undefined ? readOwn(this.scope, name) : this.layered(this.layer, name);
  }

  private layered(innermost: Layer, name: string): unknown {
    for (let layer: Layer | undefined = innermost; layer !== undefined; layer = layer.outer) {
      const { item } = layer;
      if (item instanceof LazyRecord) {
        if (item.has(name)) return readOwn(item, name);
      } else if (owns(item, name)) {
        return asData(item[name]);
      }
    }
    return readOwn(this.scope, name);
  }

  spend(units: number): void {
    this.fuel -= units;
    if (this.fuel < 0) this.passed(`takes more than the ${this.limits.fuel} steps allowed`);
  }

  spendText(length: number): void {
    if (length > charactersPerUnit) this.spend(Math.ceil(length / charactersPerUnit));
  }

  checkString(length: number): void {
    const most = this.limits.stringLength;
    if (!(length <= most)) this.passed(`makes a text of more than the ${most} characters allowed`);
  }

  checkArray(length: number): void {
    const most = this.limits.arrayLength;
    if (!(length <= most)) this.passed(`makes a list of more than the ${most} elements allowed`);
  }

  checkResult(size: number): void {
    const most = this.limits.resultSize;
    if (size > most) this.passed(`yields more than the ${most} values allowed`);
  }

  fail(message: string): never {
    throw new ExpressionError(message, { source: this.source, position: this.position });
  }

  private passed(what: string): never {
    const at = { source: this.source, position: this.position };
    throw new ExpressionError(`The expression ${what}`, at, { code: 'EXPRESSION_LIMIT' });
  }
}
