import type { Issue } from '../errors.js';
import type { Json } from '../json.js';
import { type JsonFault, JsonScanner } from './json-scanner.js';

/** A place in a text; both count from 1, columns in UTF-16 units. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

export type ParsedDocument =
  | {
      readonly ok: true;
      readonly document: Json;
      /** Where the value that a JSON pointer names begins; of the nearest one around it where there is none. */
      locate(pointer: string): Location | undefined;
    }
  | { readonly ok: false; readonly issues: readonly [Issue] };

/** Reads JSON text, and remembers where everything stands. What is malformed is told the same way on every host. */
export function parseDocument(text: string): ParsedDocument {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    const document: Json = JSON.parse(source);
    let places: ReadonlyMap<string, number> | undefined;
    return {
      ok: true,
      document,
      locate: (pointer) => {
        places ??= new JsonScanner(source).places();
        const offset = nearestPlace(places, pointer);
        return offset === undefined ? undefined : locationOf(source, offset);
      },
    };
  } catch {
    return { ok: false, issues: [malformed(source, new JsonScanner(source).fault())] };
  }
}

function nearestPlace(places: ReadonlyMap<string, number>, pointer: string): number | undefined {
  for (let path = pointer; ; path = path.slice(0, path.lastIndexOf('/'))) {
    const offset = places.get(path);
    if (offset !== undefined || path === '' || !path.includes('/')) return offset;
  }
}

function locationOf(text: string, offset: number): Location {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}

function malformed(text: string, fault: JsonFault | undefined): Issue {
  const { offset, expected } = fault ?? { offset: 0, expected: 'less nesting' };
  const { line, column } = locationOf(text, offset);
  const found =
    offset >= text.length ? 'the end of the text' : JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
  return {
    code: 'MALFORMED_JSON',
    severity: 'error',
    path: '',
    message: `Line ${line}, column ${column}: expected ${expected}, found ${found}.`,
  };
}
