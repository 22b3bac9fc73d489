/**
 * The one place that knows that a definition can be spelled in more than one way (language.md §1). It turns what an
 * author wrote into the normal form of `schema.ts`; whatever is malformed passes through unchanged, for the checks to
 * find. The normal form is a fixed point.
 */
import type { Json, JsonObject } from '../json.js';
import { child } from './issues.js';
import { draftOf, emptyLike, isList, isObject } from './json-copy.js';
import { Origins } from './origins.js';
import { normaliseParameters } from './parameter-spellings.js';
import { stepsReadAtData } from './result-paths.js';
import { milliseconds, normaliseRetry } from './retry-spellings.js';
import { slugify } from './slug.js';

/** Targets that end the execution, where no step bears the name. */
export const END_WORDS = ['end', 'finish', 'noop'] as const;

export interface Normalised {
  readonly definition: JsonObject;
  /** Turns a pointer into the normal form into one into the author's document. */
  readonly origin: (pointer: string) => string;
}

type Draft = Record<string, Json>;

/** Reads both dialects. Idempotent: the normal form of a normal form is equal to it. */
export function normalise(document: JsonObject): Normalised {
  const origins = new Origins();
  const wrapped = document.workflowConfig !== undefined || document.stepsConfig !== undefined;
  const draft = wrapped ? unwrap(document, origins) : draftOf(document);
  delete draft.$schema;
  if (typeof draft.name === 'string') draft.slug ??= slugify(draft.name);
  draft.version = typeof draft.version === 'number' ? String(draft.version) : (draft.version ?? '1.0.0');
  if (draft.parameters !== undefined) draft.parameters = normaliseParameters(draft.parameters, origins);
  if (draft.config === undefined || isObject(draft.config))
    draft.config = normaliseConfig(draft.config ?? emptyLike(document), origins);
  if (isList(draft.steps)) normaliseSteps(draft, draft.steps, origins);
  return { definition: draft, origin: origins.origin };
}

/** `{workflowConfig: {name, config, …}, stepsConfig: […]}`. */
function unwrap(document: JsonObject, origins: Origins): Draft {
  const { workflowConfig, stepsConfig } = document;
  const draft = draftOf(document);
  delete draft.workflowConfig;
  delete draft.stepsConfig;
  for (const key of Object.keys(draft)) origins.moved(child('', key), child('', key));
  if (isObject(workflowConfig)) {
    Object.assign(draft, workflowConfig);
    origins.moved('', '/workflowConfig');
  } else if (workflowConfig !== undefined) {
    draft.workflowConfig = workflowConfig;
  }
  if (stepsConfig !== undefined) {
    draft.steps = stepsConfig;
    origins.moved('/steps', '/stepsConfig');
  }
  return draft;
}

function normaliseConfig(config: JsonObject, origins: Origins): Draft {
  const draft = draftOf(config);
  if (draft.timeout !== undefined) draft.timeout = milliseconds(draft.timeout);
  moveRetry(draft, 'retry', 'retryPolicy', '/config', origins);
  return draft;
}

/** Moves a policy to the field it belongs in, and spells it the normal way. */
function moveRetry(draft: Draft, from: string, to: string, pointer: string, origins: Origins): void {
  const source = draft[to] === undefined ? from : to;
  const policy = draft[source];
  if (policy === undefined) return;
  if (source !== to) {
    delete draft[source];
    origins.moved(child(pointer, to), child(pointer, source));
  }
  draft[to] = isObject(policy)
    ? normaliseRetry(policy, (field, spelling) =>
        origins.moved(child(child(pointer, to), field), child(child(origins.origin(pointer), source), spelling)),
      )
    : policy;
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
  const end = END_WORDS.find((word) => !slugs.has(word)) ?? END_WORDS[0];
  const context = { origins, slugs, end, root, readAtData: stepsReadAtData(steps, slugs) };
  root.steps = steps.map((step, index) => (isObject(step) ? normaliseStep(step, `/steps/${index}`, context) : step));
}

