/**
 * The one place that knows that a definition can be spelled in more than one way (language.md §1). It turns what an
 * author wrote into the normal form of `schema.ts`; whatever is malformed passes through unchanged, for the checks to
 * find. The normal form is a fixed point.
 */
import { owns } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { child } from './issues.js';
import { draftOf, emptyLike, isList, isObject, own, withMember, withoutMember } from './json-copy.js';
import { Origins } from './origins.js';
import { normaliseParameters } from './parameter-spellings.js';
import { stepsReadAtData } from './result-paths.js';
import { milliseconds, normaliseRetry } from './retry-spellings.js';
import { slugify } from './slug.js';

/** Targets that end the execution, where no step bears the name. */
export const END_WORDS: ReadonlySet<string> = new Set(['end', 'finish', 'noop']);
/** The one of them that the normal form has, unless a step is called that. */
const END = 'end';

export interface Normalised {
  readonly definition: JsonObject;
  /** Turns a pointer into the normal form into one into the author's document. */
  readonly origin: (pointer: string) => string;
  /** Fields beside `workflowConfig` that say other than it does. */
  readonly overruled: readonly string[];
}

type Draft = Record<string, Json>;

/** Reads both dialects. Idempotent: the normal form of a normal form is equal to it. */
export function normalise(document: JsonObject): Normalised {
  const origins = new Origins();
  const wrapped = document.workflowConfig !== undefined || document.stepsConfig !== undefined;
  const overruled: string[] = [];
  const draft = wrapped ? unwrap(document, origins, overruled) : draftOf(document);
  delete draft.$schema;
  draft.slug ??= slugify(textOf(draft.name));
  draft.version = typeof draft.version === 'number' ? String(draft.version) : (draft.version ?? '1.0.0');
  if (draft.parameters !== undefined) draft.parameters = normaliseParameters(draft.parameters, origins);
  if (draft.config === undefined || isObject(draft.config))
    draft.config = normaliseConfig(draft.config ?? emptyLike(document), origins);
  if (isList(draft.steps)) normaliseSteps(draft, draft.steps, origins);
  return { definition: draft, origin: origins.origin, overruled };
}

/** `{workflowConfig: {name, config, …}, stepsConfig: […]}`. */
function unwrap(document: JsonObject, origins: Origins, overruled: string[]): Draft {
  const { workflowConfig, stepsConfig } = document;
  const draft = draftOf(document);
  delete draft.workflowConfig;
  // Beside other steps it stays, for the checks to find.
  if (draft.steps === undefined) delete draft.stepsConfig;
  const inside = isObject(workflowConfig) ? workflowConfig : emptyLike(document);
  for (const key of Object.keys(draft)) {
    const ruling = own(inside, key);
    if (ruling === undefined) origins.moved(child('', key), child('', key));
    else if (JSON.stringify(ruling) !== JSON.stringify(draft[key])) overruled.push(key);
  }
  if (isObject(workflowConfig)) {
    Object.assign(draft, workflowConfig);
    origins.moved('', '/workflowConfig');
  } else if (workflowConfig !== undefined) {
    draft.workflowConfig = workflowConfig;
  }
  if (stepsConfig !== undefined && draft.steps === undefined) {
    draft.steps = stepsConfig;
    origins.moved('/steps', '/stepsConfig');
  }
  return draft;
}

function normaliseConfig(config: JsonObject, origins: Origins): JsonObject {
  const normal = normaliseTime(config, 'timeout');
  return moveRetry(normal, 'retry', 'retryPolicy', '/config', origins);
}

function normaliseTime(config: JsonObject, field: string): JsonObject {
  const time = config[field];
  return time === undefined ? config : withMember(config, field, milliseconds(time));
}

/** Moves a policy to the field it belongs in, and spells it the normal way. */
function moveRetry(config: JsonObject, from: string, to: string, pointer: string, origins: Origins): JsonObject {
  const source = config[to] === undefined ? from : to;
  const policy = config[source];
  if (policy === undefined) return config;
  const moved = (field: string, spelling: string): void =>
    origins.moved(child(child(pointer, to), field), child(child(origins.origin(pointer), source), spelling));
  const cleared = source === to ? config : withoutMember(config, source);
  if (source !== to) origins.moved(child(pointer, to), child(pointer, source));
  return withMember(cleared, to, isObject(policy) ? normaliseRetry(policy, moved) : policy);
}

