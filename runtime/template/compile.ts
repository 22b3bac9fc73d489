import mustache from 'mustache';
import { TemplateError } from '../errors.js';
import { distinctPaths, type Paths } from '../expression/analyse.js';
import {
  asTyped,
  compilePart,
  type EvaluationEnvironment,
  type ExpressionOptions,
  limitsOf,
  rootsOf,
} from '../expression/compile.js';
import { defaultExpressionLimits, type ExpressionLimits } from '../expression/limits.js';
import { Run } from '../expression/run.js';
import { isObject, type Scope } from '../expression/values.js';
import { child } from '../pointer.js';
import { compileCompound } from './compound.js';
import { defaultTemplateLimits, type TemplateLimits } from './limits.js';
import { type Piece, scan } from './scan.js';
import { compileTokens, type Token } from './sections.js';
import {
  type CompiledTemplate,
  constantTemplate,
  holdsTemplate,
  inField,
  NO_NAMES,
  NO_PATHS,
  type Render,
} from './template.js';

export type { CompiledTemplate } from './template.js';

export interface TemplateOptions extends ExpressionOptions {
  readonly templateLimits?: Partial<TemplateLimits>;
}

/**
 * Compiles a value and every template in it, those in keys included; nothing of it runs.
 * @throws TemplateError `TEMPLATE_INVALID` or `TEMPLATE_LIMIT`, or ExpressionError; `field` is the JSON pointer of the
 * text within the value
 */
export function compileTemplate(value: unknown, options: TemplateOptions = {}): CompiledTemplate {
  const compiler = new TextCompiler(options);
  checkValue(value, '', 0, compiler.limits.depth);
  const compileText = (text: string, keys: readonly (string | number)[]): CompiledTemplate => {
    try {
      return compiler.compile(text);
    } catch (error) {
      throw inField(error, keys.reduce<string>(child, ''));
    }
  };
  const template = typeof value === 'string' ? compileText(value, []) : compileCompound(value, compileText, 'at once');
  return template === undefined ? constantTemplate(value) : detached(template);
}

/** Its `render` may be taken from it. That of the templates of a plan may not: a closure for each would be kept. */
function detached(template: CompiledTemplate): CompiledTemplate {
  const { names, paths, sectionNames, constant } = template;
  return Object.freeze({
    names,
    paths,
    sectionNames,
    constant,
    render: (scope: Scope, environment?: EvaluationEnvironment) => template.render(scope, environment),
  });
}

/** @throws TemplateError where it is no JSON, or nests too deep */
function checkValue(value: unknown, field: string, depth: number, deepest: number): void {
  const fail = (message: string, more: { readonly code?: string } = {}): never => {
    throw new TemplateError(message, { source: '' }, { field, ...more });
  };
  if (depth > deepest) fail(`The value is nested more than ${deepest} levels deep`, { code: 'TEMPLATE_LIMIT' });
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    fail('A template is made of JSON');
  }
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) checkValue(member, child(field, key), depth + 1, deepest);
}

/** Compiles one text after the other under the same options. */
export class TextCompiler {
  readonly limits: TemplateLimits;
  readonly #options: TemplateOptions;
  readonly #expressionLimits: ExpressionLimits;
  /** For all that the tags of a text do together. */
  readonly #textLimits: ExpressionLimits;

  constructor(options: TemplateOptions = {}) {
    const given = Object.hasOwn(options, 'templateLimits') ? options.templateLimits : undefined;
    this.limits = given === undefined ? defaultTemplateLimits : { ...defaultTemplateLimits, ...given };
    this.#options = options;
    this.#expressionLimits = limitsOf(options);
    this.#textLimits = { ...this.#expressionLimits, fuel: this.limits.fuel };
  }

