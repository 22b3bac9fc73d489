/** The structure of a regular expression (flag `u`, known to compile), as far as the time it may take depends on it. */
export type PatternNode =
  | { readonly kind: 'set' /** One character: a literal, an escape, a class or the dot. */; readonly source: string }
  | { readonly kind: 'start' | 'assertion' }
  | { readonly kind: 'look'; readonly body: PatternNode }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly body: PatternNode; readonly min: number; readonly max: number };

/** Undefined for what is not followed: references back, groups that change flags, nesting without end. */
export function parsePattern(pattern: string): PatternNode | undefined {
  try {
    return new PatternReader(pattern).choice(0);
  } catch (error) {
    if (error instanceof NotFollowed) return undefined;
    throw error;
  }
}

class NotFollowed extends Error {}

const MAX_NESTING = 50;
const GROUP = /\((?:\?(?:(?<look><?[=!])|:|<(?![=!])[^>]*>))?/y;
const ESCAPE = /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|x..|c.|[\s\S])/uy;
const CLASS = /\[(?:\\[\s\S]|[^\]\\])*\]/uy;
const QUANTIFIER = /(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y;

class PatternReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  choice(depth: number): PatternNode {
    if (depth > MAX_NESTING) throw new NotFollowed();
    const parts = [this.#sequence(depth)];
    while (this.#text[this.#at] === '|') {
      this.#at += 1;
      parts.push(this.#sequence(depth));
    }
    return { kind: 'choice', parts };
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#text.length && !'|)'.includes(this.#text.charAt(this.#at))) {
      parts.push(this.#quantified(this.#atom(depth)));
    }
    return { kind: 'sequence', parts };
  }

  #atom(depth: number): PatternNode {
    const next = this.#text.charAt(this.#at);
    if (next === '(') return this.#group(depth);
    if (next === '\\') return this.#escape();
    if (next === '[') return { kind: 'set', source: this.#take(CLASS)[0] };
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    if (character === '^') return { kind: 'start' };
    return character === '$' ? { kind: 'assertion' } : { kind: 'set', source: character };
  }

  #group(depth: number): PatternNode {
    const { groups } = this.#take(GROUP);
    // `(?i:` and the like: what is read as a group of their own would begin with a question mark.
    if (this.#text[this.#at] === '?') throw new NotFollowed();
    const body = this.choice(depth + 1);
    this.#at += 1;
    return groups?.look === undefined ? body : { kind: 'look', body };
  }

  #escape(): PatternNode {
    const [source] = this.#take(ESCAPE);
    if (/^\\[1-9k]/.test(source)) throw new NotFollowed();
    return /^\\[bB]$/.test(source) ? { kind: 'assertion' } : { kind: 'set', source };
  }

  #quantified(body: PatternNode): PatternNode {
    QUANTIFIER.lastIndex = this.#at;
    const found = QUANTIFIER.exec(this.#text);
    if (found === null) return body;
    const [source, least, comma, most] = found;
    this.#at += source.length;
    if (least !== undefined) {
      const min = Number(least);
      const max = comma === undefined ? min : most === '' ? Number.POSITIVE_INFINITY : Number(most);
      return { kind: 'repeat', body, min, max };
    }
    return {
      kind: 'repeat',
      body,
      min: source.startsWith('+') ? 1 : 0,
      max: source.startsWith('?') ? 1 : Number.POSITIVE_INFINITY,
    };
  }

  #take(form: RegExp): RegExpExecArray {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text);
    if (found === null) throw new NotFollowed();
    this.#at += found[0].length;
    return found;
  }
}
