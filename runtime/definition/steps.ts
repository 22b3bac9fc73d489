import { owns, setOwn } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { checkParameters } from './check-workflow.js';
import { checkSchema } from './input-schema.js';
import type { IssueList } from './issues.js';
import { emptyLike } from './json-copy.js';
import { readsSecrets } from './names.js';
import type {
  ApprovalStep,
  Compensation,
  LlmStep,
  ParallelStep,
  PlanStep,
  SwitchStep,
  Target,
  WorkflowStep,
} from './plan.js';
import { type StepConfig, type StepType, setVariablesParameters, stepConfigs } from './schema.js';
import type { Schema } from './schema-builder.js';
import { ConfigReport, type Rule, stepRules } from './step-rules.js';
import { conforms } from './structure.js';
import type { Place, Texts } from './texts.js';

/** What every step of a plan has. */
export interface StepFrame {
  readonly slug: string;
  readonly name: string;
  readonly index: number;
  readonly ports: ReadonlyMap<string, Target>;
  readonly enclosing: readonly string[];
}

export interface StepContext {
  readonly frame: StepFrame;
  readonly texts: Texts;
  readonly issues: IssueList;
  /** Pointer of the config. */
  readonly pointer: string;
  /** Loops whose item is in sight of the step. */
  readonly loops: readonly number[];
}

type Build<T extends StepType> = (config: StepConfig<T>, context: StepContext) => PlanStep | undefined;

const schemas: { readonly [T in StepType]: Schema<StepConfig<T>> } = stepConfigs;
/** Without a prototype: a page may have put the name of a type there. */
const rules: { readonly [T in StepType]?: Rule<T> } = /* @__PURE__ */ Object.assign(Object.create(null), stepRules);
const builders: { readonly [T in StepType]: Build<T> } = {
  trigger,
  action,
  llm,
  condition: ({ expression: source }, context) => {
    const expression = context.texts.expression(source, place(context, 'expression'));
    return expression && { ...context.frame, type: 'condition', expression };
  },
  switch: choose,
  loop,
  parallel,
  wait,
  wait_for_event: waitForEvent,
  approval,
  workflow,
  output: (config, context) => {
    const mapping = context.texts.template(config.mapping, place(context, 'mapping'));
    return mapping && { ...context.frame, type: 'output', mapping };
  },
  fail,
};

/** The step of a plan; undefined where its structure or one of its texts is wrong, which is reported. */
export function buildStep<T extends StepType>(type: T, config: unknown, context: StepContext): PlanStep | undefined {
  const target = { issues: context.issues, step: context.frame.slug };
  if (!conforms(schemas[type], config, context.pointer, target)) return undefined;
  rules[type]?.(config, new ConfigReport(context.issues, context.pointer, context.frame.slug));
  return builders[type](config, context);
}

function place({ pointer, frame, loops }: StepContext, field: string, secrets?: 'secrets allowed'): Place {
  const { slug, index: step } = frame;
  // All fields are said: what is left out may be inherited from what a page has put on all objects.
  const secretsAllowed = secrets !== undefined;
  return { pointer, field, slug, step, loops, secretsAllowed, also: undefined, afterItself: undefined };
}

/** What of some fields is given, as fields of a step. */
type Given<C> = { readonly [K in keyof C]?: Exclude<C[K], undefined> };

/** Adds the fields that are given, also where a page has forbidden to assign to a name that all objects inherit. */
function withGiven<T extends object, C extends object>(made: T, fields: C): T & Given<C>;
function withGiven(made: Record<string, unknown>, fields: Readonly<Record<string, unknown>>): object {
  for (const field in fields) {
    if (owns(fields, field) && fields[field] !== undefined) setOwn(made, field, fields[field]);
  }
  return made;
}

/** Compiles what is given, and nothing where there is nothing; null where it is wrong. */
function optional<G, T>(value: G | undefined, make: (value: G) => T | undefined) {
  if (value === undefined) return { value: undefined };
  const made = make(value);
  return made === undefined ? null : { value: made };
}