  /**
   * A text as a template.
   * @throws TemplateError and ExpressionError, as {@link compileTemplate}, without a field
   */
  compile(text: string): CompiledTemplate {
    if (!holdsTemplate(text)) return constantTemplate(text);
    const { sourceLength } = this.limits;
    if (text.length > sourceLength) {
      const message = `The text is longer than the ${sourceLength} characters allowed`;
      throw new TemplateError(message, { source: '' }, { code: 'TEMPLATE_LIMIT' });
    }
    const pieces = scan(text, this.limits, (start, until, item) =>
      compilePart(text, { limits: this.#expressionLimits, start, until, item }, this.#options),
    );
    return new TextTemplate(text, pieces, this.limits.outputLength, this.#textLimits);
  }
}

class TextTemplate implements CompiledTemplate {
  /** Never rendered: see docs/decisions/0022. */
  static readonly kept: CompiledTemplate = /* @__PURE__ */ new TextTemplate('', [], 0, defaultExpressionLimits);

  readonly paths: Paths;
  readonly constant = false;
  private readonly sectionPaths: Paths;
  private readonly text: string;
  private readonly pieces: readonly Piece[];
  private readonly outputLength: number;
  private readonly limits: ExpressionLimits;
  #compiled: Render | undefined;

  constructor(text: string, pieces: readonly Piece[], outputLength: number, limits: ExpressionLimits) {
    const { paths, sectionPaths } = readsOf(pieces);
    this.paths = paths;
    this.sectionPaths = sectionPaths;
    this.text = text;
    this.pieces = pieces;
    this.outputLength = outputLength;
    this.limits = limits;
    Object.freeze(this);
  }

  get names(): ReadonlySet<string> {
    return rootsOf(this.paths);
  }

  get sectionNames(): ReadonlySet<string> {
    if (this.sectionPaths.length === 0) return NO_NAMES;
    const known = this.names;
    return rootsOf(this.sectionPaths.filter(([root = '']) => !known.has(root)));
  }

  render(scope: Scope, environment?: EvaluationEnvironment): unknown {
    try {
      // What is wrong with a text was found when it was taken apart: closures are made when they are first wanted.
      this.#compiled ??= this.#compile();
      return this.#compiled(scope, environment);
    } catch (error) {
      throw inField(error, '');
    }
  }

  #compile(): Render {
    const { text, pieces, limits } = this;
    const [only] = pieces;
    if (pieces.length === 1 && only?.kind === 'value') return only.part.evaluator;
    const flat = pieces.filter((piece) => piece.kind === 'text' || piece.kind === 'value');
    const tokens: readonly Token[] = flat.length === pieces.length ? flat : nest(pieces);
    const write = compileTokens(tokens, { limit: this.outputLength, source: text });
    const cost = tokens.reduce((sum, token) => sum + (token.kind === 'text' ? 0 : token.part.cost), 0);
    return (scope, environment) => {
      const run = new Run(text, limits, scope, environment);
      try {
        run.spend(cost);
        return write(run);
      } catch (error) {
        throw asTyped(error, text, run.position);
      }
    };
  }
}

interface Reads {
  readonly paths: Paths;
  /** Read within sections, where the names may be an item's own. */
  readonly sectionPaths: Paths;
}

function readsOf(pieces: readonly Piece[]): Reads {
  const [only] = pieces;
  if (pieces.length === 1 && only?.kind === 'value') return { paths: only.part.paths, sectionPaths: NO_PATHS };
  const paths: (readonly string[])[] = [];
  const sectionPaths: (readonly string[])[] = [];
  let sections = 0;
  const within: boolean[] = [];
  for (const piece of pieces) {
    if (piece.kind === 'end') sections -= Number(within.pop());
    if (piece.kind !== 'value' && piece.kind !== 'section' && piece.kind !== 'inverted') continue;
    for (const path of piece.part.paths) (sections > 0 ? sectionPaths : paths).push(path);
    if (piece.kind === 'value') continue;
    within.push(piece.kind === 'section');
    sections += Number(piece.kind === 'section');
  }
  return { paths: distinctPaths(paths), sectionPaths };
}

const delimiters: [string, string] = ['{{', '}}'];

/**
 * Nests sections and strips the lines on which tags stand alone, as Mustache says, by its own parser. The parser sees
 * the number of each tag in place of its expression, which it could not read.
 */
function nest(pieces: readonly Piece[]): Token[] {
  const open: number[] = [];
  const skeleton = pieces.map((piece, index) => {
    switch (piece.kind) {
      case 'text':
        return piece.text;
      case 'value':
        return `{{&${index}}}`;
      case 'comment':
        return '{{!}}';
      case 'end':
        return `{{/${open.pop()}}}`;
      default:
        open.push(index);
        return `{{${piece.kind === 'section' ? '#' : '^'}${index}}}`;
    }
  });
  const parsed: unknown = new mustache.Writer().parse(skeleton.join(''), delimiters);
  return readTokens(parsed, pieces);
}

function readTokens(parsed: unknown, pieces: readonly Piece[]): Token[] {
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((token: unknown) => (Array.isArray(token) ? readToken(token, pieces) : []));
}

function readToken(token: readonly unknown[], pieces: readonly Piece[]): Token[] {
  const [symbol, value, , , body] = token;
  if (symbol === 'text') return [{ kind: 'text', text: String(value) }];
  const piece = pieces[Number(value)];
  if (piece?.kind === 'value') return [piece];
  if (piece?.kind === 'section' || piece?.kind === 'inverted') {
    return [{ kind: piece.kind, part: piece.part, body: readTokens(body, pieces) }];
  }
  return [];
}