function normaliseStep(step: JsonObject, pointer: string, context: Context): Json {
  const draft = draftOf(step);
  delete draft.order;
  if (draft.stepType === 'start') draft.stepType = 'trigger';
  if (draft.nextSteps === undefined || draft.nextSteps === null) draft.nextSteps = emptyLike(step);
  if (isObject(draft.nextSteps))
    draft.nextSteps = normalisePorts(draft.nextSteps, step, child(pointer, 'nextSteps'), context);
  if (draft.config === undefined || draft.config === null) draft.config = emptyLike(step);
  if (isObject(draft.config)) {
    const config = normaliseStepConfig(textOf(draft.stepType), draft.config, child(pointer, 'config'), context);
    if (isEffect(draft.stepType, config) && context.readAtData.has(textOf(draft.stepSlug))) config.resultKey ??= 'data';
    draft.config = config;
  }
  return draft;
}

/** Nothing is checked yet: what is no text need not be one that can be made. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function isEffect(type: Json | undefined, config: JsonObject): boolean {
  return type === 'llm' || (type === 'action' && config.type !== 'set_variables');
}

function normalisePorts(ports: JsonObject, step: JsonObject, pointer: string, context: Context): Draft {
  const draft = emptyLike(ports);
  for (const port of Object.keys(ports)) {
    const target = ports[port] ?? null;
    if (target === null) continue;
    const word = portWord(port, step);
    const name = word !== port && ports[word] === undefined ? word : port;
    if (name !== port) context.origins.moved(child(pointer, name), child(context.origins.origin(pointer), port));
    draft[name] = isEndWord(target, context.slugs) ? context.end : target;
  }
  return draft;
}

function portWord(port: string, step: JsonObject): string {
  // The ports of a switch are words of its author.
  if (step.stepType === 'switch') return port;
  if (port === 'failure') return 'error';
  return port === 'loop' && step.stepType === 'loop' ? 'next' : port;
}

function isEndWord(target: Json, slugs: ReadonlySet<string>): boolean {
  return typeof target === 'string' && END_WORDS.some((word) => word === target) && !slugs.has(target);
}

function normaliseStepConfig(type: string, config: JsonObject, pointer: string, context: Context): Draft {
  const draft = type === 'llm' ? unwrapLlm(config, pointer, context) : draftOf(config);
  if (draft.timeout !== undefined) draft.timeout = milliseconds(draft.timeout);
  if (draft.totalTimeout !== undefined) draft.totalTimeout = milliseconds(draft.totalTimeout);
  if (type === 'action' || type === 'llm' || type === 'workflow') {
    moveRetry(draft, 'retryPolicy', 'retry', pointer, context.origins);
  }
  if (type === 'action' && typeof draft.compensate === 'string') draft.compensate = { type: draft.compensate };
  if (type === 'approval' && isList(draft.fields)) {
    draft.fields = normaliseParameters(draft.fields, context.origins, child(pointer, 'fields'));
  }
  if (type === 'trigger') normaliseTrigger(draft, pointer, context);
  if (type === 'action' && draft.type === 'set_variables') normaliseAssignments(draft, pointer, context.origins);
  return draft;
}

/** `{llmNode: {…}}`, and `maxSteps` for the rounds of tool calls. */
function unwrapLlm(config: JsonObject, pointer: string, context: Context): Draft {
  const { llmNode } = config;
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
function normaliseTrigger(draft: Draft, pointer: string, context: Context): void {
  if (draft.type === 'scheduled') draft.type = 'schedule';
  const cron = draft.schedule === undefined ? 'cron' : 'schedule';
  const config = context.root.config;
  if (draft[cron] === undefined || !isObject(config) || config.schedule !== undefined) return;
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
}

/** `{a: …, b: …}` is `{variables: [{name: "a", value: …}, …]}`: a list keeps its order wherever it travels. */
function normaliseAssignments(draft: Draft, pointer: string, origins: Origins): void {
  const parameters = draft.parameters ?? emptyLike(draft);
  if (!isObject(parameters) || isAssignmentList(parameters)) return;
  const source = origins.origin(child(pointer, 'parameters'));
  const variables = Object.entries(parameters).map(([name, value], index) => {
    origins.moved(`${pointer}/parameters/variables/${index}/value`, child(source, name));
    origins.moved(`${pointer}/parameters/variables/${index}`, child(source, name));
    return Object.assign(emptyLike(draft), { name, value });
  });
  draft.parameters = Object.assign(emptyLike(draft), { variables });
}

/** A list of `{name, value}` under `variables` and nothing else; any other `variables` is one to be set. */
function isAssignmentList(parameters: JsonObject): boolean {
  const { variables } = parameters;
  if (!isList(variables) || Object.keys(parameters).length > 1) return false;
  return variables.every((entry) => isObject(entry) && typeof entry.name === 'string' && 'value' in entry);
}
