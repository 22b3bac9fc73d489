/** Bounds on one template text. Passing one is a `TemplateError` with code `TEMPLATE_LIMIT`. */
export interface TemplateLimits {
  /** Longest text with a template in it, in UTF-16 units. */
  readonly sourceLength: number;
  /** Deepest nesting of sections, and of the value that holds the texts. */
  readonly depth: number;
  /** Longest text rendered, in UTF-16 units. */
  readonly outputLength: number;
  /** Evaluation steps of one text, all its tags together. Passing it is `EXPRESSION_LIMIT`. */
  readonly fuel: number;
}

export const defaultTemplateLimits: TemplateLimits = Object.freeze({
  sourceLength: 200_000,
  depth: 100,
  outputLength: 1_000_000,
  fuel: 1_000_000,
});
