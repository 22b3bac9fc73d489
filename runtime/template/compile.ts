import mustache from 'mustache';
import { TemplateError } from '../errors.js';
import {
  asTyped,
  compilePart,
  type EvaluationEnvironment,
  type ExpressionOptions,
  limitsOf,
  rootsOf,
} from '../expression/compile.js';
import type { ExpressionLimits } from '../expression/limits.js';
import { Run } from '../expression/run.js';
import { type Scope, setOwn, toText } from '../expression/values.js';
import { defaultTemplateLimits, type TemplateLimits } from './limits.js';
import { inField, type Piece, scan } from './scan.js';
import { compileTokens, type Token } from './sections.js';

export interface CompiledTemplate {
  /** Root names that the templates read of the scope. */
  readonly names: ReadonlySet<string>;
  /** Paths read, each as its keys from the root as far as they are known before anything runs. */
  readonly paths: readonly (readonly string[])[];
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

export interface TemplateOptions extends ExpressionOptions {
  readonly templateLimits?: Partial<TemplateLimits>;
}

/**
 * Compiles a value and every template in it, those in keys included; nothing of it runs.
 * @throws TemplateError `TEMPLATE_INVALID` or `TEMPLATE_LIMIT`, or ExpressionError; `field` is the JSON pointer of the
 * text within the value
 */
export function compileTemplate(value: unknown, options: TemplateOptions = {}): CompiledTemplate {
  return new TemplateCompiler(options).compile(value);
}

/** Compiles one value after the other under the same options. */
export class TemplateCompiler {
  readonly #settings: Settings;

  constructor(options: TemplateOptions = {}) {
    const given = Object.hasOwn(options, 'templateLimits') ? options.templateLimits : undefined;
    const limits = given === undefined ? defaultTemplateLimits : { ...defaultTemplateLimits, ...given };
    const expressionLimits = limitsOf(options);
    this.#settings = { options, limits, expressionLimits, textLimits: { ...expressionLimits, fuel: limits.fuel } };
  }

  /** As {@link compileTemplate}. */
  compile(value: unknown): CompiledTemplate {
    const compiler = new Compiler(this.#settings);
    const render = compiler.value(value, '', 0);
    return new Template(compiler.paths, compiler.sectionPaths, value, render);
  }
}

interface Settings {
  readonly options: TemplateOptions;
  readonly limits: TemplateLimits;
  readonly expressionLimits: ExpressionLimits;
  readonly textLimits: ExpressionLimits;
}

type Paths = readonly (readonly string[])[];

class Template implements CompiledTemplate {
  readonly paths: Paths;
  readonly constant: boolean;
  readonly render: Render;
  readonly #sectionPaths: Paths;
  #names: ReadonlySet<string> | undefined;
  #sectionNames: ReadonlySet<string> | undefined;

  constructor(paths: Paths, sectionPaths: Paths, value: unknown, render: Render | undefined) {
    this.paths = distinct(paths);
    this.constant = render === undefined;
    this.render = render ?? (() => value);
    this.#sectionPaths = sectionPaths;
    Object.freeze(this);
  }

  get names(): ReadonlySet<string> {
    this.#names ??= rootsOf(this.paths);
    return this.#names;
  }

