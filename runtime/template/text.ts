import { distinctPaths, type Paths } from '../expression/analyse.js';
import type { ExpressionLimits } from '../expression/limits.js';
import { asTyped, rootsOf } from '../expression/part.js';
import { type EvaluationEnvironment, Run } from '../expression/run.js';
import type { Scope } from '../expression/values.js';
import type { Piece } from './scan.js';
import { compileTokens, type Token } from './sections.js';
import { type CompiledTemplate, inField, NO_NAMES, NO_PATHS, type Render } from './template.js';

/** What the texts have in common that are compiled together. */
export interface TextSetting {
  /** Longest text rendered, in UTF-16 units. */
  readonly outputLength: number;
  /** For all that the tags of a text do together. */
  readonly limits: ExpressionLimits;
  /** Puts the pieces of a text with sections into one another. */
  nest(pieces: readonly Piece[]): readonly Token[];
}

/** A text that is taken apart: nothing here reads one. */
export class TextTemplate implements CompiledTemplate {
  /** Never rendered: see docs/decisions/0022. */
  static readonly kept: CompiledTemplate = /* @__PURE__ */ new TextTemplate('', [], Object({}));

  readonly paths: Paths;
  readonly constant = false;
  private readonly sectionPaths: Paths;
  readonly text: string;
  readonly pieces: readonly Piece[];
  private readonly setting: TextSetting;
  #compiled: Render | undefined;

  constructor(text: string, pieces: readonly Piece[], setting: TextSetting) {
    const { paths, sectionPaths } = readsOf(pieces);
    this.paths = paths;
    this.sectionPaths = sectionPaths;
    this.text = text;
    this.pieces = pieces;
    this.setting = setting;
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

  /** What is written one after the other, sections with what stands in them. */
  get tokens(): readonly Token[] {
    const { pieces } = this;
    const flat = pieces.filter((piece) => piece.kind === 'text' || piece.kind === 'value');
    return flat.length === pieces.length ? flat : this.setting.nest(pieces);
  }

  #compile(): Render {
    const { text, pieces, setting } = this;
    const [only] = pieces;
    if (pieces.length === 1 && only?.kind === 'value') return only.part.evaluator;
    const { tokens } = this;
    const { outputLength, limits } = setting;
    const write = compileTokens(tokens, { limit: outputLength, source: text });
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