function trigger(config: StepConfig<'trigger'>, context: StepContext): PlanStep | undefined {
  const { filter } = config;
  if (filter !== undefined) {
    const compiled = context.texts.expression(filter, { ...place(context, 'filter'), also: ['event'] });
    if (compiled === undefined) return undefined;
  }
  return { ...context.frame, type: 'trigger', config: config satisfies JsonObject };
}

function action(config: StepConfig<'action'>, context: StepContext): PlanStep | undefined {
  if (config.type === 'set_variables') return setVariables(config.parameters ?? {}, context);
  const where = place(context, 'parameters', 'secrets allowed');
  const parameters = context.texts.template(config.parameters ?? {}, where);
  if (parameters === undefined) return undefined;
  const compensate = optional(config.compensate, (given) => compensation(given, context));
  if (compensate === null) return undefined;
  const readsThem = readsSecrets(parameters);
  return withGiven(
    { ...context.frame, type: 'action' as const, action: config.type, parameters, readsSecrets: readsThem },
    { compensate: compensate.value, ...effect(config) },
  );
}

/** It sees the step's own result: it is rendered when that is there. */
function compensation(
  { type, parameters = {} }: NonNullable<StepConfig<'action'>['compensate']>,
  context: StepContext,
): Compensation | undefined {
  const where = { ...place(context, 'compensate/parameters'), afterItself: true };
  const compiled = context.texts.template(parameters, where);
  return compiled && { action: type, parameters: compiled };
}

type EffectConfig = Pick<StepConfig<'action'>, 'retry' | 'timeout' | 'totalTimeout' | 'idempotent' | 'resultKey'>;

/** What is said of the attempts of an effect, and of its result. */
function effect({ retry, timeout, totalTimeout, idempotent, resultKey }: EffectConfig) {
  return { retry, timeout, totalTimeout, idempotent, resultKey };
}

function setVariables(parameters: JsonObject, context: StepContext): PlanStep | undefined {
  const target = { issues: context.issues, step: context.frame.slug };
  if (!conforms(setVariablesParameters, parameters, `${context.pointer}/parameters`, target)) return undefined;
  const assignments = parameters.variables.map(({ name, value, secure }, index) => {
    const field = `parameters/variables/${index}/value`;
    const where = place(context, field, secure === true ? 'secrets allowed' : undefined);
    const template = context.texts.template(value, where);
    return template && { name, value: template, ...(secure === true ? { secure } : {}) };
  });
  const complete = assignments.filter((one) => one !== undefined);
  if (complete.length < assignments.length) return undefined;
  return { ...context.frame, type: 'set_variables', assignments: complete };
}

const REQUEST_FIELDS = ['systemPrompt', 'userPrompt', 'model', 'temperature', 'maxTokens'] as const;

function llm(config: StepConfig<'llm'>, context: StepContext): LlmStep | undefined {
  const fields = emptyLike(config);
  for (const field of REQUEST_FIELDS) if (config[field] !== undefined) fields[field] = config[field];
  const request = context.texts.template(fields, place(context, '', 'secrets allowed'));
  if (request === undefined) return undefined;
  const { outputFormat = 'text', outputSchema, tools = [], maxToolRounds, maxRepairs } = config;
  if (outputSchema !== undefined) {
    const target = { issues: context.issues, step: context.frame.slug };
    checkSchema(outputSchema, `${context.pointer}/outputSchema`, target);
  }
  return withGiven(
    { ...context.frame, type: 'llm' as const, request, outputFormat, tools, readsSecrets: readsSecrets(request) },
    { outputSchema, maxToolRounds, maxRepairs, ...effect(config) },
  );
}

function choose(config: StepConfig<'switch'>, context: StepContext): SwitchStep | undefined {
  const given = config.cases ?? [];
  const cases = given.map(({ when, port }, index) => {
    const compiled = context.texts.expression(when, place(context, `cases/${index}/when`));
    return compiled && { when: compiled, port };
  });
  const complete = cases.filter((one) => one !== undefined);
  const value = optional(config.value, (text) => context.texts.computed(text, place(context, 'value')));
  if (complete.length < given.length || value === null) return undefined;
  return withGiven({ ...context.frame, type: 'switch' as const, cases: complete }, { value: value.value });
}

