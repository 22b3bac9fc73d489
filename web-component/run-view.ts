import type { ErrorRecord, ExecutionStatus, JournalEvent, Json } from '../runtime/ports.js';
import type { ApprovalView } from './approvals.js';
import type { RunController } from './run-controller.js';
import type { RunDriver } from './run-source.js';

/** A run as the element's `run` property shows it. */
export interface RunView {
  readonly id: string;
  readonly status: ExecutionStatus;
  readonly driver: RunDriver;
  readonly input: Json;
  /** Null until the run has completed. */
  readonly output: Json;
  readonly error: ErrorRecord | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Whether it began in an earlier page or another tab. */
  readonly resumed: boolean;
  /** Approvals that wait for a decision. */
  readonly approvals: readonly ApprovalView[];
  /** Why it cannot go on at present. */
  readonly problem: ErrorRecord | undefined;
  /** The whole history known so far. */
  readonly events: readonly JournalEvent[];
}

export function describeRun({ handle, model, summary, resumed, approvals: waiting }: RunController): RunView | null {
  if (handle === null || model === null || summary === null) return null;
  const { id, driver, problem, events } = handle;
  const { input, output, error, endedAt } = model;
  const { status, startedAt } = summary;
  const approvals = waiting.pending.map(({ view }) => view);
  return { id, status, driver, input, output, error, startedAt, endedAt, resumed, approvals, problem, events };
}
