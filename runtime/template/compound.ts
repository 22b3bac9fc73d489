import { TemplateError } from '../errors.js';
import { distinctPaths, type Paths } from '../expression/analyse.js';
import { type EvaluationEnvironment, rootsOf } from '../expression/compile.js';
import { isObject, type Scope, setOwn, settle, toText } from '../expression/values.js';
import { child } from '../pointer.js';
import { type CompiledTemplate, constantTemplate, holdsTemplate, inField, NO_NAMES, type Render } from './template.js';

type Keys = readonly (string | number)[];
/** Compiles a text that holds a template; undefined where it does not compile. `keys` lead to it from the value. */
type CompileText = (text: string, keys: Keys) => CompiledTemplate | undefined;

/**
 * A value made of lists and objects as a template that renders every text in it, those in keys included. How a text is
 * compiled is for the caller to say, who may share what is made of it. Undefined where any text does not compile.
 * @param fill when closures are made: with the first rendering only where the value cannot change until then
 */
export function compileCompound(
  value: unknown,
  compileText: CompileText,
  fill: 'at once' | 'when rendered' = 'when rendered',
): CompiledTemplate | undefined {
  const search: Search = { compileText, keys: [], texts: [], failed: false };
  find(value, search);
  const { texts, failed } = search;
  if (failed) return undefined;
  if (texts.length === 0) return constantTemplate(value);
  // A copy of its size: a list that has grown has room for more, and this one stays.
  return new Compound(value, texts.slice(), fill === 'at once' ? new Filling(texts).of(value) : undefined);
}

// --- Finding the texts -----------------------------------------------------------------------------------------------

interface Search {
  readonly compileText: CompileText;
  readonly keys: (string | number)[];
  /** In the order in which {@link Filling} takes them. */
  readonly texts: CompiledTemplate[];
  failed: boolean;
}

function find(value: unknown, search: Search): void {
  if (typeof value === 'string') {
    if (holdsTemplate(value)) findText(value, search);
  } else if (isList(value)) {
    for (let index = 0; index < value.length; index++) findBelow(index, value[index], search);
  } else if (isObject(value)) {
    const members: Readonly<Record<string, unknown>> = Object(value);
    for (const key of Object.keys(members)) {
      if (holdsTemplate(key)) findBelow(key, key, search);
      findBelow(key, members[key], search);
    }
  }
}

function findBelow(key: string | number, value: unknown, search: Search): void {
  if (typeof value !== 'string' && typeof value !== 'object') return;
  search.keys.push(key);
  find(value, search);
  search.keys.pop();
}

function findText(text: string, search: Search): void {
  const template = search.compileText(text, search.keys);
  if (template === undefined) search.failed = true;
  else search.texts.push(template);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

// --- Filling them in -------------------------------------------------------------------------------------------------

/** Up to so many texts are bounded by the bounds of each; more of them have one together. */
const FEW_TEXTS = 16;
/** Values and characters of what the texts of one value come to: more could not be handed over by any step. */
const MAX_SIZE = 16 * 1024 * 1024;

class Compound implements CompiledTemplate {
  /** Never rendered: see docs/decisions/0022. */
  static readonly kept: CompiledTemplate = /* @__PURE__ */ new Compound(null, [], undefined);

  readonly constant = false;
  private readonly value: unknown;
  private readonly texts: readonly CompiledTemplate[];
  private filled: Render | undefined;

  constructor(value: unknown, texts: readonly CompiledTemplate[], filled: Render | undefined) {
    this.value = value;
    this.texts = texts;
    this.filled = filled;
  }

  get paths(): Paths {
    const [first, second] = this.texts;
    if (first !== undefined && second === undefined) return first.paths;
    return distinctPaths(this.texts.flatMap((text) => text.paths));
  }

  get names(): ReadonlySet<string> {
    return rootsOf(this.paths);
  }

  get sectionNames(): ReadonlySet<string> {
    const names = this.texts.flatMap((text) => [...text.sectionNames]);
    if (names.length === 0) return NO_NAMES;
    const known = this.names;
    return new Set(names.filter((name) => !known.has(name)));
  }

  render(scope: Scope, environment?: EvaluationEnvironment): unknown {
    this.filled ??= new Filling(this.texts).of(this.value);
    return this.filled(scope, environment);
  }
}

/** Makes the closures that fill in a value. */
class Filling {
  readonly #texts: readonly CompiledTemplate[];
  readonly #keys: (string | number)[] = [];
  #taken = 0;
  /** What one rendering may still be made of. */
  #left = Number.POSITIVE_INFINITY;

  constructor(texts: readonly CompiledTemplate[]) {
    this.#texts = texts;
  }

  of(value: unknown): Render {
    const render = this.#render(value) ?? (() => value);
    if (this.#texts.length <= FEW_TEXTS) return render;
    return (scope, environment) => {
      this.#left = MAX_SIZE;
      return render(scope, environment);
    };
  }

  /** Undefined for what holds no template. */
  #render(value: unknown): Render | undefined {
    if (typeof value === 'string') return holdsTemplate(value) ? this.#text() : undefined;
    if (isList(value)) return this.#list(value);
    return isObject(value) ? this.#object(Object(value)) : undefined;
  }

  #below(key: string | number, value: unknown): Render | undefined {
    if (typeof value !== 'string' && typeof value !== 'object') return undefined;
    this.#keys.push(key);
    const render = this.#render(value);
    this.#keys.pop();
    return render;
  }

  #text(): Render | undefined {
    const template = this.#texts[this.#taken++];
    const field = this.#keys.reduce<string>(child, '');
    return (scope, environment) => {
      try {
        return this.#charge(template?.render(scope, environment));
      } catch (error) {
        throw inField(error, field);
      }
    };
  }

  /** Charges for values, and for characters; stops as soon as there are too many. */
  #charge(value: unknown): unknown {
    if (this.#texts.length <= FEW_TEXTS) return value;
    settle(value, (part) => {
      this.#left -= typeof part === 'string' ? part.length + 1 : 1;
      if (this.#left < 0) throw tooLarge();
    });
    return value;
  }

  #list(list: readonly unknown[]): Render | undefined {
    // Dense: at an index that a list does not own, a page may have put something on a prototype.
    const renders = Array.from(list, (element, index) => this.#below(index, element));
    if (renders.every((render) => render === undefined)) return undefined;
    return (scope, environment) =>
      list.map((element, index) => {
        const render = renders[index];
        return render === undefined ? element : (render(scope, environment) ?? null);
      });
  }

  #object(object: Readonly<Record<string, unknown>>): Render | undefined {
    const members = Object.keys(object).map((key): Member => {
      const name = holdsTemplate(key) ? this.#below(key, key) : undefined;
      return { key, value: object[key], name, render: this.#below(key, object[key]) };
    });
    if (members.every(({ name, render }) => name === undefined && render === undefined)) return undefined;
    return (scope, environment) => renderMembers(members, scope, environment);
  }
}

interface Member {
  readonly key: string;
  readonly value: unknown;
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

function tooLarge(): TemplateError {
  const message = `The texts of this value come to more than the ${MAX_SIZE} values and characters allowed`;
  return new TemplateError(message, { source: '' }, { code: 'TEMPLATE_LIMIT' });
}
