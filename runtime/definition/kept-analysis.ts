import type { JsonObject } from '../json.js';
import type { Analysis, Parts, ValidateOptions } from './analyse.js';
import { isObject, isSame } from './json-copy.js';

interface Kept {
  readonly copy: JsonObject;
  readonly parts: Parts;
  readonly options: ValidateOptions | undefined;
}

/**
 * What `validate` has found out about a document, for the `compile` that mostly follows and would find out the same. It
 * goes with the document, and with the first `compile`.
 */
const analyses = new WeakMap<object, Kept>();

export function keepAnalysis(document: unknown, { copy, parts }: Analysis, options?: ValidateOptions): void {
  if (copy === undefined || parts === undefined || !isObject(document)) return;
  analyses.set(document, { copy, parts, options });
  analyses.set(parts.definition, { copy: parts.definition, parts, options });
}

/** Undefined where nothing is kept, where the document has changed since, or where it is to mean something else now. */
export function takeAnalysis(document: unknown, options?: ValidateOptions): Parts | undefined {
  const kept = isObject(document) ? analyses.get(document) : undefined;
  if (kept === undefined || !isObject(document)) return undefined;
  analyses.delete(document);
  analyses.delete(kept.parts.definition);
  const { functions, limits } = kept.options ?? {};
  if (functions !== options?.functions || limits !== options?.limits) return undefined;
  return isSame(document, kept.copy) ? kept.parts : undefined;
}
