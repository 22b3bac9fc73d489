/**
 * What runs a plan that is compiled already, and nothing that reads a definition: no parser, no template scanner, no
 * validator, no cron. Where one is needed after all (to check an input, to take over a stored execution) it is asked
 * of the {@link Language} handed in: of `index.ts`, loaded then, or of `plan.ts`, which has plans that were stored.
 */
export { type DriverOptions, MAX_SIGNALS, PlanDriver, type StartRequest } from './engine/driver.js';

// A bundle has its modules in the order of these: with that above first, it is smaller when compressed.

export type { Plan, PlanStep } from './definition/plan.js';
export { type Advance, advance, type InputEvent } from './engine/advance.js';
export type { Language } from './engine/language.js';
export { isFinal, type StepResult } from './engine/state.js';
export { nextDeadline, summaryOf } from './engine/summary.js';
export type { Command } from './engine/work.js';
export {
  ActionError,
  CancelledError,
  ConflictError,
  ExpressionError,
  LimitError,
  NewtflowError,
  StorageError,
  TemplateError,
  TimeoutError,
  TransferredError,
  ValidationError,
} from './errors.js';
export type * from './ports.js';