// --- Steps -----------------------------------------------------------------------------------------------------------

interface Context {
  readonly origins: Origins;
  readonly slugs: ReadonlySet<string>;
  /** What every way out is called. */
  readonly end: string;
  readonly root: Draft;
  /** Slugs of the steps whose results are read at `output.data`. */
  readonly readAtData: ReadonlySet<string>;
}

function normaliseSteps(root: Draft, steps: readonly Json[], origins: Origins): void {
  const slugs = new Set<string>();
  for (const step of steps) if (isObject(step) && typeof step.stepSlug === 'string') slugs.add(step.stepSlug);
  const end = [...END_WORDS].find((word) => !slugs.has(word)) ?? END;
  const context = { origins, slugs, end, root, readAtData: stepsReadAtData(steps, slugs) };
  root.steps = steps.map((step, index) => (isObject(step) ? normaliseStep(step, `/steps/${index}`, context) : step));
}

/** Nothing is checked yet: what is no text need not be one that can be made. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** What is normal already is given back as it is, here and below: mostly all of it is. */
function normaliseStep(given: JsonObject, pointer: string, context: Context): Json {
  let step = withoutMember(given, 'order');
  if (step.stepType === 'start') step = withMember(step, 'stepType', 'trigger');
  const nextSteps = step.nextSteps ?? emptyLike(given);
  step = withMember(
    step,
    'nextSteps',
    isObject(nextSteps) ? normalisePorts(nextSteps, given, pointer, context) : nextSteps,
  );
  const config = step.config ?? emptyLike(given);
  return withMember(step, 'config', isObject(config) ? normaliseStepConfig(step, config, pointer, context) : config);
}

/** @param pointer of the step */
function normalisePorts(ports: JsonObject, step: JsonObject, pointer: string, context: Context): JsonObject {
  if (areNormal(ports, step, context)) return ports;
  const draft = emptyLike(ports);
  const at = child(pointer, 'nextSteps');
  for (const port of Object.keys(ports)) {
    const target = ports[port] ?? null;
    if (target === null) continue;
    const word = portWord(port, step);
    const name = word !== port && ports[word] === undefined ? word : port;
    if (name !== port) context.origins.moved(child(at, name), child(context.origins.origin(at), port));
    draft[name] = isEndWord(target, context.slugs) ? context.end : target;
  }
  return draft;
}

function areNormal(ports: JsonObject, step: JsonObject, context: Context): boolean {
  for (const port in ports) {
    if (!owns(ports, port)) continue;
    const target = ports[port] ?? null;
    if (target === null || portWord(port, step) !== port) return false;
    if (target !== context.end && isEndWord(target, context.slugs)) return false;
  }
  return true;
}

function portWord(port: string, step: JsonObject): string {
  // The ports of a switch are words of its author.
  if (step.stepType === 'switch') return port;
  if (port === 'failure') return 'error';
  return port === 'loop' && step.stepType === 'loop' ? 'next' : port;
}

function isEndWord(target: Json, slugs: ReadonlySet<string>): boolean {
  return typeof target === 'string' && END_WORDS.has(target) && !slugs.has(target);
}

