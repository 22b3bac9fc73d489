import type { Issue } from '../errors.js';
import type { Json } from '../json.js';
import { lastSegment } from './issues.js';
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
      /** Warnings: what `JSON.parse` passes over in silence, such as a name that stands twice in one object. */
      readonly issues: readonly Issue[];
      /** Where the value that a JSON pointer names begins; of the nearest one around it where there is none. */
      locate(pointer: string): Location | undefined;
    }
  | { readonly ok: false; readonly issues: readonly [Issue] };

/** Reads JSON text, and remembers where everything stands. What is malformed is told the same way on every host. */
export function parseDocument(text: string): ParsedDocument {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    const document: Json = JSON.parse(source);
    let scanned: Scanned | undefined;
    const scan = (): Scanned => {
      scanned ??= scanOf(source);
      return scanned;
    };
    return {
      ok: true,
      document,
      get issues() {
        return scan().issues;
      },
      locate: (pointer) => {
        const offset = nearestPlace(scan().places, pointer);
        return offset === undefined ? undefined : locationOf(source, offset);
      },
    };
  } catch {
    return { ok: false, issues: [malformed(source, new JsonScanner(source).fault())] };
  }
}

interface Scanned {
  readonly places: ReadonlyMap<string, number>;
  readonly issues: readonly Issue[];
}

function scanOf(source: string): Scanned {
  const scanner = new JsonScanner(source);
  const places = scanner.places();
  const locate = locator(source);
  const issues = scanner.twice.map(({ pointer, offset }): Issue => {
    const field = lastSegment(pointer);
    const message = `${JSON.stringify(field)} stands twice in this object; only the last one counts.`;
    const location = locate(offset);
    return { code: 'DUPLICATE_KEY', severity: 'warning', path: pointer, field, message, location };
  });
  return { places, issues };
}

function nearestPlace(places: ReadonlyMap<string, number>, pointer: string): number | undefined {
  for (let path = pointer; ; path = path.slice(0, path.lastIndexOf('/'))) {
    const offset = places.get(path);
    if (offset !== undefined || path === '' || !path.includes('/')) return offset;
  }
}

function locationOf(text: string, offset: number): Location {
  return locator(text)(offset);
}

/** Answers for offsets that do not fall; so that many of them cost one walk through the text. */
function locator(text: string): (offset: number) => Location {
  let line = 1;
  let start = 0;
  let next = text.indexOf('\n');
  return (offset) => {
    for (; next >= 0 && next < offset; next = text.indexOf('\n', start)) {
      line += 1;
      start = next + 1;
    }
    return { line, column: offset - start + 1 };
  };
}

/** What is written elsewhere, by how it begins. */
const HABITS: readonly (readonly [RegExp, string])[] = [
  [/^'/, 'JSON has double quotes only.'],
  [/^(?:\/[/*]|#)/, 'JSON has no comments.'],
  [/^(?:true|false|null|none|undefined|nan)\b/i, 'JSON writes `true`, `false` and `null`.'],
  [/^[A-Za-z_]\w*\s*:/, 'JSON has its names in double quotes, and an object in `{` and `}`.'],
  [/^[‘-„]/, 'JSON has straight double quotes only.'],
  [/^[\r\n]/, 'A new line inside a text is written `\\n`.'],
  [/^(?:```|[A-Z][a-z]* )/, 'The JSON stands alone: no words, and no fence, before or after it.'],
];

function habitAt(text: string, offset: number): string | undefined {
  const rest = text.slice(offset, offset + 100);
  if (/^[\]}]/.test(rest) && text.slice(0, offset).trimEnd().endsWith(','))
    return 'JSON has no comma after the last entry.';
  return HABITS.find(([form]) => form.test(rest))?.[1];
}

function malformed(text: string, fault: JsonFault | undefined): Issue {
  const { offset, expected } = fault ?? { offset: 0, expected: 'less nesting' };
  const location = locationOf(text, offset);
  const hint = habitAt(text, offset);
  const found =
    offset >= text.length ? 'the end of the text' : JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
  return {
    code: 'MALFORMED_JSON',
    severity: 'error',
    path: '',
    message: `Line ${location.line}, column ${location.column}: expected ${expected}, found ${found}.`,
    ...(hint === undefined ? {} : { hint }),
    location,
  };
}
