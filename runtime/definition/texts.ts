import { ExpressionError, type NewtflowError, TemplateError } from '../errors.js';
import { type CompiledExpression, compileExpression, type ExpressionOptions } from '../expression/compile.js';
import type { Json } from '../json.js';
import { type CompiledTemplate, compileTemplate } from '../template/compile.js';
import type { IssueList } from './issues.js';
import { type NameCheck, type Problem, textsOf, type Uses, type Viewpoint } from './names.js';

/** Where a text stands, and from where its names are looked up. */
export interface Place extends Viewpoint {
  readonly pointer: string;
  readonly slug?: string | undefined;
}

/** Compiles the texts of a definition, once each, and reports what is wrong with them at the text it is wrong in. */
export class Texts {
  readonly #issues: IssueList;
  readonly #names: NameCheck;
  readonly #options: ExpressionOptions | undefined;

  constructor(issues: IssueList, names: NameCheck, options?: ExpressionOptions) {
    this.#issues = issues;
    this.#names = names;
    this.#options = options;
  }

  /** Undefined where it does not compile; then that is reported. */
  expression(source: string, place: Place): CompiledExpression | undefined {
    return this.#compiled(
      place,
      () => compileExpression(source, this.#options),
      (uses) => this.#check(uses, place),
    );
  }

  /** As {@link expression}, for a value of any shape. */
  template(value: Json, place: Place): CompiledTemplate | undefined {
    if (typeof value === 'object' && value !== null) return this.#compound(value, place);
    return this.#compiled(
      place,
      () => compileTemplate(value, this.#options),
      (uses) => this.#check(uses, place),
    );
  }

  /** A text without braces is an expression, one with braces a template; anything else is data with templates in it. */
  computed(value: Json, place: Place): CompiledTemplate | undefined {
    if (typeof value !== 'string' || value.includes('{{')) return this.template(value, place);
    const expression = this.expression(value, place);
    return expression === undefined ? undefined : asTemplate(expression);
  }

  /** Compiled whole; only where something is wrong is each text looked at by itself, to say which. */
  #compound(value: Json, place: Place): CompiledTemplate | undefined {
    try {
      const template = compileTemplate(value, this.#options);
      if (this.#names.problems(template, place).length > 0) this.#checkEach(value, place);
      return template;
    } catch (error) {
      if (!isTextError(error)) throw error;
      if (!this.#checkEach(value, place)) this.#report(error, place);
      return undefined;
    }
  }

  /** Whether any text failed to compile. */
  #checkEach(value: Json, place: Place): boolean {
    let failed = false;
    for (const [text, pointer] of textsOf(value, place.pointer)) {
      failed = this.template(text, { ...place, pointer }) === undefined || failed;
    }
    return failed;
  }

  #compiled<T>(place: Place, make: () => T, check: (made: T) => void): T | undefined {
    try {
      const made = make();
      check(made);
      return made;
    } catch (error) {
      if (!isTextError(error)) throw error;
      this.#report(error, place);
      return undefined;
    }
  }

  #check(uses: Uses, place: Place): void {
    for (const problem of this.#names.problems(uses, place)) this.#problem(problem, place);
  }

  #problem({ severity, code, message, hint }: Problem, place: Place): void {
    this.#issues[severity](code, place.pointer, message, { step: place.slug, hint });
  }

  #report(error: NewtflowError, place: Place): void {
    this.#issues.error(error.code, place.pointer, error.message, { step: place.slug });
  }
}

function isTextError(error: unknown): error is ExpressionError | TemplateError {
  return error instanceof ExpressionError || error instanceof TemplateError;
}

const NONE: ReadonlySet<string> = new Set();

/** An expression where the plan holds a template. */
function asTemplate(expression: CompiledExpression): CompiledTemplate {
  return {
    names: expression.names,
    paths: expression.paths,
    sectionNames: NONE,
    constant: false,
    render: (scope, env) => expression.evaluate(scope, env),
  };
}
