import { ExpressionError, TemplateError } from '../errors.js';
import { type CompiledExpression, deferExpression, type ExpressionOptions } from '../expression/compile.js';
import type { Json } from '../json.js';
import { type CompiledTemplate, TextCompiler } from '../template/compile.js';
import { compileCompound } from '../template/compound.js';
import { expressionTemplate } from '../template/template.js';
import { expressionOddity, type Oddity, oddityOf, textHint } from './habits.js';
import { below, IssueList } from './issues.js';
import type { Problem, Uses, Viewpoint } from './names.js';
import { type Keys, visitTexts } from './visit-texts.js';

/** Where a text stands, and from where its names are looked up. */
export interface Place extends Viewpoint {
  readonly pointer: string;
  /** The way on from there; joined to it only where something is reported. */
  readonly field: string;
  readonly slug?: string | undefined;
}

/** What is wrong with the names that a text reads. */
type CheckNames = (uses: Uses, place: Place) => readonly Problem[];
type Shared<T> = Map<string, T | ExpressionError | TemplateError>;

/**
 * Compiles the texts of a definition and reports what is wrong with them, at each text. Texts that are alike are
 * compiled once: what is made of one holds nothing of where it stands.
 */
export class Texts {
  /** Never used: see docs/decisions/0022. */
  static readonly kept: Texts = /* @__PURE__ */ new Texts(IssueList.kept, () => []);

  readonly #issues: IssueList;
  readonly #check: CheckNames;
  readonly #options: ExpressionOptions | undefined;
  readonly #compiler: TextCompiler;
  readonly #expressions: Shared<CompiledExpression> = new Map();
  readonly #templates: Shared<CompiledTemplate> = new Map();
  readonly #computed = new Map<string, CompiledTemplate>();

  constructor(issues: IssueList, check: CheckNames, options?: ExpressionOptions) {
    this.#issues = issues;
    this.#check = check;
    this.#options = options;
    this.#compiler = new TextCompiler(options);
  }

  /** Undefined where it does not compile; then that is reported. */
  expression(source: string, place: Place): CompiledExpression | undefined {
    this.#warn(expressionOddity(source), place, NO_KEYS);
    const made = this.#expressions.get(source) ?? this.#make(this.#expressions, source, this.#expression);
    return this.#checked(made, place, NO_KEYS);
  }

  /** As {@link expression}, for a value of any shape. */
  template(value: Json, place: Place): CompiledTemplate | undefined {
    visitTexts(value, (text, _name, keys) => this.#warn(oddityOf(text), place, keys));
    if (typeof value === 'string') return this.#text(value, place, NO_KEYS);
    return compileCompound(value, (text, keys) => this.#text(text, place, keys));
  }

  /** A text without braces is an expression, one with braces a template; anything else is data with templates in it. */
  computed(value: Json, place: Place): CompiledTemplate | undefined {
    if (typeof value !== 'string' || value.includes('{{')) return this.template(value, place);
    const expression = this.expression(value, place);
    if (expression === undefined) return undefined;
    const made = this.#computed.get(value) ?? expressionTemplate(expression);
    this.#computed.set(value, made);
    return made;
  }

  #text(text: string, place: Place, keys: Keys): CompiledTemplate | undefined {
    const made = this.#templates.get(text) ?? this.#make(this.#templates, text, this.#template);
    return this.#checked(made, place, keys);
  }

  readonly #expression = (source: string): CompiledExpression => deferExpression(source, this.#options);
  readonly #template = (text: string): CompiledTemplate => this.#compiler.compile(text);

  #make<T>(shared: Shared<T>, text: string, compile: (text: string) => T) {
    let made: T | ExpressionError | TemplateError;
    try {
      made = compile(text);
    } catch (error) {
      if (!isTextError(error)) throw error;
      made = error;
    }
    shared.set(text, made);
    return made;
  }

  #checked<T extends Uses>(made: T | ExpressionError | TemplateError, place: Place, keys: Keys): T | undefined {
    if (isTextError(made)) {
      this.#report(made, place, keys);
      return undefined;
    }
    for (const { severity, code, message, hint } of this.#check(made, place)) {
      this.#issues[severity](code, pointerOf(place, keys), message, { step: place.slug, hint });
    }
    return made;
  }

  #warn(odd: Oddity | undefined, place: Place, keys: Keys): void {
    if (odd === undefined) return;
    this.#issues.warning(odd.code, pointerOf(place, keys), odd.message, { step: place.slug, hint: odd.hint });
  }

  #report(error: ExpressionError | TemplateError, place: Place, keys: Keys): void {
    this.#issues.error(error.code, pointerOf(place, keys), error.message, {
      step: place.slug,
      hint: textHint(error.source),
    });
  }
}

const NO_KEYS: Keys = [];

function pointerOf({ pointer, field }: Place, keys: Keys): string {
  return below(field === '' ? pointer : `${pointer}/${field}`, keys);
}

function isTextError(value: unknown): value is ExpressionError | TemplateError {
  return value instanceof ExpressionError || value instanceof TemplateError;
}
