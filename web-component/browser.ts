/**
 * `newtflow/browser`: runs workflows in a page, without any user interface. See `newtflow/element` for that.
 */
export { BrowserClock, browserRandom } from './browser-clock.js';
export { type BrowserHost, type BrowserHostOptions, createBrowserHost, type StorageState } from './browser-host.js';
export type { FindDocument, Workflows } from './child-runs.js';
export { databaseName, IndexedDbStore, type IndexedDbStoreOptions } from './indexeddb-store.js';
export type { LeaderOptions } from './leader.js';
export { RemoteError } from './remote-error.js';
export { createRemoteHost, type RemoteHostOptions } from './remote-host.js';
export type {
  ImportedRun,
  RetryOptions,
  RunDriver,
  RunHandle,
  RunSource,
  RunUpdate,
  StartOptions,
} from './run-source.js';
