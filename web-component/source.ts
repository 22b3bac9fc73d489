import { registryOf } from '../runtime/index.js';
import { createBrowserHost } from './browser-host.js';
import { findDocument } from './child-runs.js';
import { type EffectSettings, pageActions, pageModel, pageSecrets } from './effects.js';
import { createRemoteHost } from './remote-host.js';
import type { RunSource } from './run-source.js';

/** Gives the bearer token for the Worker; asked anew for each request, so that it may be renewed. */
export type TokenFunction = () => string | undefined | PromiseLike<string | undefined>;

export interface SourceSettings {
  /** Where the Worker answers; absent: runs live in this page. */
  readonly endpoint: string | undefined;
  readonly store: string | undefined;
  readonly namespace: string | undefined;
  readonly getToken: TokenFunction | undefined;
  readonly fetch: typeof globalThis.fetch | undefined;
}

/** Opens the place where an element's runs live. */
export async function openSource(settings: SourceSettings & EffectSettings & EventTarget): Promise<RunSource> {
  const { endpoint, store, namespace } = settings;
  if (endpoint) {
    return createRemoteHost({
      endpoint,
      ...(settings.getToken === undefined ? {} : { getToken: async () => (await settings.getToken?.()) ?? '' }),
      get functions() {
        return settings.functions;
      },
      fetch: (input, init) => (settings.fetch ?? globalThis.fetch)(input, init),
    });
  }
  return createBrowserHost({
    store: store === 'memory' ? 'memory' : 'indexeddb',
    ...(namespace ? { namespace } : {}),
    actions: pageActions(settings),
    get functions() {
      return settings.functions;
    },
    model: pageModel(settings),
    secrets: pageSecrets(settings),
    // Read anew at each use: a page may set it after a run began.
    workflows: (slug, version) => findDocument(settings.workflows, slug, version, registryOf(settings.functions)),
    fetch: (...request: Parameters<typeof fetch>) => (settings.fetch ?? globalThis.fetch)(...request),
  });
}
