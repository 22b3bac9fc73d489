import { TemplateError } from '../errors.js';
import { distinctPaths, type Paths } from '../expression/analyse.js';
import { rootsOf } from '../expression/part.js';
import type { EvaluationEnvironment } from '../expression/run.js';
import { isObject, type Scope, setOwn, settle, toText } from '../expression/values.js';
import { child } from '../pointer.js';
import { type CompiledTemplate, constantTemplate, holdsTemplate, inField, NO_NAMES } from './template.js';

type Keys = readonly (string | number)[];
/** Compiles a text that holds a template; undefined where it does not compile. `keys` lead to it from the value. */
type CompileText = (text: string, keys: Keys) => CompiledTemplate | undefined;

/**
 * A value made of lists and objects as a template that renders every text in it, those in keys included. How a text is
 * compiled is for the caller to say, who may share what is made of it. Undefined where any text does not compile.
 * @param fill when what renders it is made: with the first rendering only where the value cannot change until then
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

/** Lists and objects with texts in them that are templates. */
export class Compound implements CompiledTemplate {
  /** Never rendered: see docs/decisions/0022. */
  static readonly kept: CompiledTemplate = /* @__PURE__ */ new Compound(null, [], undefined);

  readonly constant = false;
  readonly value: unknown;
  readonly texts: readonly CompiledTemplate[];
  private filled: Part | undefined;

  constructor(value: unknown, texts: readonly CompiledTemplate[], filled: Part | undefined) {
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
    return this.filled.render(scope, environment);
  }
}

/** What a value, or a part of it that holds templates, is filled in by. */
type Part = Pick<CompiledTemplate, 'render'>;

/** Makes the parts that fill in a value. */
class Filling {
  readonly #texts: readonly CompiledTemplate[];
  readonly #keys: (string | number)[] = [];
  #taken = 0;
  /** What one rendering may still be made of. */
  #left = Number.POSITIVE_INFINITY;

  constructor(texts: readonly CompiledTemplate[]) {
    this.#texts = texts;
  }

  of(value: unknown): Part {
    const part = this.#part(value) ?? { render: () => value };
    if (this.#texts.length <= FEW_TEXTS) return part;
    return {
      render: (scope, environment) => {
        this.#left = MAX_SIZE;
        return part.render(scope, environment);
      },
    };
  }

  /** Undefined for what holds no template. */
  #part(value: unknown): Part | undefined {
    if (typeof value === 'string') return holdsTemplate(value) ? this.#text() : undefined;
    if (isList(value)) return this.#list(value);
    return isObject(value) ? this.#object(Object(value)) : undefined;
  }

  #below(key: string | number, value: unknown): Part | undefined {
    if (typeof value !== 'string' && typeof value !== 'object') return undefined;
    this.#keys.push(key);
    const part = this.#part(value);
    this.#keys.pop();
    return part;
  }

  #text(): Part | undefined {
    const template = this.#texts[this.#taken++];
    if (this.#texts.length <= FEW_TEXTS) return template;
    return { render: (scope, environment) => this.#charge(template?.render(scope, environment)) };
  }

  /** Charges for values, and for characters; stops as soon as there are too many. */
  #charge(value: unknown): unknown {
    settle(value, (part) => {
      this.#left -= typeof part === 'string' ? part.length + 1 : 1;
      if (this.#left < 0) throw tooLarge();
    });
    return value;
  }

  #list(list: readonly unknown[]): Part | undefined {
    // Dense: at an index that a list does not own, a page may have put something on a prototype.
    const parts = Array.from(list, (element, index) => this.#below(index, element));
    if (parts.every((part) => part === undefined)) return undefined;
    const at = this.#pointer();
    return {
      render: (scope, environment) =>
        list.map((element, index) => {
          const part = parts[index];
          return part === undefined ? element : (rendered(part, scope, environment, at, index) ?? null);
        }),
    };
  }

  #object(object: Readonly<Record<string, unknown>>): Part | undefined {
    const members = Object.keys(object).map((key): Member => {
      const name = holdsTemplate(key) ? this.#below(key, key) : undefined;
      return { key, value: object[key], name, part: this.#below(key, object[key]) };
    });
    const named = members.some(({ name }) => name !== undefined);
    const filled = named ? members : members.filter(({ part }) => part !== undefined);
    if (filled.length === 0) return undefined;
    const at = this.#pointer();
    return {
      render: (scope, environment) => {
        const fill = (part: Part, key: string) => rendered(part, scope, environment, at, key);
        const result: Record<string, unknown> = named ? {} : { ...object };
        let absent = false;
        for (const { key, value, name, part } of filled) {
          const member = part === undefined ? value : fill(part, key);
          if (named) {
            if (member !== undefined) setOwn(result, name === undefined ? key : toText(fill(name, key)), member);
          } else if (member === undefined) {
            absent = delete result[key];
          } else {
            // It is the copy's own already: nothing that a page has put on a prototype comes in between.
            result[key] = member;
          }
        }
        // What V8 keeps of an object that has lost a member is slow and large; a copy is not.
        return absent ? { ...result } : result;
      },
    };
  }

  #pointer(): string {
    return this.#keys.reduce<string>(child, '');
  }
}

/** @throws the error of a text within, saying which it is */
function rendered(
  part: Part,
  scope: Scope,
  environment: EvaluationEnvironment | undefined,
  pointer: string,
  key: string | number,
): unknown {
  try {
    return part.render(scope, environment);
  } catch (error) {
    throw inField(error, child(pointer, key));
  }
}

interface Member {
  readonly key: string;
  readonly value: unknown;
  readonly name: Part | undefined;
  readonly part: Part | undefined;
}

function tooLarge(): TemplateError {
  const message = `The texts of this value come to more than the ${MAX_SIZE} values and characters allowed`;
  return new TemplateError(message, { source: '' }, { code: 'TEMPLATE_LIMIT' });
}
