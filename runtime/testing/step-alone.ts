/**
 * A workflow in which one step is walked: first what gives the results asked for, then the loops that the step stands in,
 * each as far as the iteration asked for, and in the innermost the failure that leads to it.
 */
import type { Plan } from '../definition/plan.js';
import { NotFoundError } from '../errors.js';
import { readOwn } from '../expression/values.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';

/** The iteration that a step stands in. */
export interface IterationSetting {
  readonly items: readonly Json[];
  /** From 0. */
  readonly index: number;
  /** That of the loop around it. */
  readonly parent?: IterationSetting;
}

/** A failure that leads to a step by an error port: what the step sees as `error`. */
export interface FailureSetting {
  readonly code: string;
  /** The code, when absent. */
  readonly message?: string;
  readonly details?: Json;
  /** The step that failed, seen as `error.stepSlug`; no step of the workflow when absent. */
  readonly stepSlug?: string;
}

export interface Surroundings {
  /** What other steps gave, by slug. */
  readonly steps?: Readonly<Record<string, Json>>;
  readonly variables?: JsonObject;
  readonly loop?: IterationSetting;
  readonly error?: FailureSetting;
}

export interface StepAlone {
  readonly definition: JsonObject;
  /** What the steps around it answer, as `createStubs` takes it. */
  readonly stubs: JsonObject;
}

/** Stands for steps whose results are given. */
const GIVEN = 'test_given';
const FAILED = 'test_failed';
const VARIABLES = 'test_variables';
/** What an iteration is when nothing is said of it. */
const ONE: IterationSetting = { items: [null], index: 0 };

/** @throws NotFoundError `STEP_NOT_FOUND` for a step that is given a result or a failure, and is none */
export function stepAlone(plan: Plan, slug: string, around: Surroundings): StepAlone {
  const all = listOf(plan.definition.steps);
  const own = all.find((step) => step.stepSlug === slug) ?? {};
  const loops = loopsAround(plan, slug, around.loop);
  const results = resultsOf(around.steps ?? {}, loops);
  const failing = around.error?.stepSlug ?? FAILED;
  for (const named of [slug, ...results.keys(), ...(around.error?.stepSlug === undefined ? [] : [failing])]) {
    if (!plan.steps.has(named))
      throw new NotFoundError(`There is no step '${named}'`, { code: 'STEP_NOT_FOUND', step: named });
  }
  const innermost = loops.at(-1)?.owner;
  const back: JsonObject = innermost === undefined || endsAll(own) ? {} : { default: innermost };
  const walked = inOrder([
    { step: { stepSlug: 'test_start', stepType: 'trigger' } },
    ...loops.map(({ items }) => ({ step: given(items) })),
    ...(around.variables === undefined ? [] : variableSteps(around.variables)),
    ...loops.flatMap((loop) => loopSteps(loop, all)),
    ...[...results.keys()].map((name) => ({ step: given(name) })),
    ...(around.error === undefined ? [] : [{ step: given(failing), port: 'error' }]),
    { step: { ...own, nextSteps: back } },
  ]);
  const names = new Set(walked.map(({ stepSlug }) => stepSlug));
  return {
    definition: {
      ...plan.definition,
      config: configOf(plan.definition),
      steps: [...walked, ...all.filter(({ stepSlug = null }) => !names.has(stepSlug)).flatMap(unwalked)],
    },
    stubs: {
      ...Object.fromEntries(loops.map(({ items, setting }) => [items, { output: [...setting.items] }])),
      ...(around.variables === undefined ? {} : { [VARIABLES]: { output: around.variables } }),
      ...Object.fromEntries([...results].map(([name, output]) => [name, { output }])),
      ...(around.error === undefined ? {} : { [failing]: { error: failureOf(around.error) } }),
    },
  };
}

interface LoopAround {
  readonly owner: string;
  readonly setting: IterationSetting;
  /** Slugs of the steps that give its items, and that pass over the iterations not asked for. */
  readonly items: string;
  readonly turn: string;
}

