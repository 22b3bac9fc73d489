import { ExpressionError } from '../errors.js';
import { charactersPerUnit, type ExpressionLimits, type Meter } from './limits.js';
import type { Scope } from './values.js';

/** What an expression may know of the world, so that a replay knows the same. */
export interface EvaluationEnvironment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** A number in [0, 1), made by the host so that a replay makes the same. */
  random(): number;
}

/** One evaluation: where names are looked up, and what is left of the bounds. */
export class Run implements Meter {
  readonly limits: ExpressionLimits;
  readonly environment: EvaluationEnvironment;
  /** Where root names are read: the scope, or the item that a text argument speaks of. */
  scope: unknown;
  /** The element at hand of a filter or a section. */
  item: unknown;
  /** What stands left of the operator that runs in a long chain. */
  operand: unknown;
  /** Offset of the part that runs, where it may fail. */
  position: number | undefined;
  readonly #source: string;
  #fuel: number;

  constructor(source: string, limits: ExpressionLimits, scope: Scope, environment: EvaluationEnvironment | undefined) {
    this.limits = limits;
    this.environment = environment ?? noEnvironment;
    this.scope = scope;
    this.item = undefined;
    this.operand = undefined;
    this.position = undefined;
    this.#source = source;
    this.#fuel = limits.fuel;
  }

  spend(units: number): void {
    this.#fuel -= units;
    if (this.#fuel < 0) this.#limit(`takes more than the ${this.limits.fuel} steps allowed`);
  }

  spendText(length: number): void {
    if (length > charactersPerUnit) this.spend(Math.ceil(length / charactersPerUnit));
  }

  checkString(length: number): void {
    const most = this.limits.stringLength;
    if (!(length <= most)) this.#limit(`makes a text of more than the ${most} characters allowed`);
  }

  checkArray(length: number): void {
    const most = this.limits.arrayLength;
    if (!(length <= most)) this.#limit(`makes a list of more than the ${most} elements allowed`);
  }

  checkResult(size: number): void {
    const most = this.limits.resultSize;
    if (size > most) this.#limit(`yields more than the ${most} values allowed`);
  }

  fail(message: string): never {
    throw new ExpressionError(message, { source: this.#source, position: this.position });
  }

  #limit(what: string): never {
    const at = { source: this.#source, position: this.position };
    throw new ExpressionError(`The expression ${what}`, at, { code: 'EXPRESSION_LIMIT' });
  }
}

const noEnvironment: EvaluationEnvironment = Object.freeze({
  get now(): number {
    throw new ExpressionError('There is no time to be had where this expression is evaluated', { source: '' });
  },
  random(): number {
    throw new ExpressionError('There is no chance to be had where this expression is evaluated', { source: '' });
  },
});