function loop(config: StepConfig<'loop'>, context: StepContext): PlanStep | undefined {
  const { texts, frame } = context;
  const inside = (field: string) => ({ ...place(context, field), loops: [...context.loops, frame.index] });
  const items = optional(config.items, (value) => texts.computed(value, place(context, 'items')));
  const holds = optional(config.while, (text) => texts.expression(text, inside('while')));
  const collect = optional(config.collect, (value) =>
    texts.computed(value, { ...inside('collect'), afterItself: true }),
  );
  if (items === null || holds === null || collect === null) return undefined;
  const { itemVariable, maxIterations, concurrency = 1, continueOnError = false } = config;
  return withGiven(
    { ...frame, type: 'loop' as const, concurrency, continueOnError },
    { items: items.value, while: holds.value, collect: collect.value, itemVariable, maxIterations },
  );
}

function parallel(
  { branches, join = 'all', onBranchError }: StepConfig<'parallel'>,
  { frame }: StepContext,
): ParallelStep {
  const needed = join === 'any' ? 1 : typeof join === 'number' ? join : undefined;
  // Who asks for some of them expects that others may fail.
  const otherwise = needed === undefined ? ('fail' as const) : ('continue' as const);
  return withGiven(
    { ...frame, type: 'parallel' as const, branches, onBranchError: onBranchError ?? otherwise },
    { join: needed },
  );
}

function wait(config: StepConfig<'wait'>, context: StepContext): PlanStep | undefined {
  const duration = optional(config.for, (value) => context.texts.template(value, place(context, 'for')));
  const until = optional(config.until, (value) => context.texts.template(value, place(context, 'until')));
  if (duration === null || until === null) return undefined;
  return withGiven({ ...context.frame, type: 'wait' as const }, { for: duration.value, until: until.value });
}

function waitForEvent(config: StepConfig<'wait_for_event'>, context: StepContext): PlanStep | undefined {
  const event = context.texts.template(config.event, place(context, 'event'));
  const where = { ...place(context, 'match'), also: ['event'] };
  const match = optional(config.match, (text) => context.texts.expression(text, where));
  if (event === undefined || match === null) return undefined;
  return withGiven(
    { ...context.frame, type: 'wait_for_event' as const, event },
    { match: match.value, timeout: config.timeout },
  );
}

function approval(config: StepConfig<'approval'>, context: StepContext): ApprovalStep | undefined {
  const { title = context.frame.name, description, approvers, fields = [], timeout } = config;
  const asked: Record<string, Json> = { title };
  if (description !== undefined) asked.description = description;
  if (approvers !== undefined) asked.approvers = approvers;
  const request = context.texts.template(asked, place(context, ''));
  checkParameters(config.fields, `${context.pointer}/fields`, { issues: context.issues, step: context.frame.slug });
  if (request === undefined) return undefined;
  return withGiven({ ...context.frame, type: 'approval' as const, request, fields }, { timeout });
}

function workflow(config: StepConfig<'workflow'>, context: StepContext): WorkflowStep | undefined {
  const { workflow: slug, version, input = {}, mode = 'wait', retry, timeout } = config;
  const asked: Record<string, Json> = { workflow: slug, input };
  if (version !== undefined) asked.version = version;
  const request = context.texts.template(asked, place(context, ''));
  if (request === undefined) return undefined;
  return withGiven(
    { ...context.frame, type: 'workflow' as const, request, mode, readsSecrets: false },
    { retry, totalTimeout: timeout },
  );
}

function fail(config: StepConfig<'fail'>, context: StepContext): PlanStep | undefined {
  const code = context.texts.template(config.code ?? 'WORKFLOW_FAILED', place(context, 'code'));
  const message = context.texts.template(
    config.message ?? 'The workflow ended itself as failed.',
    place(context, 'message'),
  );
  return code && message && { ...context.frame, type: 'fail', code, message };
}
