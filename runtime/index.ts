/**
 * The public API of the runtime. Hosts import this file, the entries beside it (`operations.ts`, `testing.ts`,
 * `tooling.ts`) and `ports.ts`, nothing deeper.
 */

export { type ActionDefinition, type ActionSchema, defineAction } from './actions/define.js';
export { createActionRegistry } from './actions/registry.js';
export type { StandardSchema } from './actions/standard-schema.js';
export { canonicalJson } from './canonical.js';
export { compile } from './definition/compile.js';
export { parseDuration } from './definition/duration.js';
export { didYouMean } from './definition/nearest.js';
export { checkFields, checkInput, type InputCheck, parametersOf } from './definition/parameters.js';
export type {
  EffectStep,
  Plan,
  PlanConfig,
  PlanStep,
  RetryPolicy,
  Target,
} from './definition/plan.js';
export type { Parameter } from './definition/schema.js';
export { type ValidateOptions, type ValidationResult, validate } from './definition/validate.js';
export { type Advance, advance, type InputEvent } from './engine/advance.js';
export { type Decision, type DriverOptions, MAX_SIGNALS, type StartRequest } from './engine/driver.js';
export { Driver, language, readExecution } from './engine/driver-with-language.js';
export { cancelOrphan, ExecutionHost, type FindWorkflow } from './engine/execution-host.js';
export { comparableHistory, historyDigest, withoutTransfers } from './engine/history.js';
export {
  type EventBody,
  type EventOf,
  type EventType,
  JOURNAL_VERSION,
  type Origin,
  type TimerKind,
} from './engine/journal.js';
export { parentOf } from './engine/parents.js';
export { readHistory } from './engine/read.js';
export { outcomeOf } from './engine/relatives.js';
export { type ReplayResult, replay } from './engine/replay.js';
export { isFinal, type StepResult } from './engine/state.js';
export { stepResults } from './engine/step-results.js';
export { compileStored } from './engine/stored-plan.js';
export { nextDeadline, summaryOf } from './engine/summary.js';
export type { Command } from './engine/work.js';
export {
  ActionError,
  type ActionErrorDetails,
  BundleError,
  CancelledError,
  ConflictError,
  type ErrorDetails,
  type ErrorRecord,
  ExpressionError,
  type Issue,
  LimitError,
  NewtflowError,
  NotFoundError,
  type Severity,
  StorageError,
  TemplateError,
  TimeoutError,
  TransferredError,
  ValidationError,
} from './errors.js';
export {
  type CompiledExpression,
  compileExpression,
  type EvaluationEnvironment,
  type ExpressionOptions,
} from './expression/compile.js';
export {
  builtinFunctions,
  defineFunction,
  type FunctionDefinition,
  type FunctionRegistry,
  functionRegistry,
  type GivenFunctions,
  registryOf,
} from './expression/functions.js';
export { defaultExpressionLimits, type ExpressionLimits } from './expression/limits.js';
export type { Json, JsonObject } from './json.js';
export { MemoryBreakers } from './memory/memory-breakers.js';
export { MemoryStore } from './memory/memory-store.js';
export { child as childPointer } from './pointer.js';
export type * from './ports.js';
export { type CompiledTemplate, compileTemplate, type TemplateOptions } from './template/compile.js';