/** @param stepPointer of the step */
function normaliseStepConfig(step: JsonObject, given: JsonObject, stepPointer: string, context: Context): JsonObject {
  const type = textOf(step.stepType);
  const { origins } = context;
  const pointer = `${stepPointer}/config`;
  let config = type === 'llm' ? unwrapLlm(given, pointer, context) : given;
  config = normaliseTime(normaliseTime(config, 'timeout'), 'totalTimeout');
  if (type === 'action' || type === 'llm' || type === 'workflow') {
    config = moveRetry(config, 'retryPolicy', 'retry', pointer, origins);
  }
  if (type === 'action' && typeof config.compensate === 'string') {
    config = withMember(config, 'compensate', { type: config.compensate });
  }
  if (type === 'approval' && isList(config.fields)) {
    config = withMember(config, 'fields', normaliseParameters(config.fields, origins, child(pointer, 'fields')));
  }
  if (type === 'trigger') config = normaliseTrigger(draftOf(config), pointer, context);
  const sets = type === 'action' && config.type === 'set_variables';
  if (sets) return normaliseAssignments(config, pointer, origins);
  const isEffect = type === 'llm' || type === 'action';
  return isEffect && config.resultKey === undefined && context.readAtData.has(textOf(step.stepSlug))
    ? withMember(config, 'resultKey', 'data')
    : config;
}

/** `{llmNode: {…}}`, and `maxSteps` for the rounds of tool calls. */
function unwrapLlm(config: JsonObject, pointer: string, context: Context): JsonObject {
  const { llmNode } = config;
  if (llmNode === undefined && config.maxSteps === undefined) return config;
  const draft = draftOf(config);
  if (llmNode !== undefined) delete draft.llmNode;
  const source = context.origins.origin(pointer);
  if (isObject(llmNode)) {
    for (const [key, value] of Object.entries(llmNode)) {
      if (draft[key] !== undefined) continue;
      draft[key] = value;
      context.origins.moved(child(pointer, key), child(child(source, 'llmNode'), key));
    }
  } else if (llmNode !== undefined) {
    draft.llmNode = llmNode;
  }
  if (draft.maxSteps !== undefined && draft.maxToolRounds === undefined) {
    draft.maxToolRounds = draft.maxSteps;
    context.origins.moved(child(pointer, 'maxToolRounds'), context.origins.origin(child(pointer, 'maxSteps')));
    delete draft.maxSteps;
  }
  return draft;
}

/** `{type: "scheduled", schedule, timezone}` on the trigger is `config.schedule`. */
function normaliseTrigger(draft: Draft, pointer: string, context: Context): Draft {
  if (draft.type === 'scheduled') draft.type = 'schedule';
  const cron = draft.schedule === undefined ? 'cron' : 'schedule';
  const config = context.root.config;
  if (draft[cron] === undefined || !isObject(config) || config.schedule !== undefined) return draft;
  const value = draft[cron];
  const source = context.origins.origin(pointer);
  const schedule = isObject(value) ? draftOf(value) : Object.assign(emptyLike(draft), { cron: value });
  context.origins.moved('/config/schedule', child(source, cron));
  if (!isObject(value)) context.origins.moved('/config/schedule/cron', child(source, cron));
  if (draft.timezone !== undefined && schedule.timezone === undefined) {
    schedule.timezone = draft.timezone;
    context.origins.moved('/config/schedule/timezone', child(source, 'timezone'));
    delete draft.timezone;
  }
  delete draft[cron];
  context.root.config = Object.assign(draftOf(config), { schedule });
  return draft;
}

/** `{a: …, b: …}` is `{variables: [{name: "a", value: …}, …]}`: a list keeps its order wherever it travels. */
function normaliseAssignments(config: JsonObject, pointer: string, origins: Origins): JsonObject {
  const parameters = config.parameters ?? emptyLike(config);
  if (!isObject(parameters) || isAssignmentList(parameters)) return config;
  const source = origins.origin(child(pointer, 'parameters'));
  const variables = Object.entries(parameters).map(([name, value], index) => {
    origins.moved(`${pointer}/parameters/variables/${index}/value`, child(source, name));
    origins.moved(`${pointer}/parameters/variables/${index}`, child(source, name));
    return Object.assign(emptyLike(config), { name, value });
  });
  return withMember(config, 'parameters', Object.assign(emptyLike(config), { variables }));
}

/** A list of `{name, value}` under `variables` and nothing else; any other `variables` is one to be set. */
function isAssignmentList(parameters: JsonObject): boolean {
  const { variables } = parameters;
  if (!isList(variables) || Object.keys(parameters).length > 1) return false;
  return variables.every((entry) => isObject(entry) && typeof entry.name === 'string' && 'value' in entry);
}
