import { isFinal } from '../../runtime/index.js';
import type { ExecutionStatus, ExecutionSummary } from '../../runtime/ports.js';

/** How an execution stands for the API: one that waits to begin is no execution of the runtime's yet. */
export type Standing = Omit<ExecutionSummary, 'status'> & { readonly status: ExecutionStatus | 'queued' };

export function isOver(status: Standing['status']): boolean {
  return status !== 'queued' && isFinal(status);
}