  get sectionNames(): ReadonlySet<string> {
    if (this.#sectionPaths.length === 0) return NONE;
    this.#sectionNames ??= rootsOf(this.#sectionPaths.filter(([root = '']) => !this.names.has(root)));
    return this.#sectionNames;
  }
}

const NONE: ReadonlySet<string> = new Set();

function distinct(paths: Paths): Paths {
  if (paths.length < 2) return paths;
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

type Render = (scope: Scope, environment?: EvaluationEnvironment) => unknown;

const delimiters: [string, string] = ['{{', '}}'];

class Compiler {
  readonly paths: (readonly string[])[] = [];
  /** Read within sections, where the names may be an item's own. */
  readonly sectionPaths: (readonly string[])[] = [];
  readonly #options: TemplateOptions;
  readonly #limits: TemplateLimits;
  readonly #expressionLimits: ExpressionLimits;
  readonly #textLimits: ExpressionLimits;

  constructor({ options, limits, expressionLimits, textLimits }: Settings) {
    this.#options = options;
    this.#limits = limits;
    this.#expressionLimits = expressionLimits;
    this.#textLimits = textLimits;
  }

  /** Undefined for what holds no template. */
  value(value: unknown, field: string, depth: number): Render | undefined {
    if (depth > this.#limits.depth)
      this.#fail(`The value is nested more than ${this.#limits.depth} levels deep`, field, true);
    switch (typeof value) {
      case 'string':
        return this.#text(value, field);
      case 'object':
        if (value === null) return undefined;
        return Array.isArray(value) ? this.#array(value, field, depth) : this.#object(value, field, depth);
      case 'number':
      case 'boolean':
      case 'undefined':
        return undefined;
      default:
        return this.#fail('A template is made of JSON', field);
    }
  }

  #array(list: readonly unknown[], field: string, depth: number): Render | undefined {
    const elements = list.map((element, index) => ({
      element,
      render: this.value(element, `${field}/${index}`, depth + 1),
    }));
    if (elements.every(({ render }) => render === undefined)) return undefined;
    return (scope, environment) =>
      elements.map(({ element, render }) => (render === undefined ? element : (render(scope, environment) ?? null)));
  }

  #object(object: object, field: string, depth: number): Render | undefined {
    const members = Object.entries(object).map(([key, member]) => {
      const pointer = `${field}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return { key, keyRender: this.#text(key, pointer), member, render: this.value(member, pointer, depth + 1) };
    });
    if (members.every(({ keyRender, render }) => keyRender === undefined && render === undefined)) return undefined;
    return (scope, environment) => {
      const result: Record<string, unknown> = {};
      for (const { key, keyRender, member, render } of members) {
        const value = render === undefined ? member : render(scope, environment);
        if (value === undefined) continue;
        setOwn(result, keyRender === undefined ? key : toText(keyRender(scope, environment)), value);
      }
      return result;
    };
  }

  #text(text: string, field: string): Render | undefined {
    if (!text.includes('{{')) return undefined;
    if (text.length > this.#limits.sourceLength) {
      this.#fail(`The text is longer than the ${this.#limits.sourceLength} characters allowed`, field, true);
    }
    try {
      const pieces = this.#scan(text);
      let render: Render | undefined;
      return (scope, environment) => {
        try {
          // What is wrong with a text was found when it was taken apart: closures are made when they are first wanted.
          render ??= this.#compilePieces(text, pieces);
          return render(scope, environment);
        } catch (error) {
          throw inField(error, field);
        }
      };
    } catch (error) {
      throw inField(error, field);
    }
  }

  #scan(text: string): readonly Piece[] {
    const limits = this.#expressionLimits;
    const pieces = scan(text, {
      limits: this.#limits,
      compile: (start, until, item) => compilePart(text, { limits, start, until, item }, this.#options),
    });
    this.#noteReads(pieces);
    return pieces;
  }

  #compilePieces(text: string, pieces: readonly Piece[]): Render {
    const [only] = pieces;
    if (pieces.length === 1 && only?.kind === 'value') {
      const { part } = only;
      return (scope, environment) => part.evaluate(scope, environment);
    }
    const flat = pieces.filter((piece) => piece.kind === 'text' || piece.kind === 'value');
    const tokens: readonly Token[] = flat.length === pieces.length ? flat : nest(pieces);
    const write = compileTokens(tokens, { limit: this.#limits.outputLength, source: text });
    const cost = tokens.reduce((sum, token) => sum + (token.kind === 'text' ? 0 : token.part.cost), 0);
    const limits = this.#textLimits;
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

  #noteReads(pieces: readonly Piece[]): void {
    let sections = 0;
    const within: boolean[] = [];
    for (const piece of pieces) {
      if (piece.kind === 'end') sections -= Number(within.pop());
      if (piece.kind !== 'value' && piece.kind !== 'section' && piece.kind !== 'inverted') continue;
      for (const path of piece.part.paths) (sections > 0 ? this.sectionPaths : this.paths).push(path);
      if (piece.kind === 'value') continue;
      within.push(piece.kind === 'section');
      sections += Number(piece.kind === 'section');
    }
  }

  #fail(message: string, field: string, limit = false): never {
    throw new TemplateError(message, { source: '' }, { field, ...(limit ? { code: 'TEMPLATE_LIMIT' } : {}) });
  }
}

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
