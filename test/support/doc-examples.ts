import { readFileSync } from 'node:fs';

/** A fenced block of a page. */
export interface Example {
  /** The words after the fence: the language, and what kind of example it is. */
  readonly kind: string;
  readonly text: string;
  /** Of the fence, from 1. */
  readonly line: number;
}

/** Every fenced block of a Markdown file, in order. */
export function examplesOf(file: URL): readonly Example[] {
  const examples: Example[] = [];
  let open: { kind: string; line: number; rows: string[] } | undefined;
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((row, index) => {
      const fence = /^```(.*)$/.exec(row);
      if (fence === null) open?.rows.push(row);
      else if (open === undefined) open = { kind: (fence[1] ?? '').trim(), line: index + 1, rows: [] };
      else {
        examples.push({ kind: open.kind, line: open.line, text: open.rows.join('\n') });
        open = undefined;
      }
    });
  return examples;
}

/** The lines `what → value` of a block. */
export function pairsOf(text: string): readonly (readonly [string, string])[] {
  return text.split('\n').map((row) => {
    const at = row.lastIndexOf(' → ');
    if (at < 0) throw new Error(`This line has no arrow: ${row}`);
    return [row.slice(0, at), row.slice(at + 3)];
  });
}
