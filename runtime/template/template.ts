import { ExpressionError, TemplateError } from '../errors.js';
import type { Paths } from '../expression/analyse.js';
import type { CompiledExpression } from '../expression/part.js';
import type { EvaluationEnvironment } from '../expression/run.js';
import type { Scope } from '../expression/values.js';

export type Render = (scope: Scope, environment?: EvaluationEnvironment) => unknown;

export interface CompiledTemplate {
  /** Root names that the templates read of the scope. */
  readonly names: ReadonlySet<string>;
  /** Paths read, each as its keys from the root as far as they are known before anything runs. */
  readonly paths: Paths;
  /** Root names read within sections only, where they may be an item's own. Not among {@link names}. */
  readonly sectionNames: ReadonlySet<string>;
  /** Whether nothing in the value is a template. */
  readonly constant: boolean;
  /**
   * The value with its templates filled in: JSON, or undefined. What is undefined is absent from objects and null in
   * lists. A part without templates is given as it is, not copied.
   * @throws ExpressionError and TemplateError, `field` being the JSON pointer of the text within the value
   */
  render(scope: Scope, environment?: EvaluationEnvironment): unknown;
}

export const NO_NAMES: ReadonlySet<string> = new Set();
export const NO_PATHS: Paths = [];

/** An expression where a template is wanted. */
export interface ExpressionTemplate extends CompiledTemplate {
  readonly expression: CompiledExpression;
}

export function expressionTemplate(expression: CompiledExpression): ExpressionTemplate {
  return {
    expression,
    get names() {
      return expression.names;
    },
    paths: expression.paths,
    sectionNames: NO_NAMES,
    constant: false,
    render: (scope, env) => expression.evaluate(scope, env),
  };
}

export function isExpressionTemplate(template: CompiledTemplate): template is ExpressionTemplate {
  return Object.hasOwn(template, 'expression');
}

/** A value in which nothing is a template. */
export function constantTemplate(value: unknown): CompiledTemplate {
  return { names: NO_NAMES, paths: NO_PATHS, sectionNames: NO_NAMES, constant: true, render: () => value };
}

/** Whether a text holds a template. */
export function holdsTemplate(text: string): boolean {
  return text.includes('{{');
}

/** The same error, saying which field holds the text, unless it says so already. */
export function inField(error: unknown, field: string): unknown {
  if (!(error instanceof ExpressionError || error instanceof TemplateError) || error.field) return error;
  const Kind = error instanceof ExpressionError ? ExpressionError : TemplateError;
  const { source, position, code, step, details, cause = error } = error;
  const more = { ...(step === undefined ? {} : { step }), ...(details === undefined ? {} : { details }) };
  return new Kind(error.message, { source, position }, { code, field, cause, ...more });
}
