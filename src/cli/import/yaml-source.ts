import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLError } from 'yaml';
import type { Issue } from '../../../runtime/index.js';
import type { Json, JsonObject } from '../../../runtime/ports.js';
import { FileError, type Location, type SourceFile } from '../files.js';
import { isList, isObject } from './fields.js';

/** How often aliases may be followed in all: a few lines of YAML could otherwise unfold to gigabytes. */
const MAX_ALIASES = 100;

/**
 * Reads YAML as data: scalars of its core schema, merge keys as Python reads them, no tags that make anything else.
 * @throws FileError `MALFORMED_YAML`, with line and column
 */
export function parseYaml(name: string, text: string): SourceFile {
  const lines = new LineCounter();
  const at = (offset: number): Location => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const malformed = (found: readonly { readonly message: string; readonly offset: number }[]): FileError => {
    const places = new Map(found.map(({ offset }, index) => [`/${index}`, at(offset)]));
    const issues = found.map(
      ({ message }, index): Issue => ({ code: 'MALFORMED_YAML', severity: 'error', path: `/${index}`, message }),
    );
    return new FileError(`${name} is not YAML that can be read.`, {
      file: { name, locate: (pointer) => places.get(pointer) },
      issues,
    });
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) throw malformed(tellingOf(faults));
    const odd = findNoNumber(document.contents);
    if (odd !== undefined) throw malformed([odd]);
    const value: Json = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? null;
    return {
      name,
      document: withMerges(value, new Map()),
      locate: (pointer) => locate(document.contents, pointer, at),
    };
  } catch (error) {
    // The reader recurses: a text nested a thousand levels deep ends its stack. Too many aliases are a ReferenceError.
    if (error instanceof RangeError) throw malformed([{ message: 'This is nested too deeply.', offset: 0 }]);
    if (error instanceof ReferenceError) throw malformed([{ message: `${error.message}.`, offset: 0 }]);
    throw error;
  }
}

/**
 * Merge keys (`<<: *base`), each value looked at once however many aliases lead to it: the reader's own way takes time
 * without bound where merged mappings merge others.
 */
function withMerges(value: Json, done: Map<Json, Json>): Json {
  if (typeof value !== 'object' || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  const made = isList(value) ? value.map((one) => withMerges(one, done)) : merged(value, done);
  done.set(value, made);
  return made;
}

/** What a mapping says itself goes before what it merges, and of that what comes first. */
function merged(mapping: JsonObject, done: Map<Json, Json>): JsonObject {
  const own = Object.entries(mapping).map(([key, value]) => [key, withMerges(value, done)] as const);
  const source = own.find(([key]) => key === '<<')?.[1] ?? null;
  const sources = isList(source) ? source : [source];
  if (source === null || !sources.every(isObject)) return Object.fromEntries(own);
  const below = sources
    .filter(isObject)
    .reverse()
    .flatMap(Object.entries<Json>);
  return Object.fromEntries([...below, ...own.filter(([key]) => key !== '<<')]);
}

/** In the words of this command, each place told of once: what follows a text that is nested too deeply is no news. */
function tellingOf(faults: readonly YAMLError[]): readonly { message: string; offset: number }[] {
  const deep = faults.find(({ message }) => message.includes('call stack'));
  if (deep !== undefined) return [{ message: 'This is nested too deeply.', offset: deep.pos[0] }];
  const told = faults.map(({ code, message, pos }) => ({
    message: code === 'MULTIPLE_DOCS' ? 'Another document begins here; a file holds one.' : `${message}.`,
    offset: pos[0],
  }));
  return told.filter(({ offset }, index) => told.findIndex((other) => other.offset === offset) === index);
}

/** Infinity and NaN are numbers in YAML and not in JSON. */
function findNoNumber(contents: Node | null): { message: string; offset: number } | undefined {
  let found: { message: string; offset: number } | undefined;
  visit(contents, {
    Scalar: (_key, { value, range }) => {
      if (typeof value !== 'number' || Number.isFinite(value)) return undefined;
      found = { message: `${value} is no number that JSON has.`, offset: range?.[0] ?? 0 };
      return visit.BREAK;
    },
  });
  return found;
}

/** Where a value stands, or the nearest one around it; of a member of a mapping, its key. */
function locate(contents: Node | null, pointer: string, at: (offset: number) => Location): Location | undefined {
  let node: unknown = contents;
  let offset = contents?.range?.[0] ?? 0;
  for (const segment of pointer.split('/').slice(1)) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    const next: unknown = isAlias(node) ? undefined : memberOf(node, key);
    if (!isMember(next)) break;
    offset = next.offset ?? offset;
    node = next.value;
  }
  return at(offset);
}

interface Member {
  readonly value: unknown;
  readonly offset: number | undefined;
}

function memberOf(node: unknown, key: string): Member | undefined {
  if (isSeq<Node>(node)) {
    const item = node.items[Number(key)];
    return item && { value: item, offset: item.range?.[0] };
  }
  if (!isMap<Node, Node>(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return pair && { value: pair.value, offset: pair.key.range?.[0] };
}

function isMember(value: unknown): value is Member {
  return typeof value === 'object' && value !== null && 'offset' in value;
}
