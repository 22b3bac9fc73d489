/**
 * Plans that are stored as JSON, ready to run with `run.ts` and without what reads a definition: `tooling.ts` stores
 * them. What is rarely needed is loaded when it is: the functions of the language, what checks inputs, asks models and
 * reads secrets.
 */
export { loadPlan } from './definition/load-plan.js';
export type { Plan } from './definition/plan.js';
export { PLAN_FORMAT } from './definition/plan-format.js';
export { languageOf } from './engine/language-of.js';
export { NotFoundError, ValidationError } from './errors.js';
export type { ExpressionOptions as LoadOptions } from './expression/compile.js';
