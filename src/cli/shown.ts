/**
 * Text for the terminal, made safe: whatever a document, an input, an action or a model had a say in is escaped on its
 * way into it, so that nobody but the command itself colours, clears or rewrites what the reader sees.
 *
 * {@link Io} takes nothing else, and this is the only place that makes it.
 */
export class Shown {
  /** As it is written. */
  readonly text: string;
  /** Nothing else has it. */
  readonly #made = true;

  constructor(text: string) {
    this.text = text;
  }

  static is(value: unknown): value is Shown {
    return typeof value === 'object' && value !== null && #made in value;
  }
}

export type Showable = string | number | Shown | readonly Shown[];

/** A template whose own words are ours, and whose values are escaped unless they were {@link Shown} already. */
export function show(words: TemplateStringsArray, ...values: readonly Showable[]): Shown {
  return new Shown(words.map((word, index) => (index === 0 ? '' : textOf(values[index - 1] ?? '')) + word).join(''));
}

/** As {@link show}, with a line end. */
export function line(words: TemplateStringsArray, ...values: readonly Showable[]): Shown {
  return show`${show(words, ...values)}\n`;
}

/** Text of several lines, such as JSON or a drawing: escaped but for its line ends. JSON means the same afterwards. */
export function lines(text: string): Shown {
  return new Shown(`${text.split('\n').map(escaped).join('\n')}\n`);
}

/** What a program will read: JSON as it is. */
export function json(value: unknown): Shown {
  return new Shown(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Puts a terminal's own commands around a text, in which there are none. */
export function wrapped(before: string, text: string | Shown, after: string): Shown {
  return new Shown(before + textOf(text) + after);
}

function textOf(value: Showable): string {
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  return Shown.is(value) ? value.text : value.map(({ text }) => text).join('');
}

/**
 * What moves the cursor, ends the line, rings or colours (C0, DEL and C1), and what turns the reading direction so that
 * the words say something else than they hold.
 */
const UNSAFE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\t' };

function escaped(text: string): string {
  return text.replace(UNSAFE, (sign) => SHORT[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
