/**
 * Which executions could go on under another version of their workflow. This only says whether, and why not: an
 * execution is pinned to its plan. To bring one over, cancel it and retry it from a step under the new version.
 */
import { canonicalJson } from '../canonical.js';
import { checkInput } from '../definition/parameters.js';
import type { Plan, PlanStep } from '../definition/plan.js';
import { readOwn } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import type { CompiledTemplate } from '../template/compile.js';
import { type ExecutionState, isFinal } from './state.js';
import { stepResults } from './step-results.js';

/** One thing that stands against a move. */
export interface MoveObstacle {
  readonly code:
    | 'EXECUTION_FINISHED'
    | 'STEP_GONE'
    | 'STEP_TYPE_CHANGED'
    | 'STEP_CHANGED'
    | 'LOOP_CHANGED'
    | 'RESULT_MISSING'
    | 'RESULT_TYPE_CHANGED'
    | 'SECRET_CHANGED'
    | 'COMPENSATION_CHANGED'
    | 'INPUT_INVALID';
  readonly step?: string;
  readonly message: string;
}

export type MoveCheck = { readonly ok: true } | { readonly ok: false; readonly reasons: readonly MoveObstacle[] };

/** Whether an execution could go on from its state under `next`, with every reason why it could not. */
export function canMoveTo(plan: Plan, state: ExecutionState, next: Plan): MoveCheck {
  if (isFinal(state.status)) {
    return { ok: false, reasons: [{ code: 'EXECUTION_FINISHED', message: `It has ended as ${state.status}` }] };
  }
  if (plan.hash === next.hash) return { ok: true };
  const reasons = [
    ...stepsUnderWay(plan, state, next),
    ...resultsToRead(plan, state, next),
    ...secureValues(plan, state, next),
    ...undoing(plan, state, next),
    ...inputProblems(state, next),
  ];
  return reasons.length === 0 ? { ok: true } : { ok: false, reasons };
}

/** Steps that are live, and those that a walk is about to go to. */
function stepsUnderWay(plan: Plan, state: ExecutionState, next: Plan): MoveObstacle[] {
  const live = state.activations.flatMap(({ slug }) => stepProblem(plan, next, slug, true));
  const ahead = state.pending.flatMap((task) =>
    task.type === 'enter' || task.type === 'leave' ? stepProblem(plan, next, task.slug, task.type === 'leave') : [],
  );
  return [...live, ...ahead];
}

/** @param begun whether the step has begun, so that what it was given counts */
function stepProblem(plan: Plan, next: Plan, slug: string, begun: boolean): MoveObstacle[] {
  const [before, after] = [plan.steps.get(slug), next.steps.get(slug)];
  if (before === undefined) return [];
  if (after === undefined) return [{ code: 'STEP_GONE', step: slug, message: `Step '${slug}' is gone` }];
  if (before.type !== after.type) {
    const message = `Step '${slug}' is under way as ${before.type}, and has become ${after.type}`;
    return [{ code: 'STEP_TYPE_CHANGED', step: slug, message }];
  }
  const problems: MoveObstacle[] = [];
  if (canonicalJson([...before.enclosing]) !== canonicalJson([...after.enclosing])) {
    const message = `Step '${slug}' stands in other loops than before`;
    problems.push({ code: 'LOOP_CHANGED', step: slug, message });
  }
  if (begun && canonicalJson(contentOf(plan, slug)) !== canonicalJson(contentOf(next, slug))) {
    problems.push({ code: 'STEP_CHANGED', step: slug, message: `Step '${slug}' is under way, and was changed` });
  }
  return problems;
}

/** What of a step's configuration must stay while it is under way: how often and how long it is tried may change. */
const MAY_CHANGE: readonly string[] = ['name', 'description', 'retry', 'retryPolicy', 'timeout', 'maxIterations'];

function contentOf(plan: Plan, slug: string): JsonObject {
  const steps = readOwn(plan.definition, 'steps');
  const step: unknown = Array.isArray(steps) ? steps.find((one) => readOwn(one, 'stepSlug') === slug) : undefined;
  const config = readOwn(step, 'config');
  const fields: Record<string, Json> = JSON.parse(JSON.stringify(config ?? {}));
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !MAY_CHANGE.includes(name)));
}

/** What is still to come and reads results: steps, and the output of the whole. */
interface Reader {
  readonly step?: string;
  readonly what: string;
  readonly reads: ReadonlySet<string>;
}

