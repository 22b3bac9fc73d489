import { type Shown, show, wrapped } from './shown.js';

const CODES = { red: 31, green: 32, yellow: 33, blue: 34, dim: 2, bold: 1 } as const;

export type Paint = Readonly<Record<keyof typeof CODES, (text: string | Shown) => Shown>>;

/** Colours for a terminal, or none. */
export function paint(on: boolean): Paint {
  const with_ =
    (name: keyof typeof CODES) =>
    (text: string | Shown): Shown =>
      on ? wrapped(`\u001b[${CODES[name]}m`, text, '\u001b[0m') : show`${text}`;
  return {
    red: with_('red'),
    green: with_('green'),
    yellow: with_('yellow'),
    blue: with_('blue'),
    dim: with_('dim'),
    bold: with_('bold'),
  };
}

/** One line of JSON, cut to a length; lists and objects as they are written. */
export function brief(value: unknown, length = 80): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** "250 ms", "1.5 s", "2 min 5 s", "3 h 20 min", "2 d 4 h". */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  const [unit, size, smaller, small] = LONG.find(([, from]) => ms >= from) ?? LONG[2];
  const rest = Math.floor((ms % size) / small);
  return `${Math.floor(ms / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${smaller}`}`;
}

const LONG = [
  ['d', 86_400_000, 'h', 3_600_000],
  ['h', 3_600_000, 'min', 60_000],
  ['min', 60_000, 's', 1000],
] as const;
