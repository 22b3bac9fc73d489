import { type ErrorRecord, type Issue, NewtflowError, NotFoundError, StorageError } from '../runtime/index.js';
import { parseDocument } from '../runtime/tooling.js';

/** Where the element's definition comes from, in the order of precedence: property, inline script, `src`. */
export interface DefinitionPlaces {
  readonly workflow: unknown;
  readonly inline: string | undefined;
  readonly src: string | undefined;
  readonly base: string;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
}

export type LoadedDocument =
  | { readonly kind: 'none' }
  | { readonly kind: 'document'; readonly document: unknown }
  | { readonly kind: 'malformed'; readonly issues: readonly Issue[] };

/**
 * @throws NotFoundError `SOURCE_NOT_FOUND` when the server has nothing at `src`, StorageError `SOURCE_UNREACHABLE` when
 * it cannot be reached or refuses.
 */
export async function loadDocument(places: DefinitionPlaces): Promise<LoadedDocument> {
  const { workflow, inline, src } = places;
  if (workflow !== undefined && workflow !== null) {
    return typeof workflow === 'string' ? parse(workflow) : { kind: 'document', document: workflow };
  }
  if (inline !== undefined) return parse(inline);
  return src ? parse(await fetchText(src, places)) : { kind: 'none' };
}

function parse(text: string): LoadedDocument {
  const result = parseDocument(text);
  return result.ok ? { kind: 'document', document: result.document } : { kind: 'malformed', issues: result.issues };
}

async function fetchText(src: string, { base, fetch, signal }: DefinitionPlaces): Promise<string> {
  if (!URL.canParse(src, base)) {
    throw new NotFoundError(`“${src}” is not an address.`, { code: 'SOURCE_NOT_FOUND', field: 'src' });
  }
  const url = new URL(src, base).href;
  const unreachable = (why: string, cause?: unknown) =>
    new StorageError(`The workflow at ${url} could not be loaded: ${why}`, {
      ...{ code: 'SOURCE_UNREACHABLE', field: 'src', cause },
    });
  let response: Response;
  try {
    response = await fetch(url, { signal, headers: { accept: 'application/json' } });
    if (response.ok) return await response.text();
  } catch (error) {
    throw unreachable(error instanceof Error ? error.message : String(error), error);
  }
  if (response.status === 404 || response.status === 410) {
    throw new NotFoundError(`There is no workflow at ${url}.`, { code: 'SOURCE_NOT_FOUND', field: 'src' });
  }
  throw unreachable(`the server answered ${response.status} ${response.statusText}.`);
}

/** What went wrong, as the journal would keep it. */
export function errorRecord(error: unknown): ErrorRecord {
  if (error instanceof NewtflowError) {
    const { code, message, step, details } = error;
    return {
      code,
      message,
      ...(step === undefined ? {} : { stepSlug: step }),
      ...(details === undefined ? {} : { details }),
    };
  }
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) };
}
