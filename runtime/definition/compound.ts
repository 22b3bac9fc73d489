import { ExpressionError, TemplateError } from '../errors.js';
import { type EvaluationEnvironment, rootsOf } from '../expression/compile.js';
import { type Scope, setOwn, settle, toText } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import type { CompiledTemplate } from '../template/compile.js';
import { child } from './issues.js';
import { isList, isObject } from './json-copy.js';

type Render = (scope: Scope, environment?: EvaluationEnvironment) => unknown;
/** Compiles a text that holds a template; undefined where it does not compile. `keys` lead to it from the value. */
type CompileText = (text: string, keys: readonly (string | number)[]) => CompiledTemplate | undefined;

/**
 * A value made of lists and objects as a template, like `compileTemplate` of it; but how a text is compiled is for the
 * caller to say, who shares what he has compiled already. Undefined where any text does not compile.
 */
export function compileCompound(value: Json, compileText: CompileText): CompiledTemplate | undefined {
  const compound = new Compound(compileText);
  const render = compound.render(value);
  if (compound.failed) return undefined;
  return templateOf(compound.texts, render && compound.bounded(render), value);
}

class Compound {
  readonly texts: CompiledTemplate[] = [];
  failed = false;
  readonly #compileText: CompileText;
  /** What one rendering may still be made of. */
  #left = Number.POSITIVE_INFINITY;
  readonly #keys: (string | number)[] = [];

  constructor(compileText: CompileText) {
    this.#compileText = compileText;
  }

  /** Undefined for what holds no template. */
  render(value: Json): Render | undefined {
    if (typeof value === 'string') return this.#text(value);
    if (isObject(value)) return this.#object(value);
    return isList(value) ? this.#list(value) : undefined;
  }

  /** Few texts are bounded by the bounds of each; many have one together. */
  bounded(render: Render): Render {
    if (this.texts.length <= FEW_TEXTS) return render;
    return (scope, environment) => {
      this.#left = MAX_SIZE;
      return render(scope, environment);
    };
  }

  /** Charges for values, and for characters; stops as soon as there are too many. */
  #charge(value: unknown): unknown {
    if (this.texts.length > FEW_TEXTS) {
      settle(value, (part) => {
        this.#left -= typeof part === 'string' ? part.length + 1 : 1;
        if (this.#left < 0) throw tooLarge();
      });
    }
    return value;
  }

  #below(key: string | number, value: Json): Render | undefined {
    if (typeof value !== 'string' && typeof value !== 'object') return undefined;
    this.#keys.push(key);
    const render = this.render(value);
    this.#keys.pop();
    return render;
  }

  #text(text: string): Render | undefined {
    if (!text.includes('{{')) return undefined;
    const template = this.#compileText(text, this.#keys);
    if (template === undefined) {
      this.failed = true;
      return undefined;
    }
    this.texts.push(template);
    const keys = this.#keys.slice();
    return (scope, environment) => {
      try {
        return this.#charge(template.render(scope, environment));
      } catch (error) {
        throw inField(error, keys);
      }
    };
  }

  #list(list: readonly Json[]): Render | undefined {
    let renders: (Render | undefined)[] | undefined;
    for (let index = 0; index < list.length; index++) {
      const render = this.#below(index, list[index] ?? null);
      if (render === undefined) continue;
      // Dense: at an index that a list does not own, a page may have put something on a prototype.
      renders ??= list.map(() => undefined);
      renders[index] = render;
    }
    if (renders === undefined) return undefined;
    const filled = renders;
    return (scope, environment) =>
      list.map((element, index) => {
        const render = filled[index];
        return render === undefined ? element : (render(scope, environment) ?? null);
      });
  }

  #object(object: JsonObject): Render | undefined {
    const members: Member[] = [];
    let constant = true;
    for (const key of Object.keys(object)) {
      const value = object[key] ?? null;
      const name = key.includes('{{') ? this.#key(key) : undefined;
      const render = this.#below(key, value);
      if (name !== undefined || render !== undefined) constant = false;
      members.push({ key, value, name, render });
    }
    return constant ? undefined : (scope, environment) => renderMembers(members, scope, environment);
  }

  #key(key: string): Render | undefined {
    this.#keys.push(key);
    const render = this.#text(key);
    this.#keys.pop();
    return render;
  }
}

interface Member {
  readonly key: string;
  readonly value: Json;
  readonly name: Render | undefined;
  readonly render: Render | undefined;
}

function renderMembers(
  members: readonly Member[],
  scope: Scope,
  environment: EvaluationEnvironment | undefined,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { key, value, name, render } of members) {
    const rendered = render === undefined ? value : render(scope, environment);
    if (rendered === undefined) continue;
    setOwn(result, name === undefined ? key : toText(name(scope, environment)), rendered);
  }
  return result;
}

/** Up to so many texts share no bound. */
const FEW_TEXTS = 16;
/** Values and characters of what the texts of one value come to: more could not be handed over by any step. */
const MAX_SIZE = 16 * 1024 * 1024;

function tooLarge(): TemplateError {
  const message = `The texts of this value come to more than the ${MAX_SIZE} values and characters allowed`;
  return new TemplateError(message, { source: '' }, { code: 'TEMPLATE_LIMIT' });
}

const NONE: ReadonlySet<string> = new Set();

function templateOf(texts: readonly CompiledTemplate[], filled: Render | undefined, value: Json): CompiledTemplate {
  const constant = filled === undefined;
  const render = filled ?? (() => value);
  const [first] = texts;
  if (first === undefined) return { names: NONE, paths: NO_PATHS, sectionNames: NONE, constant, render };
  return new Together(texts, constant, render);
}

const NO_PATHS: CompiledTemplate['paths'] = [];

/** What texts read together. */
class Together implements CompiledTemplate {
  readonly paths: CompiledTemplate['paths'];
  readonly sectionNames: ReadonlySet<string>;
  readonly constant: boolean;
  readonly render: Render;
  #names: ReadonlySet<string> | undefined;

  constructor(texts: readonly CompiledTemplate[], constant: boolean, render: Render) {
    const [first] = texts;
    const alone = texts.length === 1 ? first : undefined;
    this.paths = alone?.paths ?? [...new Set(texts.flatMap((text) => text.paths))];
    this.sectionNames = alone?.sectionNames ?? this.#sectionNames(texts);
    this.constant = constant;
    this.render = render;
  }

  get names(): ReadonlySet<string> {
    this.#names ??= rootsOf(this.paths);
    return this.#names;
  }

  /** Names that are read in sections only. */
  #sectionNames(texts: readonly CompiledTemplate[]): ReadonlySet<string> {
    const names = texts.flatMap((text) => [...text.sectionNames]);
    return names.length === 0 ? NONE : new Set(names.filter((name) => !this.names.has(name)));
  }
}

/** The same error, saying which field of the whole value holds the text. */
function inField(error: unknown, keys: readonly (string | number)[]): unknown {
  if (!(error instanceof ExpressionError || error instanceof TemplateError)) return error;
  const Kind = error instanceof ExpressionError ? ExpressionError : TemplateError;
  const { source, position, code, step, details, cause = error } = error;
  const more = { ...(step === undefined ? {} : { step }), ...(details === undefined ? {} : { details }) };
  return new Kind(error.message, { source, position }, { code, field: keys.reduce<string>(child, ''), cause, ...more });
}