/** What is still to come reads of steps that will not be visited any more. */
function resultsToRead(plan: Plan, state: ExecutionState, next: Plan): MoveObstacle[] {
  // Nothing is read any more: what undoes a step is rendered already.
  if (state.ending !== null) return [];
  const results = stepResults(plan, state);
  const [ahead, aheadNow] = [reachable(state, next), reachable(state, plan)];
  const problems: MoveObstacle[] = [];
  for (const { step, what, reads } of readersOf(next, ahead)) {
    const place = step === undefined ? {} : { step };
    const readNow = readsNow(plan, step);
    for (const read of reads) {
      if (ahead.has(read) || !next.steps.has(read)) continue;
      const [before, after] = [plan.steps.get(read)?.type, next.steps.get(read)?.type];
      if (!Object.hasOwn(results, read)) {
        // Where it would read as little if it stayed, such as of the way that was not taken, nothing changes.
        if (before !== undefined && readNow.has(read) && !aheadNow.has(read)) continue;
        const message = `${what} reads the result of '${read}', which this execution has not and will not get`;
        problems.push({ code: 'RESULT_MISSING', ...place, message });
      } else if (before !== after) {
        const message = `${what} reads the result of '${read}', which was made by a step of type ${before}, not ${after}`;
        problems.push({ code: 'RESULT_TYPE_CHANGED', ...place, message });
      }
    }
  }
  return problems;
}

function readersOf({ steps, config }: Plan, ahead: ReadonlySet<string>): Reader[] {
  const readers = [...ahead].map((slug) => ({ step: slug, what: `Step '${slug}'`, reads: stepsRead(steps.get(slug)) }));
  return [...readers, { what: "The workflow's output", reads: stepsRead(config.output) }];
}

/** What the same reads as it is. */
function readsNow({ steps, config }: Plan, step: string | undefined): ReadonlySet<string> {
  return stepsRead(step === undefined ? config.output : steps.get(step));
}

/** Slugs that can still be visited under a plan. */
function reachable(state: ExecutionState, next: Plan): ReadonlySet<string> {
  const seen = new Set<string>();
  const left = [
    ...state.activations.map(({ slug }) => slug),
    ...state.pending.flatMap((task) => (task.type === 'enter' || task.type === 'leave' ? [task.slug] : [])),
    ...(next.config.onError === undefined || state.onErrorTaken ? [] : [next.config.onError]),
  ];
  for (let slug = left.pop(); slug !== undefined; slug = left.pop()) {
    const step = next.steps.get(slug);
    if (step === undefined || seen.has(slug)) continue;
    seen.add(slug);
    for (const target of step.ports.values()) if (target.kind === 'step') left.push(target.slug);
    left.push(...step.enclosing);
  }
  return seen;
}

/** Slugs of the steps whose results a step's templates and expressions, or a template, read by name. */
function stepsRead(reader: PlanStep | CompiledTemplate | undefined): ReadonlySet<string> {
  const read = new Set<string>();
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || value instanceof Map || depth > 3) return;
    const paths: unknown = Reflect.get(value, 'paths');
    if (Array.isArray(paths)) {
      for (const path of paths) if (Array.isArray(path) && path[0] === 'steps') read.add(String(path[1] ?? ''));
    } else {
      for (const child of Object.values(value)) look(child, depth + 1);
    }
  };
  look(reader, 0);
  return read;
}

/** Variables set as secure are computed anew from the assignment that made them. */
function secureValues(plan: Plan, state: ExecutionState, next: Plan): MoveObstacle[] {
  return Object.entries(state.secureVariables).flatMap(([name, { slug: step }]): MoveObstacle[] => {
    const same = canonicalJson(contentOf(plan, step)) === canonicalJson(contentOf(next, step));
    if (same && next.steps.get(step)?.type === 'set_variables') return [];
    const message = `The secure variable '${name}' is made by step '${step}', which was changed or is gone`;
    return [{ code: 'SECRET_CHANGED', step, message }];
  });
}

/** What is to undo a step that is done must be there still. */
function undoing(plan: Plan, state: ExecutionState, next: Plan): MoveObstacle[] {
  const slugs = new Set(state.undo.flat().map(({ slug }) => slug));
  return [...slugs].flatMap((slug): MoveObstacle[] => {
    const [before, after] = [contentOf(plan, slug).compensate ?? null, contentOf(next, slug).compensate ?? null];
    if (next.steps.get(slug)?.type === 'action' && canonicalJson(before) === canonicalJson(after)) return [];
    const message = `Step '${slug}' is done, and what undoes it was changed or is gone`;
    return [{ code: 'COMPENSATION_CHANGED', step: slug, message }];
  });
}

function inputProblems(state: ExecutionState, next: Plan): MoveObstacle[] {
  const check = checkInput(next, state.input);
  if (check.ok) return [];
  return check.issues.map(({ path, message }) => ({
    code: 'INPUT_INVALID',
    message: `The input it was started with is not valid there: ${path} ${message}`,
  }));
}
