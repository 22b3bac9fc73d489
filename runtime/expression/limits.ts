/** Bounds on one expression. Passing one is an `ExpressionError` with code `EXPRESSION_LIMIT`. */
export interface ExpressionLimits {
  /** Longest source, in UTF-16 units. Checked before anything is parsed. */
  readonly sourceLength: number;
  /** Deepest nesting of brackets, operators and transforms in a source, and of any value made or written as text. */
  readonly depth: number;
  /** Evaluation steps: one per part of the expression, and one per element or so many characters that a function works through. */
  readonly fuel: number;
  /** Longest string made, in UTF-16 units. */
  readonly stringLength: number;
  /** Most elements of an array or members of an object made. */
  readonly arrayLength: number;
  /** Most values in a result, counted through every level; 16 characters of text, or of a name, count as one. */
  readonly resultSize: number;
}

export const defaultExpressionLimits: ExpressionLimits = Object.freeze({
  sourceLength: 10_000,
  depth: 100,
  fuel: 100_000,
  stringLength: 1_000_000,
  arrayLength: 100_000,
  resultSize: 1_000_000,
});

/** Those that are given, and the usual ones for the rest. */
export function limitsOf(options: { readonly limits?: Partial<ExpressionLimits> } | undefined): ExpressionLimits {
  if (options === undefined || !Object.hasOwn(options, 'limits')) return defaultExpressionLimits;
  return { ...defaultExpressionLimits, ...options.limits };
}

/**
 * What a function charges its work to, before it does the work. Every method throws `ExpressionError`: with code
 * `EXPRESSION_LIMIT` when a bound is passed, or `EXPRESSION_INVALID` from {@link fail}.
 */
export interface Meter {
  readonly limits: ExpressionLimits;
  /** One unit is about one element visited. */
  spend(units: number): void;
  /** Charges for reading through `length` characters. */
  spendText(length: number): void;
  /** Refuses a string of this length; call it before the string is made. */
  checkString(length: number): void;
  /** Refuses an array or an object of this many members; call it before it is made. */
  checkArray(length: number): void;
  fail(message: string): never;
}

/** Characters that cost one unit of fuel to read or copy. */
export const charactersPerUnit = 128;
