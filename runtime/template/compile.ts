import mustache from 'mustache';
import { TemplateError } from '../errors.js';
import { compilePart, type EvaluationEnvironment, type ExpressionOptions } from '../expression/compile.js';
import { type ExpressionLimits, limitsOf } from '../expression/limits.js';
import { isObject, type Scope } from '../expression/values.js';
import { child } from '../pointer.js';
import { compileCompound } from './compound.js';
import { defaultTemplateLimits, type TemplateLimits } from './limits.js';
import { type Piece, scan } from './scan.js';
import type { Token } from './sections.js';
import { type CompiledTemplate, constantTemplate, holdsTemplate, inField } from './template.js';
import { type TextSetting, TextTemplate } from './text.js';

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
  readonly #setting: TextSetting;

  constructor(options: TemplateOptions = {}) {
    const given = Object.hasOwn(options, 'templateLimits') ? options.templateLimits : undefined;
    this.limits = given === undefined ? defaultTemplateLimits : { ...defaultTemplateLimits, ...given };
    this.#options = options;
    this.#expressionLimits = limitsOf(options);
    const { fuel, outputLength } = this.limits;
    this.#setting = { outputLength, limits: { ...this.#expressionLimits, fuel }, nest };
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
    return new TextTemplate(text, pieces, this.#setting);
  }
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
