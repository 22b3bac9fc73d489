import type { Issue } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import { isList, isObject, own } from './json-copy.js';

/** Puts issues in the order in which what they are about stands in the document; what is about one thing stays in order. */
export function sortIssues(issues: readonly Issue[], document: Json): readonly Issue[] {
  if (issues.length < 2) return issues;
  const order = new DocumentOrder(document);
  return issues
    .map((issue) => ({ issue, place: order.placeOf(issue.path) }))
    .sort((a, b) => comparePlaces(a.place, b.place))
    .map(({ issue }) => issue);
}

class DocumentOrder {
  readonly #document: Json;
  /** Names of each object asked about, with their numbers. */
  readonly #names = new Map<JsonObject, ReadonlyMap<string, number>>();

  constructor(document: Json) {
    this.#document = document;
  }

  /** For each segment of a pointer, which of its siblings it is; what does not exist comes after what does. */
  placeOf(pointer: string): number[] {
    let value: Json | undefined = this.#document;
    return pointer
      .split('/')
      .slice(1)
      .map((segment) => {
        const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
        const index = this.#indexOf(value, key);
        value = isList(value) ? value[index] : isObject(value) ? own(value, key) : undefined;
        return index;
      });
  }

  #indexOf(value: Json | undefined, key: string): number {
    if (isList(value)) return Number(key);
    if (!isObject(value)) return Number.POSITIVE_INFINITY;
    const names = this.#names.get(value) ?? new Map(Object.keys(value).map((name, index) => [name, index]));
    this.#names.set(value, names);
    return names.get(key) ?? Number.POSITIVE_INFINITY;
  }
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const [left = 0, right = 0] = [a[at], b[at]];
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}