/** Outermost first; one of the test's own where an iteration is asked for that the workflow does not have. */
function loopsAround(plan: Plan, slug: string, innermost: IterationSetting | undefined): readonly LoopAround[] {
  const enclosing = plan.steps.get(slug)?.enclosing ?? [];
  const owners = enclosing.filter((one) => plan.steps.get(one)?.type === 'loop').reverse();
  const found: LoopAround[] = [];
  let setting = innermost;
  for (let depth = 0; depth < owners.length || setting !== undefined; depth += 1) {
    const owner = owners[depth] ?? `test_loop_${depth}`;
    found.unshift({ owner, setting: setting ?? ONE, items: `test_items_${depth}`, turn: `test_turn_${depth}` });
    setting = setting?.parent;
  }
  return found;
}

/** A step to walk, and the port by which it leads to the next; `success` when absent. */
interface Walked {
  readonly step: JsonObject;
  readonly port?: string;
}

function loopSteps({ owner, items, turn, setting }: LoopAround, all: readonly JsonObject[]): Walked[] {
  const config = all.find(({ stepSlug }) => stepSlug === owner)?.config;
  const itemVariable = isJsonObject(config) ? readOwn(config, 'itemVariable') : undefined;
  const named: JsonObject = typeof itemVariable === 'string' ? { itemVariable } : {};
  const loop = { stepSlug: owner, stepType: 'loop', config: { items: `{{steps.${items}.output}}`, ...named } };
  const isAsked = { stepType: 'condition', config: { expression: `loop.index == ${setting.index}` } };
  return [
    { step: loop, port: 'next' },
    { step: { stepSlug: turn, ...isAsked, nextSteps: { false: owner } }, port: 'true' },
  ];
}

/** A loop has no result while it runs. */
function resultsOf(steps: Readonly<Record<string, Json>>, loops: readonly LoopAround[]): ReadonlyMap<string, Json> {
  return new Map(Object.entries(steps).filter(([name]) => loops.every(({ owner }) => owner !== name)));
}

const given = (stepSlug: string): JsonObject => ({ stepSlug, stepType: 'action', config: { type: GIVEN } });

function failureOf({ code, message, details }: FailureSetting): JsonObject {
  return {
    ...{ code, message: message ?? code, retryable: false },
    ...(details === undefined ? {} : { details }),
  };
}

/** Values that look like templates stay those characters: they come as a result, never as a part of the definition. */
function variableSteps(variables: JsonObject): Walked[] {
  const set = Object.keys(variables).map((name) => ({
    name,
    value: `{{steps.${VARIABLES}.output[${JSON.stringify(name)}]}}`,
  }));
  const config = { type: 'set_variables', parameters: { variables: set } };
  const setting = { stepSlug: `${VARIABLES}_set`, stepType: 'action', config };
  return [{ step: given(VARIABLES) }, ...(set.length === 0 ? [] : [{ step: setting }])];
}

function inOrder(walked: readonly Walked[]): JsonObject[] {
  return walked.map(({ step, port = 'success' }, index) => {
    const next = walked[index + 1]?.step.stepSlug;
    if (next === undefined) return step;
    const ports = isJsonObject(step.nextSteps) ? step.nextSteps : {};
    return { ...step, nextSteps: { ...ports, [port]: next } };
  });
}

/** The others stay, so that expressions may name them and what they set; nothing leads to them. */
function unwalked({ stepSlug = null, stepType, config }: JsonObject): JsonObject[] {
  if (stepType === 'trigger') return [];
  const sets = isJsonObject(config) && config.type === 'set_variables' ? namesSet(config.parameters) : [];
  if (sets.length === 0) return [{ stepSlug, stepType: 'output', config: { mapping: null } }];
  return [{ stepSlug, stepType: 'action', config: { type: 'set_variables', parameters: { variables: sets } } }];
}

function namesSet(parameters: Json | undefined): JsonObject[] {
  if (!isJsonObject(parameters)) return [];
  const { variables } = parameters;
  if (!Array.isArray(variables)) return Object.keys(parameters).map((name) => ({ name, value: null }));
  return listOf(variables).map(({ name = null, secure = false }) => ({ name, value: null, secure }));
}

/** What ends the execution has no ports. */
export function endsAll({ stepType }: JsonObject): boolean {
  return stepType === 'output' || stepType === 'fail';
}

function configOf({ config }: JsonObject): JsonObject {
  const { onError: _onError, output: _output, ...rest } = isJsonObject(config) ? config : {};
  return rest;
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
