/** The class of `<workflow-runner>` and the types around it. Importing this defines nothing; `define.ts` does. */

export type { ImportOptions, ImportResult, TransferReceipt } from '../runtime/operations.js';
export type { ApprovalView } from './approvals.js';
export type { FindDocument, Workflows } from './child-runs.js';
export type { ActionFunction, Actions, ModelFunction, SecretFunction } from './effects.js';
export { ActionRequestEvent, type RunnerEvent, type RunnerEventDetails, type RunnerEventName } from './events.js';
export type { DataProvider } from './form-state.js';
export { defaultMessages, type MessageKey, type Messages } from './messages.js';
export type { RunnerStatus, RunOptions } from './run-controller.js';
export type { RetryOptions } from './run-source.js';
export type { RunView } from './run-view.js';
export type { TokenFunction } from './source.js';
export { WorkflowRunner } from './workflow-runner.js';
