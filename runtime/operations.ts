/**
 * What is done to executions rather than in them: carrying them to another host, retrying them from a step, bounding how
 * many run at once, and telling which could move to another version. Beside `index.ts`, so that a page which does none
 * of it loads none of it.
 */
export {
  type Admission,
  Admissions,
  boundOf,
  type ConcurrencyBound,
  childRefusal,
  concurrencyOf,
  MAX_QUEUED,
} from './engine/admission.js';
export { BoundedHost } from './engine/bounded-host.js';
export { type BundleDeadline, type ExecutionBundle, MAX_BUNDLE, type TransferReceipt } from './engine/bundle.js';
export { childNotFound, childStartError } from './engine/child-start.js';
export { planRetry, type RetryPlan, type RetryRequest, retryFrom } from './engine/fork.js';
export { canMoveTo, type MoveCheck, type MoveObstacle } from './engine/migrate.js';
export { unfinished } from './engine/read.js';
export {
  confirmTransfer,
  type ExportOptions,
  exportExecution,
  type ImportOptions,
  type ImportResult,
  importExecution,
  readBundle,
} from './engine/transfer.js';
export { type BoundRequest, Turns, type TurnsHost } from './engine/turns.js';
export { BundleError, TransferredError } from './errors.js';
export { MemoryAdmissionStore } from './memory/memory-admissions.js';
